import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BridgeEvent } from '../../src/ports/bridge-events.ts';
import type { PostFile } from '../../src/ports/room.ts';
import type { ToolCall } from '../../src/ports/tool-calls.ts';
import { Transcript } from '../../src/transcript/transcript.ts';
import { keptLog } from '../support/doubles/log.ts';
import { ManualTimer } from '../support/doubles/manual-timer.ts';
import { FakeTextChannel } from '../support/doubles/text-channel.ts';

const askers = [{ userId: '1', name: 'Anna' }];
const file: PostFile = { name: 'a.png', bytes: Buffer.from('a') };

function setUp() {
  const timer = new ManualTimer();
  const channel = new FakeTextChannel(timer.now);
  const transcript = new Transcript({
    text: channel,
    botName: 'Parley',
    now: timer.now,
    log: keptLog().log,
    timer: timer.set,
    buttons: {
      cancel: (id) => ({ id: `cancel ${id}`, label: 'Cancel' }),
      again: (id) => ({ id: `again ${id}`, label: 'Run again' }),
    },
  });
  const call = (id: number): ToolCall => ({
    callId: `c${id}`,
    replyId: 'r',
    turnIds: [1],
    name: 'dig',
    arguments: `{"at":${id}}`,
  });
  const start = (id = 1) => transcript.observe({ type: 'tool-started', call: call(id), askers, cancelId: `x${id}` });
  const progress = (fraction: number | null, text = '', id = 1) =>
    transcript.observe({ type: 'tool-progress', callId: `c${id}`, progress: { fraction, text } });
  const end = (id = 1, more: Partial<Extract<BridgeEvent, { type: 'tool-ended' }>> = {}) => {
    const result = { callId: `c${id}`, name: 'dig', ok: true, output: `"found ${id}"` };
    transcript.observe({ type: 'tool-ended', call: call(id), askers, result, tookMs: 5_000, ...more });
  };
  return { timer, channel, transcript, start, progress, end };
}

test('a call shows how far it is, with few edits, and offers to run again when it is over', async () => {
  const { timer, channel, start, progress, end } = setUp();
  start();
  await timer.pass(1_500);
  for (let step = 0; step <= 99; step++) {
    progress(step / 100, `page ${step} of *100*`);
    await timer.pass(100);
  }
  assert.ok(channel.writes.length <= 6, `${channel.writes.length} writes in 11 s`);
  assert.match(channel.contents[0] ?? '', /^-# dig\(at: 1\) for Anna → ▰+▱+ \d+ % · page \d+ of \\\*100\\\*$/);
  assert.deepEqual(channel.buttons.get('m1'), [{ id: 'cancel x1', label: 'Cancel' }]);
  end(1, { againId: 'y' });
  progress(0.1);
  await timer.pass(5_000);
  assert.deepEqual(channel.contents, ['-# dig(at: 1) for Anna → found 1 · 5.0 s']);
  assert.deepEqual(channel.buttons.get('m1'), [{ id: 'again y', label: 'Run again' }]);
});

test('twenty calls at once have a post each that ends with its own result, at the rate of the channel', async () => {
  const { timer, channel, start, progress, end } = setUp();
  const ids = Array.from({ length: 20 }, (_, index) => index + 1);
  for (const id of ids) start(id);
  for (let second = 0; second < 40; second++) {
    for (const id of ids) progress(second / 40, `step ${second}`, id);
    await timer.pass(1_000);
  }
  assert.equal(channel.contents.length, 20);
  for (const id of ids.toReversed()) end(id);
  await timer.pass(60_000);
  assert.deepEqual(
    channel.contents,
    ids.map((id) => `-# dig(at: ${id}) for Anna → found ${id} · 5.0 s`),
  );
  const { writes } = channel;
  for (const [index, { at }] of writes.entries()) {
    assert.ok(at - (writes[index - 5]?.at ?? -Infinity) >= 5_000, 'at most five in five seconds');
  }
});

test('files come with the result, once, and a refused upload costs the file and not the post', async () => {
  const { timer, channel, start, end } = setUp();
  start();
  await timer.pass(1_500);
  end(1, { extras: { links: [], files: [file] } });
  await timer.pass(3_000);
  assert.deepEqual(channel.files.get('m1'), [file]);
  channel.files.clear();
  channel.refuse = (_kind, _id, files) => (files.length > 0 ? new Error('no files here') : undefined);
  end(2, { extras: { links: [], files: [file] } });
  await timer.pass(20_000);
  assert.deepEqual(channel.contents.at(-1)?.split('\n'), [
    '-# dig(at: 2) for Anna → found 2 · 5.0 s',
    '-# The permission Attach Files may be missing here. Not attached: a.png',
  ]);
  assert.equal(channel.files.size, 0);
});

test('at the end of the conversation a refused upload does not cost what comes after it', async () => {
  const { channel, transcript, end } = setUp();
  channel.refuse = (_kind, _id, files) => (files.length > 0 ? new Error('no files here') : undefined);
  end(1, { extras: { links: [], files: [file] } });
  end(2);
  await transcript.close();
  assert.match(
    channel.contents[0] ?? '',
    /found 1 · 5\.0 s\n-# The permission Attach Files may be missing here\. Not attached: a\.png$/,
  );
  assert.equal(channel.contents[1], '-# dig(at: 2) for Anna → found 2 · 5.0 s');
});

test('what runs when the conversation ends says so, and its buttons go', async () => {
  const { timer, channel, transcript, start } = setUp();
  start();
  await timer.pass(2_000);
  await transcript.close();
  assert.match(channel.contents[0] ?? '', /→ failed: the conversation ended · 2\.0 s$/);
  assert.equal(channel.buttons.size, 0);
});
