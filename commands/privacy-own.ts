import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { KeptCounts, KeptOfPerson } from '../src/bridge/privacy-ports.ts';
import type { Asked, CommandAnswer, CommandContext } from './command.ts';
import { counted, listed } from './words.ts';

/** Discord takes files of up to 10 MB; https://docs.discord.com/developers/reference#uploading-files */
const LARGEST = 9.5 * 1024 * 1024;
const COMPRESSED_FROM = 4 * 1024 * 1024;
const FAILURES_SHOWN = 5;

const WORDS: Readonly<Record<keyof KeptCounts, string>> = {
  utterances: 'thing that you said or typed',
  answers: 'answer of mine to you alone',
  toolCalls: 'tool call that you asked for',
  comings: 'time that you came or left',
  notices: 'notice about you',
  notes: 'note',
  reminders: 'reminder',
  usageDays: 'day on which I counted what you used',
};

/** `/privacy show`: what is kept of the asker here. `choice`: theirs, in a sentence. */
export async function showOwn(asked: Asked, { ownRecords }: CommandContext, choice?: string): Promise<string> {
  const kept = await ownRecords.kept(asked.guildId, asked.user.id);
  const lines = [
    ...keptLines(kept),
    ...editingLines(kept),
    ...(choice === undefined ? [] : [choice]),
    `What is said here is deleted from my database after ${counted(kept.retentionDays, 'day')}. No sound is ever kept.`,
    '`/privacy export` gives you all of it as a file, `/privacy forget` deletes it.',
  ];
  return lines.join('\n');
}

/** `/privacy export`: all of it as a file, for the asker alone. */
export async function exportOwn(asked: Asked, { ownRecords }: CommandContext): Promise<CommandAnswer> {
  const json = Buffer.from(await ownRecords.exported(asked.guildId, asked.user.id));
  const name = `parley-${asked.user.id}.json`;
  if (json.length < COMPRESSED_FROM) return file(name, json);
  const bytes = await promisify(gzip)(json);
  if (bytes.length <= LARGEST) return file(`${name}.gz`, bytes);
  return 'There is more of you than a file on Discord may hold. Ask whoever runs me for it; `/privacy show` says how much it is.';
}

/** `/privacy forget`: says what goes, and asks for a press of the button. */
export async function askToForget(asked: Asked, { ownRecords, forgetButton }: CommandContext): Promise<CommandAnswer> {
  const kept = await ownRecords.kept(asked.guildId, asked.user.id);
  const content = [
    ...keptLines(kept),
    'If you press the button, all of that is deleted for good: from my database, from the conversation that runs (it goes on without it), and from my posts here, which I edit one after the other. What you used stays in the sums of the server, without your name.',
    'What I cannot take back: answers to you and others together, what others said about you, reports that were sealed for moderators, who read the record and when, and posts of which my database knows nothing any more. Whether you are heard in future does not change: that is `/privacy in` and `/privacy out`.',
  ].join('\n');
  return { content, files: [], buttons: [forgetButton(asked.user.id)] };
}

function keptLines({ counts, since }: KeptOfPerson): string[] {
  const parts = (Object.keys(WORDS) as (keyof KeptCounts)[])
    .filter((kind) => counts[kind] > 0)
    .map((kind) => counted(counts[kind], WORDS[kind]));
  if (parts.length === 0) return ['I keep nothing of you on this server.'];
  const from = since === null ? '' : `, since <t:${Math.floor(since / 1000)}:D>`;
  return [`On this server I keep of you${from}: ${listed(parts)}.`];
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
    content: 'This is all that I keep of you on this server. Only you see this message.',
    files: [{ name, bytes }],
  };
}
