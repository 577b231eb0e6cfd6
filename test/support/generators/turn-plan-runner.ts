import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import {
  type ScriptedReply,
  type ScriptInput,
  SimulatedGemini,
  SimulatedOpenAI,
  type Transcriber,
} from '@parley/simulator/models';
import pino from 'pino';
import { Bridge } from '../../../src/bridge/bridge.ts';
import { sessionOptions } from '../../../src/bridge/session-options.ts';
import { Ticker } from '../../../src/bridge/ticker.ts';
import { TIMING, type Timing } from '../../../src/model/connection/model-socket.ts';
import { reconnecting } from '../../../src/model/durable/durable-model.ts';
import { RETRY_POLICY } from '../../../src/model/durable/retry-policy.ts';
import { geminiModel, vertexModel } from '../../../src/model/gemini/model.ts';
import { openAIModel } from '../../../src/model/openai/model.ts';
import type { BridgeEvent } from '../../../src/ports/bridge-events.ts';
import type { SessionOptions } from '../../../src/ports/capabilities.ts';
import type { DurableSession, SpeechModel } from '../../../src/ports/model.ts';
import type { GuildSettings } from '../../../src/ports/settings.ts';
import { FakeLine } from '../doubles/line.ts';
import { SlowLine } from '../doubles/slow-line.ts';
import { plainRights } from '../doubles/toolbox-gate.ts';
import { Marks } from '../sound/marks.ts';
import { quietFor } from '../time/quiet-for.ts';
import { Ledger, RIGHTFUL, SHUTTERS, toolName } from '../world/rights-ledger.ts';
import { applyFaults, inTurn, type LineFaults, lateOf } from './line-faults.ts';
import type { Plan, PlannedReply, Trouble } from './turn-plan.ts';

const PEOPLE = ['anna', 'ben', 'carl'];
const CHUNK_FRAMES = 6;
const FINAL = 'And finally?';
const PATIENCE_MS = 12_000;
/** Where ends and words are lost, an answer may be given up first, which people are told of after 15 s. */
const FAULTY_PATIENCE_MS = 45_000;
const PULL_MS = 4;
/** Between two pulls no more than this counts as time in which this process could do something. */
const MOST_COUNTED_MS = 2 * PULL_MS;
/** As the bridge has it: an answer that is so late is reported. */
const UNANSWERED_MS = 15_000;
const SOON_MS = 500;
/** For tools that still run when everything is over. */
const AFTERMATH_MS = 250;
const MOST_CALLS = 12;

const SETTINGS: GuildSettings = {
  provider: null,
  model: null,
  voice: null,
  persona: 'Be kind.',
  language: null,
  timeZone: null,
  silenceMs: 100,
  interruptionMs: 120,
  turnDetection: 'manual',
  replyForm: 'voice',
  answer: 'always',
  names: [],
  transcriptChannelId: null,
  liveTranscript: true,
  livePlace: 'channel',
  disabledTools: [],
  aloneMs: 120_000,
  idleMs: 900_000,
  heardBots: [],
  budgetUsd: 0,
  budgetMonthUsd: 0,
  budgetPersonUsd: 0,
  budgetPersonMonthUsd: 0,
  retentionDays: 30,
};
const LOG = pino({ level: 'silent' });
const PATIENT: Timing = { ...TIMING, silentMs: 600_000 };
/** For lines that are cut every now and then. */
const HASTY = {
  ...RETRY_POLICY,
  firstMs: 10,
  longestMs: 40,
  quietMs: 400,
  forcedMs: 60,
  renewalMs: 100,
  life: { shortestMs: 200, longestMs: 60_000 },
  switchMs: 250,
};
/** Long enough for what the stand-in is given again. */
const SESSION_MS = 1_200;
/** For words that come after the last answer. */
const WORDS_MS = 3_000;

interface Endpoint {
  readonly apiKey: string;
  readonly baseUrl: string;
  readonly log: typeof LOG;
  readonly timing?: Timing;
}

export type Protocol = 'openai' | 'gemini' | 'vertex';

/** Three people, a real adapter over a real socket, and the truth beside what the bot made of it. */
export class Conversation {
  readonly events: BridgeEvent[] = [];
  /** When each of them came. */
  readonly times: number[] = [];
  readonly ledger = new Ledger();
  /** What went wrong while it ran; nobody waits for an answer so long that it is reported unless it was forgotten. */
  readonly faults: string[] = [];
  readonly marks: Marks;
  readonly #plan: Plan;
  readonly #line = new FakeLine();
  readonly #protocol: Protocol;
  readonly #troubles: readonly Trouble[] | undefined;
  #bridge!: Bridge;
  /** Where the session outlives its connections. */
  #lasting:
    | { readonly session: DurableSession; readonly other: SpeechModel; readonly options: SessionOptions }
    | undefined;
  #server!: SimulatedOpenAI | SimulatedGemini;
  #wire!: SlowLine;
  #replies = 0;
  #transcribed = 0;
  /** How much time this process really had, with the instants at which it was counted, oldest first. */
  #ownMs = 0;
  readonly #counted: { readonly at: number; readonly ownMs: number }[] = [];
  readonly #present = new Set(PEOPLE);
  readonly #speaking = new Map<number, Promise<void>>();

  readonly #settings: Partial<GuildSettings>;
  readonly #lineFaults: LineFaults | undefined;
  readonly #late: () => LineFaults['late'][number];

  private constructor(
    protocol: Protocol,
    plan: Plan,
    troubles?: readonly Trouble[],
    settings: Partial<GuildSettings> = {},
    lineFaults?: LineFaults,
  ) {
    this.#lineFaults = lineFaults;
    this.#late = inTurn(lineFaults?.late ?? [{ afterMs: 0, what: null }]);
    this.#settings = settings;
    this.#protocol = protocol;
    this.#troubles = troubles;
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
    await one.#openOrClose();
    const pacer = setInterval(() => one.#pull(), PULL_MS);
    setTimeout(() => one.#server.dropAll(), ms);
    try {
      await Promise.all([one.#steps(), one.#until('the bridge ends', () => one.of('ended').length > 0)]);
      await quietFor(AFTERMATH_MS);
    } finally {
      clearInterval(pacer);
      await one.#close();
    }
    return one;
  }

  /** Plays the plan to its end; gives the conversation with everything that happened. */
  static async play(
    protocol: Protocol,
    plan: Plan,
    /** What befalls a session that outlives its connections; without it, the session is a single connection. */
    troubles?: readonly Trouble[],
    settings?: Partial<GuildSettings>,
    lineFaults?: LineFaults,
  ): Promise<Conversation> {
    const one = new Conversation(protocol, plan, troubles, settings, lineFaults);
    await one.#openOrClose();
    const pacer = setInterval(() => one.#pull(), PULL_MS);
    try {
      for (const { atMs, kind } of troubles ?? []) setTimeout(() => one.#trouble(kind), atMs);
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

  /** On a machine that stands still it may come to nothing: what is left open would keep the process alive. */
  async #openOrClose(): Promise<void> {
    try {
      await this.#open();
    } catch (error) {
      await this.#wire?.close();
      await this.#server?.close();
      throw error;
    }
  }

  async #open(): Promise<void> {
    const { interruptionMs, turnDetection } = this.#plan;
    const stage = { script: (input: ScriptInput) => this.#answer(input), hear: this.#transcribe };
    const openai = this.#protocol === 'openai';
    this.#server = openai
      ? await SimulatedOpenAI.start({
          ...stage,
          cancelMs: this.#plan.cancelMs,
          ...(this.#troubles?.length && { sessionMs: SESSION_MS }),
        })
      : await SimulatedGemini.start({ ...stage, playbackClock: this.#plan.playbackClock, bundle: this.#plan.bundle });
    if (this.#lineFaults && this.#server instanceof SimulatedGemini) applyFaults(this.#server, this.#lineFaults);
    this.#server.faults.lateDeltas = this.#plan.lateDeltas;
    this.#wire = await SlowLine.start(this.#server.url, this.#plan.delayMs);
    const { arrange, timing } = this.#plan;
    arrange?.(this.#server);
    const baseUrl = this.#wire.via(this.#server.url);
    const endpoint = { apiKey: this.#server.apiKey, baseUrl, log: LOG, ...(timing && { timing }) };
    // A single connection is not left for a silence that may be its pongs'.
    const model = this.#modelAt(this.#lineFaults ? { ...endpoint, timing: PATIENT } : endpoint);
    const settings = { ...SETTINGS, ...this.#settings, interruptionMs, turnDetection };
    const { toolbox } = this.ledger;
    const opening = sessionOptions(settings, model, toolbox);
    const session = this.#troubles
      ? await this.#outliving(model, endpoint, opening)
      : Object.assign(await model.connect(opening, new AbortController().signal), {
          switchTo: () => assert.fail('nobody asked for another model'),
          tell: () => assert.fail('nobody pressed a button'),
          erase: () => assert.fail('nobody asked to be forgotten'),
          beginAnew: () => assert.fail('nobody moved it'),
        });
    this.#bridge = new Bridge({
      line: this.#line,
      session,
      model,
      modelFor: () => model,
      settings,
      toolbox,
      room: {
        guildId: 'guild',
        channelId: 'channel',
        people: () => [...this.#present].map((userId) => ({ userId, name: userId })),
        nameOf: (userId) => userId,
        ...plainRights,
        mayWrite: (userId) => userId === RIGHTFUL.post,
        rolesOf: (userId) => (userId === RIGHTFUL.shut ? [SHUTTERS] : []),
        permits: (userId) => userId === RIGHTFUL.shut,
      },
      text: { post: () => Promise.resolve('1'), edit: () => Promise.resolve() },
      ticker: new Ticker(),
      observe: (event) => {
        this.events.push(event);
        if (event.type === 'turn-began' && event.turn.userId) this.ledger.known.add(event.turn.userId);
        this.times.push(performance.now());
        if (event.type === 'trouble' && this.#troubles) this.#noteTrouble(event.message);
      },
      log: LOG,
    });
  }

  #modelAt(endpoint: Endpoint): SpeechModel {
    if (this.#protocol === 'openai') return openAIModel({ ...endpoint, model: 'gpt-realtime-2.1' });
    if (this.#protocol === 'gemini') return geminiModel({ ...endpoint, model: this.#plan.geminiModel });
    return vertexModel({
      ...endpoint,
      project: 'p',
      location: 'us-central1',
      model: 'gemini-live-2.5-flash-native-audio',
    });
  }

  /** A conversation that also may go to another model of the same rate, so that the marks stay what they are. */
  async #outliving(model: SpeechModel, endpoint: object, options: SessionOptions): Promise<DurableSession> {
    const to = endpoint as Parameters<typeof openAIModel>[0];
    const other =
      this.#protocol === 'openai'
        ? openAIModel({ ...to, model: 'gpt-realtime-2.1-mini' })
        : geminiModel({ ...to, model: 'gemini-2.5-flash-native-audio-preview-12-2025' });
    const lasting = reconnecting(model, { log: LOG, patience: HASTY });
    const session = await lasting.connect(options, new AbortController().signal);
    this.#lasting = { session, other, options };
    return session;
  }

  #trouble(kind: Trouble['kind']): void {
    switch (kind) {
      case 'drop':
        this.#server.dropAll();
        return;
      case 'failure':
        this.#server.closeAll(1011, 'Internal error encountered.');
        return;
      case 'going-away':
        if (this.#server instanceof SimulatedGemini) this.#server.goAway(400);
        return;
      case 'switch':
        this.#lasting?.session.switchTo(this.#lasting.other, this.#lasting.options);
        return;
      default:
        kind satisfies never;
    }
  }

  #answer(input: ScriptInput): ScriptedReply {
    // The one that only writes down what was said.
    if (input.declaredTools.length === 0) return { silent: true };
    if (`${input.text}${input.context}`.includes(FINAL)) return this.#say(100);
    const { replies } = this.#plan;
    const { delayMs, sayMs, calls, fails } = replies[this.#replies++ % replies.length] as PlannedReply;
    if (fails && this.#protocol === 'openai') throw new Error('as planned');
    const people = this.#peopleBehind(input);
    const wanted = this.ledger.issued < MOST_CALLS ? calls : [];
    const silent = sayMs === 0 && wanted.length === 0 && this.#plan.silence;
    // Each late call has a result, and its answer a late call.
    const planned = this.#late();
    const more = this.ledger.issued + wanted.length < MOST_CALLS;
    const late = lateOf(planned.what === 'call' && !more ? { ...planned, what: null } : planned, () => ({
      name: toolName('post', null),
      arguments: { ticket: this.ledger.issue(people), tookMs: 0 },
    }));
    return {
      ...(silent ? { silent } : this.#say(sayMs || (wanted.length > 0 ? 0 : 20))),
      ...late,
      delayMs,
      calls: wanted.map(({ does, tookMs, later }) => ({
        name: toolName(does, later),
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
    // What was said and done before is told as "…" said: … and Earlier, …; it is not asked any more.
    const now = `${text}\n${context}`.replace(/^(".*" said: |Earlier, the tool ).*$/gm, '');
    const written = [...now.matchAll(/\[\[(\w+)\]\]/g)].map(([, userId]) => userId ?? '');
    const behindResults = toolResults.flatMap(({ callId }) => this.ledger.behind(callId));
    const results = toolResults.map(({ output }) => output).join('\n');
    const behindTickets = this.ledger.named(`${now}\n${results}`);
    return [...new Set([...spoken, ...written, ...behindResults, ...behindTickets])];
  }

  readonly #transcribe: Transcriber = async ({ pcm, turn }) => {
    const delays = this.#plan.transcriptDelaysMs;
    const delayMs = delays[turn % delays.length] ?? 0;
    if (delayMs > 0) await wait(delayMs);
    const people = this.marks.people(pcm).join(' and ');
    // No two turns have the same words, so that words that come twice can be told.
    const number = ++this.#transcribed;
    return this.#lineFaults ? ` ${people}#${number} said that, number-${number}` : ` ${people}`;
  };

  /** The pacer's part, faster. Nothing may be played while somebody has the floor. */
  #pull(): void {
    this.#countTime();
    const { holder } = this.#bridge.status();
    const frames = this.#line.pull(this.#plan.playSpeed);
    if (holder && frames.length > 0) this.faults.push(`the bot talked over ${holder.name}`);
  }

  #countTime(): void {
    const at = performance.now();
    const before = this.#counted.at(-1)?.at ?? at;
    this.#ownMs += Math.min(at - before, MOST_COUNTED_MS);
    this.#counted.push({ at, ownMs: this.#ownMs });
  }

  /** Whether the bot found an answer late though this process had the time to give it: on a busy machine it has not. */
  #noteTrouble(message: string): void {
    const since = performance.now() - UNANSWERED_MS;
    const { ownMs } = this.#counted.find(({ at }) => at >= since) ?? { ownMs: this.#ownMs };
    if (message.includes('has not answered') && this.#ownMs - ownMs > UNANSWERED_MS / 2) this.faults.push(message);
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
    if (this.#protocol !== 'openai' && this.#plan.turnDetection !== 'manual') return;
    this.#bridge.ask({ userId: RIGHTFUL.post, name: RIGHTFUL.post }, FINAL);
    await this.#until('the last question is answered', () => this.#quiet && this.#lastAnswered);
    // All that is late has come by then.
    if (this.#lineFaults) await wait(2 * Math.max(...this.#lineFaults.wordsMs) + WORDS_MS);
    const deadline = this.#ownMs + WORDS_MS;
    while (this.#protocol === 'openai' && this.#troubles && this.unwritten.length > 0 && this.#ownMs < deadline)
      await wait(10);
  }

  /** Turns that have ended and have neither words nor a word that there are none. */
  get unwritten(): readonly number[] {
    const finals = this.of('turn-transcript').filter(({ text, final }) => final && text !== '');
    const written = new Set(finals.map(({ turn }) => turn?.id));
    return this.of('turn-ended').flatMap(({ turn }) => (written.has(turn.id) ? [] : turn.id));
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
    // Turns wait for each other's words with Gemini, up to 2 s each; where it draws the turns and keeps silent about
    // one, the bot waits 15 s for it.
    const patient = this.#troubles || this.#protocol !== 'openai' || this.#plan.turnDetection !== 'manual';
    const patienceMs = patient ? 2 * PATIENCE_MS : PATIENCE_MS;
    const deadline = this.#ownMs + (this.#lineFaults ? FAULTY_PATIENCE_MS : patienceMs);
    while (!condition()) {
      const ended = this.of('ended')[0];
      if (ended && !condition()) throw new Error(`the bridge ended before ${what}: ${JSON.stringify(ended.reason)}`);
      if (this.#ownMs > deadline) {
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
