import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { KeptCounts, KeptOfPerson, StayingCounts } from '../../src/ports/personal-data.ts';
import type { Asked, CommandAnswer, CommandContext } from '../command.ts';
import { counted, listed } from '../text.ts';
import type { PrivacyPart } from './subcommand.ts';

/** Discord takes files of up to 10 MB; https://docs.discord.com/developers/reference#uploading-files */
const LARGEST = 9.5 * 1024 * 1024;
const COMPRESSED_FROM = 4 * 1024 * 1024;
const FAILURES_SHOWN = 5;

/** One of a kind, and several. */
type Forms = readonly [one: string, several: string];

const WORDS: Readonly<Record<keyof KeptCounts, Forms>> = {
  utterances: ['thing that you said or typed', 'things that you said or typed'],
  answers: ['answer of mine to you alone', 'answers of mine to you alone'],
  toolCalls: ['tool call that you asked for', 'tool calls that you asked for'],
  comings: ['time that you came or left', 'times that you came or left'],
  notices: ['notice about you', 'notices about you'],
  notes: ['note', 'notes'],
  reminders: ['reminder', 'reminders'],
  cards: ['card for moderators about what you said', 'cards for moderators about what you said'],
  deeds: ['thing that you did on a card of others', 'things that you did on cards of others'],
  rules: ['rule that you added', 'rules that you added'],
  quotes: [
    'result or answer for others with your words or name in it',
    'results or answers for others with your words or name in them',
  ],
  usageDays: ['day on which I counted what you used', 'days on which I counted what you used'],
};

const STAYING: Readonly<Record<keyof StayingCounts, Forms>> = {
  reports: ['report that you made', 'reports that you made'],
  readings: ['note that you read the record', 'notes that you read the record'],
  permissions: ['permission under your name', 'permissions under your name'],
};

/** What is kept of the asker here. */
export const privacyShow: PrivacyPart = {
  name: 'show',
  describe: (sub) => sub.setDescription('Show what I keep of you here; only you see it'),
  execute: show,
};

/** All of it as a file, for the asker alone. */
export const privacyExport: PrivacyPart = {
  name: 'export',
  describe: (sub) => sub.setDescription('Get all that I keep of you here as a file; only you see it'),
  execute: handOver,
};

/** Says what goes, and asks for a press of the button. */
export const privacyForget: PrivacyPart = {
  name: 'forget',
  describe: (sub) => sub.setDescription('Have me delete all that I keep of you here; I ask you once more before'),
  execute: askToForget,
};

async function show(asked: Asked, context: CommandContext): Promise<string> {
  const kept = await context.ownRecords.kept(asked.guildId, asked.user.id);
  const lines = [
    ...keptLines(kept),
    ...stayingLines(kept),
    ...editingLines(kept),
    ...(await zoneLines(asked, context)),
    choiceLine(asked, context),
    `What is said here is deleted from my database after ${counted(kept.retentionDays, 'day')}. No sound is ever kept.`,
    '`/privacy export` gives you all of it as a file, `/privacy forget` deletes it.',
  ];
  return lines.join('\n');
}

async function handOver(asked: Asked, { ownRecords, consent }: CommandContext): Promise<CommandAnswer> {
  const choice = consent.choiceOf(asked.guildId, asked.user.id) ?? null;
  return exportFile(asked.user.id, await ownRecords.exported(asked.guildId, asked.user.id, { choice }));
}

/** What is kept of somebody, as a file for them alone. */
export async function exportFile(userId: string, text: string): Promise<CommandAnswer> {
  const json = Buffer.from(text);
  const name = `parley-${userId}.json`;
  if (json.length < COMPRESSED_FROM) return file(name, json);
  const bytes = await promisify(gzip)(json);
  if (bytes.length <= LARGEST) return file(`${name}.gz`, bytes);
  return 'There is more of you than a file on Discord may hold. Ask whoever runs me for it; `/privacy show` says how much it is.';
}

async function askToForget(asked: Asked, { ownRecords, forgetButton }: CommandContext): Promise<CommandAnswer> {
  const kept = await ownRecords.kept(asked.guildId, asked.user.id);
  const content = [
    ...keptLines(kept),
    'If you press the button, all of that is deleted for good: from my database, from the conversation that runs (it goes on without it), and from my posts here, which I edit one after the other. What you used stays in the sums of the server, without your name.',
    'What I cannot take back: answers to you and others together, what others said about you, reports that were sealed for moderators, when you read the record, what managers allow you by name, and posts of which my database knows nothing any more. Whether you are heard in future does not change: that is `/privacy in` and `/privacy out`.',
  ].join('\n');
  return { content, files: [], buttons: [forgetButton(asked.user.id)] };
}

async function zoneLines({ guildId, user }: Asked, { times }: CommandContext): Promise<readonly string[]> {
  const zone = await times.own(guildId, user.id);
  return zone === null ? [] : [`Your time zone here: **${zone}** (\`/reminders timezone\`).`];
}

function choiceLine({ guildId, user }: Asked, { consent }: CommandContext): string {
  const chosen = consent.choiceOf(guildId, user.id);
  const heard = consent.mayHear(guildId, user.id) ? 'I hear you' : 'I do not hear you';
  if (!chosen) return `${heard}: you have not chosen, and this server is set to ${consent.mode(guildId)}.`;
  return `${heard}: you chose so <t:${Math.floor(chosen.chosenAt / 1000)}:D>.`;
}

/** How much is kept, in words. */
export function keptLines({ counts, since }: KeptOfPerson): string[] {
  const parts = inWords(counts, WORDS);
  if (parts.length === 0) return ['I keep nothing of you on this server.'];
  const from = since === null ? '' : `, since <t:${Math.floor(since / 1000)}:D>`;
  return [`On this server I keep of you${from}: ${listed(parts)}.`];
}

function stayingLines({ staying }: KeptOfPerson): string[] {
  const parts = inWords(staying, STAYING);
  return parts.length === 0 ? [] : [`Apart from that, also after \`/privacy forget\`: ${listed(parts)}.`];
}

function inWords<K extends string>(counts: Readonly<Record<K, number>>, words: Readonly<Record<K, Forms>>): string[] {
  const kinds = (Object.keys(words) as K[]).filter((kind) => counts[kind] > 0);
  return kinds.map((kind) => `${counts[kind]} ${words[kind][counts[kind] === 1 ? 0 : 1]}`);
}

function editingLines({ editing: { waiting, failed } }: KeptOfPerson): string[] {
  const shown = failed
    .slice(0, FAILURES_SHOWN)
    .map(({ post, reason }) => `• <#${post.channelId}>, message ${post.messageId}: ${reason}`);
  return [
    ...(waiting > 0 ? [`I am still taking your words out of ${counted(waiting, 'old post')}.`] : []),
    ...(failed.length > 0
      ? [`I could not edit ${counted(failed.length, 'old post')}; a moderator can delete them there:`, ...shown]
      : []),
  ];
}

function file(name: string, bytes: Buffer): CommandAnswer {
  return {
    content:
      'This is all that I keep of you on this server, but for reports of others that are sealed for moderators. Only you see this message.',
    files: [{ name, bytes }],
  };
}
