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
});
type Planned = typeof plannedTurn extends fc.Arbitrary<infer T> ? T : never;

/** Plays the turns against a clock of its own; every word carries the user who said it. */
function play(turns: readonly Planned[], marksEnds: boolean): Transcript[] {
  const hearing = new GeminiHearing();
  const events: SessionEvent[] = [];
  const due: { at: number; act: (now: number) => void }[] = [];
  const at = (time: number, act: (now: number) => void) => due.push({ at: time, act });
  const begin = (index: number, now: number): void => {
    const plan = turns[index];
    if (!plan) return;
    const one = turn(index + 1, plan.user);
    const waitMs = hearing.waitMs(one, now);
    if (waitMs > 0) {
      at(now + waitMs, (later) => begin(index, later));
      return;
    }
    hearing.began(one, now);
    const end = now + plan.soundMs;
    at(end, (later) => {
      hearing.ended(one.id, later);
      at(later + plan.pauseMs, (next) => begin(index + 1, next));
    });
    if (plan.answerMs !== null) at(end + plan.answerMs, (later) => hearing.answered(later));
    if (plan.mute) return;
    let word = Math.max(now, end + plan.firstWordMs);
    const words = [0, ...plan.gapsMs];
    words.forEach((gapMs, i) => {
      word += gapMs;
      const last = i === words.length - 1;
      at(word, (later) => events.push(...hearing.heard(` u${plan.user}`, marksEnds && last, later)));
    });
  };
  begin(0, 0);
  while (due.length > 0) {
    due.sort((a, b) => a.at - b.at);
    const next = due.shift();
    if (!next) break;
    events.push(...hearing.settle(next.at));
    next.act(next.at);
  }
  return events as Transcript[];
}

describe('whose words they are on Gemini', () => {
  for (const marksEnds of [false, true]) {
    it(`is never the wrong person, ${marksEnds ? 'with' : 'without'} end marks`, () => {
      fc.assert(
        fc.property(fc.array(plannedTurn, { minLength: 1, maxLength: 6 }), (turns) => {
          for (const { turnId, text } of play(turns, marksEnds)) {
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
    const plan = { pauseMs: 0, soundMs: 500, answerMs: 400, firstWordMs: 100, gapsMs: [50, 50], mute: false };
    const events = play(
      [
        { ...plan, user: 0 },
        { ...plan, user: 1 },
        { ...plan, user: 0 },
      ],
      false,
    );
    const finals = events.filter(({ final }) => final).map(({ turnId, text }) => [turnId, text]);
    assert.deepEqual(finals.slice(0, 2), [
      [1, 'u0 u0 u0'],
      [2, 'u1 u1 u1'],
    ]);
  });

  it('holds another person back for 1.5 s at most, and the same person not at all', () => {
    const hearing = new GeminiHearing();
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
    const hearing = new GeminiHearing();
    hearing.began(turn(1, 1), 0);
    hearing.ended(1, 1_000);
    const events = hearing.heard('hello', true, 1_050);
    assert.deepEqual(events, [{ type: 'turn-transcript', turnId: 1, text: 'hello', final: true }]);
    assert.equal(hearing.waitMs(turn(2, 2), 1_050), 0);
  });

  it('gives words to nobody while they may be of two people', () => {
    const hearing = new GeminiHearing();
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
      this.#generations.turnEnded(++this.#turns, choice % 2 === 0, false, 0);
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
