import { setTimeout as wait } from 'node:timers/promises';
import type { ModelFaults, Wire } from '../shared/model-server.ts';
import { OUTPUT_RATE, type ScriptedReply, speechLike, toBase64, unlessAborted, wordsOf } from '../shared/script.ts';
import type { AnswerEnd, GeminiWhims } from './whims.ts';

/** A call that the model made. */
export interface PendingCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: unknown;
  readonly blocking: boolean;
}

/** What a generation needs of its session. */
export interface GenerationContext {
  readonly wire: Wire;
  readonly faults: ModelFaults;
  readonly whims: GeminiWhims;
  readonly transcribesOutput: boolean;
  /** The session's only modality is TEXT. */
  readonly writes: boolean;
  /** Fields of the setup's tools: what it did not ask for, the model does not have. */
  readonly serverTools: readonly string[];
  /** Several fields in one serverContent, and an empty one now and then, as 3.x models send them. */
  readonly bundle: boolean;
  /** Whether turnComplete waits until the sound would have been played. */
  readonly playbackClock: boolean;
  readonly vertex: boolean;
  readonly promptTokens: () => number;
  /** Asks the script; may throw. */
  ask(signal: AbortSignal): Promise<ScriptedReply>;
  /** Registers calls under fresh ids. */
  call(calls: NonNullable<ScriptedReply['calls']>): readonly PendingCall[];
  /** Resolves when every blocking call has its response. */
  answered(): Promise<void>;
  /** Calls whose responses said nothing, which the model makes once more. */
  sweeps(): NonNullable<ScriptedReply['calls']>;
  /** What goes with turnComplete as `interactionStatus`; undefined: the model does not say. */
  status(): 'IN_PROGRESS' | 'IDLE' | undefined;
}

const CHUNK_MS = 100;
const DEFAULT_SPEED = 4;
const TRANSCRIPT_LEAD = 1.5;
const AUDIO_TOKENS_PER_SECOND = 25;

/**
 * One turn of the model, from the first output to `turnComplete`. As the service documents it: after
 * `generationComplete` it waits until the sound would have been played; an interruption before that gives `interrupted`
 * and `turnComplete`, and one before generationComplete leaves that out
 * (ai.google.dev/api/live, BidiGenerateContentServerContent).
 */
export class GeminiGeneration {
  readonly #context: GenerationContext;
  readonly #stop = new AbortController();
  /** Aborted when it is interrupted or the connection is gone. */
  readonly #wanted: AbortSignal;
  #spokenSamples = 0;
  #textTokens = 0;
  #waitingFor: readonly PendingCall[] = [];
  #playedOutAt = 0;
  #outputs = 0;
  #late: ScriptedReply['late'];

  constructor(context: GenerationContext) {
    this.#context = context;
    this.#wanted = AbortSignal.any([context.wire.signal, this.#stop.signal]);
  }

  /** Whether anything of it was sent. */
  get hasOutput(): boolean {
    return this.#outputs > 0;
  }

  /** Ends when the turn is complete or interrupted; throws what the script throws. */
  async run(): Promise<void> {
    const { wire } = this.#context;
    const signal = this.#wanted;
    wire.tell({ type: 'reply-started' });
    try {
      await this.#generate(signal);
      this.#end('generationComplete');
      const leftMs = this.#playedOutAt - performance.now();
      if (this.#context.playbackClock && leftMs > 0) await wait(leftMs, undefined, { signal });
      this.#complete();
      wire.tell({ type: 'reply-done' });
      if (this.#late) void this.#trail(this.#late);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** Breaks it off at once: calls that block are cancelled, then `interrupted`, then `turnComplete`. */
  interrupt(): readonly PendingCall[] {
    if (this.#wanted.aborted) return [];
    const cancelled = this.#waitingFor;
    this.#stop.abort();
    const ids = cancelled.map(({ id }) => id);
    if (ids.length > 0) this.#context.wire.send({ toolCallCancellation: { ids } });
    this.#end('interrupted');
    this.#complete();
    this.#context.wire.tell({ type: 'interrupted' });
    return cancelled;
  }

  async #generate(signal: AbortSignal): Promise<void> {
    let again: NonNullable<ScriptedReply['calls']> = [];
    for (;;) {
      const reply: ScriptedReply =
        again.length > 0 ? { calls: again } : await unlessAborted(this.#context.ask(signal), signal);
      if (reply.delayMs) await wait(reply.delayMs, undefined, { signal });
      this.#late = reply.late;
      if (reply.silent) return;
      if (reply.thought) this.#content({ modelTurn: { parts: [{ text: reply.thought, thought: true }] } });
      this.#useTools(reply);
      if (reply.say && this.#context.writes) await this.#write(reply.say.text, signal);
      else if (reply.say) await this.#speak(reply.say, reply.speed ?? DEFAULT_SPEED, signal);
      const calls = reply.calls ?? [];
      if (calls.length === 0) {
        this.#nameSources(reply);
        return;
      }
      const pending = this.#call(calls);
      this.#waitingFor = pending.filter(({ blocking }) => blocking);
      if (this.#waitingFor.length === 0) return;
      await unlessAborted(this.#context.answered(), signal);
      this.#waitingFor = [];
      again = this.#context.sweeps();
    }
  }

  #call(calls: NonNullable<ScriptedReply['calls']>): readonly PendingCall[] {
    const { wire, whims, vertex, bundle } = this.#context;
    const pending = this.#context.call(calls);
    // Vertex AI leaves ids out sometimes: here, every second one.
    const named = (i: number) => !vertex || i % 2 === 1;
    const functionCalls = pending.map(({ id, name }, i) => ({
      ...(named(i) ? { id } : {}),
      name,
      args: calls[i]?.arguments ?? {},
    }));
    if (bundle) wire.send({ serverContent: {} });
    this.#outputs += 1;
    this.#textTokens += Math.ceil(JSON.stringify(functionCalls).length / 4);
    wire.send({ toolCall: { functionCalls } });
    if (!vertex && whims.callsTwice?.()) wire.send({ toolCall: { functionCalls } });
    return pending;
  }

  /** Behind its end, as if it belonged to no turn. */
  async #trail({ afterMs, word, sound, calls }: NonNullable<ScriptedReply['late']>): Promise<void> {
    const { wire } = this.#context;
    const goesOn = await wait(afterMs, true, { signal: wire.signal, ref: false }).catch(() => false);
    if (!goesOn) return;
    if (word !== undefined) this.#transcribe(word);
    if (sound) this.#sound(sound, '');
    if (calls) this.#call(calls);
  }

  #end(end: AnswerEnd): void {
    if (!this.#context.whims.loses?.(end)) this.#content({ [end]: true });
  }

  /** Code and its output come as parts of the turn, before the words (ai.google.dev/gemini-api/docs/live-tools). */
  #useTools({ code, search, pages }: ScriptedReply): void {
    const missing = [code && 'codeExecution', search && 'googleSearch', pages && 'urlContext'].filter(
      (tool) => tool && !this.#context.serverTools.includes(tool),
    );
    if (missing.length > 0) throw new Error(`the session did not ask for ${missing.join(', ')}`);
    if (!code) return;
    const { output, failed } = code;
    const result = { outcome: failed ? 'OUTCOME_FAILED' : 'OUTCOME_OK', output };
    const parts = [{ executableCode: { language: 'PYTHON', code: code.code } }, { codeExecutionResult: result }];
    if (this.#context.bundle) this.#content({ modelTurn: { parts } });
    else for (const part of parts) this.#content({ modelTurn: { parts: [part] } });
  }

  /** After the words, and told twice where messages are bundled: first what was asked, then what was found as well. */
  #nameSources({ search, pages }: ScriptedReply): void {
    const groundingMetadata = search && {
      searchEntryPoint: { renderedContent: suggestionsOf(search.queries) },
      webSearchQueries: search.queries,
      groundingChunks: search.sources.map((web) => ({ web })),
      groundingSupports: [],
    };
    const urlContextMetadata = pages && {
      urlMetadata: pages.map(({ url, failed }) => ({
        retrievedUrl: url,
        urlRetrievalStatus: failed ? 'URL_RETRIEVAL_STATUS_ERROR' : 'URL_RETRIEVAL_STATUS_SUCCESS',
      })),
    };
    if (!groundingMetadata && !urlContextMetadata) return;
    if (this.#context.bundle) this.#content({ groundingMetadata: { webSearchQueries: search?.queries ?? [] } });
    this.#content({
      ...(groundingMetadata && { groundingMetadata }),
      ...(urlContextMetadata && { urlContextMetadata }),
    });
  }

  /** Without sound the words come as parts of the turn. */
  async #write(text: string, signal: AbortSignal): Promise<void> {
    for (const word of wordsOf(text)) {
      this.#textTokens += Math.ceil(word.length / 4);
      this.#content({ modelTurn: { parts: [{ text: word }] } });
      await wait(5, undefined, { signal });
    }
  }

  async #speak(say: NonNullable<ScriptedReply['say']>, speed: number, signal: AbortSignal): Promise<void> {
    const pcm = say.pcm ?? speechLike(say.text);
    const words = wordsOf(say.text);
    const size = (CHUNK_MS * OUTPUT_RATE) / 1000;
    const startedAt = performance.now();
    this.#playedOutAt = Math.max(this.#playedOutAt, startedAt);
    let written = 0;
    for (let sent = 0; sent < pcm.length; sent += size) {
      const share = Math.min(1, (sent + size) / pcm.length) * TRANSCRIPT_LEAD;
      let text = '';
      while (words.length > 0 && written <= share * say.text.length) {
        text += words[0];
        written += words.shift()?.length ?? 0;
      }
      this.#sound(pcm.subarray(sent, sent + size), text);
      const dueAt = startedAt + ((sent + size) * 1000) / OUTPUT_RATE / speed;
      await wait(Math.max(0, dueAt - performance.now()), undefined, { signal });
    }
    if (words.length > 0) this.#transcribe(words.join(''));
  }

  #sound(pcm: Int16Array, text: string): void {
    const { wire, bundle, transcribesOutput } = this.#context;
    const inlineData = { mimeType: `audio/pcm;rate=${OUTPUT_RATE}`, data: toBase64(pcm) };
    const modelTurn = { parts: [{ inlineData }] };
    if (bundle && text && transcribesOutput) this.#content({ modelTurn, outputTranscription: { text } });
    else {
      if (text) this.#transcribe(text);
      this.#content({ modelTurn });
    }
    this.#spokenSamples += pcm.length;
    this.#playedOutAt += (pcm.length * 1000) / OUTPUT_RATE;
    wire.tell({ type: 'spoke', samples: pcm.length, pcm });
  }

  #transcribe(text: string): void {
    this.#textTokens += Math.ceil(text.length / 4);
    if (this.#context.transcribesOutput) this.#content({ outputTranscription: { text } });
  }

  #content(serverContent: object): void {
    if ('modelTurn' in serverContent || 'outputTranscription' in serverContent) this.#outputs += 1;
    this.#context.wire.send({ serverContent });
  }

  #complete(): void {
    const promptTokenCount = this.#context.promptTokens();
    const audio = Math.round((this.#spokenSamples / OUTPUT_RATE) * AUDIO_TOKENS_PER_SECOND);
    const responseTokenCount = audio + this.#textTokens;
    const usageMetadata = {
      promptTokenCount,
      responseTokenCount,
      totalTokenCount: promptTokenCount + responseTokenCount,
      promptTokensDetails: [{ modality: 'TEXT', tokenCount: promptTokenCount }],
      responseTokensDetails: [{ modality: this.#context.writes ? 'TEXT' : 'AUDIO', tokenCount: responseTokenCount }],
    };
    const usage = this.#context.faults.nullUsage ? {} : { usageMetadata };
    if (this.#context.whims.loses?.('turnComplete')) return;
    const interactionStatus = this.#context.status();
    const serverContent = { turnComplete: true, ...(interactionStatus && { interactionStatus }) };
    this.#context.wire.send({ serverContent, ...usage });
  }
}

/** HTML as the service gives it: style, a container, and a link for each query (grounding/search-suggestions). */
function suggestionsOf(queries: readonly string[]): string {
  const escaped = (text: string) => text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
  const chips = queries.map((query, i) => {
    const href = `https://vertexaisearch.cloud.google.com/grounding-api-redirect/simulated-${i}?q=${encodeURIComponent(query)}&amp;s=1`;
    return `<a class="chip" href="${href}">${escaped(query)}</a>`;
  });
  return `<style>\n.container { align-items: center; }\n</style>\n<div class="container">\n  <div class="headline"></div>\n  <div class="carousel">\n    ${chips.join('\n    ')}\n  </div>\n</div>\n`;
}
