import { setTimeout as wait } from 'node:timers/promises';
import type { ModelFaults, Wire } from '../shared/model-server.ts';
import { joined, type Script, type ScriptedReply, type ScriptInput, type Transcriber } from '../shared/script.ts';
import { GeminiCalls } from './calls.ts';
import { GeminiGeneration } from './generation.ts';
import type { GeminiHandles, GeminiState } from './handles.ts';
import { GeminiListening } from './listening.ts';
import { type ClientMessage, type Content, InvalidPayload, parseClientMessage, type Setup } from './messages.ts';
import type { GeminiModel } from './models.ts';
import { refusalOf } from './setup.ts';
import { type GeminiTurn, GeminiTurns } from './turns.ts';
import type { GeminiWhims } from './whims.ts';

/** What a reply is to answer. */
interface Asked {
  turns: GeminiTurn[];
  results: ScriptInput['toolResults'];
  /** More replies follow to the same turns. */
  goesOn: boolean;
}

/** What the sessions of one server share. */
export interface GeminiSessionOptions {
  readonly script: Script;
  readonly hear: Transcriber | undefined;
  readonly faults: ModelFaults;
  readonly whims: GeminiWhims;
  readonly turns: GeminiTurn[];
  readonly models: Readonly<Record<string, GeminiModel>>;
  readonly handles: GeminiHandles;
  readonly vertex: boolean;
  readonly version: string;
  readonly bundle: boolean;
  readonly playbackClock: boolean;
  readonly connectionMs: number;
  readonly goAwayMs: number;
  readonly announcing: { readonly everyMs: number; readonly timeLeft: string } | undefined;
}

const DEFAULT_RATE = 16_000;
const AUDIO_TOKENS_PER_SECOND = 25;

/** One connection to the simulated Live API. */
export class GeminiSession {
  readonly #wire: Wire;
  readonly #options: GeminiSessionOptions;
  #setup: Setup | undefined;
  #model: GeminiModel | undefined;
  #ready = false;
  #early: ClientMessage[] = [];
  #listening: GeminiListening | undefined;
  #calls: GeminiCalls | undefined;
  #context: string[] = [];
  #turns: GeminiTurns | undefined;
  #reply: { generation: GeminiGeneration; asked: Asked } | undefined;
  /** A reply is due as soon as the present one has ended. */
  #due = false;
  #promptChars = 0;
  #heardSamples = 0;
  #memory: string[] = [];

  constructor(wire: Wire, options: GeminiSessionOptions) {
    this.#wire = wire;
    this.#options = options;
  }

  /** The setup with camelCase names; undefined before it came. */
  get setup(): Setup | undefined {
    return this.#setup;
  }

  /** What the model knows beside its instructions, restored things included: texts, sounds and its own words. */
  get memory(): readonly string[] {
    return this.#memory;
  }

  /** Announces the end of the connection, then ends it. */
  async goAway(timeLeftMs: number): Promise<void> {
    this.#wire.send({ goAway: { timeLeft: `${timeLeftMs / 1000}s` } });
    try {
      await wait(timeLeftMs, undefined, { signal: this.#wire.signal, ref: false });
      this.#wire.close(1001, 'Session duration limit reached.');
    } catch {
      // The client left in time.
    }
  }

  /** Takes one message of the client. */
  receive(raw: unknown): void {
    try {
      const message = parseClientMessage(raw);
      if (!this.#setup) this.#open(message);
      else if (message.setup) throw new InvalidPayload('Request contains an invalid argument.');
      else if (this.#ready) this.#take(message);
      else this.#early.push(message);
    } catch (error) {
      if (!(error instanceof InvalidPayload)) throw error;
      this.#wire.close(1007, error.message);
    }
  }

  #open({ setup }: ClientMessage): void {
    if (!setup) throw new InvalidPayload('Request contains an invalid argument.');
    const { handles } = this.#options.faults;
    if (setup.sessionResumption?.handle !== undefined && handles !== undefined) {
      // The setup counts as read, and nothing comes of it.
      this.#setup = setup;
      if (handles !== 'silent') this.#wire.close(handles.code, handles.reason);
      return;
    }
    const refusal = refusalOf(setup, this.#options);
    if ('code' in refusal) {
      this.#wire.close(refusal.code, refusal.reason);
      return;
    }
    this.#setup = setup;
    this.#model = refusal.model;
    this.#turns = new GeminiTurns({
      wire: this.#wire,
      faults: this.#options.faults,
      whims: this.#options.whims,
      hear: this.#options.hear,
      log: this.#options.turns,
      transcribes: setup.inputAudioTranscription !== undefined,
      before: refusal.state?.turns ?? 0,
    });
    const declared = setup.tools?.flatMap((tool) => tool.functionDeclarations ?? []) ?? [];
    this.#calls = new GeminiCalls(declared, refusal.model, this.#options.vertex);
    this.#listening = new GeminiListening({
      wire: this.#wire,
      config: setup.realtimeInputConfig,
      began: () => this.#interruptBySpeech(),
      noted: (text) => this.#note(text),
      ended: (pcm, text) => this.#endTurn(pcm, text),
    });
    this.#restore(refusal.state);
    this.#promptChars += textOf(setup.systemInstruction).length;
    this.#options.handles.begin(this.#wire, setup.model ?? '', setup.sessionResumption?.handle);
    void this.#start();
  }

  async #start(): Promise<void> {
    const { faults, connectionMs, goAwayMs } = this.#options;
    const signal = this.#wire.signal;
    try {
      if (faults.slowSetupMs > 0) await wait(faults.slowSetupMs, undefined, { signal });
      if (faults.silentSetup) return;
      this.#wire.send({ setupComplete: {} });
      this.#offerHandle();
      this.#ready = true;
      for (const message of this.#early.splice(0)) this.#take(message);
      void this.#announce();
      await wait(Math.max(0, connectionMs - goAwayMs), undefined, { signal, ref: false });
      await this.goAway(Math.min(connectionMs, goAwayMs));
    } catch (error) {
      if (error instanceof InvalidPayload) this.#wire.close(1007, error.message);
    }
  }

  async #announce(): Promise<void> {
    const { announcing } = this.#options;
    if (!announcing) return;
    const { signal } = this.#wire;
    for (;;) {
      const goesOn = await wait(announcing.everyMs, true, { signal, ref: false }).catch(() => false);
      if (!goesOn) return;
      this.#wire.send({ goAway: { timeLeft: announcing.timeLeft } });
    }
  }

  #restore(state: GeminiState | undefined): void {
    this.#memory = [...(state?.memory ?? [])];
    this.#promptChars = state?.promptChars ?? 0;
    this.#heardSamples = state?.heardSamples ?? 0;
  }

  /**
   * As documented (LiveServerSessionResumptionUpdate): while the model generates or calls, the session cannot be
   * resumed, and an update without a handle says so.
   */
  #offerHandle(): void {
    if (!this.#setup?.sessionResumption) return;
    if (this.#reply || (this.#calls?.waiting.length ?? 0) > 0) {
      this.#wire.send({ sessionResumptionUpdate: {} });
      return;
    }
    const newHandle = this.#options.handles.give(this.#wire, {
      turns: this.#turns?.count ?? 0,
      promptChars: this.#promptChars,
      heardSamples: this.#heardSamples,
      memory: [...this.#memory],
    });
    this.#wire.send({ sessionResumptionUpdate: { newHandle, resumable: true } });
  }

  #take(message: ClientMessage): void {
    if (message.clientContent) this.#takeContent(message.clientContent);
    if (message.realtimeInput) this.#listening?.take(message.realtimeInput);
    if (message.toolResponse) this.#takeResults(message.toolResponse);
  }

  #takeContent(content: NonNullable<ClientMessage['clientContent']>): void {
    // Gemini 3.1 takes it as history at the start alone (livekit/agents#5251).
    if (!this.#model?.laterContent && (this.#turns?.count ?? 0) > 0) {
      throw new InvalidPayload('Request contains an invalid argument.');
    }
    if ((content.turns ?? []).some(({ role }) => role !== undefined && role !== 'user' && role !== 'model')) {
      throw new InvalidPayload('Please use a valid role: user, model.');
    }
    const texts = (content.turns ?? []).filter(({ role }) => role !== 'model').map(textOf);
    if (content.turnComplete || this.#model?.contentInterrupts) this.#interrupt();
    if (!content.turnComplete) {
      this.#note(texts.join('\n'));
      return;
    }
    this.#endTurn(new Int16Array(0), texts.join('\n'));
  }

  #note(text: string): void {
    if (text) this.#context.push(text);
    if (text) this.#memory.push(text);
    this.#promptChars += text.length;
  }

  get #sampleRate(): number {
    return this.#listening?.sampleRate ?? DEFAULT_RATE;
  }

  #interruptBySpeech(): void {
    if (this.#setup?.realtimeInputConfig?.activityHandling !== 'NO_INTERRUPTION') this.#interrupt();
  }

  #endTurn(pcm: Int16Array, text: string): void {
    this.#wire.tell({ type: 'turn-ended' });
    // Text alone in an activity is a turn in writing.
    const written = pcm.length === 0 && text === '' ? this.#context.splice(0).join('\n') : text;
    this.#turns?.add({ pcm, sampleRate: this.#sampleRate, text: written, labels: this.#context.splice(0) });
    this.#memory.push(pcm.length > 0 ? `[${pcm.length} samples]` : text);
    this.#promptChars += text.length;
    this.#heardSamples += pcm.length;
    if (!this.#options.whims.ignores?.()) this.#generate();
  }

  #takeResults({ functionResponses = [] }: NonNullable<ClientMessage['toolResponse']>): void {
    if (functionResponses.length === 0) throw new InvalidPayload('Request contains an invalid argument.');
    for (const one of functionResponses) {
      const taken = this.#calls?.take(one);
      if (!taken || taken.response.scheduling === 'SILENT') continue;
      // A generation that waits for it goes on by itself.
      if (taken.call.blocking && this.#reply) continue;
      if (taken.response.scheduling === 'INTERRUPT') this.#interrupt();
      this.#due = true;
    }
    if (this.#due && !this.#reply && !this.#listening?.active) this.#generate();
  }

  #interrupt(): void {
    const { generation, asked } = this.#reply ?? {};
    if (!generation || !asked) {
      this.#cancelLate();
      return;
    }
    this.#reply = undefined;
    this.#calls?.cancel(generation.interrupt());
    this.#cancelLate();
    if (!generation.hasOutput) {
      // Not answered with a single sound or call: still open.
      this.#turns?.giveBack(asked.turns);
      this.#calls?.giveBack(asked.results);
    }
    this.#offerHandle();
  }

  /** New input cancels each call that it waits for (migration page of gemini-3.8-live), one behind an answer's end, too. */
  #cancelLate(): void {
    const late = (this.#calls?.waiting ?? []).filter(({ blocking }) => blocking);
    if (late.length === 0) return;
    this.#calls?.cancel(late);
    this.#wire.send({ toolCallCancellation: { ids: late.map(({ id }) => id) } });
  }

  #generate(): void {
    this.#due = true;
    if (this.#reply) return;
    this.#due = false;
    const asked: Asked = { turns: [], results: [], goesOn: false };
    const generation = new GeminiGeneration({
      wire: this.#wire,
      faults: this.#options.faults,
      whims: this.#options.whims,
      transcribesOutput: this.#setup?.outputAudioTranscription !== undefined,
      writes: this.#setup?.generationConfig?.responseModalities?.[0] === 'TEXT',
      serverTools: (this.#setup?.tools ?? []).flatMap((tool) => Object.keys(tool)),
      bundle: this.#options.bundle,
      playbackClock: this.#options.playbackClock,
      vertex: this.#options.vertex,
      promptTokens: () => this.#promptTokens(),
      ask: async (signal) => {
        asked.turns = this.#turns?.takeUnanswered() ?? [];
        asked.results = this.#calls?.takeResults() ?? [];
        const reply = await this.#ask(asked, signal);
        asked.goesOn = reply.goesOn === true;
        return reply;
      },
      call: (calls) => this.#calls?.add(calls) ?? [],
      sweeps: () => this.#calls?.takeEmpty() ?? [],
      status: () => (this.#model?.severalReplies ? this.#status(asked) : undefined),
      answered: () => this.#calls?.answered() ?? Promise.resolve(),
    });
    this.#reply = { generation, asked };
    this.#offerHandle();
    void this.#run(generation);
  }

  async #run(generation: GeminiGeneration): Promise<void> {
    try {
      await generation.run();
    } catch (error) {
      // Where generating fails, the service closes.
      this.#wire.close(1011, `Internal error encountered. ${error instanceof Error ? error.message : ''}`);
      return;
    }
    if (this.#wire.signal.aborted || this.#reply?.generation !== generation) return;
    const goesOn = this.#model?.severalReplies && this.#reply.asked.goesOn;
    if (goesOn) this.#turns?.giveBack(this.#reply.asked.turns);
    this.#reply = undefined;
    this.#offerHandle();
    if ((this.#due || goesOn) && !this.#listening?.active) this.#generate();
  }

  /** ai.google.dev/gemini-api/docs/live-api/thinking: with every turnComplete, whether more follows. */
  #status({ goesOn }: Asked): 'IN_PROGRESS' | 'IDLE' {
    return goesOn || (this.#calls?.waiting.length ?? 0) > 0 || this.#due ? 'IN_PROGRESS' : 'IDLE';
  }

  async #ask({ turns, results }: Asked, signal: AbortSignal): Promise<ScriptedReply> {
    const labels = turns.flatMap((turn) => turn.labels);
    const reply = await this.#options.script({
      turn: this.#turns?.count ?? 0,
      pcm: joined(turns.map(({ pcm }) => pcm)),
      sampleRate: this.#sampleRate,
      text: turns.map(({ text }) => text).join(''),
      context: [...labels, ...(turns.length > 0 ? [] : this.#context.splice(0))].join('\n'),
      unanswered: turns.map(({ turn, pcm, text, labels }) => ({ turn, pcm, text, context: labels.join('\n') })),
      toolResults: results,
      declaredTools: this.#calls?.names ?? [],
      instructions: textOf(this.#setup?.systemInstruction),
      signal,
    });
    if (reply.say) this.#memory.push(`I said: ${reply.say.text}`);
    this.#turns?.heard(turns, reply.heard, reply.transcriptDelayMs ?? 0);
    return reply;
  }

  #promptTokens(): number {
    const seconds = this.#heardSamples / this.#sampleRate;
    return Math.ceil(this.#promptChars / 4) + Math.round(seconds * AUDIO_TOKENS_PER_SECOND);
  }
}

function textOf(content: Content | undefined): string {
  return (content?.parts ?? []).map(({ text }) => text ?? '').join('\n');
}
