import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openDatabase } from '../../../src/store/database/database.ts';
import { openText } from '../../../src/store/encryption/text-cipher.ts';
import { StoredRecord } from '../../../src/store/record/record-reader.ts';
import { RecordStore } from '../../../src/store/record/record-store.ts';

const CHILD = fileURLToPath(new URL('recording-child.ts', import.meta.url));
const OWN_WORD = /\b[ur]\d+x\d+\b/g;

/** What many killed lives left behind. */
export interface KilledLives {
  /** Writes into the text channel. */
  readonly writes: number;
  /** Utterances that could be read there. */
  readonly posted: number;
  /** Utterances in the record. */
  readonly recorded: number;
  /** Posted, but not once in the record. */
  readonly lost: readonly string[];
  readonly twice: readonly string[];
  /** Conversations that the last start had to end. */
  readonly unfinished: number;
  /** Utterances that nothing ended. */
  readonly open: number;
  /** SQLite's own word. */
  readonly integrity: string;
}

/** Lets a process talk, record and post, and kills it (SIGKILL) at a random moment, that many times, on one database. */
export async function killLives(kills: number): Promise<KilledLives> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-killed-'));
  const discord = await channel();
  try {
    const address = `sqlite:${join(folder, 'parley.db')}`;
    for (let life = 1; life <= kills; life += 1) await live(address, discord, String(life));
    return { writes: discord.writes(), posted: discord.posted.size, ...(await left(address, discord.posted)) };
  } finally {
    discord.close();
    rmSync(folder, { recursive: true });
  }
}

type Channel = Awaited<ReturnType<typeof channel>>;

/** A text channel that outlives who writes into it. */
async function channel() {
  const posted = new Set<string>();
  let messages = 0;
  let writes = 0;
  const server = createServer(async (request, response) => {
    let content = '';
    for await (const piece of request) content += String(piece);
    for (const [word] of content.matchAll(OWN_WORD)) posted.add(word);
    writes += 1;
    if (request.url === '/post') messages += 1;
    response.end(String(messages));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    posted,
    writes: () => writes,
    close: () => server.close().closeAllConnections(),
  };
}

async function live(address: string, discord: Channel, life: string): Promise<void> {
  const before = discord.writes();
  const child = spawn(process.execPath, [CHILD, address, discord.url, life], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const exit = once(child, 'exit');
  while (discord.writes() === before && lives(child)) await wait(5);
  await wait(Math.random() * 300);
  if (!lives(child)) throw new Error(`life ${life} ended by itself`);
  child.kill('SIGKILL');
  await exit;
}

const lives = ({ exitCode }: ChildProcess): boolean => exitCode === null;

async function left(address: string, posted: ReadonlySet<string>): Promise<Omit<KilledLives, 'writes' | 'posted'>> {
  const database = await openDatabase(address);
  try {
    const unfinished = await new RecordStore(database, openText).closeUnfinished();
    const [{ integrity_check: integrity }] = await database.raw('PRAGMA integrity_check');
    const times = new Map<string, number>();
    let open = 0;
    for await (const line of new StoredRecord(database, openText).lines({ guildId: '1' })) {
      if (line.kind !== 'utterance') continue;
      if (line.state === 'open') open += 1;
      for (const [word] of line.text.matchAll(OWN_WORD)) times.set(word, (times.get(word) ?? 0) + 1);
    }
    const lost = [...posted].filter((word) => times.get(word) !== 1);
    const twice = [...times].filter(([, count]) => count > 1).map(([word]) => word);
    return { recorded: times.size, lost, twice, unfinished, open, integrity };
  } finally {
    await database.destroy();
  }
}
