import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { SessionEvent, Turn } from '../../src/bridge/ports.ts';
import { GeminiGenerations } from '../../src/model/gemini-generations.ts';
import { GeminiHearing } from '../../src/model/gemini-hearing.ts';

const turn = (id: number, user: number): Turn => ({ id, userId: `u${user}`, name: `n${user}` });
type Transcript = SessionEvent & { type: 'turn-transcript' };

/** A turn as a random server treats it; times in ms, relative to the end of its sound unless said otherwise. */
const plannedTurn = fc.record({
  user: fc.integer({ min: 0, max: 2 }),
  pauseMs: fc.integer({ min: 0, max: 800 }),
  soundMs: fc.integer({ min: 20, max: 3_000 }),
  answerMs: fc.option(fc.integer({ min: 0, max: 2_500 })),
  firstWordMs: fc.integer({ min: -3_000, max: 3_500 }),
  gapsMs: fc.array(fc.integer({ min: 0, max: 290 }), { maxLength: 4 }),
  mute: fc.boolean(),
  stale: fc.boolean(),
});
type Planned = typeof plannedTurn extends fc.Arbitrary<infer T> ? T : never;

/** How long a message takes each way, and when the client neither reads nor lets a timer run: from, for how long. */
const weather = fc.record({
  lineMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 400 })),
  stalls: fc.array(fc.tuple(fc.integer({ min: 0, max: 8_000 }), fc.integer({ min: 1, max: 2_000 })), { maxLength: 3 }),
});
type Weather = typeof weather extends fc.Arbitrary<infer T> ? T : never;
const CALM: Weather = { lineMs: 0, stalls: [] };

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

/** Plays the turns over a line; every word carries the user who said it. */
function play(turns: readonly Planned[], marksEnds: boolean, conditions: Weather): Transcript[] {
  const clock = new Clock(conditions);
  const events: SessionEvent[] = [];
  let next: number | undefined = 0;
  const hearing = new GeminiHearing((back) =>
    clock.message(clock.now + clock.lineMs, () => {
      back(clock.now);
      pump();
    }),
  );
  const pump = () => {
    events.push(...hearing.settle(clock.now));
    const plan = next === undefined ? undefined : turns[next];
    if (next !== undefined && plan) {
      const one = turn(next + 1, plan.user);
      const waitMs = hearing.waitMs(one, clock.now);
      if (waitMs === 0) {
        next = undefined;
        speak(plan, one);
      } else if (Number.isFinite(waitMs)) clock.timer(clock.now + waitMs, pump);
    }
    const { nextAt } = hearing;
    if (nextAt !== undefined && nextAt > clock.now) clock.timer(nextAt, pump);
  };
  const speak = (plan: Planned, one: Turn) => {
    hearing.began(one, clock.now);
    const begunAt = clock.now + clock.lineMs;
    clock.timer(clock.now + plan.soundMs, () => {
      hearing.ended(one.id, clock.now);
      answer(plan, begunAt, clock.now + clock.lineMs);
      clock.timer(clock.now + plan.pauseMs, () => {
        next = one.id;
        pump();
      });
    });
  };
  /** What the server does; `endedAt`: when it learns that the turn is over. */
  const answer = (plan: Planned, begunAt: number, endedAt: number) => {
    const take = (act: () => void) => () => {
      act();
      pump();
    };
    // Of the answer before, sent when it did not know yet.
    if (plan.stale)
      clock.message(
        endedAt,
        take(() => hearing.answered(clock.now)),
      );
    const { answerMs } = plan;
    if (answerMs !== null)
      clock.message(
        endedAt + answerMs,
        take(() => hearing.answered(clock.now)),
      );
    if (plan.mute) return;
    let word = Math.max(begunAt, endedAt + plan.firstWordMs);
    const words = [0, ...plan.gapsMs];
    words.forEach((gapMs, i) => {
      word += gapMs;
      const finished = marksEnds && i === words.length - 1;
      clock.message(
        word,
        take(() => events.push(...hearing.heard(` u${plan.user}`, finished, clock.now))),
      );
    });
  };
  pump();
  clock.run();
  return events as Transcript[];
}

/** An echo that comes at once: nothing is on its way. */
function near(now: () => number): GeminiHearing {
  return new GeminiHearing((back) => back(now()));
}

describe('whose words they are on Gemini', () => {
  for (const marksEnds of [false, true]) {
    it(`is never the wrong person, ${marksEnds ? 'with' : 'without'} end marks`, () => {
      fc.assert(
        fc.property(fc.array(plannedTurn, { minLength: 1, maxLength: 6 }), weather, (turns, conditions) => {
          for (const { turnId, text } of play(turns, marksEnds, conditions)) {
            if (turnId === null) continue;
            const owner = `u${turns[turnId - 1]?.user}`;
            assert.ok(
              text.split(' ').every((word) => word === owner),
              `turn ${turnId} of ${owner}: ${text}`,
            );
          }
        }),
        { numRuns: 3_000 },
      );
    });
  }

  it('gives every word its turn where words come before answers', () => {
    const plan = {
      pauseMs: 0,
      soundMs: 500,
      answerMs: 400,
      firstWordMs: 100,
      gapsMs: [50, 50],
      mute: false,
      stale: false,
    };
    const events = play(
      [
        { ...plan, user: 0 },
        { ...plan, user: 1 },
        { ...plan, user: 0 },
      ],
      false,
      CALM,
    );
    const finals = events.filter(({ final }) => final).map(({ turnId, text }) => [turnId, text]);
    assert.deepEqual(finals.slice(0, 2), [
      [1, 'u0 u0 u0'],
      [2, 'u1 u1 u1'],
    ]);
  });

  it('holds another person back for 1.5 s at most, and the same person not at all', () => {
    const hearing = near(() => 1_000);
    hearing.began(turn(1, 1), 0);
    hearing.ended(1, 1_000);
    assert.equal(hearing.waitMs(turn(2, 2), 1_000), 1_500);
    assert.equal(hearing.waitMs(turn(2, 2), 2_400), 100);
    assert.equal(hearing.waitMs(turn(2, 2), 2_500), 0);
    assert.equal(hearing.waitMs(turn(2, 1), 1_000), 0);
    hearing.heard('hello', false, 1_100);
    hearing.answered(1_200);
    assert.equal(hearing.waitMs(turn(2, 2), 1_200), 300);
  });

  it('lets the next person begin as soon as the service marks the end', () => {
    const hearing = near(() => 1_000);
    hearing.began(turn(1, 1), 0);
    hearing.ended(1, 1_000);
    const events = hearing.heard('hello', true, 1_050);
    assert.deepEqual(events, [{ type: 'turn-transcript', turnId: 1, text: 'hello', final: true }]);
    assert.equal(hearing.waitMs(turn(2, 2), 1_050), 0);
  });

  it('gives words to nobody while they may be of two people', () => {
    const hearing = near(() => 100);
    hearing.began(turn(1, 1), 0);
    hearing.ended(1, 100);
    hearing.began(turn(2, 2), 1_600); // the wait was over
    assert.deepEqual(hearing.heard('whose', false, 1_700), [
      { type: 'turn-transcript', turnId: null, text: 'whose', final: false },
    ]);
    assert.deepEqual(hearing.heard('is it', true, 1_800), [
      { type: 'turn-transcript', turnId: null, text: 'whoseis it', final: true },
    ]);
    assert.deepEqual(
      hearing.settle(5_100).filter(({ type }) => type === 'turn-transcript'),
      [],
    );
    assert.deepEqual(hearing.heard('mine', false, 5_200), [
      { type: 'turn-transcript', turnId: 2, text: 'mine', final: false },
    ]);
  });

  /** A turn of u1 that has words and an answer, and what holds the echoes back. */
  function answeredTurn() {
    const echoes: ((now: number) => void)[] = [];
    const hearing = new GeminiHearing((back) => echoes.push(back));
    const echo = (now: number) => echoes.splice(0).forEach((back) => void back(now));
    hearing.began(turn(1, 1), 0);
    echo(10);
    hearing.heard('well', false, 500);
    hearing.ended(1, 1_000);
    return { hearing, echo };
  }

  it('takes words that were on their way when a timer ran late for those of their turn', () => {
    const { hearing, echo } = answeredTurn();
    echo(1_010);
    hearing.answered(1_100);
    // The process stood still: the time is over, but what came meanwhile was not read yet.
    assert.deepEqual(hearing.settle(2_400), []);
    assert.equal(hearing.waitMs(turn(2, 2), 2_400), 100);
    assert.deepEqual(hearing.heard(' then', false, 2_401), [
      { type: 'turn-transcript', turnId: 1, text: 'well then', final: false },
    ]);
    echo(2_402);
    assert.deepEqual(hearing.settle(2_402), []);
    assert.deepEqual(hearing.settle(2_701), []);
    echo(2_705);
    assert.deepEqual(hearing.settle(2_705), [{ type: 'turn-transcript', turnId: 1, text: 'well then', final: true }]);
    assert.equal(hearing.waitMs(turn(2, 2), 2_705), 0);
  });

  it('takes what was sent before the server knew of the end for no answer to the turn', () => {
    const { hearing, echo } = answeredTurn();
    hearing.answered(1_050);
    echo(1_060);
    hearing.settle(1_400);
    echo(1_410);
    assert.deepEqual(hearing.settle(1_410), []);
    assert.equal(hearing.waitMs(turn(2, 2), 1_410), 1_090);
    hearing.answered(1_500);
    assert.equal(hearing.waitMs(turn(2, 2), 1_500), 300);
  });

  it('takes words that were sent before the server knew of a turn for those of the person before', () => {
    const { hearing, echo } = answeredTurn();
    echo(1_010);
    hearing.answered(1_100);
    hearing.settle(1_400);
    echo(1_410);
    hearing.settle(1_410);
    hearing.began(turn(2, 2), 1_420);
    assert.deepEqual(hearing.heard(' then', false, 1_430), [
      { type: 'turn-transcript', turnId: 1, text: 'well then', final: true },
    ]);
    echo(1_440);
    assert.deepEqual(hearing.heard('mine', false, 1_450), [
      { type: 'turn-transcript', turnId: 2, text: 'mine', final: false },
    ]);
  });
});

type Message =
  | { type: 'begin' }
  | { type: 'end'; turnId: number }
  | { type: 'call'; id: string; source: readonly number[] }
  | { type: 'sound' | 'generated' | 'interrupted' | 'complete' };

/** A Live API server reduced to turns and generations, with a line that delivers late, in order. */
class Server {
  readonly toServer: Message[] = [];
  readonly toClient: Message[] = [];
  readonly sources = new Map<string, readonly number[]>();
  #unanswered: number[] = [];
  #speaking = false;
  #generating: { source: readonly number[]; output: boolean } | undefined;
  #due = false;
  #calls = 0;

  /** Takes the next message of the client. */
  take(): void {
    const message = this.toServer.shift();
    if (message?.type === 'begin') {
      this.#speaking = true;
      if (!this.#generating) return;
      if (!this.#generating.output) this.#unanswered.push(...this.#generating.source);
      this.#generating = undefined;
      this.toClient.push({ type: 'interrupted' }, { type: 'complete' });
    }
    if (message?.type === 'end') {
      this.#speaking = false;
      this.#due = true;
      this.#unanswered.push(message.turnId);
    }
  }

  /** Does the next thing that a model may do. */
  work(choice: number): void {
    if (this.#speaking) return;
    if (!this.#generating) {
      if (!this.#due) return;
      this.#due = false;
      this.#generating = { source: this.#unanswered.splice(0), output: false };
      return;
    }
    const { source } = this.#generating;
    if (choice % 4 === 3) {
      this.toClient.push({ type: 'generated' }, { type: 'complete' });
      this.#generating = undefined;
      return;
    }
    this.#generating.output = true;
    if (choice % 4 !== 2) {
      this.toClient.push({ type: 'sound' });
      return;
    }
    const id = `call-${++this.#calls}`;
    this.sources.set(id, source);
    this.toClient.push({ type: 'call', id, source });
  }
}

describe('whom an answer of Gemini is for', () => {
  it('names every turn that a tool call may come from, whatever the timing', () => {
    let calls = 0;
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 63 }), { minLength: 150, maxLength: 250 }), (steps) => {
        const server = new Server();
        const events: SessionEvent[] = [];
        const generations = new GeminiGenerations({
          emit: (event) => events.push(event),
          mute: () => {},
          caughtUpTo: () => Number.NEGATIVE_INFINITY,
          echo: () => {},
          nudge: () => server.toServer.push({ type: 'begin' }, { type: 'end', turnId: 0 }),
        });
        const client = new Client(generations, server, events);
        for (const step of steps) client.step(step);
        for (const event of events) {
          if (event.type !== 'tool-call') continue;
          calls += 1;
          const source = (server.sources.get(event.call.callId) ?? []).filter((id) => id > 0);
          assert.ok(
            source.every((id) => event.call.turnIds.includes(id)),
            `${event.call.callId} of ${source} was credited to ${event.call.turnIds}`,
          );
        }
      }),
      { numRuns: 1_500 },
    );
    assert.ok(calls > 500, `only ${calls} calls were passed on`);
  });
});

/** What the session does with the generations, driven by random steps. */
class Client {
  readonly #generations: GeminiGenerations;
  readonly #server: Server;
  readonly #events: readonly SessionEvent[];
  #open = false;
  #turns = 0;

  constructor(generations: GeminiGenerations, server: Server, events: readonly SessionEvent[]) {
    this.#generations = generations;
    this.#server = server;
    this.#events = events;
  }

  step(step: number): void {
    const kind = step % 8;
    const choice = step >> 3;
    if (kind === 0) this.#talk(choice);
    else if (kind === 1 && !this.#open && choice < 3) this.#generations.respond();
    else if (kind === 2 && choice < 2) this.#interrupt(choice);
    else if (kind <= 3) this.#server.take();
    else if (kind <= 5) this.#server.work(choice);
    else this.#receive();
  }

  #talk(choice: number): void {
    if (this.#open) {
      this.#generations.turnEnded(++this.#turns, choice % 2 === 0, false);
      this.#server.toServer.push({ type: 'end', turnId: this.#turns });
    } else {
      this.#generations.turnBegan();
      this.#server.toServer.push({ type: 'begin' });
    }
    this.#open = !this.#open;
  }

  #interrupt(heardMs: number): void {
    const started = this.#events.filter(({ type }) => type === 'reply-started').at(-1);
    if (started?.type !== 'reply-started') return;
    const { replyId } = started;
    this.#generations.interrupt([{ replyId, items: [{ itemId: `${replyId}.0`, heardMs }] }], replyId);
  }

  #receive(): void {
    const message = this.#server.toClient.shift();
    if (message?.type === 'sound') this.#generations.sound('AAAA', []);
    if (message?.type === 'call') {
      this.#generations.toolCall({ callId: message.id, name: 't', arguments: '{}' }, []);
    }
    if (message?.type === 'generated') this.#generations.generated();
    if (message?.type === 'interrupted') this.#generations.interrupted();
    if (message?.type === 'complete') this.#generations.turnComplete([]);
  }
}
