import type { ConversationItem, RealtimeServerEvent } from 'openai/resources/realtime/realtime';
import type { HistoryItem, SessionEvent, ToolCall } from '../bridge/ports.ts';
import { saidLine } from './label.ts';
import { openAIUsage } from './openai-usage.ts';

/** How a reply ended, in the bridge's terms. */
export type Outcome = Pick<SessionEvent & { type: 'reply-done' }, 'status' | 'usage'>;
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

/** Azure ends sessions after 30 minutes and does not always say when. */
const ASSUMED_MS = 25 * 60_000;

/** When the server will end this session, as an instant of performance.now(). */
export function expiryOf(session: object): number {
  const seconds = 'expires_at' in session ? Number(session.expires_at) : 0;
  return performance.now() + (seconds > 0 ? seconds * 1000 - Date.now() : ASSUMED_MS);
}

/** Something said before this session; what the model said goes as `output_text`. */
export function historyItem(item: HistoryItem): ConversationItem {
  const { text } = item;
  switch (item.by) {
    case 'person':
      return { type: 'message', role: 'user', content: [{ type: 'input_text', text: saidLine(item.name, text) }] };
    case 'model':
      return { type: 'message', role: 'assistant', content: [{ type: 'output_text', text }] };
    case 'tool':
      return { type: 'message', role: 'system', content: [{ type: 'input_text', text }] };
    default:
      return item satisfies never;
  }
}
