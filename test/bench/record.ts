// npm run bench:record [-- LINES] [-- --sealed]: the record with a million utterances (or LINES), with figures.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import type { RecordSearch } from '../../src/bridge/record-ports.ts';
import { openDatabase, openReader } from '../../src/store/database.ts';
import { newLineId } from '../../src/store/line-ids.ts';
import { unlock } from '../../src/store/record-key.ts';
import { StoredRecord } from '../../src/store/record-reader.ts';
import { RecordStore } from '../../src/store/record-store.ts';
import { Retention } from '../../src/store/retention.ts';
import { keptLog } from '../fakes/log.ts';
import { BEGINNING, channelIds, EVERY_MS, fill, wordOf } from '../fakes/many-lines.ts';
import { exportAll, writeLong } from './export.ts';

const LINES = Number(process.argv.slice(2).find((argument) => /^\d+$/.test(argument)) ?? 1_000_000);
const KEY = process.argv.includes('--sealed') ? Buffer.alloc(32, 7) : null;
const EXPORTED = 10_000;
const PURGED = Math.min(10_000, LINES / 20);
const DAY_MS = 86_400_000;

const say = (name: string, value: string): void => console.log(`${name.padEnd(34)} ${value}`);
const ms = (value: number): string => `${value.toFixed(1)} ms`;

const folder = mkdtempSync(join(tmpdir(), 'parley-record-'));
const path = join(folder, 'parley.db');
const { log } = keptLog();
const database = await openDatabase(`sqlite:${path}`);
const { reader, close } = openReader(database);
try {
  const seal = await unlock(database, KEY, log);
  let began = performance.now();
  await fill(database, seal, LINES);
  say(`${LINES} utterances${KEY ? ', encrypted' : ''}`, `${((performance.now() - began) / 1000).toFixed(0)} s to fill`);
  say('size', `${(statSync(path).size / 2 ** 20).toFixed(0)} MB`);

  const record = new StoredRecord(reader, seal);
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
    for (let run = 0; run < 5; run += 1) {
      began = performance.now();
      found = (await record.search({ guildId: '1', channelIds, ...search })).finds.length;
      times.push(performance.now() - began);
    }
    say(`search: ${name}`, `${ms(times[0] ?? 0)} first, ${ms(Math.max(...times))} worst, ${found} finds`);
  }

  began = performance.now();
  let read = 0;
  for await (const _ of record.lines({ guildId: '1', since: middle })) if (++read === EXPORTED) break;
  say(`${read} lines read`, ms(performance.now() - began));

  const store = new RecordStore(database, seal);
  const long = await writeLong(store, EXPORTED);
  for await (const { format, ms: took, bytes, packed, heldUpMs, workMs } of exportAll(record, long)) {
    const size = `${(bytes / 2 ** 20).toFixed(1)} MB ${packed}`;
    const loop = `held up ${ms(heldUpMs)} at most, by own work ${ms(workMs)}`;
    say(`export of ${EXPORTED} lines: ${format}`, `${ms(took)} worst of 3, ${size}, ${loop}`);
  }
  const idle = monitorEventLoopDelay({ resolution: 1 });
  idle.enable();
  await wait(10_000);
  idle.disable();
  say('event loop of an idle process', `${ms(idle.max / 1e6)} at most, ${ms(idle.percentile(99) / 1e6)} p99`);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const writes: number[] = [];
  let purging = true;
  const conversing = (async () => {
    while (purging) {
      const at = performance.now();
      await store.write(batch());
      writes.push(performance.now() - at);
      await wait(50);
    }
  })();
  const keptDays = 30;
  const now = BEGINNING + PURGED * EVERY_MS + keptDays * DAY_MS;
  const retentionDays = async (guildId: string) => (guildId === '1' ? keptDays : 3_650);
  delay.enable();
  began = performance.now();
  const deleted = await new Retention({ database, retentionDays, now: () => now, log }).purge();
  delay.disable();
  purging = false;
  await conversing;
  say(`${deleted} lines purged`, `${((performance.now() - began) / 1000).toFixed(1)} s`);
  say('event loop held up meanwhile', `${ms(delay.max / 1e6)} at most, ${ms(delay.percentile(99) / 1e6)} p99`);
  writes.sort((one, other) => one - other);
  const half = writes[Math.floor(writes.length / 2)] ?? 0;
  say('a write meanwhile', `${ms(half)} median, ${ms(writes.at(-1) ?? 0)} at most`);
} finally {
  await close();
  await database.destroy();
  rmSync(folder, { recursive: true });
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
