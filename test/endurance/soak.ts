import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type Faults, seededRandom } from '@parley/simulator/discord';
import { type ScriptedTurn, speechLike } from '@parley/simulator/models';
import { type Place as Room, Stage } from '../bench/stage.ts';
import { Pitches } from '../support/sound/pitches.ts';
import { type Deeds, ELSEWHERE, Life, type Place } from './life.ts';

const PEOPLE = 8;
/** As a bad mobile network is. */
const NETWORK: Partial<Faults> = { loss: 0.05, reorder: 0.05, duplicates: 0.02, delayMs: 5, jitterMs: 30 };
/** Of every period, people say nothing new in its last part: the bot answers only when it is quiet. */
const PERIOD_MS = 12_000;
const QUIET_MS = 5_000;
/** After the last word, until everything has come to the model. */
const DRAIN_MS = 4_000;
/** The model's session is replaced now and then: the conversation has to outlive it. */
const SESSION_MS = 12 * 60_000;
const MODEL_RATE = 24_000;
const EXAMPLES = 20;
/** What the codec makes up for lost packets has this mark: it is nobody's word. */
const CONCEALED = 'concealed';

/** The bot's memory after two collections. `at`: ms since the beginning. */
export interface MemorySample {
  readonly at: number;
  readonly rssMb: number;
  readonly liveMb: number;
}

/** What came of it. */
export interface SoakResult {
  readonly deeds: Deeds;
  readonly heard: Heard;
  readonly botPackets: number;
  readonly memory: readonly MemorySample[];
  readonly struck: Readonly<Record<string, number>>;
  /** The end of the bot's output, where its process ended or it left the channel. */
  readonly ended: string | undefined;
}

export interface SoakOptions {
  readonly lengthMs: number;
  readonly memoryEveryMs: number;
  readonly seed: number;
  /** Told about the progress. */
  readonly say?: ((line: string) => void) | undefined;
}

/** What the model got, by the marks in the sound and the label before it. */
class Heard {
  readonly #pitches: Pitches;
  turns = 0;
  /** Frames of 20 ms with the mark of the one whom the label names. */
  right = 0;
  /** Frames with another's mark; the first are described in `examples`. */
  wrong = 0;
  /** Frames that the codec made up for lost packets. */
  concealed = 0;
  /** Frames in which a made-up one and a real one meet, so that neither's mark is clear. */
  unmarked = 0;
  readonly examples: string[] = [];

  constructor(pitches: Pitches) {
    this.#pitches = pitches;
  }

  take(turn: ScriptedTurn): string {
    const label = [...turn.context.matchAll(/^Now "([^"]*)" speaks/gm)].at(-1)?.[1];
    const marks = this.#pitches.read(turn.pcm, MODEL_RATE);
    const strange = marks.filter((name) => name !== undefined && name !== CONCEALED && name !== label);
    this.turns += 1;
    this.right += marks.filter((name) => name === label).length;
    this.concealed += marks.filter((name) => name === CONCEALED).length;
    this.unmarked += marks.filter((name) => name === undefined).length;
    this.wrong += strange.length;
    if (strange.length > 0 && this.examples.length < EXAMPLES) {
      this.examples.push(`turn ${turn.turn} of ${label}: ${strange.length} of ${marks.length} frames of ${strange[0]}`);
    }
    return `${label} said something.`;
  }
}

/** People live around the bot, which is a process of its own, over a bad network. Checks nothing. */
export async function soak({ lengthMs, memoryEveryMs, seed, say }: SoakOptions): Promise<SoakResult> {
  const names = Array.from({ length: PEOPLE }, (_, i) => `Person ${i + 1}`);
  const pitches = new Pitches([...names, ELSEWHERE, CONCEALED]);
  const heard = new Heard(pitches);
  // In a file, as where it is run: a record in memory would look like a leak.
  const folder = await mkdtemp(join(tmpdir(), 'parley-soak-'));
  const stage = await Stage.start('parley', {
    people: [1],
    discord: { seed, faults: NETWORK },
    model: { hear: (turn) => heard.take(turn), sessionMs: SESSION_MS },
    env: { PROBE_CONCEALED_HZ: String(pitches.hz(CONCEALED)), DATABASE_URL: `sqlite:${join(folder, 'parley.sqlite')}` },
  });
  try {
    const room = stage.places[0] as Room;
    const others = names.slice(1).map((name) => room.guild.addPerson({ name }));
    stage.reply = { say: { text: 'Yes.', pcm: speechLike('Yes, I think so.') }, speed: 4 };
    await stage.join(room);
    const ending = new AbortController();
    const place = around(stage, room, pitches, ending.signal);
    const lives = [...room.people, ...others].map((person, i) => {
      const life = new Life({ person, place, random: seededRandom(seed, person.name) });
      return life.run(ending.signal, i === 0);
    });
    const memory = await Promise.race([watch(stage, { lengthMs, memoryEveryMs, say, heard }), Promise.all(lives)]);
    ending.abort();
    await Promise.all(lives);
    await wait(DRAIN_MS);
    return {
      deeds: place.deeds,
      heard,
      botPackets: botPackets(stage),
      memory: memory as MemorySample[],
      struck: { ...stage.discord.voice.struck },
      ended: stage.bot.running && room.guild.botVoiceChannelId === room.channelId ? undefined : stage.bot.output,
    };
  } finally {
    await stage.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function around(stage: Stage, room: Room, pitches: Pitches, signal: AbortSignal): Place {
  const startedAt = performance.now();
  return {
    channelId: room.channelId,
    otherChannelId: room.guild.createVoiceChannel({ name: 'Elsewhere' }),
    listensTo: [stage.discord.botUser.id],
    pitches,
    deeds: { spurts: 0, elsewhere: 0, joins: 0, rejoins: 0, moves: 0, leftSpeaking: 0, spokenFrames: 0 },
    mayTalk: async () => {
      const at = (performance.now() - startedAt) % PERIOD_MS;
      if (at > PERIOD_MS - QUIET_MS) await wait(PERIOD_MS - at, undefined, { signal }).catch(() => {});
    },
  };
}

async function watch(
  stage: Stage,
  options: Pick<SoakOptions, 'lengthMs' | 'memoryEveryMs' | 'say'> & { heard: Heard },
): Promise<MemorySample[]> {
  const startedAt = performance.now();
  const memory: MemorySample[] = [];
  const passed = (): number => performance.now() - startedAt;
  while (passed() < options.lengthMs && stage.bot.running) {
    await wait(Math.min(options.memoryEveryMs, Math.max(0, options.lengthMs - passed())));
    if (!stage.bot.running) break;
    const sample = { at: passed(), ...(await stage.bot.memory()) };
    memory.push(sample);
    // Of the record of the model only the turns' marks are of interest here, and those are counted.
    stage.events.length = 0;
    const { turns, right, wrong } = options.heard;
    options.say?.(
      `${(sample.at / 60_000).toFixed(1)} min: ${turns} turns, ${right} frames right, ${wrong} wrong; ` +
        `${sample.liveMb.toFixed(1)} MB alive, ${sample.rssMb.toFixed(1)} MB resident`,
    );
  }
  return memory;
}

function botPackets(stage: Stage): number {
  const { id } = stage.discord.botUser;
  return stage.discord.voice.packets.filter((packet) => packet.userId === id && !packet.silence).length;
}
