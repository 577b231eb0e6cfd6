import { escapeMarkdown, escapeName, split } from '../lib/markdown.ts';
import type { Person } from '../ports/voice.ts';

/** Discord's limit for one message is 2,000 characters. */
const MESSAGE_LIMIT = 2_000;
/** What is longer nobody reads before they press. */
const MOST_MESSAGES = 4;
const QUOTE = '> ';

/** What is asked (tools/confirmations.ts has the whole form). All of it is untrusted text. */
interface Asked {
  readonly tool: string;
  readonly askers: readonly Person[];
  readonly arguments: string;
  readonly words: string | undefined;
  readonly tainted: boolean;
  readonly overheard?: boolean;
}

/** How it ended. */
type Ended =
  | { readonly kind: 'confirmed' | 'declined'; readonly by: Person }
  | { readonly kind: 'late' | 'cancelled' | 'unasked' };

/**
 * The messages that ask for a confirmation, with everything that would be done; none where it is too long to be read.
 * `now` in ms since 1970.
 */
export function confirmationTexts(asked: Asked, waitMs: number, now: number): readonly string[] {
  const names = namesOf(asked.askers);
  const head = `**Please confirm:** ${names} asked for **${escapeName(asked.tool)}**`;
  const words = asked.words === undefined ? [] : [...quoted(`**${escapeMarkdown(asked.words)}**`)];
  const why = whyAsked(asked);
  const until = `<t:${Math.ceil((now + waitMs) / 1_000)}:R>`;
  const foot = `-# Only ${names} or a moderator can press. Without an answer it counts as no ${until}.${why}`;
  const messages: string[] = [];
  let open = '';
  for (const line of [head, ...words, ...argumentLines(asked.arguments), foot]) {
    const longer = open === '' ? line : `${open}\n${line}`;
    if (longer.length > MESSAGE_LIMIT) {
      messages.push(open);
      open = line;
    } else open = longer;
  }
  messages.push(open);
  return messages.length > MOST_MESSAGES ? [] : messages;
}

function whyAsked({ tainted, overheard = false }: Asked): string {
  const because = [
    ...(tainted ? ['I know text from outside (a web page, a search, another server, a note)'] : []),
    ...(overheard ? ['I also heard people who may not use it'] : []),
  ];
  return because.length === 0 ? '' : ` I ask because ${because.join(', and ')}.`;
}

/** The last message once nobody need confirm any more. */
export function confirmationClosed(asked: Asked, ended: Ended): string {
  const what = `**${escapeName(asked.tool)}** for ${namesOf(asked.askers)}`;
  switch (ended.kind) {
    case 'confirmed':
      return `${what}: confirmed by ${escapeName(ended.by.name)}.`;
    case 'declined':
      return `${what}: ${escapeName(ended.by.name)} said no, so I did not do it.`;
    case 'late':
      return `${what}: nobody confirmed it in time, so I did not do it. Ask me again if you still want it.`;
    case 'cancelled':
    case 'unasked':
      return `${what}: no longer wanted, so I did not do it.`;
    default:
      return ended satisfies never;
  }
}

/** Every argument in full, a line or more each. */
function argumentLines(json: string): string[] {
  const value = parsed(json);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value === '' ? [] : lines('', value);
  const entries = Object.entries(value);
  return entries.length === 0 ? [`${QUOTE}*(no arguments)*`] : entries.flatMap(([name, item]) => lines(name, item));
}

function lines(name: string, value: unknown): string[] {
  const text = typeof value === 'string' ? value : (JSON.stringify(value, null, 1) ?? '');
  const label = name === '' ? '' : `${escapeName(name)}: `;
  const [first = '', ...rest] = text.split(/\r\n?|[\n\u0085\u2028\u2029]/).map(escapeMarkdown);
  return [`${label}${first}`, ...rest].flatMap(quoted);
}

function quoted(line: string): string[] {
  return split(line, MESSAGE_LIMIT / 4).map((piece) => `${QUOTE}${piece}`);
}

function namesOf(askers: readonly Person[]): string {
  return askers.map(({ name }) => `**${escapeName(name)}**`).join(', ') || 'somebody';
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json.trim() === '' ? '{}' : json);
  } catch {
    return json;
  }
}
