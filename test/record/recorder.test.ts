import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BridgeEvent } from '../../src/ports/bridge-events.ts';
import type { RecordBatch } from '../../src/ports/record.ts';
import type { Unwritten } from '../../src/ports/storage.ts';
import { type RecordNews, RecordOutbox } from '../../src/record/record-outbox.ts';
import { Recorder } from '../../src/record/recorder.ts';
import { Transcript } from '../../src/transcript/transcript.ts';
import { keptLog } from '../support/doubles/log.ts';
import { ManualTimer } from '../support/doubles/manual-timer.ts';
import { FakeTextChannel } from '../support/doubles/text-channel.ts';

const turn = { id: 1, userId: '5', name: 'Anna' };

function setUp() {
  const timer = new ManualTimer();
  const channel = new FakeTextChannel(timer.now);
  const { log, lines: logged } = keptLog();
  const batches: RecordBatch[] = [];
  const writer = {
    broken: false,
    async write(batch: RecordBatch): Promise<void> {
      if (writer.broken) throw new Error('disk full');
      batches.push(batch);
    },
  };
  const recorder = new Recorder({
    writer,
    conversation: {
      guildId: '1',
      channelId: '2',
      transcriptChannelId: '9',
      mode: 'talk',
      provider: 'openai',
      model: 'm',
    },
    botName: 'Parley',
    modelName: () => 'm',
    language: () => 'de',
    now: timer.now,
    log,
  });
  const transcript = new Transcript({
    text: channel,
    record: recorder,
    botName: 'Parley',
    now: timer.now,
    log,
    timer: timer.set,
  });
  const happens = (...events: BridgeEvent[]): void => {
    for (const event of events) {
      recorder.observe(event);
      transcript.observe(event);
    }
  };
  /** Every line as it was written last. */
  const kept = () => [
    ...new Map(batches.flatMap(({ lines }) => lines.map((line) => [line.id, line] as const))).values(),
  ];
  /** Every turn as it was written last. */
  const turns = () => [
    ...new Map(batches.flatMap((batch) => batch.turns.map((one) => [one.turnId, one] as const))).values(),
  ];
  /** Turns that were to be taken out. */
  const withdrawn = () => batches.flatMap((batch) => batch.withdrawn ?? []);
  /** Lines that were to be taken out, by their ids. */
  const withdrawnLines = () => batches.flatMap((batch) => batch.withdrawnLines ?? []);
  return { timer, channel, writer, recorder, batches, happens, kept, turns, withdrawn, withdrawnLines, logged };
}

const heard = (text: string): BridgeEvent[] => [
  { type: 'turn-began', turn, queuedMs: 0, soundStart: 500 },
  { type: 'turn-ended', turn, speechMs: 300, respond: true, soundStart: 500, soundEnd: 800 },
  { type: 'turn-transcript', turn, text, final: true, itemIds: ['item_1'] },
];

test('nothing is posted while it cannot be recorded, and all of it afterwards', async (context) => {
  const { timer, channel, writer, recorder, happens, kept, logged } = setUp();
  context.after(() => recorder.close());
  writer.broken = true;
  happens(...heard('hello'));
  await timer.pass(60_000);
  assert.deepEqual(channel.contents, []);
  assert.equal(logged.filter(({ msg }) => /so it is not posted either/.test(String(msg))).length, 1);
  writer.broken = false;
  await timer.pass(60_000);
  assert.deepEqual(channel.contents, ['**Anna:** hello']);
  await recorder.flush();
  const [line] = kept();
  assert.ok(line?.kind === 'utterance');
  const { startedAt, endedAt, text, language, itemIds, posts } = line;
  assert.deepEqual(
    { startedAt, endedAt, text, language, itemIds, posts },
    {
      startedAt: 500,
      endedAt: 800,
      text: 'hello',
      language: 'de',
      itemIds: ['item_1'],
      posts: [{ channelId: '9', messageId: 'm1' }],
    },
  );
});

test('of an answer that was cut off the words that were heard are kept, and one that nobody heard is not', async (context) => {
  const { timer, recorder, happens, kept } = setUp();
  context.after(() => recorder.close());
  happens(
    { type: 'reply-started', replyId: 'r1', turns: [turn] },
    { type: 'reply-transcript', replyId: 'r1', delta: 'one two three four' },
    { type: 'reply-audible', replyId: 'r1', sinceTurnMs: 1 },
  );
  await timer.pass(700);
  happens(
    { type: 'reply-ended', replyId: 'r1', heardMs: 500, producedMs: 1_000, interrupted: true },
    { type: 'reply-started', replyId: 'r2', turns: [turn] },
    { type: 'reply-transcript', replyId: 'r2', delta: 'never said' },
    { type: 'reply-ended', replyId: 'r2', heardMs: 0, producedMs: 900, interrupted: true },
  );
  await recorder.flush();
  const [line, ...others] = kept();
  assert.deepEqual(others, []);
  assert.ok(line?.kind === 'utterance');
  assert.deepEqual([line.text, line.startedAt, line.endedAt], ['one two', 1_000, 1_700]);
  assert.deepEqual(line.cut, { heardMs: 500, producedMs: 1_000 });
  assert.deepEqual(line.turnIds, [1]);
});

test('calls, comings and goings, notices and the end are kept', async (context) => {
  const { recorder, happens, kept } = setUp();
  const call = { callId: 'c1', replyId: 'r1', turnIds: [1], name: 'get_weather', arguments: '{}' };
  const asked = { call, askers: [{ userId: '5', name: 'Anna' }] };
  happens(
    { type: 'joined', person: { userId: '5', name: 'Anna' } },
    { type: 'tool-started', ...asked },
    { type: 'tool-ended', ...asked, result: { ...call, ok: false, output: 'no' }, tookMs: 3 },
    { type: 'trouble', message: 'The model is slow.' },
    { type: 'left', person: { userId: '5', name: 'Anna' } },
    { type: 'turn-began', turn, queuedMs: 0, soundStart: 900 },
    { type: 'ended', reason: { kind: 'alone' } },
  );
  context.after(() => recorder.close());
  await recorder.flush();
  assert.deepEqual(
    kept().map((line) => (line.kind === 'utterance' ? line.state : line.kind === 'notice' ? line.text : line.kind)),
    [
      'joined',
      'tool-call',
      'The model is slow.',
      'left',
      'unknown',
      'The conversation ended: nobody was here any more.',
    ],
  );
  const [, tool] = kept();
  assert.ok(tool?.kind === 'tool-call');
  assert.deepEqual(tool.result, { ok: false, output: 'no' });
});

test('what a person said is not written again once it is forgotten, not even for its post', async (context) => {
  const { timer, recorder, happens, kept } = setUp();
  context.after(() => recorder.close());
  happens(...heard('a secret'));
  await recorder.erase('5');
  await timer.pass(10_000);
  await recorder.flush();
  assert.deepEqual(kept(), []);
});

test('a bot that was moved writes down where each line began', async (context) => {
  const { recorder, happens, kept } = setUp();
  context.after(() => recorder.close());
  const other = { id: 2, userId: '6', name: 'Ben' };
  happens(
    { type: 'turn-began', turn, queuedMs: 0, soundStart: 500 },
    { type: 'moved', channelId: '3' },
    { type: 'turn-transcript', turn, text: 'said in the first', final: true },
    { type: 'turn-began', turn: other, queuedMs: 0, soundStart: 900 },
    { type: 'turn-transcript', turn: other, text: 'said in the second', final: true },
  );
  await recorder.flush();
  assert.deepEqual(
    kept().map((line) => [line.channelId, line.kind === 'notice' || line.kind === 'utterance' ? line.text : line.kind]),
    [
      ['2', 'said in the first'],
      ['3', 'A moderator moved me to another voice channel; the conversation goes on there.'],
      ['3', 'said in the second'],
    ],
  );
});

test('the post of a call waits for the record, and stands in it', async (context) => {
  const { timer, channel, writer, recorder, happens, kept } = setUp();
  context.after(() => recorder.close());
  const call = { callId: 'c1', replyId: 'r1', turnIds: [1], name: 'get_weather', arguments: '{}' };
  const asked = { call, askers: [{ userId: '5', name: 'Anna' }] };
  writer.broken = true;
  happens(
    { type: 'tool-started', ...asked },
    { type: 'tool-ended', ...asked, result: { ...call, ok: true, output: '"sun"' }, tookMs: 3 },
  );
  await timer.pass(60_000);
  assert.deepEqual(channel.contents, []);
  writer.broken = false;
  await timer.pass(60_000);
  assert.equal(channel.contents.length, 1);
  await recorder.flush();
  assert.deepEqual(
    kept().map(({ kind, posts }) => [kind, posts]),
    [['tool-call', [{ channelId: '9', messageId: 'm1' }]]],
  );
});

test('a turn that was typed ends with its words, and one that is open with the conversation', async (context) => {
  const { timer, recorder, happens, turns } = setUp();
  context.after(() => recorder.close());
  happens(
    { type: 'turn-began', turn, queuedMs: 0 },
    { type: 'turn-transcript', turn, text: 'typed', final: true },
    { type: 'turn-began', turn: { ...turn, id: 2 }, queuedMs: 0, soundStart: 900 },
  );
  await timer.pass(100);
  happens({ type: 'ended', reason: { kind: 'alone' } });
  await recorder.flush();
  const ended = turns().map(({ turnId, endedAt, answered }) => ({ turnId, endedAt, answered }));
  const at = timer.now();
  assert.deepEqual(ended, [
    { turnId: 1, endedAt: at - 100, answered: true },
    { turnId: 2, endedAt: at, answered: false },
  ]);
});

test('what the bot gives itself to say is a notice, about whom it is for', async (context) => {
  const { recorder, happens, kept } = setUp();
  context.after(() => recorder.close());
  const reminder = { id: 3, userId: null, name: 'Reminder', about: '5' };
  happens(
    { type: 'turn-began', turn: reminder, queuedMs: 0 },
    { type: 'turn-transcript', turn: reminder, text: 'The oven.', final: true },
  );
  await recorder.flush();
  assert.deepEqual(
    kept().map((line) => line.kind === 'notice' && [line.text, line.about]),
    [['Reminder: The oven.', '5']],
  );
});

test('what somebody took back is not posted, though its post was already under way, and is taken out of the record', async () => {
  const { timer, channel, happens, withdrawn, recorder } = setUp();
  const other = { id: 2, userId: '6', name: 'Ben' };
  happens(...heard('good evening'), { type: 'turn-began', turn: other, queuedMs: 0, soundStart: 900 });
  happens({ type: 'turn-transcript', turn: other, text: 'my secret', final: false });
  const posting = timer.pass(2_000);
  happens({ type: 'turn-withdrawn', turn: other });
  await posting;
  await timer.pass(5_000);
  await recorder.flush();
  assert.deepEqual(channel.contents, ['**Anna:** good evening']);
  assert.deepEqual(channel.writes.length, 1, 'it was never posted, not even for a moment');
  assert.deepEqual(withdrawn(), [2]);
});

test('what was posted and kept before it was taken back goes from both', async () => {
  const { timer, channel, withdrawn, happens, recorder } = setUp();
  const other = { id: 2, userId: '6', name: 'Ben' };
  happens(...heard('good evening'), { type: 'turn-began', turn: other, queuedMs: 0, soundStart: 900 });
  happens({ type: 'turn-transcript', turn: other, text: 'my secret', final: false });
  await timer.pass(5_000);
  await recorder.flush();
  assert.match(channel.contents.join(), /my secret/);
  happens({ type: 'turn-withdrawn', turn: other });
  await timer.pass(5_000);
  await recorder.flush();
  assert.deepEqual(channel.contents, ['**Anna:** good evening']);
  assert.deepEqual(withdrawn(), [2]);
});

test('a turn counts as answered once its words show, after its end, that the bot was spoken to', async (context) => {
  const { timer, recorder, happens, turns } = setUp();
  context.after(() => recorder.close());
  const ended = { type: 'turn-ended', speechMs: 500, respond: false } as const;
  const other = { ...turn, id: 2 };
  happens(
    { type: 'turn-began', turn, queuedMs: 0, soundStart: 100 },
    { ...ended, turn },
    { type: 'turn-began', turn: other, queuedMs: 0, soundStart: 900 },
    { ...ended, turn: other },
  );
  await timer.pass(100);
  await recorder.flush();
  const reason = { kind: 'name', word: 'Parley', place: 'start' } as const;
  happens(
    { type: 'answer-decided', turn, answered: true, reason },
    { type: 'answer-decided', turn: other, answered: false, reason: { kind: 'not-addressed' } },
  );
  await recorder.flush();
  assert.deepEqual(
    turns().map(({ turnId, answered }) => [turnId, answered]),
    [
      [1, true],
      [2, false],
    ],
  );
});

test('what is too much to be kept while nothing can be written is lost, the oldest first, and counted', async () => {
  const { log } = keptLog();
  const batches: RecordBatch[] = [];
  const news: RecordNews[] = [];
  const joined: Unwritten[] = [];
  const health = {
    trouble: undefined,
    writable: false,
    failed: () => true,
    waiting: () => 0,
    join(unwritten: Unwritten) {
      joined.push(unwritten);
      return () => {
        joined.splice(joined.indexOf(unwritten), 1);
      };
    },
  };
  const conversation = {
    id: 1,
    guildId: '1',
    channelId: '2',
    transcriptChannelId: '2',
    mode: 'talk',
    provider: 'openai',
    model: 'm',
    startedAt: 0,
    endedAt: null,
    endReason: null,
  } as const;
  const writer = {
    write: (batch: RecordBatch) => {
      batches.push(batch);
      return Promise.resolve();
    },
  };
  const outbox = new RecordOutbox({ writer, conversation, log, health, tell: (one) => news.push(one) });
  for (let id = 1; id <= 2_100; id += 1) {
    outbox.putLine(`turn:${id}`, {
      kind: 'utterance',
      id,
      conversationId: 1,
      guildId: '1',
      channelId: '2',
      startedAt: id,
      endedAt: id,
      posts: [],
      by: 'person',
      userId: '5',
      name: 'Anna',
      text: `words ${id}`,
      language: null,
      model: null,
      written: false,
      state: 'final',
      cut: null,
      turnId: id,
      replyId: null,
      turnIds: [],
      itemIds: [],
    });
  }
  await assert.rejects(outbox.flush());
  await outbox.close();
  assert.equal(joined[0]?.waiting, 2_100);
  health.writable = true;
  await joined[0]?.catchUp();
  await outbox.written;
  assert.deepEqual(news, [{ kind: 'caught-up', written: 2_000, lost: 100 }]);
  assert.equal(batches[0]?.lines[0]?.id, 101);
  assert.deepEqual(joined, []);
});

test('somebody’s line goes where it turns out later whose it is', async (context) => {
  const { timer, channel, recorder, happens, withdrawnLines, kept } = setUp();
  context.after(() => recorder.close());
  happens({ type: 'turn-began', turn, queuedMs: 0, soundStart: 500 });
  happens({ type: 'turn-transcript', turn: null, text: 'What time is it?', final: true });
  happens({ type: 'turn-transcript', turn: null, text: 'Yes.', final: true });
  await timer.pass(2_000);
  assert.deepEqual(channel.contents, ['**Anna:** …\n**Somebody:** What time is it?\n**Somebody:** Yes.']);
  const [first] = kept().filter((line) => line.kind === 'utterance' && line.text === 'What time is it?');
  happens({ type: 'turn-transcript', turn, text: 'What time is it?', final: true, insteadOf: 'What time is it?' });
  await timer.pass(2_000);
  await recorder.flush();
  assert.deepEqual(channel.contents, ['**Anna:** What time is it?\n**Somebody:** Yes.']);
  assert.deepEqual(withdrawnLines(), [first?.id]);
  // A line that is not there costs nothing.
  happens({ type: 'turn-transcript', turn, text: 'What time is it?', final: true, insteadOf: 'What time is it?' });
  await recorder.flush();
  assert.deepEqual(withdrawnLines(), [first?.id]);
});

test('a line that was emptied in the database is not written again when its post becomes known', async () => {
  const { recorder, batches } = setUp();
  const call = { callId: 'c1', replyId: 'r1', turnIds: [1], name: 'recall', arguments: '{}' };
  recorder.observe({ type: 'tool-started', call, askers: [{ userId: '6', name: 'Ben' }], cancelId: 'x' });
  await recorder.flush();
  const [line] = batches.flatMap(({ lines }) => lines);
  assert.equal(line?.kind, 'tool-call');
  recorder.dropLines(new Set([line?.id ?? 0]));
  recorder.posted(['call:c1'], 'm1');
  await recorder.flush();
  assert.equal(batches.flatMap(({ lines }) => lines).length, 1);
});
