import { cut, escapeMarkdown, escapeName, plain, split, wordsWithin } from '../lib/markdown.ts';
import { looksAlike } from '../names/look-alike.ts';
import type { EndReason } from '../ports/bridge-events.ts';
import type { ServerWork, ToolCall } from '../ports/tool-calls.ts';
import type { Progress } from '../ports/tools.ts';
import type { Person, UserId } from '../ports/voice.ts';
import { codeBlock, sourceLines } from './blocks.ts';
import type { ToolOutcome } from './tool-outcome.ts';
import { toolPost } from './tool-post.ts';

type ShownWork = Exclude<ServerWork, { kind: 'call' }>;
/** One thing that was said or done. Its place among the others is that of its beginning. */
export type Entry =
  | {
      readonly kind: 'turn';
      readonly name: string;
      text: string;
      /** `listening`: the words are still on their way; `unknown`: they never came. */
      state: 'listening' | 'final' | 'unknown';
    }
  | {
      readonly kind: 'reply';
      text: string;
      /** Nothing of a reply is shown before somebody can hear it. */
      audible: boolean;
      ended: { readonly heardMs: number; readonly producedMs: number; readonly interrupted: boolean } | null;
    }
  | {
      readonly kind: 'tool';
      readonly call: ToolCall;
      readonly askers: readonly Person[];
      /** For the button that cancels it, while it runs. */
      readonly cancelId: string | null;
      /** It began just now, and most are over in a moment: nothing is shown yet. */
      held: boolean;
      /** Where nobody else measures how long it took. */
      readonly startedAt?: number;
      /** How far it is; null: it did not say. */
      progress?: Progress | null;
      /** For the button that runs it again, once it is over; null: there is none. */
      againId?: string | null;
      ended: ToolOutcome | null;
    }
  /** What a tool of the provider found or ran. */
  | { readonly kind: 'work'; work: ShownWork }
  | { readonly kind: 'note'; text: string };

/** No line is longer, so that every message has room for one more. */
const LINE_LIMIT = 1_500;
/** Shown for words that are still on their way. */
const WAITING = '…';
/** Discord's small grey text, at the beginning of a line. */
const SMALL = '-# ';

/** The entry as lines of Discord markdown, each at most LINE_LIMIT long, but for a tool's post; none when there is nothing to show. */
export function linesOf(entry: Entry, botName: string): readonly string[] {
  switch (entry.kind) {
    case 'turn':
      return spoken(speakerOf(entry.name, botName), turnText(entry));
    case 'reply':
      return spoken(escapeName(botName), replyText(entry));
    case 'tool':
      return entry.held ? [] : [toolPost(entry)];
    case 'work':
      return workLines(entry.work);
    case 'note':
      return [SMALL + cut(escapeMarkdown(entry.text), LINE_LIMIT - SMALL.length)];
    default:
      return entry satisfies never;
  }
}

/** Stands where a line was that its speaker had forgotten. */
export const REMOVED = `${SMALL}(removed)`;

/** Stands where a line would be that Discord never takes. */
export const REFUSED = `${SMALL}(Discord did not take a line here: a rule of this server's AutoMod, most likely. The record has it.)`;

/** How the lines begin that show what somebody of this name said. `by` model: the bot. */
export function beginningsOf(by: 'person' | 'model', name: string): readonly string[] {
  const shown = escapeName(name);
  // As speakerOf() has it for whoever took the bot's name.
  const names = by === 'person' ? [shown, `${shown} (a person)`] : [shown];
  return names.flatMap((one) => [`**${one}:** `, `**${one}** (more): `]);
}

/** Whether the entry is worth a message: a mere "…" is not. */
export function hasWords(entry: Entry): boolean {
  return entry.kind !== 'turn' || plain(entry.text) !== '' || entry.state === 'unknown';
}

function workLines(work: ShownWork): readonly string[] {
  switch (work.kind) {
    case 'sources':
      return [
        ...sourceLines(work.sources, SMALL, LINE_LIMIT),
        ...sourceLines(work.suggestions ?? [], SMALL, LINE_LIMIT, 'Google Search'),
      ];
    case 'code':
      return [codeBlock(work.code, LINE_LIMIT, work.language)];
    case 'code-output': {
      const head = `${SMALL}${work.ok ? 'It printed' : 'It failed'}`;
      if (work.output.trim() === '') return [`${head}${work.ok ? ' nothing.' : '.'}`];
      return [`${head}:\n${codeBlock(work.output, LINE_LIMIT - head.length - 2)}`];
    }
    default:
      return work satisfies never;
  }
}

function spoken(name: string, text: string): string[] {
  if (text === '') return [];
  const longest = LINE_LIMIT - name.length - '**** (more): '.length;
  return split(text, longest).map((piece, at) => (at === 0 ? `**${name}:** ${piece}` : `**${name}** (more): ${piece}`));
}

function turnText(entry: Extract<Entry, { kind: 'turn' }>): string {
  const text = escapeMarkdown(entry.text);
  switch (entry.state) {
    case 'listening':
      return text === '' ? WAITING : `${text} ${WAITING}`;
    case 'final':
      return text;
    case 'unknown':
      return text === '' ? '*(no transcript came)*' : text;
    default:
      return entry.state satisfies never;
  }
}

function replyText({ text, audible, ended }: Extract<Entry, { kind: 'reply' }>): string {
  if (!ended) return audible ? escapeMarkdown(text) : '';
  // A reply in writing alone has no sound to be heard.
  const silent = ended.producedMs === 0 && !ended.interrupted;
  if (ended.heardMs <= 0 && !silent) return '';
  if (!ended.interrupted) return escapeMarkdown(text);
  const share = ended.producedMs > 0 ? ended.heardMs / ended.producedMs : 1;
  const heard = escapeMarkdown(wordsWithin(plain(text), share));
  return `${heard === '' ? WAITING : heard} — *interrupted*`;
}

/** Nobody can pass for the bot by taking its name. */
function speakerOf(name: string, botName: string): string {
  return looksAlike(name, botName) ? `${escapeName(name)} (a person)` : escapeName(name);
}

/** The note for the end of a conversation. A name that is not known is no more than an id: nobody reads that. */
export function endText(reason: EndReason, nameOf: (userId: UserId) => string): string {
  switch (reason.kind) {
    case 'asked':
      return reason.by === null
        ? 'The conversation ended.'
        : `The conversation ended: ${nameOf(reason.by).replace(/^\d+$/, 'somebody')} asked for it.`;
    case 'alone':
      return 'The conversation ended: nobody was here any more.';
    case 'idle':
      return 'The conversation ended: nobody spoke for a while.';
    case 'budget':
      return `The conversation ended: ${reason.budget.words} is spent. It begins anew at ${reason.budget.anew}.`;
    case 'line-lost':
    case 'session-lost':
      return `The conversation ended: ${reason.message}`;
    default:
      return reason satisfies never;
  }
}
