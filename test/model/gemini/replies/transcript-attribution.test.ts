import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { GeminiTranscriptAttribution } from '../../../../src/model/gemini/replies/transcript-attribution.ts';
import type { SessionEvent } from '../../../../src/ports/model.ts';
import type { Turn } from '../../../../src/ports/voice.ts';

const turn = (id: number, user: number): Turn => ({ id, userId: `u${user}`, name: `n${user}` });
type Transcript = SessionEvent & { type: 'turn-transcript' };

/** A turn as a random server treats it. `lateMs`: from the end of its sound to its first word; none: it has no words. */
interface Planned {
  readonly user: number;
  readonly pauseMs: number;
  readonly soundMs: number;
  readonly lateMs: number | null;
  readonly gapsMs: readonly number[];
  /** All its words come once more, so long after the last of them. */
  readonly againMs: number | null;
  readonly marked: boolean;
}

interface Regime {
  readonly latestMs: number;
  readonly silent: boolean;
  readonly again: boolean;
  readonly longestGapMs: number;
}
const plannedTurn = ({ latestMs, silent, again, longestGapMs }: Regime): fc.Arbitrary<Planned> =>
  fc.record({
    user: fc.integer({ min: 0, max: 2 }),
    pauseMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 4_000 })),
    soundMs: fc.integer({ min: 300, max: 3_000 }),
    lateMs: silent
      ? fc.option(fc.integer({ min: 0, max: latestMs }), { freq: 6 })
      : fc.integer({ min: 0, max: latestMs }),
    gapsMs: fc.array(fc.integer({ min: 0, max: longestGapMs }), { maxLength: 4 }),
    againMs: again ? fc.option(fc.integer({ min: 0, max: 60_000 }), { freq: 2 }) : fc.constant(null),
    marked: fc.boolean(),
  });

/** How long a message takes each way, when the client neither reads nor lets a timer run (from, for how long), pongs. */
const weather = fc.record({
  lineMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 400 })),
  stalls: fc.array(fc.tuple(fc.integer({ min: 0, max: 8_000 }), fc.integer({ min: 1, max: 2_000 })), { maxLength: 3 }),
  /** How much later than their place among messages pongs come, in turn; null: they are not used. */
  pongsMs: fc.option(fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 1, maxLength: 5 }), { freq: 2 }),
});
type Weather = typeof weather extends fc.Arbitrary<infer T> ? T : never;
const CALM: Weather = { lineMs: 0, stalls: [], pongsMs: [0] };
const LOOSE_ECHO_MS = 500;

/** Client and server on one clock of their own. What is ready for the client when a stall ends: first timers, as in Node. */
class Clock {
  now = 0;
  readonly lineMs: number;
  readonly #stalls: Weather['stalls'];
  readonly #due: { at: number; after: number; act: () => void }[] = [];
  #count = 0;

  constructor({ lineMs, stalls }: Weather) {
    this.lineMs = lineMs;
    this.#stalls = stalls.toSorted(([one], [other]) => one - other);
  }

  onServer(time: number, act: () => void): void {
    this.#due.push({ at: Math.max(this.now, time), after: this.#count++, act });
  }

  /** A timer of the client. */
  timer(time: number, act: () => void): void {
    this.#due.push({ at: this.#awake(Math.max(this.now, time)), after: this.#count++, act });
  }

  /** Something that the server sends at `time` and the client takes when it reads it. */
  message(time: number, act: () => void): void {
    this.onServer(time, () =>
      this.#due.push({ at: this.#awake(this.now + this.lineMs), after: 1e9 + this.#count++, act }),
    );
  }

  run(): void {
    for (let left = 20_000; this.#due.length > 0 && left > 0; left -= 1) {
      this.#due.sort((a, b) => a.at - b.at || a.after - b.after);
      const [next] = this.#due.splice(0, 1);
      if (!next) break;
      this.now = next.at;
      next.act();
    }
    assert.equal(this.#due.length, 0, 'it never came to an end');
  }

  #awake(time: number): number {
    let at = time;
    for (const [from, ms] of this.#stalls) if (at >= from && at < from + ms) at = from + ms;
    return at;
  }
}

/** Plays the turns over a line. Every word carries the user who said it, and the turn, as no two people say the same. */
function play(
  turns: readonly Planned[],
  conditions: Weather,
  /** Somebody takes back this turn, so long after its end; told is what came before. */
  takenBack?: { readonly turnId: number; readonly afterMs: number; readonly onTaken: (told: number) => void },
): Transcript[] {
  const clock = new Clock(conditions);
  const events: SessionEvent[] = [];
  let next: number | undefined = 0;
  let armedAt = Number.POSITIVE_INFINITY;
  let pongs = 0;
  let loose: (() => void)[] = [];
  const hearing = new GeminiTranscriptAttribution((back) => {
    const come = () => {
      back(clock.now);
      pump();
    };
    const { pongsMs } = conditions;
    if (pongsMs) {
      const late = pongsMs[pongs++ % pongsMs.length] ?? 0;
      clock.message(clock.now + clock.lineMs + late, come);
      return;
    }
    // What the session falls back upon: the next message, or a while without one.
    const once = () => {
      loose = loose.filter((one) => one !== once);
      come();
    };
    loose.push(once);
    clock.timer(clock.now + LOOSE_ECHO_MS, () => loose.includes(once) && once());
  });
  const pump = () => {
    events.push(...hearing.settle(clock.now));
    const plan = next === undefined ? undefined : turns[next];
    if (next !== undefined && plan) {
      const one = turn(next + 1, plan.user);
      const waitMs = hearing.waitMs(clock.now);
      if (waitMs === 0) {
        next = undefined;
        speak(plan, one);
      } else if (Number.isFinite(waitMs)) arm(clock.now + waitMs);
    }
    const { nextAt } = hearing;
    if (nextAt !== undefined && nextAt > clock.now) arm(nextAt);
  };
  const arm = (at: number) => {
    if (at >= armedAt && armedAt > clock.now) return;
    armedAt = at;
    clock.timer(at, () => {
      // Whoever stood still reads first, as the session does.
      armedAt = Number.POSITIVE_INFINITY;
      if (clock.now > at + 100) {
        hearing.stoodStill(clock.now);
        clock.timer(clock.now + 1, pump);
      } else pump();
    });
  };
  const speak = (plan: Planned, one: Turn) => {
    hearing.began(one, clock.now);
    const begunAt = clock.now + clock.lineMs;
    clock.timer(clock.now + plan.soundMs, () => {
      hearing.ended(one.id, clock.now);
      if (takenBack?.turnId === one.id) {
        clock.timer(clock.now + takenBack.afterMs, () => {
          hearing.withdraw(one.userId ?? '', [one.id]);
          takenBack.onTaken(events.length);
        });
      }
      transcribe(plan, one, begunAt, clock.now + clock.lineMs);
      // One person's turns are apart, or they were one.
      const same = turns[one.id]?.user === plan.user;
      clock.timer(clock.now + (same ? Math.max(plan.pauseMs, 700) : plan.pauseMs), () => {
        next = one.id;
        pump();
      });
    });
  };
  const transcribe = (plan: Planned, one: Turn, begunAt: number, endedAt: number) => {
    if (plan.lateMs === null) return;
    let at = Math.max(begunAt, endedAt + plan.lateMs);
    const words = [0, ...plan.gapsMs];
    const send = (time: number, i: number) =>
      clock.message(time, () => {
        const finished = plan.marked && i === words.length - 1;
        events.push(...hearing.heard(` u${plan.user}:${one.id}.${i}:words`, finished, clock.now));
        for (const back of loose) back();
        pump();
      });
    words.forEach((gapMs, i) => {
      at += gapMs;
      send(at, i);
    });
    const { againMs } = plan;
    if (againMs !== null) words.forEach((_, i) => void send(at + againMs, i));
  };
  pump();
  clock.run();
  return events as Transcript[];
}

function wrong(turns: readonly Planned[], events: readonly Transcript[]): string[] {
  return events.flatMap(({ turnId, text }) => {
    const owner = `u${turns[(turnId ?? 0) - 1]?.user}`;
    const right = turnId === null || text.split(' ').every((word) => word.split(':')[0] === owner);
    return right ? [] : [`turn ${turnId} of ${owner}: ${text}`];
  });
}

/** An echo that comes at once: nothing is on its way. */
function near(now: () => number): GeminiTranscriptAttribution {
  return new GeminiTranscriptAttribution((back) => back(now()));
}

const plan = { pauseMs: 0, soundMs: 500, lateMs: 100, gapsMs: [50, 50], againMs: null, marked: false };

describe('whose words they are on Gemini', () => {
  for (const [name, regime] of Object.entries({
    'with words that are up to 20 s late, lost or repeated': {
      latestMs: 20_000,
      silent: true,
      again: true,
      longestGapMs: 250,
    },
    'with words that are in time, lost or repeated': { latestMs: 1_000, silent: true, again: true, longestGapMs: 250 },
  })) {
    it(`is never the wrong person, ${name}, whatever pongs do`, () => {
      fc.assert(
        fc.property(
          fc.array(plannedTurn(regime), { minLength: 1, maxLength: 7 }),
          weather,
          // Only a pong in its place shows that this process stood still; what it tears apart is late.
          (planned, { pongsMs, stalls, lineMs }) => {
            // What comes twice right before the same person's next words is taken for them: people do repeat themselves.
            const alone = ({ user }: Planned) => planned.filter((one) => one.user === user).length === 1;
            const turns = planned.map((one) => (alone(one) ? one : { ...one, againMs: null }));
            const stood = pongsMs && regime.latestMs <= 1_000 ? stalls : [];
            assert.deepEqual(wrong(turns, play(turns, { lineMs, pongsMs, stalls: stood })), []);
          },
        ),
        { numRuns: 3_000 },
      );
    });
  }

  it('is told to nobody of what somebody took back, however late it comes', () => {
    const turns = fc.array(plannedTurn({ latestMs: 20_000, silent: true, again: false, longestGapMs: 250 }), {
      minLength: 2,
      maxLength: 6,
    });
    fc.assert(
      fc.property(turns, fc.nat({ max: 5 }), fc.integer({ min: 0, max: 5_000 }), (planned, which, afterMs) => {
        const turnId = 1 + (which % planned.length);
        const gone = planned[turnId - 1]?.user ?? 0;
        // Whoever said so is not heard any more.
        planned = planned.map((one, i) => (i >= turnId && one.user === gone ? { ...one, user: gone + 3 } : one));
        let told = Number.POSITIVE_INFINITY;
        const events = play(planned, CALM, { turnId, afterMs, onTaken: (count) => (told = count) });
        assert.deepEqual(wrong(planned, events), []);
        const later = events.slice(told).filter(({ text }) => text.includes(`:${turnId}.`));
        // What was told of a line before is only told again with the rest of it.
        const known = events.slice(0, told).map(({ text }) => text);
        assert.deepEqual(
          later.filter(({ text }) => !known.includes(text)),
          [],
        );
      }),
      { numRuns: 2_000 },
    );
  });

  it('is nobody for at most 2 % of the words where everything comes within a second', () => {
    const regime = { latestMs: 600, silent: false, again: false, longestGapMs: 130 };
    const turns = fc.array(plannedTurn(regime), { minLength: 2, maxLength: 8 });
    const pongs = fc.option(fc.array(fc.integer({ min: 0, max: 1_000 }), { minLength: 1, maxLength: 5 }), { freq: 2 });
    const cases = fc.sample(fc.tuple(turns, pongs, fc.integer({ min: 0, max: 200 })), { numRuns: 500, seed: 12 });
    const finals = cases.flatMap(([planned, pongsMs, lineMs]) => {
      const events = play(planned, { lineMs, stalls: [], pongsMs });
      assert.deepEqual(wrong(planned, events), []);
      return events.filter(({ final }) => final);
    });
    const nobodys = finals.filter(({ turnId }) => turnId === null);
    assert.ok(finals.length > 1_000);
    assert.ok(nobodys.length <= finals.length * 0.02, `${nobodys.length} of ${finals.length}`);
  });

  it('gives every word its turn where words come before answers', () => {
    const events = play(
      [0, 1, 0].map((user) => ({ ...plan, user })),
      CALM,
    );
    const finals = events.filter(({ final }) => final).map(({ turnId, text }) => [turnId, text]);
    assert.deepEqual(finals, [
      [1, 'u0:1.0:words u0:1.1:words u0:1.2:words'],
      [2, 'u1:2.0:words u1:2.1:words u1:2.2:words'],
      [3, 'u0:3.0:words u0:3.1:words u0:3.2:words'],
    ]);
  });

  it('holds the next turn back for 2 s at most where no words come', () => {
    const hearing = near(() => 1_000);
    hearing.began(turn(1, 1), 0);
    hearing.ended(1, 1_000);
    assert.equal(hearing.waitMs(1_000), 2_000);
    assert.equal(hearing.waitMs(2_900), 100);
    assert.equal(hearing.waitMs(3_000), 0);
    hearing.heard('hello', false, 1_100);
    assert.equal(hearing.waitMs(1_200), 900);
  });

  it('lets the next person begin sooner where the service marks the end', () => {
    const hearing = near(() => 1_000);
    hearing.began(turn(1, 1), 0);
    hearing.ended(1, 1_000);
    hearing.heard('hello', true, 1_050);
    assert.equal(hearing.waitMs(1_050), 300);
    assert.deepEqual(hearing.settle(1_350), [{ type: 'turn-transcript', turnId: 1, text: 'hello', final: true }]);
    assert.equal(hearing.waitMs(1_350), 0);
  });

  it('gives words to nobody for 25 s behind a turn that has none, if somebody else spoke since', () => {
    const hearing = near(() => 100);
    hearing.began(turn(1, 1), 0);
    hearing.ended(1, 100);
    hearing.began(turn(2, 2), 3_100); // the wait was over
    const one = hearing.heard('whose', false, 3_700);
    assert.deepEqual(one, [{ type: 'turn-transcript', turnId: null, text: 'whose', final: false }]);
    const two = hearing.heard(' is it', true, 3_800);
    assert.deepEqual(two, [{ type: 'turn-transcript', turnId: null, text: 'whose is it', final: true }]);
    hearing.ended(2, 4_000);
    assert.deepEqual(hearing.settle(25_100), []);
    const three = hearing.heard('mine', false, 25_200);
    assert.deepEqual(three, [{ type: 'turn-transcript', turnId: 2, text: 'mine', final: false }]);
  });

  it('notices that they are nobody’s line after line, and only then', () => {
    const hearing = near(() => 100);
    // Two speak in turn, and the words come when the other has spoken, too.
    for (let id = 0; id < 6; id += 2) {
      const at = 10_000 * (id + 1);
      assert.equal(hearing.isLost, false, `before line ${id / 2 + 1}`);
      for (const [more, user] of [
        [0, 0],
        [1, 1],
      ] as const) {
        hearing.began(turn(id + more, user), at + more * 600);
        hearing.ended(id + more, at + more * 600 + 500);
      }
      hearing.heard(`What ${id} is about`, false, at + 1_500);
      hearing.settle(at + 3_000);
    }
    assert.equal(hearing.isLost, true);
    const calm = near(() => 100);
    for (let id = 0; id < 6; id++) {
      calm.began(turn(id, id % 2), id * 10_000);
      calm.ended(id, id * 10_000 + 500);
      calm.heard(`Word ${id}`, false, id * 10_000 + 800);
      calm.settle(id * 10_000 + 5_000);
    }
    assert.equal(calm.isLost, false);
  });

  it('gives late words to the only one who spoke, though the answer is long over', () => {
    const hearing = near(() => 1_000);
    hearing.began(turn(1, 1), 0);
    hearing.ended(1, 1_000);
    const late = hearing.heard('at last', false, 21_000);
    assert.deepEqual(late, [{ type: 'turn-transcript', turnId: 1, text: 'at last', final: false }]);
  });

  it('makes no line of words that come a second time, however late, and is not sure of whom they are then', () => {
    const hearing = near(() => 1_000);
    hearing.began(turn(1, 1), 0);
    hearing.ended(1, 1_000);
    hearing.heard('Hey, did you see that?', false, 1_100);
    hearing.settle(3_000);
    hearing.settle(3_000);
    // google-gemini/gemini-live-api-examples#48
    assert.deepEqual(hearing.heard('Hey, did you see that?', false, 56_000), []);
    assert.deepEqual(hearing.settle(57_000), []);
    hearing.began(turn(2, 2), 58_000);
    hearing.ended(2, 59_000);
    assert.deepEqual(hearing.heard('Hey, did you', false, 59_100), []);
    assert.deepEqual(hearing.heard(' see that?', false, 59_150), []);
    hearing.settle(59_500);
    const mine = hearing.heard('I did.', false, 59_600);
    assert.deepEqual(mine, [{ type: 'turn-transcript', turnId: 2, text: 'I did.', final: false }]);
  });

  it('is not sure of a turn whose words its speaker said before: its own may come when somebody else has spoken', () => {
    let now = 0;
    const hearing = near(() => now);
    hearing.began(turn(1, 1), 0);
    now = 1_000;
    hearing.ended(1, now);
    hearing.heard('Hey, did you see that?', false, 1_100);
    hearing.began(turn(2, 1), 2_000);
    now = 3_000;
    hearing.ended(2, now);
    // The service may have said it twice, or the person.
    const again = [...hearing.heard('Hey, did you see that?', false, 3_100), ...hearing.settle(3_600)] as Transcript[];
    assert.deepEqual(again.at(-1), {
      type: 'turn-transcript',
      turnId: 2,
      text: 'Hey, did you see that?',
      final: false,
    });
    for (now of [5_000, 6_000, 7_000]) assert.ok(!hearing.settle(now).some((one) => (one as Transcript).turnId === 2));
    hearing.began(turn(3, 2), 8_000);
    hearing.ended(3, 9_000);
    const late = hearing.heard('There it is again.', false, 9_500) as Transcript[];
    assert.deepEqual(
      late.map(({ turnId }) => turnId),
      [null],
    );
  });

  it('takes short words that somebody else said before for the next person’s, until the service repeats some', () => {
    const hearing = near(() => 1_000);
    const say = (id: number, text: string) => {
      const at = id * 10_000;
      hearing.began(turn(id, id), at);
      hearing.ended(id, at + 1_000);
      const events = hearing.heard(text, false, at + 1_100);
      return [...events, ...hearing.settle(at + 1_500), ...hearing.settle(at + 4_000)] as Transcript[];
    };
    say(1, 'Yes.');
    const second = say(2, 'Yes.');
    assert.deepEqual([second.at(-1)?.turnId, second.at(-1)?.text], [2, 'Yes.']);
    assert.deepEqual(hearing.heard('Yes.', false, 25_000), []);
    hearing.settle(26_000);
    const third = say(3, 'Yes.');
    assert.deepEqual(third, [{ type: 'turn-transcript', turnId: null, text: 'Yes.', final: true }]);
  });

  it('tells who says at length what somebody said before as nobody, and does not lose it', () => {
    const hearing = near(() => 1_000);
    hearing.began(turn(1, 1), 0);
    hearing.ended(1, 1_000);
    hearing.heard('Yes, I think so.', false, 1_100);
    hearing.settle(3_000);
    hearing.settle(3_000);
    hearing.began(turn(2, 2), 4_000);
    hearing.ended(2, 5_000);
    assert.deepEqual(hearing.heard('Yes, I think so.', false, 5_100), []);
    hearing.settle(5_400);
    assert.deepEqual(hearing.settle(8_500), [
      { type: 'turn-transcript', turnId: null, text: 'Yes, I think so.', final: true },
    ]);
  });

  it('takes words for nobody’s behind one whose words were seen to come in parts, far apart', () => {
    const hearing = near(() => 1_000);
    hearing.began(turn(1, 1), 0);
    hearing.ended(1, 1_000);
    hearing.heard('one', false, 1_100);
    hearing.settle(3_000);
    hearing.settle(3_000);
    const second = hearing.heard(' two', false, 6_000);
    assert.deepEqual(second, [{ type: 'turn-transcript', turnId: 1, text: 'one two', final: true }]);
    hearing.began(turn(2, 2), 7_000);
    hearing.ended(2, 8_000);
    hearing.heard('three', false, 8_100);
    hearing.settle(11_000);
    hearing.settle(11_000);
    hearing.began(turn(3, 3), 12_000);
    const [unclear] = hearing.heard('whose', false, 12_500);
    assert.equal(unclear?.type === 'turn-transcript' && unclear.turnId, null);
  });

  /** A turn of u1 that has words, and what holds the echoes back. */
  function spokenTurn() {
    const echoes: ((now: number) => void)[] = [];
    const hearing = new GeminiTranscriptAttribution((back) => echoes.push(back));
    const echo = (now: number) => echoes.splice(0).forEach((back) => void back(now));
    hearing.began(turn(1, 1), 0);
    hearing.heard('well', false, 500);
    hearing.ended(1, 1_000);
    return { hearing, echo };
  }

  it('takes words that were on their way when a timer ran late for those of their turn', () => {
    const { hearing, echo } = spokenTurn();
    echo(1_010);
    // The process stood still: the time is over, but what came meanwhile was not read yet.
    assert.deepEqual(hearing.settle(3_400), []);
    assert.deepEqual(hearing.heard(' then', false, 3_401), [
      { type: 'turn-transcript', turnId: 1, text: 'well then', final: false },
    ]);
    echo(3_402);
    assert.deepEqual(hearing.settle(3_402), []);
  });

  it('does not take a turn for complete before the server knew of its end', () => {
    const { hearing, echo } = spokenTurn();
    assert.deepEqual(hearing.settle(4_000), []);
    echo(5_000);
    assert.deepEqual(hearing.settle(5_900), []);
    hearing.settle(6_000);
    echo(6_010);
    assert.deepEqual(hearing.settle(6_010), [{ type: 'turn-transcript', turnId: 1, text: 'well', final: true }]);
  });
});
