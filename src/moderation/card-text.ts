import { cut, escapeMarkdown, escapeName, plain } from '../lib/markdown.ts';
import type { CardDeed, CardLine, Report, Rule, RuleCard } from '../ports/rules.ts';

/** https://docs.discord.com/developers/resources/message#create-message */
const LONGEST = 2_000;
const SAID = 500;
const RULES_SHOWN = 3;
const RULE = 100;
const LINE = 160;
const DEEDS_SHOWN = 6;
const NOTE = 200;
const EARLIER = '-# What moderators did before is not shown.';

/** The card of what a rule hit, as Discord shows it; at most 2,000 characters. */
export function ruleCardText(card: RuleCard): string {
  const head = [
    `**Rule hit** in <#${card.channelId}>, <t:${Math.floor(card.at / 1000)}:T>: ${whoOf(card)} said`,
    `> ${cut(escapeMarkdown(card.text), SAID)}`,
    ...card.rules.slice(0, RULES_SHOWN).map(ruleLine),
    ...(card.rules.length > RULES_SHOWN ? [`and ${card.rules.length - RULES_SHOWN} more rules`] : []),
    ...(card.said ? [linkTo(card.guildId, card.said)] : []),
  ];
  const note = card.complete ? '-# 30 s before and after:' : '-# 30 s before (what follows comes in half a minute):';
  const tail = deedLines(card.deeds, LONGEST - [...head, note].join('\n').length);
  const room = LONGEST - [...head, note, ...tail].join('\n').length - 1;
  const context = contextLines(card.context, card.at, room);
  return [...head, ...(context.length > 0 ? [note, ...context] : []), ...tail].join('\n');
}

/** The card as it is posted where Discord does not take the words, which the rules may have as well. */
export function withoutWords(card: RuleCard): RuleCard {
  const text =
    'something that Discord does not take here: a rule of its own keeps it out. /transcript search finds it.';
  return { ...card, text, rules: [], context: [] };
}

/** What stands in place of a card whose words are to be forgotten. */
export const forgottenCardText = 'What stood here was deleted, because the person who said it wanted it forgotten.';

/** As forgottenCardText, for a sentence that was taken back. */
export const withdrawnCardText = 'What stood here was deleted, because the person who said it opted out meanwhile.';

/** Tells moderators once that there are more hits than cards. */
export const floodText =
  'Rules are hit more often than I make cards for (20 a minute, 10 of one person). Every hit is counted in `/rules list`; `/transcript search` finds the words.';

/** A report's post; what was said comes as a file, where Discord takes it. */
export function reportText(report: Report, file = true): string {
  const { id, by, about, reason } = report;
  const whom = about ? ` about **${escapeName(about.name)}** (<@${about.userId}>)` : '';
  return [
    `**Report ${id}**${whom} in <#${report.channelId}>, <t:${Math.floor(report.at / 1000)}:f>, by **${escapeName(by.name)}** (<@${by.userId}>)`,
    ...(reason === '' ? [] : [`> ${cut(escapeMarkdown(reason), 1_000)}`]),
    file
      ? '-# The file has what was said in the five minutes before.'
      : '-# What was said in the five minutes before is kept, but Discord does not take it here as a file. I may lack Attach Files.',
  ].join('\n');
}

/** A line of a report's file. `at` in ms since 1970. */
export function reportLine(line: { readonly at: number; readonly who: string; readonly text: string }): string {
  return `${new Date(line.at).toISOString().slice(11, 19)} ${plain(line.who) || 'somebody'}: ${plain(line.text)}`;
}

function whoOf({ name, userId, key }: RuleCard): string {
  if (userId !== null) return `**${escapeName(name)}** (<@${userId}>)`;
  return key.startsWith('reply:') ? `**${escapeName(name)}** (the model)` : 'somebody';
}

function ruleLine({ id, kind, text }: Rule): string {
  return `Rule ${id}, ${kind}: ${cut(escapeMarkdown(text), RULE)}`;
}

function linkTo(guildId: string, { channelId, messageId }: NonNullable<RuleCard['said']>): string {
  return `https://discord.com/channels/${guildId}/${channelId}/${messageId}`;
}

/** As many lines as there is room for, those nearest to the hit first. */
function contextLines(context: readonly CardLine[], at: number, room: number): readonly string[] {
  const near = context.toSorted((one, other) => Math.abs(one.at - at) - Math.abs(other.at - at));
  const shown = new Set<CardLine>();
  let left = room;
  for (const line of near) {
    left -= contextLine(line, at).length + 1;
    if (left < 0) break;
    shown.add(line);
  }
  return context.filter((line) => shown.has(line)).map((line) => contextLine(line, at));
}

function contextLine(line: CardLine, at: number): string {
  const seconds = Math.round((line.at - at) / 1000);
  const text = cut(escapeMarkdown(line.text), LINE);
  const name = escapeName(line.name);
  return `-# ${seconds < 0 ? '−' : '+'}${Math.abs(seconds)} s ${line.hit ? `**${name}**: **…**` : `**${name}**: ${text}`}`;
}

/** The newest that fit, and how many are left out. */
function deedLines(deeds: readonly CardDeed[], room: number): readonly string[] {
  const lines: string[] = [];
  let left = room - EARLIER.length - 1;
  for (const deed of deeds.slice(-DEEDS_SHOWN).toReversed()) {
    const line = deedLine(deed);
    left -= line.length + 1;
    if (left < 0) break;
    lines.unshift(line);
  }
  return lines.length < deeds.length ? [EARLIER, ...lines] : lines;
}

function deedLine({ kind, by, at, text }: CardDeed): string {
  const who = `**${escapeName(by.name)}** <t:${Math.floor(at / 1000)}:f>`;
  switch (kind) {
    case 'dismissed':
      return `Dismissed by ${who}`;
    case 'noted':
      return `Note by ${who}: ${cut(escapeMarkdown(text ?? ''), NOTE)}`;
    case 'muted':
      return `Muted by ${who}`;
    case 'timed-out':
      return `Timed out for 10 minutes by ${who}`;
    default:
      return kind satisfies never;
  }
}
