import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ResponsePolicy } from '../../src/bridge/addressing/response-policy.ts';
import type { Turn } from '../../src/ports/voice.ts';

const CONVERSATIONS = 400;
const STEPS = 80;
const PEOPLE = ['anna', 'ben', 'cara'];
const CALLS = ['Parley, what now?', 'hey parlay', 'what do you think, Parley'];
const CHATTER = ['bananas', 'I asked Parley about it', 'no idea', ''];

interface Said {
  readonly turn: Turn;
  readonly calls: boolean;
  readonly words: string;
  readonly followsUp: boolean;
  written: boolean;
  verdict: boolean | undefined;
  heardAnswer: boolean;
}

/** Numbers in 0…1 that are the same for the same seed (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** One conversation of people at random, and what ought to come of it, kept in the simplest way. */
class Conversation {
  readonly said: Said[] = [];
  readonly #random: () => number;
  readonly #answering: ResponsePolicy;
  readonly #until = new Map<string, number>();
  #now = 0;
  #open: Said | undefined;
  /** A reply that was asked for and that nobody has heard yet: the turns that it answers. */
  #pending: readonly Said[] | undefined;
  #sounding: { readonly id: string; readonly turns: readonly Said[] } | undefined;
  #replies = 0;

  constructor(seed: number) {
    this.#random = numbers(seed);
    this.#answering = new ResponsePolicy({
      settings: () => ({ answer: 'addressed', names: [] }),
      ownName: () => 'Parley',
      people: () => 3,
      unprompted: () => 'waits',
      decided: (turn, answered) => {
        const one = this.said.find(({ turn: { id } }) => id === turn.id) as Said;
        assert.equal(one.verdict, undefined, 'a turn is judged once');
        one.verdict = answered;
      },
      pass: (turnId) => assert.equal(this.said[turnId - 1]?.verdict, false),
    });
  }

  step(): void {
    this.#now += Math.floor(this.#random() * 3_000);
    const dice = this.#random();
    if (dice < 0.25) this.#begin();
    else if (dice < 0.5) this.#end();
    else if (dice < 0.75) this.#write();
    else if (dice < 0.9) this.#sound();
    else this.#silence();
    this.#check();
  }

  /** Everybody falls silent, and all words and answers come. */
  finish(): void {
    this.#end();
    for (const one of this.said) if (!one.written) this.#writeOne(one);
    this.#check();
    while (this.#pending) this.#sound();
    this.#silence();
  }

  #begin(): void {
    if (this.#open) return;
    const userId = this.#pick(PEOPLE);
    const calls = this.#random() < 0.4;
    const words = this.#pick(calls ? CALLS : CHATTER);
    const followsUp =
      this.#now <= (this.#until.get(userId) ?? -1) || people(this.#sounding?.turns ?? []).includes(userId);
    const turn = { id: this.said.length + 1, userId, name: userId };
    const one = { turn, calls, words, followsUp, written: false, verdict: undefined, heardAnswer: false };
    this.said.push(one);
    this.#open = one;
    // Speech cuts off a reply that nobody has heard.
    if (this.#pending) {
      this.#pending = undefined;
      this.#answering.cut();
    }
    this.#answering.began(turn, this.#now);
  }

  #end(): void {
    const one = this.#open;
    if (!one) return;
    this.#open = undefined;
    const { respond, passed } = this.#answering.ended(one.turn.id, true, this.#now);
    assert.equal(passed, one.verdict === false);
    if (respond) this.#ask();
  }

  #write(): void {
    const one = this.said.find(({ written, turn }) => !written && turn.id !== this.#open?.turn.id);
    if (one) this.#writeOne(one);
  }

  #writeOne(one: Said): void {
    one.written = true;
    this.#answering.heard(one.turn, { text: one.words, final: true });
    if (this.#answering.takeDue(this.#open === undefined) !== undefined) this.#ask();
  }

  #ask(): void {
    const wait = this.said.filter(({ verdict, heardAnswer }) => verdict === true && !heardAnswer);
    assert.ok(wait.length > 0, 'nobody asked for a reply');
    this.#pending = this.said.filter((one) => !one.heardAnswer && one !== this.#open);
  }

  #sound(): void {
    if (!this.#pending || this.#sounding) this.#silence();
    const turns = this.#pending;
    if (!turns) return;
    this.#pending = undefined;
    this.#replies += 1;
    this.#sounding = { id: `r${this.#replies}`, turns };
    for (const one of turns) one.heardAnswer = true;
    this.#answering.audible(
      `r${this.#replies}`,
      turns.map(({ turn }) => turn),
    );
  }

  #silence(): void {
    const sounding = this.#sounding;
    if (!sounding) return;
    this.#sounding = undefined;
    for (const userId of people(sounding.turns)) this.#until.set(userId, this.#now + 20_000);
    this.#answering.soundEnded(sounding.id, this.#now);
  }

  #check(): void {
    if (this.#open) return;
    const waits = this.said.some(({ verdict, heardAnswer }) => verdict === true && !heardAnswer);
    assert.equal(this.#pending !== undefined, waits, 'a reply is on its way exactly where somebody waits for one');
  }

  #pick<T>(all: readonly T[]): T {
    return all[Math.floor(this.#random() * all.length)] as T;
  }
}

/** Whom a reply answers; the others' turns are only known to it. */
function people(turns: readonly Said[]): string[] {
  return turns.filter(({ verdict }) => verdict === true).map(({ turn }) => turn.userId as string);
}

describe('generated conversations', () => {
  it('answer every turn that calls or follows up, and no other', () => {
    for (let seed = 1; seed <= CONVERSATIONS; seed += 1) {
      const conversation = new Conversation(seed);
      try {
        for (let i = 0; i < STEPS; i += 1) conversation.step();
        conversation.finish();
        for (const one of conversation.said) {
          assert.equal(one.verdict, one.calls || one.followsUp, `"${one.words}" of ${one.turn.userId}`);
          if (one.verdict) assert.ok(one.heardAnswer, `"${one.words}" of ${one.turn.userId} was answered`);
        }
      } catch (error) {
        throw new Error(`conversation ${seed}`, { cause: error });
      }
    }
  });
});
