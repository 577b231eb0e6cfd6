import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ConfigError } from '../../src/ports/errors.ts';
import { readPrices } from '../../src/usage/price-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'parley-prices-'));
after(() => rmSync(folder, { recursive: true }));

function file(content: string | Uint8Array): string {
  const path = join(folder, 'prices.json');
  writeFileSync(path, content);
  return path;
}

async function refuses(path: string, message: RegExp): Promise<void> {
  await assert.rejects(readPrices(path), (error) => error instanceof ConfigError && message.test(error.message));
}

test('a file adds models and replaces single ones', async () => {
  const prices = await readPrices(file('{ "my-deployment": { "audioIn": 1 }, "whisper-1": { "perMinute": 0.5 } }'));
  assert.deepEqual(prices.get('my-deployment'), { audioIn: 1 });
  assert.deepEqual(prices.get('whisper-1'), { perMinute: 0.5 });
  assert.equal(prices.get('gpt-realtime-2.1')?.audioIn, 32);
});

test('a file counts as Windows writes it: with a mark at its beginning, or as UTF-16', async () => {
  const text = '\ufeff{ "my-deployment": { "audioIn": 1 } }';
  for (const bytes of [Buffer.from(text), Buffer.from(text, 'utf16le'), Buffer.from(text, 'utf16le').swap16()]) {
    assert.deepEqual((await readPrices(file(bytes))).get('my-deployment'), { audioIn: 1 });
  }
});

test('a file that cannot be used is refused with what is wrong in it', async () => {
  await refuses(join(folder, 'absent.json'), /^PRICES_FILE .*absent\.json cannot be read/);
  await refuses(file('{'), /is not JSON/);
  await refuses(file('{ "m": { "audioIn": -1 } }'), /prices\.json: m\.audioIn: /);
  await refuses(file('{ "m": { "audio": 1 } }'), /prices\.json: m: .*audio/);
  await refuses(file('[]'), /prices\.json: the file: /);
});
