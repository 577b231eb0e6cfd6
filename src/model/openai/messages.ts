import type { ConversationItem, RealtimeServerEvent } from 'openai/resources/realtime/realtime';
import { wallClock } from '../../clock/wall-clock.ts';
import type { SessionEvent } from '../../ports/model.ts';
import type { ToolCall } from '../../ports/tool-calls.ts';
import { ASSUMED_LIFE_MS } from '../durable/rotation.ts';
import { openAIUsage } from './usage.ts';

/** How a reply ended, in the bridge's terms. */
export type Outcome = Pick<SessionEvent & { type: 'reply-done' }, 'status' | 'usage'>;
/** A response as `response.done` has it. */
export type FinishedResponse = Extract<RealtimeServerEvent, { type: 'response.done' }>['response'];

// Known, and nothing that we act on: the deltas and parts beside those that carry the content.
export const IGNORED =
  /^(session\.created|conversation\.|response\.(content_part|function_call_arguments|output_audio\.done|output_audio_transcript\.done|output_text\.done)|input_audio_buffer\.cleared|rate_limits)/;

/** Usage may be missing on a cancelled response. `incomplete` reached a limit: what it said so far was said. */
export function outcomeOf({ status, usage }: FinishedResponse): Outcome {
  return {
    status: status === 'failed' || status === 'cancelled' ? status : 'completed',
    usage: usage ? openAIUsage(usage) : null,
  };
}

/** The call in a finished item; undefined for any other item and for a call that was cut off in its arguments. */
export function callIn(item: ConversationItem): Pick<ToolCall, 'callId' | 'name' | 'arguments'> | undefined {
  if (item.type !== 'function_call' || item.status === 'incomplete') return undefined;
  return { callId: item.call_id ?? item.id ?? '', name: item.name ?? '', arguments: item.arguments ?? '' };
}

/** The response's id. Throws where there is none: nothing can be done with such a message. */
export function idOf({ id }: { id?: string }): string {
  if (typeof id === 'string' && id !== '') return id;
  throw new TypeError('a response without an id');
}

/**
 * When the server will end this session, as an instant of performance.now(). It is told as an instant of the server's
 * clock: where ours is wrong it is anything, in the past too. Whoever uses it judges it (Rotation). `now`: ms since 1970.
 */
export function expiryOf(session: object, now = wallClock.now()): number {
  const seconds = 'expires_at' in session && session.expires_at ? Number(session.expires_at) : undefined;
  return performance.now() + (seconds === undefined ? ASSUMED_LIFE_MS : seconds * 1000 - now);
}
