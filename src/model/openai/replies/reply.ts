import type { RealtimeClientEvent } from 'openai/resources/realtime/realtime';
import { PcmDecoder } from '../../connection/pcm-base64.ts';
import type { ReplyPatience } from './patience.ts';

/** A message item of a reply: the sound that came of it. */
interface SpokenItem {
  samples: number;
  readonly decoder: PcmDecoder;
  /** Truncated or deleted: never touched again. */
  cut: boolean;
}

export const REPLY_PATIENCE: ReplyPatience = {
  beginMs: 6_000,
  nextMs: 25_000,
  doneMs: 6_000,
  cancelMs: 4_000,
  otherMs: 4_000,
};

const SAMPLES_PER_MS = 24;

/** One reply of an OpenAI session, from the request for it on. */
export class OpenAIReply {
  /** Travels in the response's metadata. */
  readonly number: number;
  /** Of the request. */
  readonly eventId: string;
  readonly turnIds: readonly number[];
  /** It was asked for anew, because nothing came of the first request. */
  readonly again: boolean;
  /** The server's response id, known from response.created on; also the reply's id for the bridge. */
  id: string | undefined;
  readonly items = new Map<string, SpokenItem>();
  /** Items of any kind that have begun and not ended. */
  readonly open = new Set<string>();
  /** One item at least has ended. */
  ended = false;
  /** Its response.created was lost, so nothing but what came of it shows that it is the one that was asked for. */
  unannounced = false;
  /** Nobody is to hear it. */
  dropped = false;
  /** Of the request to cancel it. */
  cancelEventId: string | undefined;
  /** Tools that it called, ours and the provider's. */
  calls = 0;
  /** It said something, aloud or in writing. */
  said = false;
  /** Turns behind results of hosted calls that came while it went on, and that it has not spoken about since. */
  hosted: readonly number[] = [];

  constructor(number: number, turnIds: readonly number[], again: boolean) {
    this.number = number;
    this.eventId = `parley-reply-${number}`;
    this.turnIds = turnIds;
    this.again = again;
  }

  /** Nothing came of it that anybody could hear, read or see. */
  get empty(): boolean {
    return this.calls === 0 && !this.said;
  }

  /** Everything that it has begun has ended; whatever it is, it may be over. */
  get settled(): boolean {
    return this.ended && this.open.size === 0;
  }

  item(itemId: string): SpokenItem {
    const item = this.items.get(itemId) ?? { samples: 0, decoder: new PcmDecoder(), cut: false };
    this.items.set(itemId, item);
    return item;
  }

  /** What takes back what nobody heard, part of an item or all of it; undefined: there is nothing to take back. */
  cut(itemId: string, heardMs: number, eventId: string): RealtimeClientEvent | undefined {
    const item = this.item(itemId);
    const producedMs = Math.floor(item.samples / SAMPLES_PER_MS);
    const audioEndMs = Math.min(Math.floor(heardMs), producedMs);
    if (item.cut) return undefined;
    item.cut = true;
    if (audioEndMs <= 0) return { type: 'conversation.item.delete', event_id: eventId, item_id: itemId };
    const type = 'conversation.item.truncate';
    return { type, event_id: eventId, item_id: itemId, content_index: 0, audio_end_ms: audioEndMs };
  }

  /** Whether all of an item was heard. */
  heardWhole(itemId: string, heardMs: number): boolean {
    const producedMs = Math.floor((this.items.get(itemId)?.samples ?? 0) / SAMPLES_PER_MS);
    return producedMs > 0 && heardMs >= producedMs;
  }
}
