import type { GuildTexts, Moderation, Notes, Reminders } from './bridge/guild-ports.ts';
import type { Audit, PrivateAnswers, Readers } from './bridge/reading-ports.ts';
import type { RecordReader } from './bridge/record-ports.ts';
import type { PersonTimes } from './bridge/time-ports.ts';
import { createThread } from './tools/create-thread.ts';
import { currentTime } from './tools/current-time.ts';
import { getWeather } from './tools/get-weather.ts';
import { moderationTools } from './tools/moderation-tools.ts';
import { noteTools } from './tools/note-tools.ts';
import { postMessage } from './tools/post-message.ts';
import { readPage } from './tools/read-page.ts';
import { reminderTools } from './tools/reminder-tools.ts';
import { rollDice } from './tools/roll-dice.ts';
import { runCode } from './tools/run-code.ts';
import { searchTranscripts } from './tools/search-transcripts.ts';
import { startPoll } from './tools/start-poll.ts';
import type { Tool } from './tools/tool.ts';
import { whoIsHere } from './tools/who-is-here.ts';
import { escapeMarkdown } from './transcript/markdown.ts';

/** What the built-in tools work with. */
export interface BuiltInParts {
  readonly weather: { readonly forecastUrl: string; readonly geocodingUrl: string };
  readonly texts: GuildTexts;
  readonly moderation: Moderation;
  readonly notes: Notes;
  readonly reminders: Reminders;
  readonly times: PersonTimes;
  readonly record: Pick<RecordReader, 'search' | 'turnOwners' | 'everyName'>;
  readonly readers: Pick<Readers, 'channelsFor' | 'mayTell' | 'couldListen'>;
  readonly privately: PrivateAnswers;
  readonly audit: Pick<Audit, 'note'>;
}

/** Every tool that comes with the bot, in the order in which people and models are told of them. */
export function builtInTools(parts: BuiltInParts): Tool[] {
  const { weather, texts, moderation, notes, reminders, times, record, readers, audit, privately } = parts;
  return [
    getWeather(weather),
    currentTime({ times }),
    whoIsHere,
    readPage(),
    runCode(),
    rollDice(),
    startPoll({ texts }),
    ...reminderTools({ reminders, readers, times }),
    ...noteTools({ notes, readers, times }),
    searchTranscripts({ record, readers, audit, privately, times }),
    postMessage({ escape: escapeMarkdown }),
    createThread({ texts, escape: escapeMarkdown }),
    ...moderationTools({ moderation }),
  ];
}
