import type { RealtimeClientEvent } from 'openai/resources/realtime/realtime';
import type { Acknowledged, Heard, SessionEvent, ToolCall, ToolResult } from '../bridge/ports.ts';
import { acknowledgement } from './label.ts';
import type { Outcome } from './openai-messages.ts';
import { PcmDecoder } from './pcm-base64.ts';
import { merged } from './turn-ids.ts';

/** A message item of a reply: the sound that came of it. */
interface SpokenItem {
  samples: number;
  readonly decoder: PcmDecoder;
  /** Truncated or deleted: never touched again. */
  cut: boolean;
}

interface Reply {
  readonly number: number;
  readonly eventId: string;
  /** The server's response id, known from response.created on; also the reply's id for the bridge. */
  id: string | undefined;
  turnIds: readonly number[];
  readonly items: Map<string, SpokenItem>;
  dropped: boolean;
  /** Tools that it called, ours and the provider's. */
  calls: number;
  /** It said something, aloud or in writing. */
  said: boolean;
  /** Turns behind results of hosted calls that came while it went on, and that it has not spoken about since. */
  hosted: readonly number[];
}

export interface Outlets {
  send(event: RealtimeClientEvent): void;
  emit(event: SessionEvent): void;
  /** Nothing more of this reply is to be heard. */
  mute(replyId: string): void;
}

/** Finished replies that can still be truncated: what plays is never further behind. */
const REMEMBERED = 16;
const SAMPLES_PER_MS = 24;
const METADATA_KEY = 'parley_reply';

/**
 * The replies of one OpenAI session: at most one at a time, each bound to the turns that it answers before it begins.
 * Our own number travels in the response's metadata and comes back in response.created, so no reply is ever matched
 * by time. Source of the order: developers.openai.com/api/docs/guides/realtime-conversations.
 */
export class OpenAIReplies {
  readonly #out: Outlets;
  #unanswered: readonly number[] = [];
  /** Answered with silence: nothing is owed, but the model may still take them up in its next reply, and act for them. */
  #passedOver: readonly number[] = [];
  /** Turns behind tool results that no reply has used yet. */
  #resultTurns: readonly number[] = [];
  /** Calls without a result. */
  readonly #calls = new Map<string, Pick<ToolCall, 'turnIds' | 'name' | 'arguments'>>();
  #active: Reply | undefined;
  #wanted = false;
  /** Turns that nobody is to answer. */
  readonly #withdrawn = new Set<number>();
  #count = 0;
  readonly #finished: Reply[] = [];

  constructor(out: Outlets) {
    this.#out = out;
  }

  /** Whether the model has spoken: its voice is fixed then. */
  get spoke(): boolean {
    return [...this.#finished, ...(this.#active ? [this.#active] : [])].some((reply) => reply.items.size > 0);
  }

  turnEnded(turnId: number): void {
    this.#unanswered = merged(this.#unanswered, [turnId]);
  }

  /** Nothing of this turn reached the conversation. */
  turnVoid(turnId: number): void {
    this.#unanswered = this.#unanswered.filter((id) => id !== turnId);
  }

  /** Nobody is to answer these turns any more. */
  withdraw(turnIds: readonly number[]): void {
    for (const id of turnIds) this.#withdrawn.add(id);
    while (this.#withdrawn.size > REMEMBERED) this.#withdrawn.delete(this.#withdrawn.values().next().value as number);
  }

  /** The result comes later; a response to the acknowledgement has the turns behind the call. */
  acknowledge({ callId, confirm }: Acknowledged): void {
    const call = this.#calls.get(callId);
    if (!call) return;
    this.#resultTurns = merged(this.#resultTurns, call.turnIds);
    this.#output(callId, acknowledgement(confirm));
  }

  toolResult({ callId, output, delivery }: ToolResult): void {
    const call = this.#calls.get(callId);
    this.#calls.delete(callId);
    this.#resultTurns = merged(this.#resultTurns, call?.turnIds ?? []);
    if (!delivery) this.#output(callId, output);
    else if (call) this.#laterOutput(call, output);
  }

  /**
   * A call has one output, and this one's is the acknowledgement. So the result is the output of another call that says
   * the same: a tool's text stays a tool's text, with no more authority than that. Clients may write calls into a
   * conversation (developers.openai.com/api/reference/resources/realtime/client-events, conversation.item.create).
   */
  #laterOutput({ name, arguments: args }: Pick<ToolCall, 'name' | 'arguments'>, output: string): void {
    const call_id = `later_${++this.#count}`;
    this.#out.send({
      type: 'conversation.item.create',
      event_id: `parley-later-${this.#count}`,
      item: { type: 'function_call', call_id, name, arguments: args },
    });
    this.#output(call_id, output);
  }

  #output(callId: string, output: string): void {
    this.#out.send({
      type: 'conversation.item.create',
      event_id: `parley-result-${++this.#count}`,
      item: { type: 'function_call_output', call_id: callId, output },
    });
  }

  /** Asks for one reply to everything that is open, now or after the one under way. */
  respond(): void {
    if (this.#active) {
      this.#wanted = true;
      return;
    }
    const unanswered = this.#unanswered.filter((id) => !this.#withdrawn.has(id));
    const owed = merged(unanswered, this.#resultTurns);
    if (owed.length === 0) {
      this.#nothing();
      return;
    }
    // What was taken back may not be gone from the conversation yet: it counts for what the reply may do.
    const still = this.#unanswered.filter((id) => this.#withdrawn.has(id));
    const turnIds = merged(merged(this.#passedOver, still), owed);
    this.#passedOver = [];
    this.#unanswered = [];
    this.#resultTurns = [];
    const number = ++this.#count;
    const eventId = `parley-reply-${number}`;
    this.#active = {
      number,
      eventId,
      id: undefined,
      turnIds,
      items: new Map(),
      dropped: false,
      calls: 0,
      said: false,
      hosted: [],
    };
    this.#out.send({
      type: 'response.create',
      event_id: eventId,
      response: { metadata: { [METADATA_KEY]: String(number) } },
    });
  }

  /** See SpeechSession.interrupt. */
  interrupt(heard: readonly Heard[]): void {
    this.#wanted = false;
    const active = this.#active;
    if (active && !active.dropped) {
      active.dropped = true;
      if (active.id) {
        this.#cancel(active.id);
        this.#out.mute(active.id);
      }
    }
    const cut = this.#finished.filter((reply) => heard.some(({ replyId }) => replyId === reply.id));
    for (const reply of active ? [...cut, active] : cut) {
      const items = heard.find(({ replyId }) => replyId === reply.id)?.items ?? [];
      const heardMs = new Map(items.map((item) => [item.itemId, item.heardMs]));
      for (const [itemId, item] of reply.items) this.#cutItem(itemId, item, heardMs.get(itemId) ?? 0, reply);
      if (items.some((item) => item.heardMs > 0)) continue;
      this.#unanswered = merged(reply.turnIds, this.#unanswered);
    }
  }

  /** The server refused our response.create. */
  createFailed(eventId: string, alreadyActive: boolean): boolean {
    const reply = this.#active;
    if (!reply || reply.id !== undefined || reply.eventId !== eventId) return false;
    this.#active = undefined;
    this.#unanswered = merged(reply.turnIds, this.#unanswered);
    // A response of which we do not know: its response.done asks again.
    if (alreadyActive) this.#wanted = true;
    // Nobody is to wait for a reply that will not come.
    else this.#out.emit({ type: 'reply-done', replyId: eventId, status: 'failed', awaitsTools: false, usage: null });
    return true;
  }

  created(responseId: string, metadata: Readonly<Record<string, unknown>> | null | undefined): void {
    const number = metadata?.[METADATA_KEY];
    const mine = this.#active?.id === undefined && (number === undefined || number === String(this.#active?.number));
    if (!this.#active || !mine) return;
    const reply = this.#active;
    reply.id = responseId;
    if (reply.dropped) this.#cancel(responseId);
    else this.#out.emit({ type: 'reply-started', replyId: responseId, turnIds: reply.turnIds });
  }

  itemAdded(responseId: string, itemId: string): void {
    const reply = this.#replyOf(responseId);
    if (!reply) return;
    const item = reply.items.get(itemId) ?? { samples: 0, decoder: new PcmDecoder(), cut: false };
    reply.items.set(itemId, item);
    // Nobody will hear an item that begins after the interruption.
    if (reply.dropped) this.#cutItem(itemId, item, 0, reply);
  }

  audio(responseId: string, itemId: string, base64: string): void {
    const reply = this.#replyOf(responseId);
    if (!reply || reply.dropped) return;
    if (!reply.items.has(itemId)) this.itemAdded(responseId, itemId);
    const item = reply.items.get(itemId) as SpokenItem;
    const pcm = item.decoder.decode(base64);
    if (pcm.length === 0) return;
    item.samples += pcm.length;
    reply.said = true;
    reply.hosted = [];
    this.#out.emit({ type: 'audio', replyId: responseId, itemId, pcm });
  }

  said(responseId: string, delta: string): void {
    const reply = this.#replyOf(responseId);
    if (!reply || reply.dropped) return;
    reply.said = true;
    reply.hosted = [];
    this.#out.emit({ type: 'reply-transcript', replyId: responseId, delta });
  }

  /** The provider runs a call of this reply itself. Gives the turns behind it, and whether anybody still wants it. */
  acts(replyId: string): { turnIds: readonly number[]; wanted: boolean } | undefined {
    const reply = this.#replyOf(replyId) ?? this.#finished.find((one) => one.id === replyId);
    if (!reply) return undefined;
    reply.calls += 1;
    return { turnIds: reply.turnIds, wanted: !reply.dropped };
  }

  /** A hosted call of this reply has its result: the model has to speak about it, unless the reply itself goes on to. */
  hostedResult(replyId: string, turnIds: readonly number[]): void {
    const reply = this.#replyOf(replyId);
    if (reply) reply.hosted = merged(reply.hosted, turnIds);
    else this.#resultTurns = merged(this.#resultTurns, turnIds);
  }

  toolCall(responseId: string, call: { callId: string; name: string; arguments: string }): void {
    const reply = this.#replyOf(responseId);
    if (!reply || reply.dropped) return;
    reply.calls += 1;
    this.#calls.set(call.callId, { name: call.name, arguments: call.arguments, turnIds: reply.turnIds });
    this.#out.emit({ type: 'tool-call', call: { ...call, replyId: responseId, turnIds: reply.turnIds } });
  }

  done(responseId: string, outcome: Outcome): void {
    const reply = this.#active;
    if (reply?.id === responseId) {
      this.#active = undefined;
      this.#finished.push(reply);
      if (this.#finished.length > REMEMBERED) this.#finished.shift();
      this.#finish(reply, responseId, outcome);
    }
    if (!this.#wanted || this.#active) return;
    this.#wanted = false;
    this.respond();
  }

  #finish(reply: Reply, replyId: string, { status, usage }: Outcome): void {
    this.#resultTurns = merged(this.#resultTurns, reply.hosted);
    if (!reply.dropped) {
      this.#out.emit({ type: 'audio-done', replyId });
      // A reply that failed before it said anything has answered nobody.
      const empty = reply.calls === 0 && !reply.said;
      if (empty && status === 'failed') this.#unanswered = merged(reply.turnIds, this.#unanswered);
      else if (empty) this.#passedOver = merged(reply.turnIds, this.#passedOver);
    }
    const awaitsTools = reply.calls > 0;
    this.#out.emit({ type: 'reply-done', replyId, status: reply.dropped ? 'cancelled' : status, awaitsTools, usage });
  }

  /** Nothing is open: says so as a reply that ends at once. Without a word, whoever asked would wait for one. */
  #nothing(): void {
    const replyId = `parley-none-${++this.#count}`;
    this.#out.emit({ type: 'reply-done', replyId, status: 'completed', awaitsTools: false, usage: null });
  }

  #cancel(responseId: string): void {
    this.#out.send({ type: 'response.cancel', event_id: `parley-cancel-${++this.#count}`, response_id: responseId });
  }

  /** Takes back what nobody heard: part of an item, or all of it. */
  #cutItem(itemId: string, item: SpokenItem, heardMs: number, reply: Reply): void {
    const producedMs = Math.floor(item.samples / SAMPLES_PER_MS);
    const audioEndMs = Math.min(Math.floor(heardMs), producedMs);
    const whole = reply !== this.#active && audioEndMs >= producedMs && producedMs > 0;
    if (item.cut || whole) return;
    item.cut = true;
    const event_id = `parley-cut-${++this.#count}`;
    if (audioEndMs <= 0) this.#out.send({ type: 'conversation.item.delete', event_id, item_id: itemId });
    else {
      const type = 'conversation.item.truncate';
      this.#out.send({ type, event_id, item_id: itemId, content_index: 0, audio_end_ms: audioEndMs });
    }
  }

  #replyOf(responseId: string): Reply | undefined {
    return this.#active?.id === responseId ? this.#active : undefined;
  }
}
