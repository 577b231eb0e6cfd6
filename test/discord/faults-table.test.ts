// What @discordjs/voice 0.19.2 does wrong, one test per trigger, over real sockets. Each trigger strikes Parley and, in a
// process of its own, the plain bridge of the bench, which stands on the library's receiver and player: it has to fail
// there, or the trigger proves nothing.

import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { type DiscordOptions, VoiceOp } from '@parley/simulator/discord';
import { Invalid } from '../bench/stage.ts';
import { quietFor } from '../support/time/quiet-for.ts';
import { count, NOTES, type Notes, pauseEnd, Trial } from '../support/world/audible-order.ts';

const SCALE = [...NOTES, ...NOTES.toReversed(), ...NOTES];
const RTP_BYTES = 80;
/** More attempts than any care can explain: Parley makes half as many at most. */
const STORM = 12;

type Trigger<T> = (trial: Trial) => Promise<T>;

/** The same trigger on both; the plain bridge afresh, for it may not survive. */
async function both<T>(trigger: Trigger<T>, discord?: DiscordOptions): Promise<{ parley: T; plain: T }> {
  const options = discord ? { discord } : {};
  const [parley, plain] = await Promise.all([
    discord ? once(() => Trial.start('parley', options), trigger) : shared(trigger),
    once(() => Trial.start('plain', options), trigger),
  ]);
  return { parley, plain };
}

/** What did not come about at all, on a machine that stood still for a moment, is tried once more. */
async function once<T>(start: () => Promise<Trial>, trigger: Trigger<T>, attempts = 2): Promise<T> {
  const trial = await start();
  try {
    return await trigger(trial);
  } catch (error) {
    if (!(error instanceof Invalid) || attempts === 1) throw error;
  } finally {
    await trial.close();
  }
  return once(start, trigger, attempts - 1);
}

/** A Parley that gets many triggers, one after the other: none may hurt it. */
class Hardy {
  #trial: Promise<Trial> | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  take<T>(trigger: Trigger<T>): Promise<T> {
    this.#trial ??= Trial.start('parley');
    const started = this.#trial;
    const turn = this.#queue.then(async () => {
      const trial = await started;
      const result = await trigger(trial).catch((error) => {
        if (error instanceof Invalid) return trigger(trial);
        throw error;
      });
      await trial.untilSilent();
      return result;
    });
    this.#queue = turn.catch(() => {});
    return turn;
  }

  async close(): Promise<void> {
    await (await this.#trial)?.close();
  }
}

/** Two, because there is time for it: most of a trigger is waiting. */
const hardy = [new Hardy(), new Hardy()] as const;
let taken = 0;

function shared<T>(trigger: Trigger<T>): Promise<T> {
  taken += 1;
  return (hardy[taken % 2] as Hardy).take(trigger);
}

/** Whether it lives and hears after something was done to it. */
async function survives(trial: Trial, act: () => unknown): Promise<boolean> {
  await act();
  await wait(300);
  return hears(trial);
}

/** Whether it hears a sentence whole. A busy machine may lose some of one, or need longer: a deaf bot hears none of them. */
async function hears(trial: Trial, sentences = 4): Promise<boolean> {
  for (let left = sentences; left > 0; left -= 1) {
    if (!trial.stage.bot.running) return false;
    if (count(await trial.heard(['e'], 40), 'e') >= 38) return true;
  }
  return false;
}

/** Notes in the order of their arrival, each once while it lasts. */
function melody(notes: Notes): string[] {
  const known = notes.filter((note) => note !== undefined);
  return known.filter((note, i) => note !== known[i - 1]);
}

describe('the faults of @discordjs/voice 0.19.2: Parley has none of them, the plain bridge has', {
  concurrency: 3,
}, () => {
  after(() => Promise.all(hardy.map((one) => one.close())));

  it('datagrams of 9 to 11 bytes from a stranger: hears on; the plain bridge ends', async () => {
    const result = await both((trial) =>
      survives(trial, async () => {
        for (const bytes of [9, 10, 11]) {
          await trial.stage.discord.voice.inject(trial.seat, Buffer.alloc(bytes, 0x80), 'stranger');
        }
      }),
    );
    assert.deepEqual(result, { parley: true, plain: false });
  });

  it('MLS proposals that are none: hears on; the plain bridge ends', async () => {
    const result = await both((trial) =>
      survives(trial, () =>
        trial.stage.discord.voice.sendBinary(trial.seat, VoiceOp.DaveProposals, Buffer.alloc(40, 7)),
      ),
    );
    assert.deepEqual(result, { parley: true, plain: false });
  });

  it('one RTP packet that fails transport authentication: costs nothing; on the plain bridge the rest of the speech', async () => {
    const forge = async (trial: Trial): Promise<number> => {
      const notes = await trial.heard(['c'], 100, () => {
        const forged = Buffer.alloc(RTP_BYTES, 5);
        forged.writeUInt16BE(0x9078, 0);
        forged.writeUInt32BE(trial.speaker.voice.ssrc, 8);
        return trial.stage.discord.voice.inject(trial.seat, forged, 'server');
      });
      return count(notes, 'c');
    };
    const result = await both(async (trial) => {
      let heard = await forge(trial);
      // The plain bridge listens anew after a pause, and a busy machine makes pauses of its own: then it is no proof.
      for (let more = 3; trial.stage.bot.kind === 'plain' && heard > 60 && more > 0; more -= 1)
        heard = await forge(trial);
      return heard;
    });
    assert.ok(result.parley >= 98, `Parley heard ${result.parley} of 100 frames`);
    assert.ok(result.plain <= 60, `the plain bridge heard ${result.plain} of 100 frames`);
  });

  it('every packet twice, without end-to-end encryption: heard once; by the plain bridge twice', async () => {
    const heard: Trigger<number> = async (trial) => count(await trial.heard(['c'], 50), 'c');
    const result = await both(heard, { dave: false, faults: { duplicates: 1 } });
    assert.ok(result.parley >= 49 && result.parley <= 52, `Parley heard ${result.parley} of 50 frames`);
    assert.ok(result.plain >= 95, `the plain bridge heard ${result.plain} of 50 frames`);
  });

  it('packets that overtake each other: heard in their order; by the plain bridge as they come', async () => {
    const result = await both(async (trial) => {
      const { faults } = trial.stage.discord.voice;
      faults.reorder = 0.6;
      const notes = await trial.heard(SCALE, 2).finally(() => {
        faults.reorder = 0;
      });
      return melody(notes);
    });
    // The scale turns at its ends, where a note is followed by itself.
    const expected = melody(SCALE);
    assert.deepEqual(result.parley, expected);
    assert.ok(result.plain.length > expected.length + 5, `heard by the plain bridge: ${result.plain.join(' ')}`);
  });

  it('one packet in five lost: the time stays right, the gaps are filled; the plain bridge shortens the sound', async () => {
    const result = await both(async (trial) => {
      const { faults } = trial.stage.discord.voice;
      faults.loss = 0.2;
      const notes = await trial.heard(['c'], 100).finally(() => {
        faults.loss = 0;
      });
      return notes.length;
    });
    // A gap at the very end, or one that is too long to be guessed, stays silent.
    assert.ok(result.parley >= 92, `Parley gave ${result.parley} of 100 frames on`);
    assert.ok(result.plain <= 90, `the plain bridge gave ${result.plain} of 100 frames on`);
  });

  it('joining while somebody speaks, the keys coming late: no noise, and heard; the plain bridge stays deaf', async () => {
    const joins: Trigger<{ heard: number; noise: number }> = async (trial) => {
      const { faults } = trial.stage.discord.voice;
      const from = performance.now();
      const speaking = trial.speaker.voice.speak(trial.pitches.sound('c', 6_000));
      await wait(300);
      faults.gatewayDelayMs = 300;
      await trial.stage.join(trial.place);
      await speaking;
      await quietFor(500);
      const notes = trial.modelHeard(from);
      return { heard: count(notes, 'c'), noise: count(notes, undefined) };
    };
    const [parley, plain] = await Promise.all(
      (['parley', 'plain'] as const).map((kind) => once(() => Trial.start(kind, { joined: false }), joins)),
    );
    assert.ok(parley && parley.heard >= 60, `Parley heard ${parley?.heard} frames`);
    assert.ok(parley.noise <= 3, `${parley.noise} frames of noise`);
    assert.ok(plain && plain.heard < 30, `the plain bridge heard ${plain?.heard} frames`);
  });

  it('keys of one person that fit nothing since the group’s transition 0: heard again after op 31; not on the plain bridge', async () => {
    const result = await both(async (trial) => {
      trial.speaker.voice.loseKeys();
      await trial.heard(['c'], 200);
      const heard = count(await trial.heard(['e'], 50), 'e');
      // On a machine that stood still the group may have been made anew meanwhile, with a transition that the library knows.
      if (trial.stage.bot.kind === 'plain' && heard > 2)
        throw new Invalid(`the plain bridge heard ${heard} of 50 frames`);
      return heard;
    });
    assert.ok(result.parley >= 48, `Parley heard ${result.parley} of 50 frames`);
    assert.ok(result.plain <= 2, `the plain bridge heard ${result.plain} of 50 frames`);
  });

  it('packets while the voice gateway is resumed: heard, no noise; the plain bridge takes them for Opus and goes deaf', async () => {
    const result = await both(async (trial) => {
      const { voice } = trial.stage.discord;
      const notes = await trial
        .heard(['c'], 120, () => {
          voice.faults.gatewayDelayMs = 600;
          voice.sever(trial.seat);
        })
        .finally(() => {
          voice.faults.gatewayDelayMs = 0;
        });
      return { heard: count(notes, 'c'), noise: count(notes, undefined) };
    });
    assert.ok(result.parley.heard >= 115, `Parley heard ${result.parley.heard} of 120 frames`);
    assert.ok(result.parley.noise <= 3, `${result.parley.noise} frames of noise`);
    assert.ok(result.plain.heard <= 60, `the plain bridge heard ${result.plain.heard} of 120 frames`);
  });

  it('packets that name contributing sources: heard; by the plain bridge not', async () => {
    const result = await both(async (trial) => {
      const { faults } = trial.stage.discord.voice;
      faults.csrcs = 2;
      const notes = await trial.heard(['c'], 50).finally(() => {
        faults.csrcs = 0;
      });
      return count(notes, 'c');
    });
    assert.ok(result.parley >= 48, `Parley heard ${result.parley} of 50 frames`);
    assert.ok(result.plain <= 5, `the plain bridge heard ${result.plain} of 50 frames`);
  });

  it('every packet twice, end-to-end encrypted: heard once, and nothing is taken for a failure', async () => {
    const parley = await shared(async (trial) => {
      const { faults } = trial.stage.discord.voice;
      faults.duplicates = 1;
      const notes = await trial.heard(['c'], 150).finally(() => {
        faults.duplicates = 0;
      });
      return count(notes, 'c');
    });
    assert.ok(parley >= 148 && parley <= 152, `Parley heard ${parley} of 150 frames`);
  });

  it('voice close 4004, 4006, 4009, 4017, 4021 or 4022 at every attempt: a few attempts; the plain bridge storms', async () => {
    const attempts = async ({ stage, seat }: Trial, code: number): Promise<number> => {
      const { voice } = stage.discord;
      voice.links.closeOnIdentify = code;
      const before = voice.identifies;
      voice.sever(seat, code);
      await quietFor(700);
      // A storm needs a machine that has time for it; care does not.
      const storms = (): boolean => voice.identifies - before >= STORM;
      if (stage.bot.kind === 'plain') await stage.until(storms, 5_000, 'a storm').catch(() => {});
      voice.links.closeOnIdentify = undefined;
      return voice.identifies - before;
    };
    const careful: Trigger<number[]> = async (trial) => {
      const each: number[] = [];
      for (const code of [4004, 4006, 4009, 4017, 4021, 4022]) {
        each.push(await attempts(trial, code));
        await trial.comeBack();
      }
      return each;
    };
    const [parley, ...plain] = await Promise.all([
      once(() => Trial.start('parley'), careful),
      // It does not always find back, so it gets one of them.
      once(
        () => Trial.start('plain'),
        (trial) => attempts(trial, 4006),
      ),
      once(
        () => Trial.start('plain'),
        (trial) => attempts(trial, 4022),
      ),
    ]);
    assert.ok(Math.max(...parley) <= 6, `${parley} attempts in 0.7 s`);
    assert.ok(Math.min(...plain) >= STORM, `${plain} attempts of the plain bridge`);
  });

  it('a lost datagram of IP discovery: asked again (the plain bridge never does: npm run endurance -- dead-link)', async () => {
    const parley = await Trial.start('parley', { joined: false });
    try {
      const { links } = parley.stage.discord.voice;
      links.loseDiscoveries = 1;
      await parley.stage.join(parley.place);
      assert.equal(links.loseDiscoveries, 0);
      assert.ok(await hears(parley));
    } finally {
      await parley.close();
    }
  });

  it('a dead voice link: noticed in less than 20 s (the plain bridge needs a minute: npm run endurance -- dead-link)', async () => {
    const parley = await Trial.start('parley');
    try {
      const { stage, seat } = parley;
      const before = stage.discord.voice.identifies;
      stage.discord.voice.halfOpen(seat, 'websocket', 'udp');
      await stage.until(() => stage.discord.voice.identifies > before, 20_000, 'another connection');
      await parley.comeBack();
      assert.ok(await hears(parley));
    } finally {
      await parley.close();
    }
  });

  it('event loop blocked for 1 s: three packets at once, and no more than one per 20 ms then; the plain bridge floods', async () => {
    const result = await both(async (trial) => {
      const { bot } = trial.stage;
      await trial.answered('g', 3_500);
      await wait(300);
      const { now } = await bot.sent();
      await bot.block(1_000);
      await quietFor(1_400);
      // By the bot's own clock: here packets come together that were not sent together when this process stands still.
      const instants = (await bot.sent()).at.filter((at) => at >= now - 100);
      const end = pauseEnd(instants, 500);
      if (end === undefined) throw new Invalid('the bot did not speak over the pause');
      const within = (ms: number): number => instants.filter((at) => at >= end && at < end + ms).length;
      return { atOnce: within(12), soon: within(120), second: within(1_000) };
    });
    assert.ok(result.parley.atOnce <= 3, `${result.parley.atOnce} at once`);
    assert.ok(result.parley.soon <= 9, `${result.parley.soon} in 120 ms`);
    assert.ok(result.parley.second >= 30 && result.parley.second <= 51, `${result.parley.second} in a second`);
    assert.ok(result.plain.soon >= 15, `${result.plain.soon} of the plain bridge in 120 ms`);
  });

  it('wall clock set back by 2 s: nothing happens; the plain bridge falls silent', async () => {
    const result = await both(async (trial) => {
      await trial.answered('g', 2_500);
      await wait(300);
      await trial.stage.bot.stepClock(-2_000);
      const from = performance.now();
      await quietFor(1_000);
      return trial.sentAt(from).length;
    });
    assert.ok(result.parley >= 30 && result.parley <= 53, `${result.parley} packets in a second`);
    assert.ok(result.plain <= 5, `${result.plain} packets of the plain bridge in a second`);
  });

  it('wall clock set forward by 2 s: nothing happens; the plain bridge floods', async () => {
    const result = await both(async (trial) => {
      await trial.answered('g', 4_000);
      await wait(300);
      await trial.stage.bot.stepClock(2_000);
      const from = performance.now();
      await quietFor(1_000);
      // The most within 200 ms: a flood needs a machine that has time for it.
      const at = trial.sentAt(from);
      return Math.max(0, ...at.map((start) => at.filter((one) => one >= start && one < start + 200).length));
    });
    assert.ok(result.parley <= 15, `${result.parley} packets in 200 ms`);
    assert.ok(result.plain >= 25, `${result.plain} packets of the plain bridge in 200 ms`);
  });

  it('gaps of 250 ms in what the model sends: every frame is played; the plain bridge gives up at the first', async () => {
    const result = await both(async (trial) => {
      // The model sends 200 ms at a time; at this pace 450 ms lie between them.
      const from = await trial.answered('g', 1_500, 200 / 450);
      await trial.stage.event('reply-done', from, 15_000, 'the end of the answer');
      await quietFor(700);
      return count(trial.listenerHeard(from), 'g');
    });
    assert.ok(result.parley >= 75, `${result.parley} of 75 frames were heard`);
    assert.ok(result.plain <= 40, `${result.plain} of 75 frames of the plain bridge were heard`);
  });

  it('a reply cut off, then another one: not a frame of the old one is heard; of the plain bridge one is', async () => {
    const result = await both(async (trial) => {
      await trial.answered('g', 4_000);
      await wait(300);
      const from = await trial.answered('a', 500);
      await quietFor(700);
      const notes = trial.listenerHeard(from - 5);
      if (trial.stage.bot.kind === 'parley' && count(notes, 'a') <= 20)
        throw new Invalid('the other reply was not heard');
      return count(notes, 'g');
    });
    assert.equal(result.parley, 0);
    assert.ok(result.plain > 0, 'the plain bridge played no stale frame');
  });
});
