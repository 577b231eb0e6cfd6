import { setTimeout as wait } from 'node:timers/promises';
import type { RelayedPacket, SimulatedPerson } from '@parley/simulator/discord';
import { fixture, speech, Utterance } from './sounds.ts';
import { Invalid, type Place, type Stage } from './stage.ts';

/** 20 ms at the 24 kHz of the model's input. */
const SAMPLES_PER_PACKET = 480;
/** From the first packet of the answer until somebody cuts in. */
const LISTEN_MS = 700;
const COMMIT_LIMIT_MS = 4_000;

/** Everything that is said in a run, made once. `longMs`: length of the speech of which CPU time is measured. */
export interface Script {
  /** One for each of five people. */
  readonly long: readonly Utterance[];
  readonly question: Utterance;
  readonly interruption: Utterance;
  readonly longAnswer: Int16Array;
  readonly shortAnswer: Int16Array;
}

export function script(longMs: number): Script {
  const names = ['anna-weather', 'ben-first', 'ben-interrupt'] as const;
  const rotated = (by: number) => names.map((_, i) => names[(i + by) % names.length] ?? names[0]);
  return {
    long: [0, 1, 2, 0, 1].map((by, i) => new Utterance(speech(rotated(by), longMs - i * 40))),
    question: new Utterance(fixture('anna-weather').subarray(0, 24_000)),
    interruption: new Utterance(fixture('ben-interrupt').subarray(0, 24_000)),
    longAnswer: fixture('model-weather'),
    shortAnswer: fixture('model-weather').subarray(0, 24 * 600),
  };
}

/** Extra CPU time over being idle in the channel, as a share of one core. */
async function cpuShare<T>(
  stage: Stage,
  idle: number,
  seconds: () => number,
  act: () => Promise<T>,
): Promise<[number, T]> {
  const cpuBefore = await stage.bot.cpuMs();
  const startedAt = performance.now();
  const result = await act();
  const wallMs = performance.now() - startedAt;
  const cpuMs = (await stage.bot.cpuMs()) - cpuBefore;
  return [(cpuMs - idle * wallMs) / (seconds() * 1000), result];
}

/** CPU while the bot sits in the channel and nobody speaks, as a share of one core. */
export async function idleCpu(stage: Stage, ms: number): Promise<number> {
  const before = await stage.bot.cpuMs();
  const startedAt = performance.now();
  await wait(ms);
  return ((await stage.bot.cpuMs()) - before) / (performance.now() - startedAt);
}

/** Memory in MB: the whole process with one channel joined, and what every further one takes. */
export async function memory(stage: Stage): Promise<{ baseMb: number; channelRssMb: number; channelLiveMb: number }> {
  const [first, ...others] = stage.places;
  await stage.join(first as Place);
  const one = await stage.bot.memory();
  for (const other of others) await stage.join(other);
  const all = await stage.bot.memory();
  for (const other of others) await stage.leave(other);
  return {
    baseMb: one.rssMb,
    channelRssMb: (all.rssMb - one.rssMb) / others.length,
    channelLiveMb: (all.liveMb - one.liveMb) / others.length,
  };
}

/** What one question, its answer, an interruption and the answer to that show, in ms. */
export interface ExchangeResult {
  readonly firstAudio: number[];
  readonly interrupt: number;
  readonly commit: number[];
  /** CPU while the bot speaks, as a share of one core; undefined where `answer` is too short to tell. */
  readonly speakingCpu: number | undefined;
}

/** `idle`: given, the second answer is the long one's beginning and its CPU time is measured. */
export async function exchange(stage: Stage, script: Script, idle?: number): Promise<ExchangeResult> {
  const [asker, breaker] = (stage.places[0] as Place).people as [SimulatedPerson, SimulatedPerson];
  stage.reply = { heard: 'a question', say: { text: 'An answer.', pcm: script.longAnswer }, speed: 4 };
  const question = await stage.say(asker, script.question);
  const firstCommit = await committed(stage, question, script.question);
  const first = await firstSound(stage, firstCommit);
  await wait(LISTEN_MS);

  const answer = idle === undefined ? script.shortAnswer : script.longAnswer.subarray(0, 24 * 4_000);
  stage.reply = { heard: 'an interruption', say: { text: 'Another answer.', pcm: answer }, speed: 4 };
  const interruption = await stage.say(breaker, script.interruption);
  const secondCommit = await committed(stage, interruption, script.interruption);
  const interrupt = lastSoundAfter(stage, (interruption[0] as RelayedPacket).at, secondCommit);

  const sounding = async (): Promise<{ latency: number; at: number }> => {
    const second = await firstSound(stage, secondCommit);
    await wait(answer.length / 24 + 200);
    const missing = answer.length / SAMPLES_PER_PACKET - stage.voicePackets(second.at).length;
    if (missing > 2) throw new Invalid(`${Math.round(missing)} packets of an answer were not played`);
    return second;
  };
  const [share, second] =
    idle === undefined
      ? [undefined, await sounding()]
      : await cpuShare(stage, idle, () => answer.length / 24_000, sounding);
  const commit = [
    firstCommit - (question[script.question.lastVoiced] as RelayedPacket).at,
    secondCommit - (interruption[script.interruption.lastVoiced] as RelayedPacket).at,
  ];
  return { firstAudio: [first.latency, second.latency], interrupt, commit, speakingCpu: share };
}

/** When the turn that these packets make was committed at the model. Checks that all of it came. */
async function committed(stage: Stage, packets: readonly RelayedPacket[], said: Utterance): Promise<number> {
  const from = (packets[0] as RelayedPacket).at;
  const event = await stage.event('turn-ended', from, COMMIT_LIMIT_MS, 'the commit of a turn');
  const samples = stage.turns.at(-1)?.pcm.length ?? 0;
  if (samples < said.lastVoiced * SAMPLES_PER_PACKET * 0.95) {
    throw new Invalid(`only ${Math.round(samples / 24)} of ${said.packets * 20} ms came to the model`);
  }
  return event.at;
}

/** The first packet of the bot's answer, and how long it took from the model's first sound. */
async function firstSound(stage: Stage, since: number): Promise<{ latency: number; at: number }> {
  const spoke = await stage.event('spoke', since, COMMIT_LIMIT_MS, 'the model’s answer');
  await stage.until(() => stage.voicePackets(spoke.at).length > 0, 2_000, 'the bot’s voice');
  const { at } = stage.voicePackets(spoke.at)[0] as RelayedPacket;
  return { latency: at - spoke.at, at };
}

/** How long the bot's voice went on after an interrupting person's first packet. */
function lastSoundAfter(stage: Stage, interruptedAt: number, until: number): number {
  const packets = stage.voicePackets(interruptedAt - 60).filter((packet) => packet.at < until);
  const last = packets.at(-1);
  if (!packets.some((packet) => packet.at <= interruptedAt + 20))
    throw new Invalid('the bot was not speaking when it was interrupted');
  if (!last || last.at > until - 100) throw new Invalid('the bot was not cut off');
  return Math.max(0, last.at - interruptedAt);
}

/**
 * The only person in a channel speaks without a pause (with others there the simulated voice server would have to send
 * every packet to them as well, before the bot or after it): CPU as a share of one core, and the delay of their
 * packets on the way to the model.
 */
export async function oneSpeaker(
  stage: Stage,
  script: Script,
  idle: number,
): Promise<{ cpu: number; onset: number; steady: number[] }> {
  const said = script.long[0] as Utterance;
  stage.reply = { heard: 'a long speech', silent: true };
  const place = stage.places[1] as Place;
  const person = place.people[0] as SimulatedPerson;
  if ((stage.places[0] as Place).guild.botVoiceChannelId !== null) {
    await stage.leave(stage.places[0] as Place);
    await stage.join(place);
  }
  const [cpu, packets] = await cpuShare(
    stage,
    idle,
    () => said.packets / 50,
    async () => {
      const sent = await stage.say(person, said);
      await committed(stage, sent, said);
      return sent;
    },
  );
  return { cpu, ...delays(stage, packets) };
}

/**
 * Matches packets to appends by counting samples: packet k ends with sample 480 (k + 1) of what the model got since the
 * first packet. That holds while nothing is lost, doubled or put in between, which is checked.
 */
function delays(stage: Stage, packets: readonly RelayedPacket[]): { onset: number; steady: number[] } {
  const first = packets[0] as RelayedPacket;
  const committedAt = stage.find('turn-ended', first.at)?.at ?? Number.POSITIVE_INFINITY;
  const appends = stage.events.flatMap((event) =>
    event.type === 'audio' && event.at >= first.at && event.at <= committedAt ? [event] : [],
  );
  const firstAppend = appends[0];
  const last = packets.at(-1) as RelayedPacket;
  const samples = appends.filter((event) => event.at <= last.at + 50).reduce((sum, event) => sum + event.samples, 0);
  const expected = packets.length * SAMPLES_PER_PACKET;
  if (!firstAppend || samples !== expected) {
    throw new Invalid(`${samples} samples came to the model, not ${expected}: packets cannot be matched`);
  }
  const steady: number[] = [];
  let got = 0;
  let next = 0;
  for (const append of appends) {
    got += append.samples;
    for (; next < packets.length && (next + 1) * SAMPLES_PER_PACKET <= got; next += 1) {
      const { at } = packets[next] as RelayedPacket;
      if (at > firstAppend.at && !stage.stalls.between(at, append.at)) steady.push(append.at - at);
    }
  }
  return { onset: firstAppend.at - first.at, steady };
}

/** Five people speak at once: CPU per person, until the model has got every word. */
export async function fiveSpeakers(stage: Stage, script: Script, idle: number): Promise<number> {
  const { people } = stage.places[0] as Place;
  const spoken = script.long.reduce((sum, said) => sum + said.packets, 0) * SAMPLES_PER_PACKET;
  stage.reply = { heard: 'many voices', silent: true };
  const from = performance.now();
  const turnsBefore = stage.turns.length;
  const heard = (): number =>
    stage.events.reduce((sum, event) => (event.type === 'audio' && event.at >= from ? sum + event.samples : sum), 0);
  const turns = stage.bot.kind === 'parley' ? script.long.length : 1;
  const [cpu] = await cpuShare(
    stage,
    idle,
    () => spoken / SAMPLES_PER_PACKET / 50,
    async () => {
      const say = async (said: Utterance, i: number) => {
        // Real people's packets do not come in the same millisecond.
        await wait(i * 4);
        await stage.say(people[i] as SimulatedPerson, said);
      };
      await Promise.all(script.long.map(say));
      await stage.until(
        () => stage.turns.length >= turnsBefore + turns,
        COMMIT_LIMIT_MS,
        `${turns} turns of five people`,
      );
    },
  );
  if (heard() < spoken * 0.98)
    throw new Invalid(`${Math.round((100 * heard()) / spoken)} % of the speech came to the model`);
  return cpu;
}
