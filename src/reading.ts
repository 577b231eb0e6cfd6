import type { Client } from 'discord.js';
import type { Audit } from './bridge/reading-ports.ts';
import type { RecordReader } from './bridge/record-ports.ts';
import { wallClock } from './clock/wall-clock.ts';
import type { Config } from './config.ts';
import { ReadablePlaces } from './discord/readable-places.ts';
import { Exporting } from './exporting.ts';
import { textModel } from './model/text-model.ts';
import { ButtonAnswers } from './private-answers.ts';
import { RecordReaders } from './readers.ts';
import type { Spending } from './spending.ts';
import type { Storage } from './storage.ts';
import { WrittenSummaries } from './summaries.ts';
import { escapeName } from './transcript/markdown.ts';

/** What reading goes by. */
export interface ReadingParts {
  readonly client: Client;
  readonly config: Pick<Config, 'models' | 'summaryModel'>;
  readonly storage: Pick<Storage, 'record' | 'readers' | 'settings'>;
  readonly spending: Spending;
}

/** How people come to read what was said: who may, what they get, and the note that they did. */
export class Reading {
  readonly record: RecordReader;
  readonly audit: Audit;
  readonly readers: RecordReaders;
  readonly exports: Exporting;
  readonly privately: ButtonAnswers;
  readonly places: ReadablePlaces;
  readonly summaries: WrittenSummaries;

  constructor({ client, config, storage, spending }: ReadingParts) {
    const { record, readers, settings } = storage;
    this.record = record.reader;
    this.audit = record.audit;
    const places = new ReadablePlaces(client);
    this.places = places;
    this.readers = new RecordReaders({ entries: readers, places, settings, record: record.reader });
    this.privately = new ButtonAnswers({ client, places, record: record.reader, escape: escapeName });
    this.exports = new Exporting({ record: record.reader, now: () => wallClock.now() });
    this.summaries = new WrittenSummaries({
      model: textModel(config.models, config.summaryModel),
      spending,
      zoneOf: async (guildId) => (await settings.get(guildId)).timeZone,
    });
  }
}
