import type { Client } from 'discord.js';
import { wallClock } from '../clock/wall-clock.ts';
import type { Config } from '../config/config.ts';
import { ButtonAnswers } from '../conversation/calls/private-answers.ts';
import { ChannelVisibility } from '../discord/guild/channel-visibility.ts';
import { textModel } from '../model/text-model.ts';
import type { Audit } from '../ports/reading.ts';
import type { RecordReader } from '../ports/record.ts';
import { Exporter } from '../record/exporter.ts';
import { RecordReaders } from '../record/read-access.ts';
import { WrittenSummaries } from '../record/summaries.ts';
import type { UsageTracker } from '../usage/usage-tracker.ts';
import type { Storage } from './storage.ts';

/** What reading goes by. */
export interface ReadingDeps {
  readonly client: Client;
  readonly config: Pick<Config, 'models' | 'summaryModel'>;
  readonly storage: Pick<Storage, 'record' | 'readers' | 'settings'>;
  readonly spending: UsageTracker;
}

/** How people come to read what was said: who may, what they get, and the note that they did. */
export class Reading {
  readonly record: RecordReader;
  readonly audit: Audit;
  readonly readers: RecordReaders;
  readonly exports: Exporter;
  readonly privately: ButtonAnswers;
  readonly places: ChannelVisibility;
  readonly summaries: WrittenSummaries;

  constructor({ client, config, storage, spending }: ReadingDeps) {
    const { record, readers, settings } = storage;
    this.record = record.reader;
    this.audit = record.audit;
    const places = new ChannelVisibility(client);
    this.places = places;
    this.readers = new RecordReaders({ entries: readers, places, settings, record: record.reader });
    this.privately = new ButtonAnswers({ client, places, record: record.reader });
    this.exports = new Exporter({ record: record.reader, now: () => wallClock.now() });
    this.summaries = new WrittenSummaries({
      model: textModel(config.models, config.summaryModel),
      spending,
      zoneOf: async (guildId) => (await settings.get(guildId)).timeZone,
    });
  }
}
