import { guildSettings } from './001-guild-settings.ts';
import { usage } from './002-usage.ts';
import { guildModel } from './003-guild-model.ts';
import { repliesAndSearches } from './004-replies-and-searches.ts';
import { places } from './005-places.ts';
import { policy } from './006-policy.ts';
import { remindersNotes } from './007-reminders-notes.ts';
import { record } from './008-record.ts';
import { answer } from './009-answer.ts';
import { reading } from './010-reading.ts';
import { rules } from './011-rules.ts';
import { consent } from './012-consent.ts';
import { forgetting } from './013-forgetting.ts';
import { placeMode } from './014-place-mode.ts';
import { purgeTime } from './015-purge-time.ts';
import { registrations } from './016-registrations.ts';
import { heardBots } from './017-heard-bots.ts';
import { boundTexts } from './018-bound-texts.ts';
import { budgets } from './019-budgets.ts';
import { leftGuilds } from './020-left-guilds.ts';
import { timeZones } from './021-time-zones.ts';
import { wordIndex } from './022-word-index.ts';
import { keptFromOutside } from './023-kept-from-outside.ts';
import { noteChannels } from './024-note-channels.ts';
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
];
