// npm run bench:record [-- LINES] [--sealed] [--file PATH] [--languages all|en,ja] [--reindex]: the record with a million
// utterances (or LINES), with figures. With --file the database is kept there, and used again where it is. With --languages
// these are spoken in it, conversation by conversation, and it is only searched. With --reindex all its words are indexed
// anew as after an update, and nothing else is done.
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { newLineId } from '../../src/lib/line-ids.ts';
import type { RecordSearch } from '../../src/ports/record.ts';
import { type Database, openDatabase, openReader } from '../../src/store/database/database.ts';
import { unlock } from '../../src/store/encryption/data-key.ts';
import type { TextCipher } from '../../src/store/encryption/text-cipher.ts';
import { StoredRecord } from '../../src/store/record/record-reader.ts';
import { RecordStore } from '../../src/store/record/record-store.ts';
import { Retention } from '../../src/store/record/retention.ts';
import { keptLog } from '../support/doubles/log.ts';
import { BEGINNING, channelIds, EVERY_MS, fill, wordOf } from '../support/generators/many-lines.ts';
import { type LanguageName, languages } from '../support/generators/spoken-languages.ts';
import { exportAll, writeLong } from './export.ts';
import { type LoopFigures, LoopWatch } from './loop-watch.ts';
import { reindex } from './reindex.ts';
import { searchSpoken } from './spoken-searches.ts';
import { median, quantile } from './statistics.ts';

const LINES = Number(process.argv.slice(2).find((argument) => /^\d+$/.test(argument)) ?? 1_000_000);
const KEY = process.argv.includes('--sealed') ? Buffer.alloc(32, 7) : null;
const FILE = process.argv.includes('--file') ? process.argv[process.argv.indexOf('--file') + 1] : undefined;
const SPOKEN = process.argv.includes('--languages') ? named(process.argv[process.argv.indexOf('--languages') + 1]) : [];
const RUNS = 15;
const EXPORTED = 10_000;
const PURGED = Math.min(10_000, LINES / 20);
const DAY_MS = 86_400_000;

const say = (name: string, value: string): void => console.log(`${name.padEnd(34)} ${value}`);
const ms = (value: number): string => `${value.toFixed(1)} ms`;

const folder = mkdtempSync(join(tmpdir(), 'parley-record-'));
const path = FILE ?? join(folder, 'parley.db');
const { log } = keptLog();
const database = await openDatabase(`sqlite:${path}`);
const { reader, close } = openReader(database);
try {
  const seal = await unlock(database, KEY, log);
  const began = performance.now();
  const isEmpty = !(await database('utterances').first('id'));
  if (isEmpty) await fill(database, seal, LINES, SPOKEN);
  say(`${LINES} utterances${KEY ? ', encrypted' : ''}`, `${((performance.now() - began) / 1000).toFixed(0)} s to fill`);
  say('size', `${(statSync(path).size / 2 ** 20).toFixed(0)} MB`);

  const record = new StoredRecord(reader, seal);
  if (process.argv.includes('--reindex')) await reindexing(seal);
  else if (SPOKEN.length > 0) await spokenSearches(record);
  else await everything(record, seal);
} finally {
  await close();
  await database.destroy();
  rmSync(folder, { recursive: true });
}

function named(list = 'all'): LanguageName[] {
  const names = Object.keys(languages) as LanguageName[];
  return list === 'all' ? names : names.filter((name) => list.split(',').includes(name));
}

async function spokenSearches(record: StoredRecord): Promise<void> {
  for await (const { name, medianMs, p99Ms, worstMs, worstIn, finds } of searchSpoken(record, LINES, SPOKEN)) {
    const figures = `${ms(medianMs)} median, ${ms(p99Ms)} p99, ${ms(worstMs)} worst (${worstIn})`;
    say(`search: ${name}`, `${figures}, ${finds} finds`);
  }
}

async function reindexing(seal: TextCipher): Promise<void> {
  const { lines, tookMs, cpuMs, writesMs, loop } = await reindex(database, reader, seal);
  say(`${lines} lines indexed anew`, `${(tookMs / 1000).toFixed(1)} s, ${(cpuMs / 1000).toFixed(1)} s of CPU`);
  say(
    'a write meanwhile',
    `${ms(median(writesMs))} median, ${ms(quantile(writesMs, 0.99))} p99, ${ms(Math.max(...writesMs))} worst`,
  );
  say('event loop meanwhile', figuresOf(loop));
  say('size', `${(statSync(path).size / 2 ** 20).toFixed(0)} MB`);
}

async function everything(record: StoredRecord, seal: TextCipher): Promise<void> {
  const middle = BEGINNING + (LINES / 2) * EVERY_MS;
  const searches: Record<string, Partial<RecordSearch>> = {
    'the most frequent word': { text: wordOf(0) },
    'a word and a beginning': { text: `${wordOf(40)} ${wordOf(700).slice(0, 4)}` },
    'a rare word': { text: wordOf(19_500) },
    'a word that nobody said': { text: 'xylophone' },
    'a rare and a frequent word': { text: `${wordOf(15_000)} ${wordOf(0)}` },
    'a frequent word of one person': { text: wordOf(1), userId: '103' },
    'a frequent word in one channel': { text: wordOf(1), channelIds: ['12'] },
    'a frequent word of one day': { text: wordOf(1), since: middle, until: middle + DAY_MS },
    'everything of one person': { userId: '103' },
    'by relevance': { text: `${wordOf(2)} ${wordOf(3)}`, order: 'relevance' },
  };
  for (const [name, search] of Object.entries(searches)) {
    const times: number[] = [];
    let found = 0;
    for (let run = 0; run < RUNS; run += 1) {
      const began = performance.now();
      found = (await record.search({ guildId: '1', channelIds, ...search })).finds.length;
      times.push(performance.now() - began);
    }
    say(
      `search: ${name}`,
      `${ms(times[0] ?? 0)} first, ${ms(median(times))} median, ${ms(Math.max(...times))} worst of ${RUNS}, ${found} finds`,
    );
  }

  const began = performance.now();
  let read = 0;
  for await (const _ of record.lines({ guildId: '1', since: middle })) if (++read === EXPORTED) break;
  say(`${read} lines read`, ms(performance.now() - began));

  const store = new RecordStore(database, seal);
  const long = await writeLong(store, EXPORTED);
  for await (const { format, medianMs, worstMs, bytes, packed, heldUpMs, workMs } of exportAll(record, long)) {
    const size = `${(bytes / 2 ** 20).toFixed(1)} MB ${packed}`;
    const loop = `held up ${ms(heldUpMs)} at most, by own work ${ms(workMs)}`;
    say(
      `export of ${EXPORTED} lines: ${format}`,
      `${ms(medianMs)} median, ${ms(worstMs)} worst of 5, ${size}, ${loop}`,
    );
  }
  await purging(database, store);
}

/** Purges the oldest lines while a conversation of another guild is written down, beside a process that does nothing. */
async function purging(database: Database, store: RecordStore): Promise<void> {
  const idle = fork(new URL('./idle-child.ts', import.meta.url));
  await wait(1_000);
  const watch = new LoopWatch();
  const writes: number[] = [];
  let isOver = false;
  const conversing = (async () => {
    while (!isOver) {
      const at = performance.now();
      await store.write(batch());
      writes.push(performance.now() - at);
      await wait(50);
    }
  })();
  const keptDays = 30;
  const oldest = await database('utterances').where({ guild_id: '1' }).min('started_at as at').first();
  const now = Number(oldest?.at) + PURGED * EVERY_MS + keptDays * DAY_MS;
  const retentionDays = async (guildId: string) => (guildId === '1' ? keptDays : 3_650);
  const began = performance.now();
  const deleted = await new Retention({ database, retentionDays, now: () => now, log }).purge();
  const seconds = (performance.now() - began) / 1000;
  isOver = true;
  await conversing;
  const own = watch.stop();
  const beside = await new Promise<LoopFigures>((resolve) => {
    idle.once('message', (figures) => resolve(figures as LoopFigures));
    idle.send('stop');
  });
  say(`${deleted} lines purged`, `${seconds.toFixed(1)} s`);
  say('event loop meanwhile', figuresOf(own));
  say('event loop of an idle process', figuresOf(beside));
  say(
    'a write meanwhile',
    `${ms(median(writes))} median, ${ms(quantile(writes, 0.99))} p99, ${ms(Math.max(...writes))} worst`,
  );
}

function figuresOf({ median, p99, worst, ownWorst }: LoopFigures): string {
  return `${ms(median)} median, ${ms(p99)} p99, ${ms(worst)} worst, ${ms(ownWorst)} without waiting for a core`;
}

/** What a conversation of another guild writes before it posts a line. */
function batch() {
  const startedAt = Date.now();
  const id = newLineId(startedAt);
  const place = { conversationId: id, guildId: '2', channelId: '3', startedAt, posts: [] };
  return {
    conversation: {
      id,
      guildId: '2',
      channelId: '3',
      transcriptChannelId: '3',
      mode: 'talk',
      provider: 'openai',
      model: 'gpt-realtime-2.1',
      startedAt,
      endedAt: null,
      endReason: null,
    },
    turns: [],
    lines: [{ ...place, id: newLineId(startedAt), kind: 'notice', text: 'Something was said.' }],
  } as const;
}
