import { setTimeout as wait } from 'node:timers/promises';
import type { ModelFaults, Wire } from '../shared/model-server.ts';
import { OUTPUT_RATE, type ScriptedReply, speechLike, toBase64, unlessAborted, wordsOf } from '../shared/script.ts';
import { type Conversation, type Entry, snapshot } from './conversation.ts';
import type { ResponseParams } from './events.ts';
import type { ResponseEnd } from './faults.ts';
import type { HostedCall, HostedTools } from './hosted-tools.ts';
import { newId } from './ids.ts';
import type { SessionSettings } from './settings.ts';

/** What a response needs of its session. */
export interface ResponseContext {
  readonly wire: Wire;
  readonly faults: ModelFaults;
  readonly conversation: Conversation;
  readonly conversationId: string;
  readonly settings: SessionSettings;
  readonly params: ResponseParams;
  readonly rateLimits: boolean;
  readonly hosted: HostedTools;
  /** Sends an event under a fresh event_id. */
  emit(type: string, fields: object): void;
  /** Asks the script; may throw. */
  ask(signal: AbortSignal): Promise<ScriptedReply>;
}
type CancelReason = 'client_cancelled' | 'turn_detected';

const FIRST_CHUNK_MS = 100;
const CHUNK_MS = 200;
const DEFAULT_SPEED = 4;
/** Of real time: transcripts run ahead of the sound (recorded). */
const TRANSCRIPT_LEAD = 1.5;
const OUTPUT_TOKENS_PER_SECOND = 20;
const INPUT_TOKENS_PER_SECOND = 10;
const INPUT_RATE = 24_000;

/** One response from `response.created` to `response.done`, in the order of the recordings. */
export class SimulatedResponse {
  readonly id = newId('resp');
  /** `conversation: 'none'`: it leaves nothing behind and may run beside another one. */
  readonly outOfBand: boolean;
  readonly #context: ResponseContext;
  readonly #stop = new AbortController();
  /** Aborted when the response is cancelled or the connection is gone. */
  readonly #wanted: AbortSignal;
  readonly #output: Entry[] = [];
  readonly #textOnly: boolean;
  #cancelReason: CancelReason | undefined;
  #lateDelta: (() => void) | undefined;

  constructor(context: ResponseContext) {
    this.#context = context;
    this.outOfBand = context.params.conversation === 'none';
    this.#textOnly = (context.params.output_modalities ?? context.settings.output_modalities)[0] === 'text';
    this.#wanted = AbortSignal.any([context.wire.signal, this.#stop.signal]);
  }

  /** Stops generating; run() then ends with a cancelled response.done. */
  cancel(reason: CancelReason): void {
    if (this.#wanted.aborted) return;
    this.#cancelReason = reason;
    this.#stop.abort();
  }

  /** Ends when the response is done; never throws. */
  async run(): Promise<void> {
    const { emit, wire, ask, faults } = this.#context;
    wire.tell({ type: 'reply-started' });
    emit('response.created', { response: this.#wire('in_progress') });
    const end = faults.openai.responses.shift();
    try {
      if (end && !end.says) return this.#done(end.status, detailsOf(end));
      const reply = await unlessAborted(ask(this.#wanted), this.#wanted);
      if (reply.delayMs) await wait(reply.delayMs, undefined, { signal: this.#wanted });
      this.#wanted.throwIfAborted();
      if (reply.say && !reply.silent) await this.#say(reply.say, reply.speed ?? DEFAULT_SPEED);
      for (const call of reply.silent ? [] : (reply.calls ?? [])) this.#call(call.name, JSON.stringify(call.arguments));
      for (const call of reply.silent ? [] : (reply.hosted ?? [])) this.#callHosted(call);
      this.#done(end?.status ?? 'completed', end ? detailsOf(end) : null);
    } catch (error) {
      if (wire.signal.aborted) return;
      if (!this.#wanted.aborted) {
        const text = error instanceof Error ? error.message : String(error);
        const details = { type: 'failed', error: { type: 'server_error', code: 'script_failed', message: text } };
        return this.#done('failed', details);
      }
      for (let i = 0; i < faults.lateDeltas; i++) this.#lateDelta?.();
      this.#finishCut();
      this.#done('cancelled', { type: 'cancelled', reason: this.#cancelReason });
    }
  }

  async #say(say: NonNullable<ScriptedReply['say']>, speed: number): Promise<void> {
    const entry = this.#open('assistant', { type: 'message', status: 'in_progress', role: 'assistant', content: [] });
    const part = this.#textOnly ? { type: 'text', text: '' } : { type: 'audio', transcript: '' };
    const at = { response_id: this.id, item_id: entry.id, output_index: this.#output.length - 1, content_index: 0 };
    this.#context.emit('response.content_part.added', { ...at, part });
    const written = { text: '' };
    const words = wordsOf(say.text);
    if (this.#textOnly) {
      for (const word of words) this.#write(at, written, word);
      this.#close(entry, 'completed', written.text);
      return;
    }
    await this.#speak(entry, at, say.pcm ?? speechLike(say.text), speed, (share) => {
      while (words.length > 0 && written.text.length <= share * say.text.length * TRANSCRIPT_LEAD) {
        this.#write(at, written, words.shift() ?? '');
        entry.wire.content = [{ type: 'output_audio', transcript: written.text }];
      }
    });
    for (const word of words) this.#write(at, written, word);
    this.#close(entry, 'completed', written.text);
  }

  #write(at: object, written: { text: string }, delta: string): void {
    written.text += delta;
    const type = this.#textOnly ? 'response.output_text.delta' : 'response.output_audio_transcript.delta';
    this.#context.emit(type, { ...at, delta, obfuscation: 'x'.repeat(Math.max(0, 16 - delta.length)) });
  }

  /** Sends the sound, faster than real time; `before` is told the share of it that goes out next. */
  async #speak(entry: Entry, at: object, pcm: Int16Array, speed: number, before: (share: number) => void) {
    const startedAt = performance.now();
    let sent = 0;
    const send = (samples: number) => {
      const chunk = pcm.subarray(sent, sent + samples);
      sent += chunk.length;
      entry.producedSamples += chunk.length;
      this.#context.emit('response.output_audio.delta', { ...at, delta: toBase64(chunk) });
      this.#context.wire.tell({ type: 'spoke', samples: chunk.length, pcm: chunk });
    };
    this.#lateDelta = () => send((CHUNK_MS * OUTPUT_RATE) / 1000);
    while (sent < pcm.length) {
      const next = ((sent === 0 ? FIRST_CHUNK_MS : CHUNK_MS) * OUTPUT_RATE) / 1000;
      before(Math.min(1, (sent + next) / pcm.length));
      send(next);
      const dueAt = startedAt + (sent * 1000) / OUTPUT_RATE / speed;
      await wait(Math.max(0, dueAt - performance.now()), undefined, { signal: this.#wanted });
    }
  }

  #call(name: string, text: string): void {
    const { emit } = this.#context;
    const call_id = newId('call');
    const entry = this.#open('call', { type: 'function_call', status: 'in_progress', name, call_id, arguments: '' });
    const at = { response_id: this.id, item_id: entry.id, output_index: this.#output.length - 1, call_id };
    for (const delta of text.match(/[\s\S]{1,6}/g) ?? []) {
      const obfuscation = 'x'.repeat(16 - delta.length);
      emit('response.function_call_arguments.delta', { ...at, delta, obfuscation });
    }
    emit('response.function_call_arguments.done', { ...at, name, arguments: text });
    entry.wire.arguments = text;
    this.#close(entry, 'completed', '');
  }

  /** Only asks for leave, or begins the call: it runs on when the response is already done. */
  #callHosted(call: HostedCall): void {
    const { emit, hosted } = this.#context;
    const args = JSON.stringify(call.arguments);
    const fields = { name: call.name, server_label: call.server, arguments: args };
    if (hosted.needsApproval(call)) {
      const entry = this.#open('hosted', { type: 'mcp_approval_request', ...fields }, 'mcpr');
      this.#close(entry, undefined, '');
      hosted.asked(entry.id, call);
      return;
    }
    const entry = this.#open(
      'hosted',
      { type: 'mcp_call', ...fields, arguments: '', output: null, error: null },
      'mcp',
    );
    const at = { response_id: this.id, item_id: entry.id, output_index: this.#output.length - 1 };
    emit('response.mcp_call_arguments.delta', { ...at, delta: args, obfuscation: '' });
    emit('response.mcp_call_arguments.done', { ...at, arguments: args });
    entry.wire.arguments = args;
    const output_index = at.output_index;
    emit('response.output_item.done', { response_id: this.id, output_index, item: snapshot(entry) });
    void hosted.run(entry, call, output_index);
  }

  #open(kind: 'assistant' | 'call' | 'hosted', fields: Record<string, unknown>, prefix = 'item'): Entry {
    const { emit, conversation } = this.#context;
    const id = newId(prefix);
    const entry: Entry = { id, kind, wire: { id, ...fields }, producedSamples: 0 };
    const output_index = this.#output.push(entry) - 1;
    emit('response.output_item.added', { response_id: this.id, output_index, item: snapshot(entry) });
    if (!this.outOfBand) {
      const previous_item_id = conversation.insert(entry);
      emit('conversation.item.added', { previous_item_id, item: snapshot(entry) });
    }
    return entry;
  }

  #close(entry: Entry, status: 'completed' | 'incomplete' | undefined, text: string): void {
    const { emit, conversation } = this.#context;
    const output_index = this.#output.indexOf(entry);
    const at = { response_id: this.id, item_id: entry.id, output_index, content_index: 0 };
    if (entry.kind === 'assistant' && this.#textOnly) {
      emit('response.output_text.done', { ...at, text });
      emit('response.content_part.done', { ...at, part: { type: 'text', text } });
      entry.wire.content = [{ type: 'output_text', text }];
    } else if (entry.kind === 'assistant') {
      emit('response.output_audio.done', at);
      emit('response.output_audio_transcript.done', { ...at, transcript: text });
      emit('response.content_part.done', { ...at, part: { type: 'audio', transcript: text } });
      // A truncation that came meanwhile has taken the transcript away for good.
      if (entry.wire.content?.[0]?.transcript !== null)
        entry.wire.content = [{ type: 'output_audio', transcript: text }];
    }
    if (status) entry.wire.status = status;
    this.#lateDelta = undefined;
    if (conversation.find(entry.id)) {
      emit('conversation.item.done', { previous_item_id: conversation.previousOf(entry.id), item: snapshot(entry) });
    }
    emit('response.output_item.done', { response_id: this.id, output_index, item: snapshot(entry) });
  }

  #finishCut(): void {
    const open = this.#output.find((entry) => entry.wire.status === 'in_progress');
    if (open) this.#close(open, 'incomplete', open.wire.content?.[0]?.transcript ?? '');
  }

  #done(status: ResponseEnd['status'], details: object | null): void {
    const { emit, wire, rateLimits, faults } = this.#context;
    const usage = status === 'cancelled' && faults.nullUsage ? null : this.#usage();
    emit('response.done', { response: { ...this.#wire(status), status_details: details, usage } });
    wire.tell({ type: status === 'cancelled' ? 'interrupted' : 'reply-done' });
    this.#trail();
    if (!rateLimits) return;
    const rate_limits = [{ name: 'tokens', limit: 40_000, remaining: 40_000 - usageTotal(usage), reset_seconds: 0.1 }];
    emit('rate_limits.updated', { rate_limits });
  }

  /** Sound that comes when everything was over. */
  #trail(): void {
    const { emit, faults } = this.#context;
    const item_id = this.#output.find(({ kind }) => kind === 'assistant')?.id ?? newId('item');
    const at = { response_id: this.id, item_id, output_index: 0, content_index: 0 };
    const delta = toBase64(new Int16Array((CHUNK_MS * OUTPUT_RATE) / 1000).fill(1_000));
    for (let i = 0; i < faults.openai.outputAfterDone; i += 1) emit('response.output_audio.delta', { ...at, delta });
  }

  #wire(status: string): object {
    const { settings, params, conversationId } = this.#context;
    const { format, voice } = { ...settings.audio.output, ...params.audio?.output };
    return {
      object: 'realtime.response',
      id: this.id,
      status,
      status_details: null,
      output: this.#output.map(snapshot),
      conversation_id: this.outOfBand ? null : conversationId,
      output_modalities: params.output_modalities ?? settings.output_modalities,
      max_output_tokens: params.max_output_tokens ?? settings.max_output_tokens,
      audio: { output: { format, voice } },
      usage: null,
      metadata: params.metadata ?? null,
    };
  }

  /** Billed per whole context, as the provider does; text at about four characters a token. */
  #usage(): Usage {
    const { conversation, settings } = this.#context;
    const before = conversation.entries.filter((entry) => !this.#output.includes(entry));
    const audioIn = before.reduce((sum, { pcm }) => sum + (pcm?.length ?? 0), 0) / INPUT_RATE;
    const said = before.map((entry) => entry.text ?? JSON.stringify(entry.wire.output ?? ''));
    const text_tokens = Math.ceil((settings.instructions.length + said.join('').length) / 4);
    const audio_tokens = Math.round(audioIn * INPUT_TOKENS_PER_SECOND);
    const produced = this.#output.reduce((sum, entry) => sum + entry.producedSamples, 0) / OUTPUT_RATE;
    const out = {
      text_tokens: Math.ceil(
        JSON.stringify(this.#output.map(({ wire }) => wire.content ?? [wire.name, wire.arguments])).length / 6,
      ),
      audio_tokens: Math.round(produced * OUTPUT_TOKENS_PER_SECOND),
    };
    const input_tokens = text_tokens + audio_tokens;
    const output_tokens = out.text_tokens + out.audio_tokens;
    const cached_tokens_details = { text_tokens: 0, audio_tokens: 0, image_tokens: 0 };
    return {
      total_tokens: input_tokens + output_tokens,
      input_tokens,
      output_tokens,
      input_token_details: { text_tokens, audio_tokens, image_tokens: 0, cached_tokens: 0, cached_tokens_details },
      output_token_details: out,
    };
  }
}

function detailsOf({ status, reason, error }: ResponseEnd): object | null {
  return status === 'completed' ? null : { type: status, ...(reason && { reason }), ...(error && { error }) };
}

interface Usage {
  readonly total_tokens: number;
  readonly [detail: string]: unknown;
}

function usageTotal(usage: Usage | null): number {
  return usage?.total_tokens ?? 0;
}
