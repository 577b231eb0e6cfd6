import { guildSettings } from './001-014/001-guild-settings.ts';
import { usage } from './001-014/002-usage.ts';
import { guildModel } from './001-014/003-guild-model.ts';
import { repliesAndSearches } from './001-014/004-replies-and-searches.ts';
import { places } from './001-014/005-places.ts';
import { policy } from './001-014/006-policy.ts';
import { remindersNotes } from './001-014/007-reminders-notes.ts';
import { record } from './001-014/008-record.ts';
import { answer } from './001-014/009-answer.ts';
import { reading } from './001-014/010-reading.ts';
import { rules } from './001-014/011-rules.ts';
import { consent } from './001-014/012-consent.ts';
import { forgetting } from './001-014/013-forgetting.ts';
import { placeMode } from './001-014/014-place-mode.ts';
import { purgeTime } from './015-028/015-purge-time.ts';
import { registrations } from './015-028/016-registrations.ts';
import { heardBots } from './015-028/017-heard-bots.ts';
import { boundTexts } from './015-028/018-bound-texts.ts';
import { budgets } from './015-028/019-budgets.ts';
import { leftGuilds } from './015-028/020-left-guilds.ts';
import { timeZones } from './015-028/021-time-zones.ts';
import { wordIndex } from './015-028/022-word-index.ts';
import { keptFromOutside } from './015-028/023-kept-from-outside.ts';
import { noteChannels } from './015-028/024-note-channels.ts';
import { nextWords } from './015-028/025-next-words.ts';
import type { Migration } from './migration.ts';

/** All steps in their order. An explicit list: nothing is found by reading a folder. */
export const migrations: readonly Migration[] = [
  guildSettings,
  usage,
  guildModel,
  repliesAndSearches,
  places,
  policy,
  remindersNotes,
  record,
  answer,
  reading,
  rules,
  consent,
  forgetting,
  placeMode,
  purgeTime,
  registrations,
  heardBots,
  boundTexts,
  budgets,
  leftGuilds,
  timeZones,
  wordIndex,
  keptFromOutside,
  noteChannels,
  nextWords,
];
