import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { strFromU8, unzipSync } from 'fflate';
import type { ExportRequest } from '../../src/ports/export.ts';
import type { RecordedLine } from '../../src/ports/record.ts';
import { Exporter } from '../../src/record/exporter.ts';
import { evening } from '../support/world/demo-evening.ts';
import { BEGAN, conversation, says, tells } from '../support/world/scene-lines.ts';

const ANNA = ['100', 'Anna'] as const;
const MEGABYTE = 2 ** 20;

function exporting(lines: readonly RecordedLine[], read: () => void = () => {}): Exporter {
  const record = {
    async *lines() {
      read();
      for (const line of lines) yield line;
    },
  };
  return new Exporter({ record, now: () => BEGAN + 86_400_000 });
}

const request = (change: Partial<ExportRequest> = {}): ExportRequest => ({
  conversation,
  format: 'txt',
  server: 'Harbour',
  channel: 'Lounge',
  mayRead: () => Promise.resolve(true),
  fileLimitBytes: 10 * MEGABYTE,
  ...change,
});

test('a file has the day and the time in its name, and every format its ending', async () => {
  const names: string[] = [];
  for (const format of ['html', 'txt', 'md', 'json', 'csv', 'csv-semicolon', 'srt', 'vtt'] as const) {
    const { files, lines, packed } = await exporting(evening()).make(request({ format }));
    // Only what sounds or was written is a subtitle.
    assert.deepEqual([files.length, lines, packed], [1, /srt|vtt/.test(format) ? 15 : 21, 'whole']);
    names.push(files[0]?.name ?? '');
  }
  assert.deepEqual(
    names,
    ['html', 'txt', 'md', 'json', 'csv', 'csv', 'srt', 'vtt'].map((ending) => `transcript-2026-11-20-2014.${ending}`),
  );
});

test('the name of a file has the day and the time of the server', async () => {
  for (const [zone, name] of [
    ['Asia/Tokyo', 'transcript-2026-11-21-0514.txt'],
    ['America/New_York', 'transcript-2026-11-20-1514.txt'],
    [null, 'transcript-2026-11-20-2014.txt'],
  ] as const) {
    const { files } = await exporting(evening()).make(request({ zone }));
    assert.equal(files[0]?.name, name);
  }
});

test('lines that the person may not read are left out, with everything that would tell of them', async () => {
  const mayRead = async (line: RecordedLine) => line.kind !== 'utterance' || line.name !== 'Ben';
  const { files, lines, withheld } = await exporting(evening()).make(request({ mayRead }));
  const text = Buffer.from(files[0]?.bytes ?? []).toString();
  assert.deepEqual([lines, withheld], [18, 3]);
  assert.doesNotMatch(text, /Ben/);
});

test('what somebody had forgotten while an export was made is not in it', async () => {
  const kept = [...evening()];
  let reads = 0;
  const record = {
    async *lines() {
      reads += 1;
      const lines = [...kept];
      for (const [at, line] of lines.entries()) {
        if (reads === 1 && at === lines.length - 1) {
          // After their lines were read: Ben is forgotten.
          for (const one of lines) if ('name' in one && one.name === 'Ben') kept.splice(kept.indexOf(one), 1);
          exports.erase(conversation.guildId);
        }
        yield line;
      }
    },
  };
  const exports = new Exporter({ record, now: () => BEGAN + 86_400_000 });
  const { files } = await exports.make(request({ format: 'json' }));
  assert.doesNotMatch(Buffer.from(files[0]?.bytes ?? []).toString(), /"name": ?"Ben"/);
  assert.equal(reads, 2);
  exports.erase('another server');
  await exports.make(request());
  assert.equal(reads, 3);
});

test('a file that is too large for Discord is zipped', async () => {
  const lines = Array.from({ length: 3_000 }, (_, at) =>
    says(ANNA, `the same words again and again, ${at}`, at * 1_000),
  );
  const whole = await exporting(lines).make(request({ format: 'json' }));
  const zipped = await exporting(lines).make(request({ format: 'json', fileLimitBytes: 200_000 }));
  assert.deepEqual(
    [zipped.packed, zipped.files.map(({ name }) => name)],
    ['zipped', ['transcript-2026-11-20-2014.zip']],
  );
  const [file] = zipped.files;
  assert.ok(file && file.bytes.length <= 200_000);
  const content = unzipSync(file.bytes)['transcript-2026-11-20-2014.json'];
  assert.deepEqual(Buffer.from(content ?? []), whole.files[0]?.bytes);
});

test('what is too large even then comes in several files, each complete in itself', async () => {
  const lines = Array.from({ length: 1_000 }, (_, at) => says(ANNA, randomBytes(150).toString('base64'), at * 1_000));
  const { files, packed } = await exporting(lines).make(request({ format: 'json', fileLimitBytes: 100_000 }));
  assert.equal(packed, 'split');
  assert.ok(files.length > 1 && files.every(({ bytes }) => bytes.length <= 100_000));
  assert.equal(files[1]?.name, `transcript-2026-11-20-2014-part-2-of-${files.length}.zip`);
  const parts = files.flatMap(({ bytes }) => Object.values(unzipSync(bytes)).map((one) => JSON.parse(strFromU8(one))));
  assert.deepEqual(
    parts.flatMap((part) => part.lines.map(({ text }: { text: string }) => text)),
    lines.map(({ text }) => text),
  );
});

test('what Discord takes in no way is refused with a sentence', async () => {
  const lines = Array.from({ length: 200 }, (_, at) => says(ANNA, randomBytes(900).toString('base64'), at * 1_000));
  await assert.rejects(exporting(lines).make(request({ fileLimitBytes: 2_000 })), {
    name: 'RangeError',
    message: 'The conversation is larger than anything that I may post.',
  });
});

test('exports are made one after the other, and one that failed holds up none', async () => {
  let reading = 0;
  const made = exporting(evening(), () => {
    reading += 1;
    if (reading === 1) throw new Error('The database cannot be read.');
  });
  const [first, second] = await Promise.allSettled([made.make(request()), made.make(request())]);
  assert.equal(first.status, 'rejected');
  assert.equal(second.status, 'fulfilled');
});

test('a long export lets everything else have its turn', async () => {
  const lines = Array.from({ length: 10_000 }, (_, at) => tells(`notice ${at}`, at * 100));
  let turns = 0;
  let isOver = false;
  const turn = (): void => {
    turns += 1;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  await exporting(lines).make(request({ format: 'html' }));
  isOver = true;
  assert.ok(turns >= 3, `${turns} turns in the middle of 10,000 lines`);
});
