import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { intoStream, LogSink } from '../../src/process/log-sink.ts';

test('lines that a full disk does not take are counted, and told once it does again', () => {
  const written: string[] = [];
  let full = false;
  const sink = new LogSink((line) => !full && written.push(line) > 0);
  sink.write('one\n');
  full = true;
  sink.write('two\n');
  sink.write('three\n');
  full = false;
  sink.write('four\n');
  const [first, story = '', last, ...more] = written;
  assert.deepEqual([first, last, more], ['one\n', 'four\n', []]);
  const { level, dropped, msg } = JSON.parse(story);
  assert.deepEqual({ level, dropped, msg }, { level: 40, dropped: 2, msg: 'lines of this log could not be written' });
});

test('a reader that does not read costs a megabyte at most, and hears of what it missed', async () => {
  const written: string[] = [];
  const waiting: (() => void)[] = [];
  const stream = new Writable({
    decodeStrings: false,
    write(chunk: string, _encoding, done) {
      written.push(chunk);
      waiting.push(done);
    },
  });
  const sink = new LogSink(intoStream(stream));
  const line = `${'x'.repeat(9_999)}\n`;
  for (let count = 0; count < 1_000; count += 1) sink.write(line);
  assert.ok(stream.writableLength <= 1_048_576 + 10_000, `${stream.writableLength} bytes wait`);
  for (; waiting.length > 0; await new Promise((resolve) => setImmediate(resolve))) waiting.shift()?.();
  const taken = written.length;
  sink.write('the next\n');
  for (; waiting.length > 0; await new Promise((resolve) => setImmediate(resolve))) waiting.shift()?.();
  assert.equal(JSON.parse(written.at(-2) ?? '').dropped, 1_000 - taken);
  assert.equal(written.at(-1), 'the next\n');
});

test('a closed pipe is no error', async () => {
  const stream = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
  const sink = new LogSink(intoStream(stream));
  for (let count = 0; count < 3; count += 1) {
    sink.write('a line\n');
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(stream.writableLength, 0);
});
