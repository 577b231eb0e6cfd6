import { setTimeout as wait } from 'node:timers/promises';
import pino from 'pino';
import { Bridge } from '../../src/bridge/bridge.ts';
import type { BridgeEvent } from '../../src/bridge/bridge-ports.ts';
import type { GuildSettings } from '../../src/bridge/ports.ts';
import { sessionOptions } from '../../src/bridge/session-options.ts';
import { Ticker } from '../../src/bridge/ticker.ts';
import { geminiModel } from '../../src/model/gemini.ts';
import { openAIModel } from '../../src/model/openai.ts';
import { SimulatedGemini } from '../../src/simulator/gemini.ts';
import { SimulatedOpenAI } from '../../src/simulator/openai.ts';
import type { ScriptedReply, ScriptInput, Transcriber } from '../../src/simulator/script.ts';
import { Ledger, WRITER } from './ledger.ts';
import { FakeLine } from './line.ts';
import { Marks } from './marks.ts';
import type { Plan, PlannedReply } from './plan.ts';
import { SlowLine } from './slow-line.ts';

const PEOPLE = ['anna', 'ben', 'carl'];
const CHUNK_FRAMES = 6;
const FINAL = 'And finally?';
const PATIENCE_MS = 12_000;
const SOON_MS = 500;
/** For tools that still run when everything is over. */
const AFTERMATH_MS = 250;
const MOST_CALLS = 12;

const SETTINGS: GuildSettings = {
  voice: null,
  persona: 'Be kind.',
  language: null,
  silenceMs: 100,
  interruptionMs: 120,
  turnDetection: 'manual',
  replyForm: 'voice',
  transcriptChannelId: null,
  disabledTools: [],
  aloneMs: 120_000,
  idleMs: 900_000,
  budgetUsd: 0,
};
const LOG = pino({ level: 'silent' });

/** Three people, a real adapter over a real socket, and the truth beside what the bot made of it. */
export class Conversation {
  readonly events: BridgeEvent[] = [];
  readonly ledger = new Ledger();
  /** What went wrong while it ran. */
  readonly faults: string[] = [];
  readonly marks: Marks;
  readonly #plan: Plan;
  readonly #line = new FakeLine();
  readonly #protocol: 'openai' | 'gemini';
  #bridge!: Bridge;
  #server!: SimulatedOpenAI | SimulatedGemini;
  #wire!: SlowLine;
  #replies = 0;
  readonly #present = new Set(PEOPLE);
  readonly #speaking = new Map<number, Promise<void>>();

  private constructor(protocol: 'openai' | 'gemini', plan: Plan) {
    this.#protocol = protocol;
    this.#plan = plan;
    this.marks = new Marks(protocol === 'openai' ? 24_000 : 16_000);
  }

  /** Whether a text is one that somebody typed. */
  static typed(text: string): boolean {
    return text === FINAL || text.startsWith('[[');
  }

  /** Plays the plan, cuts the line to the model after `ms` and waits until the bridge has ended. */
  static async lose(protocol: 'openai' | 'gemini', plan: Plan, ms: number): Promise<Conversation> {
    const one = new Conversation(protocol, plan);
    await one.#open();
    const pacer = setInterval(() => one.#pull(), 4);
    setTimeout(() => one.#server.dropAll(), ms);
    try {
      await Promise.all([one.#steps(), one.#until('the bridge ends', () => one.of('ended').length > 0)]);
      await wait(AFTERMATH_MS);
    } finally {
      clearInterval(pacer);
      await one.#close();
    }
    return one;
  }

  /** Plays the plan to its end; gives the conversation with everything that happened. */
  static async play(protocol: 'openai' | 'gemini', plan: Plan): Promise<Conversation> {
    const one = new Conversation(protocol, plan);
    await one.#open();
    const pacer = setInterval(() => one.#pull(), 4);
    try {
      await one.#run();
    } finally {
      clearInterval(pacer);
      await one.#close();
    }
    return one;
  }

  /** The sound of every spoken turn that the model got, oldest first. */
  get heard(): readonly Int16Array[] {
    return this.#server.turns.map(({ pcm }) => pcm).filter((pcm) => pcm.length > 0);
  }

  of<Type extends BridgeEvent['type']>(type: Type): (BridgeEvent & { type: Type })[] {
    return this.events.filter((event): event is BridgeEvent & { type: Type } => event.type === type);
  }

  async #open(): Promise<void> {
    const { interruptionMs, turnDetection } = this.#plan;
    const stage = { script: (input: ScriptInput) => this.#answer(input), hear: this.#transcribe };
    const openai = this.#protocol === 'openai';
    this.#server = openai
      ? await SimulatedOpenAI.start({ ...stage, cancelMs: this.#plan.cancelMs })
      : await SimulatedGemini.start({ ...stage, playbackClock: this.#plan.playbackClock, bundle: this.#plan.bundle });
    this.#server.faults.lateDeltas = this.#plan.lateDeltas;
    this.#wire = await SlowLine.start(this.#server.url, this.#plan.delayMs);
    const endpoint = { apiKey: this.#server.apiKey, baseUrl: this.#wire.via(this.#server.url), log: LOG };
    const model = openai
      ? openAIModel({ ...endpoint, model: 'gpt-realtime-2.1' })
      : geminiModel({ ...endpoint, model: this.#plan.geminiModel });
    const settings = { ...SETTINGS, interruptionMs, turnDetection };
    const { toolbox } = this.ledger;
    const session = await model.connect(sessionOptions(settings, model, toolbox), new AbortController().signal);
    this.#bridge = new Bridge({
      line: this.#line,
      session,
      model,
      settings,
      toolbox,
      room: {
        guildId: 'guild',
        channelId: 'channel',
        people: () => [...this.#present].map((userId) => ({ userId, name: userId })),
        nameOf: (userId) => userId,
        mayWrite: (userId) => userId === WRITER,
      },
      text: { post: () => Promise.resolve('1'), edit: () => Promise.resolve() },
      ticker: new Ticker(),
      observe: (event) => this.events.push(event),
      log: LOG,
    });
  }

  #answer(input: ScriptInput): ScriptedReply {
    if (`${input.text}${input.context}`.includes(FINAL)) return this.#say(100);
    const { replies } = this.#plan;
    const { delayMs, sayMs, calls, fails } = replies[this.#replies++ % replies.length] as PlannedReply;
    if (fails && this.#protocol === 'openai') throw new Error('as planned');
    const people = this.#peopleBehind(input);
    const wanted = this.ledger.issued < MOST_CALLS ? calls : [];
    const silent = sayMs === 0 && wanted.length === 0 && this.#plan.silence;
    return {
      ...(silent ? { silent } : this.#say(sayMs || (wanted.length > 0 ? 0 : 20))),
      delayMs,
      calls: wanted.map(({ write, tookMs }) => ({
        name: write ? 'post' : 'look',
        arguments: { ticket: this.ledger.issue(people), tookMs },
      })),
    };
  }

  #say(ms: number): ScriptedReply {
    return ms > 0 ? { say: { text: 'So it is.', pcm: new Int16Array(ms * 24).fill(1_000) }, speed: 20 } : {};
  }

  /** Everybody whose words or results the model was given to answer. */
  #peopleBehind({ unanswered, text, context, toolResults }: ScriptInput): string[] {
    const spoken = unanswered.flatMap(({ pcm }) => this.marks.people(pcm));
    const written = [...`${text}\n${context}`.matchAll(/\[\[(\w+)\]\]/g)].map(([, userId]) => userId ?? '');
    const behindResults = toolResults.flatMap(({ callId }) => this.ledger.behind(callId));
    return [...new Set([...spoken, ...written, ...behindResults])];
  }

  readonly #transcribe: Transcriber = async ({ pcm, turn }) => {
    const delays = this.#plan.transcriptDelaysMs;
    const delayMs = delays[turn % delays.length] ?? 0;
    if (delayMs > 0) await wait(delayMs);
    return ` ${this.marks.people(pcm).join(' and ')}`;
  };

  /** The pacer's part, faster. Nothing may be played while somebody has the floor. */
  #pull(): void {
    const { holder } = this.#bridge.status();
    const frames = this.#line.pull(this.#plan.playSpeed);
    if (holder && frames.length > 0) this.faults.push(`the bot talked over ${holder.name}`);
  }

  async #close(): Promise<void> {
    await this.#bridge.close({ kind: 'asked', by: null });
    await this.#wire.close();
    await this.#server.close();
  }

  async #steps(): Promise<void> {
    for (const step of this.#plan.steps) {
      if (step.overBot) await this.#botSpeaks();
      await wait(step.afterMs);
      const userId = PEOPLE[step.who] as string;
      if (step.kind === 'ask') this.#bridge.ask({ userId, name: userId }, `[[${userId}]] asks.`);
      else if (step.kind === 'leave') this.#leave(userId);
      else {
        const before = this.#speaking.get(step.who) ?? Promise.resolve();
        this.#speaking.set(
          step.who,
          before.then(() => this.#speak(userId, step.chunks, step.pauseMs)),
        );
      }
    }
    await Promise.all(this.#speaking.values());
  }

  async #run(): Promise<void> {
    await this.#steps();
    await this.#until('the floor is quiet', () => this.#quiet);
    // Where Gemini draws the turns, it may keep silent about one without a word, and the bot waits 15 s for it.
    if (this.#protocol === 'gemini' && this.#plan.turnDetection !== 'manual') return;
    this.#bridge.ask({ userId: WRITER, name: WRITER }, FINAL);
    await this.#until('the last question is answered', () => this.#quiet && this.#lastAnswered);
  }

  async #botSpeaks(): Promise<void> {
    const deadline = performance.now() + SOON_MS;
    while (!this.#bridge.status().speaking && performance.now() < deadline) await wait(2);
  }

  get #quiet(): boolean {
    const { holder, waiting, speaking } = this.#bridge.status();
    const tools = this.of('tool-started').length - this.of('tool-ended').length;
    return !holder && waiting.length === 0 && !speaking && tools === 0;
  }

  /** A reply to the last question came and ended. */
  get #lastAnswered(): boolean {
    const asked = this.of('turn-transcript').find(({ text }) => text === FINAL)?.turn?.id;
    const replies = this.of('reply-started').filter(({ turns }) => turns.some(({ id }) => id === asked));
    return this.of('reply-ended').some((ended) => replies.some(({ replyId }) => replyId === ended.replyId));
  }

  #leave(userId: string): void {
    if (!this.#present.delete(userId)) return;
    this.#line.events.push({ type: 'left', userId });
  }

  async #speak(userId: string, chunks: number, pauseMs: number): Promise<void> {
    if (!this.#present.has(userId)) this.#line.events.push({ type: 'joined', userId });
    this.#present.add(userId);
    for (let chunk = 0; chunk < chunks && this.#present.has(userId); chunk += 1) {
      for (let i = 0; i < CHUNK_FRAMES; i += 1) {
        const pcm = this.marks.frame(userId);
        const receivedAt = performance.now();
        this.#line.events.push({ type: 'frame', userId, pcm, gapMs: 0, receivedAt, concealed: false });
      }
      await wait(pauseMs);
    }
  }

  async #until(what: string, condition: () => boolean): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (!condition()) {
      const ended = this.of('ended')[0];
      if (ended && !condition()) throw new Error(`the bridge ended before ${what}: ${JSON.stringify(ended.reason)}`);
      if (performance.now() > deadline) {
        const status = JSON.stringify(this.#bridge.status());
        throw new Error(`it never came to it that ${what}: ${status}\n${this.story}`);
      }
      await wait(10);
    }
  }

  /** The events in short, for a failure's message. */
  get story(): string {
    return this.events
      .filter(({ type }) => type !== 'level' && type !== 'speaking')
      .map((event) => JSON.stringify(event))
      .join('\n');
  }
}
