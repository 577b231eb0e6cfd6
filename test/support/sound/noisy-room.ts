import { setImmediate as turn } from 'node:timers/promises';
import { Ticker, type TickListener } from '../../../src/bridge/ticker.ts';
import { audio, done, Scene, started } from '../world/bridge-scene.ts';
import { tone } from './sound.ts';

/** A ticker that ticks when the test says so. */
class HandTicker extends Ticker {
  readonly #mine = new Set<TickListener>();
  override every(listener: TickListener): () => void {
    this.#mine.add(listener);
    return () => this.#mine.delete(listener);
  }
  override wake(): void {}
  tick(now: number): void {
    for (const listener of this.#mine) listener(now);
  }
}

const STEP_MS = 20;
/** From a request to the first sound, and how long answers are. */
const MODEL_MS = 1_200;
const ANSWER_MS = 3_000;
const WORDS_MS = 500;
const TOOL_MS = 300;
const LATER_MS = 6_000;
const VOICES = { anna: 300, ben: 700 } as const;

export type Asker = keyof typeof VOICES;

/** One question: when its last sound came and when its answer was first heard, in ms of the scene. */
export interface Question {
  readonly by: Asker;
  readonly endedAt: number;
  answeredAt?: number;
}

/** What goes on in a noisy room. `noise`: whether this person makes noise at this ms. */
export interface NoisyPlan {
  readonly minutes: number;
  readonly noisy: Readonly<Record<string, (ms: number) => boolean>>;
  readonly firstAt: Readonly<Record<Asker, number>>;
  readonly everyMs: number;
  readonly questionMs: number;
  /** How long the model's answers are; default 3 s. */
  readonly answerMs?: number;
  /** The model calls a tool for every question before it answers. */
  readonly tools?: boolean;
  /** The model does not wait for it: its result comes in later. */
  readonly later?: boolean;
  readonly settings?: ConstructorParameters<typeof Scene>[0];
  readonly own?: ConstructorParameters<typeof Scene>[3];
}

/**
 * Two people ask while others make noise, on a bridge with a scripted model, in made time: performance.now() is the
 * scene's until it ends. Gives what became of every question.
 */
export async function playNoisyRoom(plan: NoisyPlan): Promise<{ questions: Question[]; laterMs: number[] }> {
  const realNow = performance.now;
  let now = 1_000;
  Object.defineProperty(performance, 'now', { value: () => now, configurable: true, writable: true });
  const ticker = new HandTicker();
  const scene = new Scene({ silenceMs: 600, ...plan.settings }, ticker, () => true, plan.own);
  scene.people = [...Object.keys(VOICES), ...Object.keys(plan.noisy)].map((id) => ({ userId: id, name: id }));
  if (plan.later) {
    const delivery = 'when-idle';
    scene.toolbox.declared = [{ name: 'get_weather', description: 'Weather.', parameters: {}, delivery }];
  }
  const model = new Model(scene, plan);
  const noise = Array.from({ length: 50 }, (_, at) => hiss(at));
  const voice = Object.fromEntries(
    Object.entries(VOICES).map(([id, hz]) => [id, tone({ hz, ms: STEP_MS, rate: 24_000 })]),
  );
  const questions: Question[] = [];
  const say = (userId: string, pcm: Int16Array): void => {
    scene.line.events.push({ type: 'frame', userId, pcm, gapMs: 0, receivedAt: now, concealed: false });
  };
  try {
    // A little longer, for the last answer.
    for (let ms = 0; ms < plan.minutes * 60_000 + 10_000; ms += STEP_MS, now += STEP_MS) {
      for (const [id, isLoud] of Object.entries(plan.noisy)) if (isLoud(ms)) say(id, noise[(ms / STEP_MS) % 50]!);
      for (const by of Object.keys(VOICES) as Asker[]) {
        const into = (ms - plan.firstAt[by]) % plan.everyMs;
        const asks = ms >= plan.firstAt[by] && ms - into < plan.minutes * 60_000 && into < plan.questionMs;
        if (!asks) continue;
        say(by, voice[by]!);
        if (into === plan.questionMs - STEP_MS) questions.push({ by, endedAt: now });
      }
      await turn();
      model.step(now);
      await turn();
      scene.line.pull(1);
      ticker.tick(now);
      for (const event of scene.events.splice(0)) {
        if (event.type !== 'reply-audible') continue;
        const heard = model.behind(event.replyId).map((id) => model.userOf(id));
        for (const one of questions) if (heard.includes(one.by)) one.answeredAt ??= now;
      }
    }
    return { questions, laterMs: model.laterMs };
  } finally {
    await scene.bridge.close({ kind: 'asked', by: null });
    Object.defineProperty(performance, 'now', { value: realNow, configurable: true, writable: true });
  }
}

/** Answers every turn that is over and unheard, a while after it is asked. Words come for each. */
class Model {
  readonly #scene: Scene;
  readonly #answerMs: number;
  readonly #tools: boolean;
  readonly #looked = new Set<number>();
  #settleAt: number | undefined;
  #settledAt = 0;
  readonly #toolMs: number;
  /** From each result to when the model was given it. */
  readonly laterMs: number[] = [];
  #read = 0;
  #open: number | undefined;
  readonly #users = new Map<number, string>();
  #unanswered: number[] = [];
  #askedAt: number | undefined;
  #replies = 0;
  readonly #behind = new Map<string, readonly number[]>();
  readonly #words: { readonly at: number; readonly turnId: number }[] = [];

  constructor(scene: Scene, { answerMs = ANSWER_MS, tools = false, later = false }: NoisyPlan) {
    this.#scene = scene;
    this.#answerMs = answerMs;
    this.#tools = tools;
    this.#toolMs = later ? LATER_MS : TOOL_MS;
  }

  behind(replyId: string): readonly number[] {
    return this.#behind.get(replyId) ?? [];
  }

  userOf(turnId: number): string | undefined {
    return this.#users.get(turnId);
  }

  step(now: number): void {
    const { calls, heard } = this.#scene.session;
    for (; this.#read < calls.length; this.#read += 1) this.#take(calls[this.#read]!, now);
    // Of what was heard nothing is owed; what was cut before stays unanswered.
    for (const { replyId } of heard.splice(0).flat()) this.#answered(replyId);
    for (const one of [...this.#words]) {
      if (now < one.at) continue;
      this.#words.splice(this.#words.indexOf(one), 1);
      const text = VOICES[this.#users.get(one.turnId) as Asker] ? 'Parley, what time is it?' : 'la la la';
      this.#scene.session.events.push({ type: 'turn-transcript', turnId: one.turnId, text, final: true, exact: true });
    }
    if (this.#settleAt !== undefined && now >= this.#settleAt) this.#settle(now);
    if (this.#askedAt === undefined || now - this.#askedAt < MODEL_MS) return;
    this.#askedAt = undefined;
    const replyId = `r${++this.#replies}`;
    this.#behind.set(replyId, this.#unanswered);
    const { events } = this.#scene.session;
    if (this.#tools && this.#unanswered.some((id) => !this.#looked.has(id))) {
      for (const id of this.#unanswered) this.#looked.add(id);
      const call = {
        callId: replyId,
        replyId,
        turnIds: this.#unanswered,
        name: 'get_weather',
        arguments: JSON.stringify({ replyId }),
      };
      for (const event of [
        started(replyId, ...this.#unanswered),
        { type: 'tool-call', call } as const,
        done(replyId, true),
      ]) {
        events.push(event);
      }
      this.#settleAt = now + this.#toolMs;
      return;
    }
    for (const event of [started(replyId, ...this.#unanswered), audio(replyId, this.#answerMs), done(replyId)])
      events.push(event);
    events.push({ type: 'audio-done', replyId });
  }

  #take(call: string, now: number): void {
    const [what, id, user] = call.split(' ');
    if (what === 'begin' || what === 'text') {
      this.#open = Number(id);
      this.#users.set(this.#open, user!);
    }
    if (what === 'end' || what === 'text') {
      this.#unanswered.push(this.#open!);
      this.#words.push({ at: now + WORDS_MS, turnId: this.#open! });
    }
    if (call === 'end respond' || what === 'text' || call === 'respond') this.#askedAt = now;
    if (call === 'interrupt') this.#askedAt = undefined;
    if (what === 'result') this.laterMs.push(now - this.#settledAt);
  }

  #settle(now: number): void {
    this.#settledAt = now;
    this.#settleAt = undefined;
    for (const { settle } of this.#scene.toolbox.calls.splice(0)) {
      settle({ callId: 'any', name: 'get_weather', ok: true, output: '{}' });
    }
  }

  #answered(replyId: string): void {
    const turns = this.behind(replyId);
    this.#unanswered = this.#unanswered.filter((id) => !turns.includes(id));
  }
}

/** 20 ms of noise whose level moves, as that of a television does. */
function hiss(seed: number): Int16Array {
  const loud = 3_000 + ((seed * 7_919) % 9_000);
  return Int16Array.from({ length: 480 }, (_, at) => (((seed * 480 + at) * 7_919) % (2 * loud)) - loud);
}
