import type { ConsentChoice, ConsentMode } from '../../ports/consent.ts';
import type { ConversationMode } from '../../ports/record.ts';
import type { Person } from '../../ports/voice.ts';

/** Makes untrusted text fit to be shown. */
export type Shown = (untrusted: string) => string;

/** Somebody who came in, and what they chose; undefined: nothing yet. */
export interface Newcomer extends Person {
  readonly choice: ConsentChoice | undefined;
}

/** What every notice says. `privacyUrl` null: there is no page about it. */
export interface Terms {
  readonly mode: ConsentMode;
  readonly conversation: ConversationMode;
  readonly modelLabel: string;
  readonly privacyUrl: string | null;
  /** What is said can be heard by nobody on its way here. */
  readonly endToEnd: boolean;
}

/** More names than these are only counted. */
const MOST_NAMES = 20;

/** What the bot says when it comes. `how`: such as `Anna asked me in`. */
export function greeting(how: string, terms: Terms, shown: Shown): string {
  const hello = `Hello, I am an AI. ${how}, and I am listening to this voice channel now.${onlyWrites(terms)}`;
  const open = terms.endToEnd ? '' : ' This call is not end-to-end encrypted: Discord could listen in, too.';
  return [`${hello}${open}`, whatIsHeard(terms, shown)].join('\n');
}

/** What somebody reads who comes later; several at once read one notice. */
export function welcome(people: readonly Newcomer[], terms: Terms, shown: Shown): string {
  const out = people.filter(({ choice }) => choice === 'out');
  const others = people.filter(({ choice }) => choice !== 'out');
  const lines = [
    others.length > 0 &&
      `${names(others, shown)}: I am an AI, and I am listening here.${onlyWrites(terms)} ${whatIsHeard(terms, shown)}`,
    out.length > 0 && `${names(out, shown)}: as you chose, I do not hear you. \`/privacy in\` changes that.`,
  ];
  return lines.flatMap((line) => (line === false ? [] : `-# ${line}`)).join('\n');
}

/** What the channel reads when the server chose another mode. */
export function newMode(terms: Terms, shown: Shown): string {
  return `This server changed whom I hear. ${whatIsHeard(terms, shown)}`;
}

/** What the channel reads when somebody chose. */
export function chosen(person: Person, choice: ConsentChoice, shown: Shown): string {
  return choice === 'out'
    ? `${shown(person.name)} opted out: I no longer hear them. What they were just saying, if anything, is dropped.`
    : `${shown(person.name)} opted in: I hear them from now on.`;
}

function onlyWrites({ conversation }: Terms): string {
  return conversation === 'listen' ? ' I only write down what is said: I answer nobody.' : '';
}

/** What is heard, where it goes, how to refuse, and where to read more. */
function whatIsHeard({ mode, modelLabel, privacyUrl }: Terms, shown: Shown): string {
  const page = privacyUrl === null ? '' : ` or <${privacyUrl}>`;
  const more = `What that means: \`/privacy about\`${page}.`;
  switch (mode) {
    case 'opt-out':
      return `What you say here goes to ${shown(modelLabel)} and is written down. If you do not want that, say so with \`/privacy out\`: I stop hearing you at once. ${more}`;
    case 'opt-in':
      return `I hear only people who said \`/privacy in\`: what they say goes to ${shown(modelLabel)} and is written down. \`/privacy out\` takes it back at once. ${more}`;
    default:
      return mode satisfies never;
  }
}

function names(people: readonly Person[], shown: Shown): string {
  const named = people.slice(0, MOST_NAMES).map(({ name }) => shown(name));
  const more = people.length - named.length;
  return [...named, ...(more > 0 ? [`${more} more`] : [])].join(', ');
}
