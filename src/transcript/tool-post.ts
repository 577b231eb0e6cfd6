import { cut, escapeMarkdown, escapeName } from '../lib/markdown.ts';
import type { ToolCall } from '../ports/tool-calls.ts';
import type { Progress } from '../ports/tools.ts';
import type { Person } from '../ports/voice.ts';
import { duration, flat } from './readable.ts';
import { codeOf, codeShownAs, type ToolOutcome } from './tool-outcome.ts';

/** One call, as its post shows it. */
export interface CallShown {
  readonly call: ToolCall;
  readonly askers: readonly Person[];
  readonly progress?: Progress | null;
  readonly ended: ToolOutcome | null;
}

/** Discord's small grey text, at the beginning of a line. */
const SMALL = '-# ';
const HEAD_LIMIT = 350;
const ARGUMENTS_LIMIT = 150;
/** Five of them leave room for what stands below. */
const NAME_LIMIT = 40;
const PROGRESS_LIMIT = 120;
const BAR_CELLS = 10;
/** Shown for what is still on its way. */
const WAITING = '…';

/**
 * The text of a call's post, at most 2,000 characters: `get_weather(place: Lisbon) for Anna → clear sky · 0.4 s`, with
 * what needs more room below that line.
 */
export function toolPost({ call, askers, progress, ended }: CallShown): string {
  const code = codeOf(call);
  const args = code === undefined ? `(${cut(escapeMarkdown(flat(call.arguments)), ARGUMENTS_LIMIT)})` : '';
  const head = `${SMALL}${cut(`${escapeName(call.name)}${args} for ${namesOf(askers)}`, HEAD_LIMIT)}`;
  if (!ended) {
    const running = `${head} → ${progress ? progressText(progress) : WAITING}`;
    return code === undefined ? running : `${running}\n${codeShownAs(code)}`;
  }
  const failed = ended.ok ? '' : 'failed';
  const state =
    ended.line === null ? failed : [failed, ended.line || (ended.ok ? 'done' : '')].filter(Boolean).join(': ');
  const line = `${head}${state === '' ? '' : ` → ${state}`} · ${duration(ended.tookMs)}`;
  return [line, ended.body, ended.note].filter((text) => text !== '').join('\n');
}

/** `▰▰▰▱▱▱▱▱▱▱ 30 % · reading page 3`. */
function progressText({ fraction, text }: Progress): string {
  const words = cut(escapeMarkdown(text), PROGRESS_LIMIT);
  if (fraction === null) return words === '' ? WAITING : `${WAITING} ${words}`;
  const full = Math.floor(fraction * BAR_CELLS);
  const bar = `${'▰'.repeat(full)}${'▱'.repeat(BAR_CELLS - full)} ${Math.floor(fraction * 100)} %`;
  return words === '' ? bar : `${bar} · ${words}`;
}

function namesOf(askers: readonly Person[]): string {
  const names = askers.slice(0, 5).map((person) => cut(escapeName(person.name), NAME_LIMIT));
  const more = askers.length > names.length ? ` and ${askers.length - names.length} more` : '';
  return `${names.join(', ') || 'somebody'}${more}`;
}
