import type { RealtimeClientEvent } from 'openai/resources/realtime/realtime';
import type { Heard, SessionEvent, Shortfall } from '../../../ports/model.ts';
import type { Acknowledged, ToolResult } from '../../../ports/tool-calls.ts';
import { Deadline } from '../../connection/deadline.ts';
import { merged } from '../../connection/turn-ids.ts';
import type { Outcome } from '../messages.ts';
import { OpenAICalls } from './calls.ts';
import { OpenAIOwed } from './owed.ts';
import type { ReplyPatience } from './patience.ts';
import { OpenAIReply, REPLY_PATIENCE } from './reply.ts';
import { OpenAIStrays } from './strays.ts';

/** Where what replies want sent and told goes. */
export interface Outlets {
  send(event: RealtimeClientEvent): void;
  emit(event: SessionEvent): void;
  /** Nothing more of this reply is to be heard. */
  mute(replyId: string): void;
  /** The server does not answer any more: only another connection helps. */
  unanswered(): void;
  /** Why nothing came, or no end; `empty`: nothing was said or done. */
  noAnswer(empty: boolean): Shortfall;
  readonly patience?: ReplyPatience | undefined;
}

/** Finished replies that can still be truncated: what plays is never further behind. */
const REMEMBERED = 16;
const METADATA_KEY = 'parley_reply';
/** So often a request is refused for a response that we do not know of; then the connection is of no use. */
const MOST_BLOCKED = 3;

/**
 * The replies of one OpenAI session: at most one at a time, each bound to the turns that it answers before it begins.
 * Our own number travels in the response's metadata and comes back in response.created, so no reply is ever matched
 * by time. Source of the order: developers.openai.com/api/docs/guides/realtime-conversations.
 *
 * Nothing is waited for without an end: what does not begin is asked for anew, what does not go on is cancelled, and what
 * does not end counts as ended; its late events are dropped by id. A request that came to nothing may still be carried
 * out: its response is cancelled by its id when it shows, for before that a cancellation does nothing
 * (livekit/agents#6244).
 */
export class OpenAIReplies {
  readonly #out: Outlets;
  readonly #patience: ReplyPatience;
  readonly #owed = new OpenAIOwed();
  readonly #calls: OpenAICalls;
  readonly #strays = new OpenAIStrays();
  #active: OpenAIReply | undefined;
  readonly #deadline = new Deadline();
  #wanted = false;
  #count = 0;
  readonly #finished: OpenAIReply[] = [];
  #blocked = 0;

  constructor(out: Outlets) {
    this.#out = out;
    this.#calls = new OpenAICalls((event) => out.send(event));
    this.#patience = out.patience ?? REPLY_PATIENCE;
  }

  /** Whether the model has spoken: its voice is fixed then. */
  get spoke(): boolean {
    return [...this.#finished, ...(this.#active ? [this.#active] : [])].some((reply) => reply.items.size > 0);
  }

  /** A reply was asked for and has not begun. */
  get awaits(): boolean {
    return this.#active !== undefined && this.#active.id === undefined;
  }

  turnEnded(turnId: number): void {
    this.#owed.ended(turnId);
  }

  /** Nothing of this turn reached the conversation. */
  turnVoid(turnId: number): void {
    this.#owed.void(turnId);
  }

  /** Nobody is to answer these turns any more. */
  withdraw(turnIds: readonly number[]): void {
    this.#owed.withdraw(turnIds);
  }

  /** The result comes later; a response to the acknowledgement has the turns behind the call. */
  acknowledge(call: Acknowledged): void {
    this.#owed.result(this.#calls.acknowledge(call));
  }

  toolResult(result: ToolResult): void {
    this.#owed.result(this.#calls.result(result));
  }

  /** Asks for one reply to everything that is open, now or after the one under way. */
  respond(): void {
    if (this.#active) {
      this.#wanted = true;
      return;
    }
    const turnIds = this.#owed.take();
    if (turnIds) this.#request(turnIds, false);
    else this.#nothing();
  }

  #request(turnIds: readonly number[], again: boolean): void {
    this.#wanted = false;
    const reply = new OpenAIReply(++this.#count, turnIds, again);
    this.#active = reply;
    this.#out.send({
      type: 'response.create',
      event_id: reply.eventId,
      response: { metadata: { [METADATA_KEY]: String(reply.number) } },
    });
    this.#deadline.set(this.#patience.beginMs, () => this.#neverBegan(reply));
  }

  /** See SpeechSession.pass: like turns that were answered with silence. */
  pass(turnIds: readonly number[]): void {
    this.#owed.pass(turnIds);
  }

  /** See SpeechSession.interrupt. */
  interrupt(heard: readonly Heard[]): void {
    this.#wanted = false;
    const active = this.#active;
    if (active && !active.dropped) {
      active.dropped = true;
      if (active.id) {
        this.#cancel(active);
        this.#out.mute(active.id);
      }
    }
    const cut = this.#finished.filter((reply) => heard.some(({ replyId }) => replyId === reply.id));
    for (const reply of active ? [...cut, active] : cut) {
      const items = heard.find(({ replyId }) => replyId === reply.id)?.items ?? [];
      const heardMs = new Map(items.map((item) => [item.itemId, item.heardMs]));
      for (const itemId of reply.items.keys()) this.#cutItem(itemId, heardMs.get(itemId) ?? 0, reply);
      if (items.some((item) => item.heardMs > 0)) continue;
      this.#owed.open(reply.turnIds);
    }
  }

  /** The request of this event, or where the server does not say which, the one that waits, was refused. */
  createFailed(eventId: string | undefined, alreadyActive: boolean, shortfall: Shortfall): boolean {
    const reply = this.#active;
    if (!reply || reply.id !== undefined || (eventId !== undefined && reply.eventId !== eventId)) return false;
    this.#deadline.clear();
    this.#active = undefined;
    if (!alreadyActive || reply.dropped) {
      this.#fail(reply, shortfall);
      return true;
    }
    this.#owed.open(reply.turnIds);
    // A response of which we do not know: its response.done asks again, and where that does not come, it is cancelled.
    this.#wanted = true;
    this.#blocked += 1;
    if (this.#blocked >= MOST_BLOCKED) this.#out.unanswered();
    else this.#deadline.set(this.#patience.otherMs, () => this.#cancelOther());
    return true;
  }

  /** The server has nothing to cancel: what we wanted to cancel is over, though its end did not come. */
  cancelFailed(eventId: string | undefined): void {
    const reply = this.#active;
    if (!reply?.cancelEventId || (eventId !== undefined && eventId !== reply.cancelEventId)) return;
    this.#over(reply);
  }

  created(responseId: string, metadata: Readonly<Record<string, unknown>> | null | undefined): void {
    if (this.#isKnown(responseId)) return;
    const number = metadata?.[METADATA_KEY];
    const mine = this.awaits && (number === undefined || number === String(this.#active?.number));
    if (mine) this.#begin(this.#active as OpenAIReply, responseId);
    else this.#discard(responseId, number);
  }

  /** A response ends. Where everything of ours before its end was lost, that shows by our number alone. */
  ending(responseId: string, metadata: Readonly<Record<string, unknown>> | null | undefined): void {
    if (this.#isKnown(responseId)) return;
    const number = metadata?.[METADATA_KEY];
    if (this.awaits && number === String(this.#active?.number)) this.#begin(this.#active as OpenAIReply, responseId);
    else this.#strays.add(responseId, number);
  }

  /** Something of a response came, so it goes on. Where its response.created was lost, it begins with it. */
  alive(responseId: string): void {
    if (!this.#isKnown(responseId) && this.awaits) {
      const begun = this.#active as OpenAIReply;
      begun.unannounced = true;
      this.#begin(begun, responseId);
    }
    const reply = this.#replyOf(responseId);
    // A reply that is to end has a deadline of its own.
    if (reply && reply.cancelEventId === undefined) this.#watch(reply);
  }

  itemAdded(responseId: string, itemId: string, isMessage: boolean): void {
    const reply = this.#replyOf(responseId);
    if (!reply) return;
    reply.open.add(itemId);
    this.alive(responseId);
    if (!isMessage) return;
    reply.item(itemId);
    // Nobody will hear an item that begins after the interruption.
    if (reply.dropped) this.#cutItem(itemId, 0, reply);
  }

  itemDone(responseId: string, itemId: string): void {
    const reply = this.#replyOf(responseId);
    if (!reply) return;
    reply.open.delete(itemId);
    reply.ended = true;
    this.alive(responseId);
  }

  audio(responseId: string, itemId: string, base64: string): void {
    const reply = this.#replyOf(responseId);
    if (!reply || reply.dropped) return;
    const item = reply.item(itemId);
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
    else this.#owed.result(turnIds);
  }

  toolCall(responseId: string, call: { callId: string; name: string; arguments: string }): void {
    const reply = this.#replyOf(responseId);
    if (!reply || reply.dropped || !this.#calls.called(call.callId, { ...call, turnIds: reply.turnIds })) return;
    reply.calls += 1;
    this.#out.emit({ type: 'tool-call', call: { ...call, replyId: responseId, turnIds: reply.turnIds } });
  }

  /** `shortfall` is asked for where nobody cut it off. */
  done(responseId: string, outcome: Outcome, shortfall: (empty: boolean) => Shortfall | undefined): void {
    const reply = this.#replyOf(responseId);
    if (reply) this.#end(reply, outcome, reply.dropped ? undefined : shortfall(reply.empty));
    else {
      const stray = this.#strays.ended(responseId, outcome.usage);
      if (stray) this.#out.emit({ type: 'unheard-usage', replyId: responseId, ...stray });
    }
    this.#goOn();
  }

  close(): void {
    this.#deadline.clear();
  }

  #begin(reply: OpenAIReply, responseId: string): void {
    reply.id = responseId;
    this.#blocked = 0;
    if (reply.dropped) {
      this.#cancel(reply);
      return;
    }
    this.#out.emit({ type: 'reply-started', replyId: responseId, turnIds: reply.turnIds });
    this.#watch(reply);
  }

  #watch(reply: OpenAIReply): void {
    const { nextMs, doneMs } = this.#patience;
    this.#deadline.set(reply.settled ? doneMs : nextMs, () => this.#cancel(reply));
  }

  /** Nothing came of the request. What was to be dropped anyway is over; anything else is asked for anew, once. */
  #neverBegan(reply: OpenAIReply): void {
    this.#active = undefined;
    this.#strays.stale(reply.number, reply.turnIds);
    this.#cancelAny();
    if (reply.dropped || !this.#owed.wants(reply.turnIds)) {
      this.#goOn();
      return;
    }
    this.#owed.open(reply.turnIds);
    if (reply.again) this.#out.unanswered();
    else this.#request(this.#owed.take() ?? reply.turnIds, true);
  }

  /** The server did not end it, or says that it is over. Without more it was what it was. */
  #over(reply: OpenAIReply): void {
    this.#deadline.clear();
    const whole = reply.settled && !reply.empty;
    const shortfall = reply.dropped || whole ? undefined : this.#out.noAnswer(reply.empty);
    this.#end(reply, { status: whole ? 'completed' : 'failed', usage: null }, shortfall);
    this.#goOn();
  }

  #goOn(): void {
    if (!this.#wanted || this.#active) return;
    this.#wanted = false;
    this.respond();
  }

  #end(reply: OpenAIReply, { status, usage }: Outcome, shortfall: Shortfall | undefined): void {
    const replyId = reply.id as string;
    this.#active = undefined;
    this.#deadline.clear();
    this.#finished.push(reply);
    if (this.#finished.length > REMEMBERED) this.#finished.shift();
    this.#owed.result(reply.hosted);
    if (!reply.dropped) {
      this.#out.emit({ type: 'audio-done', replyId });
      if (shortfall?.empty) this.#owed.open(reply.turnIds);
    }
    // It may have been no answer to them: what is left of them counts for what the next one may do.
    const broken = reply.dropped ? status === 'failed' : shortfall !== undefined && !shortfall.empty;
    if (reply.unannounced || broken) this.#owed.doubt(reply.turnIds);
    const awaitsTools = reply.calls > 0;
    // What the server cancels by itself has failed whoever asked.
    const kind = status === 'cancelled' ? 'failed' : status;
    const ended = { status: reply.dropped ? 'cancelled' : kind, awaitsTools, usage } as const;
    this.#out.emit({ type: 'reply-done', replyId, ...ended, ...(shortfall && { shortfall }) });
  }

  /** It will never begin: told as a reply that ends at once, so that nobody waits and everybody can be told why. */
  #fail({ eventId: replyId, turnIds, dropped }: OpenAIReply, shortfall: Shortfall): void {
    this.#owed.open(turnIds);
    if (dropped) {
      this.#goOn();
      return;
    }
    this.#out.emit({ type: 'reply-started', replyId, turnIds });
    this.#out.emit({ type: 'reply-done', replyId, status: 'failed', awaitsTools: false, usage: null, shortfall });
    this.#goOn();
  }

  /** Nothing is open: says so as a reply that ends at once. Without a word, whoever asked would wait for one. */
  #nothing(): void {
    const replyId = `parley-none-${++this.#count}`;
    this.#out.emit({ type: 'reply-done', replyId, status: 'completed', awaitsTools: false, usage: null });
  }

  /** Asks the server to end it; where it does not within some time, it counts as ended. */
  #cancel(reply: OpenAIReply): void {
    reply.cancelEventId = `parley-cancel-${++this.#count}`;
    this.#out.send({ type: 'response.cancel', event_id: reply.cancelEventId, response_id: reply.id as string });
    this.#deadline.set(this.#patience.cancelMs, () => this.#over(reply));
  }

  /** Whatever the server is at without our knowing. */
  #cancelAny(): void {
    this.#out.send({ type: 'response.cancel', event_id: `parley-cancel-${++this.#count}` });
  }

  #cancelOther(): void {
    this.#cancelAny();
    this.#goOn();
  }

  /** A response that nobody waits for blocks the next one: it is cancelled, and what comes of it is dropped by its id. */
  #discard(responseId: string, number: unknown): void {
    this.#strays.add(responseId, number);
    const event_id = `parley-cancel-${++this.#count}`;
    this.#out.send({ type: 'response.cancel', event_id, response_id: responseId });
  }

  /** Takes back what nobody heard: part of an item, or all of it. */
  #cutItem(itemId: string, heardMs: number, reply: OpenAIReply): void {
    if (reply !== this.#active && reply.heardWhole(itemId, heardMs)) return;
    const event = reply.cut(itemId, heardMs, `parley-cut-${++this.#count}`);
    if (event) this.#out.send(event);
  }

  #isKnown(responseId: string): boolean {
    const ours = this.#active?.id === responseId || this.#finished.some(({ id }) => id === responseId);
    return ours || this.#strays.has(responseId);
  }

  #replyOf(responseId: string): OpenAIReply | undefined {
    return this.#active?.id === responseId ? this.#active : undefined;
  }
}
