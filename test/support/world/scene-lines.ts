import { firstLineId } from '../../../src/lib/line-ids.ts';
import type { ExportFormat } from '../../../src/ports/export.ts';
import type {
  RecordedConversation,
  RecordedLine,
  RecordedToolCall,
  RecordedUtterance,
} from '../../../src/ports/record.ts';
import { formatOf } from '../../../src/record/export/formats.ts';
import { Timeline } from '../../../src/record/export/timeline.ts';

/** When the conversation of these lines began. */
export const BEGAN = Date.parse('2026-11-20T20:14:00Z');

export const conversation: RecordedConversation = {
  id: firstLineId(BEGAN),
  guildId: '1',
  channelId: '2',
  transcriptChannelId: '9',
  mode: 'talk',
  provider: 'openai',
  model: 'gpt-realtime-2.1',
  startedAt: BEGAN,
  endedAt: BEGAN + 43 * 60_000,
  endReason: 'asked',
};

const base = (afterMs: number) => ({
  id: firstLineId(BEGAN + afterMs),
  conversationId: conversation.id,
  guildId: '1',
  channelId: '2',
  startedAt: BEGAN + afterMs,
  posts: [{ channelId: '9', messageId: '77' }],
});

/** What a person says, from `afterMs` after the beginning on, for `lastsMs`. */
export function says(
  [userId, name]: readonly [userId: string, name: string],
  text: string,
  afterMs: number,
  lastsMs = 1_000,
  change: Partial<RecordedUtterance> = {},
): RecordedUtterance {
  return {
    ...base(afterMs),
    kind: 'utterance',
    by: 'person',
    userId,
    name,
    endedAt: BEGAN + afterMs + lastsMs,
    text,
    language: null,
    model: null,
    written: false,
    state: 'final',
    cut: null,
    turnId: afterMs,
    replyId: null,
    turnIds: [],
    itemIds: ['item_1'],
    ...change,
  };
}

/** What the model answers. */
export function answers(
  text: string,
  afterMs: number,
  lastsMs = 1_000,
  change: Partial<RecordedUtterance> = {},
): RecordedUtterance {
  const own = { by: 'model', model: 'gpt-realtime-2.1', userId: null, turnId: null, replyId: `r${afterMs}` } as const;
  return says(['', 'Parley'], text, afterMs, lastsMs, { ...own, turnIds: [1], ...change });
}

/** A call for Anna that took 340 ms. */
export function calls(
  name: string,
  given: string,
  output: string,
  afterMs: number,
  change: Partial<RecordedToolCall> = {},
): RecordedToolCall {
  return {
    ...base(afterMs),
    kind: 'tool-call',
    callId: `c${afterMs}`,
    replyId: 'r1',
    askers: [{ userId: '100', name: 'Anna' }],
    name,
    arguments: given,
    result: { ok: true, output },
    endedAt: BEGAN + afterMs + 340,
    ...change,
  };
}

export function comes([userId, name]: readonly [string, string], afterMs: number, kind: 'joined' | 'left' = 'joined') {
  return { ...base(afterMs), kind, userId, name } satisfies RecordedLine;
}

export function tells(text: string, afterMs: number) {
  return { ...base(afterMs), kind: 'notice', text } satisfies RecordedLine;
}

/** The whole file of these lines. */
export function fileOf(
  name: ExportFormat,
  lines: readonly RecordedLine[],
  {
    zone = null,
    ...names
  }: { readonly server?: string; readonly channel?: string; readonly zone?: string | null } = {},
): string {
  const format = formatOf(name, zone);
  const timeline = new Timeline(BEGAN);
  const written = lines.map((line) => format.line(timeline.place(line))).filter((line) => line !== undefined);
  const { participants, endedAt } = timeline;
  const summary = {
    conversation,
    server: 'Harbour',
    channel: 'Lounge',
    ...names,
    exportedAt: BEGAN + 86_400_000,
    endedAt: Math.max(endedAt, conversation.endedAt ?? 0),
    participants,
    lines: timeline.lines,
  };
  return format.head(summary) + written.join(format.separator) + format.foot(summary);
}

/** What people are called and say to break files: each one is shown as it is, or made harmless, never obeyed. */
export const HOSTILE: readonly string[] = [
  '<script>alert(1)</script>',
  '</script><img src=x onerror=alert(1)>',
  ']]> <!-- --> <!--slot-->',
  'x --> 00:00:01,000',
  'one\n\ntwo\r\nthree\u2028four',
  '2\n00:00:05,000 --> 00:00:06,000\nnot a cue',
  '<b>bold</b> {\\an8}&amp; &lt; &#60;',
  '**bold** `code` [link](http://evil.example) # head',
  '@everyone <@123> <#4> <:a:5>',
  '\u202eabc\u202c \u2067def\u2069 \u200f\u200e',
  'שלום עולם',
  'مرحبا بالعالم',
  '👩‍👩‍👧‍👦 𝒳𝓎𝓏 𠮷',
  'lone \ud800 and \udc00 end\ud83d',
  "=cmd|' /C calc'!A0",
  '+1+1',
  '-2+3',
  '@SUM(A1)',
  '\t=1+1',
  ' =1+1',
  'a,"b";c\ttab',
  '"quoted"',
  'NOTE is no comment',
  'WEBVTT',
  '\u0000\u0007\u001b[31mred\u007f\u0085',
  'z̴̡̢̛̛̛̛̛a̵̢l̷g̶o̸',
  "' onmouseover='alert(1)",
  '{{7*7}} $& $1 %s %00',
  '__proto__',
];
