import { setTimeout as wait } from 'node:timers/promises';
import type { Database } from '../../src/store/database/database.ts';
import type { TextCipher } from '../../src/store/encryption/text-cipher.ts';
import { RecordStore } from '../../src/store/record/record-store.ts';
import { Reindexing } from '../../src/store/record/reindexing.ts';
import { keptLog } from '../support/doubles/log.ts';
import { makeFormer } from '../support/generators/former-words.ts';
import { conversation, utterance } from '../support/world/stored-lines.ts';
import { type LoopFigures, LoopWatch } from './loop-watch.ts';

const WRITES_EVERY_MS = 50;

/** How long it took to index a record anew of which every word changed, and what each write beside it took. */
export interface ReindexFigures {
  readonly lines: number;
  readonly tookMs: number;
  readonly cpuMs: number;
  readonly writesMs: readonly number[];
  readonly loop: LoopFigures;
}

/** Indexes all words of a record anew, as after an update, while a conversation writes a line twenty times a second. */
export async function reindex(database: Database, reader: Database, seal: TextCipher): Promise<ReindexFigures> {
  await makeFormer(database);
  const store = new RecordStore(database, seal);
  const writesMs: number[] = [];
  let isOver = false;
  const conversing = (async () => {
    for (let turnId = 1; !isOver; turnId += 1) {
      const at = performance.now();
      await store.write({ conversation, turns: [], lines: [utterance(turnId, 'Something was said.')] });
      writesMs.push(performance.now() - at);
      await wait(WRITES_EVERY_MS);
    }
  })();
  const watch = new LoopWatch();
  const began = performance.now();
  const cpu = process.cpuUsage();
  const lines = await new Reindexing({ database, reader, seal, log: keptLog().log }).run();
  const tookMs = performance.now() - began;
  const loop = watch.stop();
  const { user, system } = process.cpuUsage(cpu);
  isOver = true;
  await conversing;
  return { lines, tookMs, cpuMs: (user + system) / 1_000, writesMs, loop };
}
