import { escapeMarkdown } from '../../lib/markdown.ts';
import type { GuildTexts, Moderation, Notes, Reminders } from '../../ports/guild.ts';
import type { Audit, PrivateAnswers, Readers } from '../../ports/reading.ts';
import type { RecordReader } from '../../ports/record.ts';
import type { PersonTimes } from '../../ports/settings.ts';
import type { Tool } from '../tool.ts';
import { createThread } from './create-thread.ts';
import { currentTime } from './current-time.ts';
import { getWeather } from './get-weather.ts';
import { moderationTools } from './moderation-tools.ts';
import { noteTools } from './note-tools.ts';
import { postMessage } from './post-message.ts';
import { readPage } from './read-page.ts';
import { reminderTools } from './reminder-tools.ts';
import { rollDice } from './roll-dice.ts';
import { runCode } from './run-code.ts';
import { searchTranscripts } from './search-transcripts.ts';
import { startPoll } from './start-poll.ts';
import { whoIsHere } from './who-is-here.ts';

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
