// What is written into an OpenAI conversation beside people's sound.
import type { ConversationItem } from 'openai/resources/realtime/realtime';
import type { HistoryItem } from '../../ports/capabilities.ts';
import { pastLine } from '../connection/prompt-text.ts';

/**
 * Something said before this session; what the model said goes as `output_text`. Nothing that people or tools brought is
 * ever of the role `system`, whose word counts more than a user's.
 */
export function historyItem(item: HistoryItem): ConversationItem {
  if (item.by !== 'model') return userItem(pastLine(item));
  return { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: item.text }] };
}

/** A text for the model with no more authority than what people say. */
export function userItem(text: string): ConversationItem & { readonly type: 'message' } {
  return { type: 'message', role: 'user', content: [{ type: 'input_text', text }] };
}
