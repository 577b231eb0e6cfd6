import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BridgeEvent } from '../../src/ports/bridge-events.ts';
import { MessageGoneError } from '../../src/ports/errors.ts';
import type { TextChannel } from '../../src/ports/room.ts';
import type { ServerWork, ToolCall } from '../../src/ports/tool-calls.ts';
import type { Person } from '../../src/ports/voice.ts';
import { Transcript } from '../../src/transcript/transcript.ts';
import { keptLog } from '../support/doubles/log.ts';
import { ManualTimer } from '../support/doubles/manual-timer.ts';
import { FakeTextChannel } from '../support/doubles/text-channel.ts';

type EventOf<Type extends BridgeEvent['type']> = Extract<BridgeEvent, { type: Type }>;

const anna: Person = { userId: '1', name: 'Anna' };
const ben: Person = { userId: '2', name: 'Ben' };

function setUp() {
  const timer = new ManualTimer();
  const channel = new FakeTextChannel(timer.now);
  const { log, lines } = keptLog();
  const nameOf = (userId: string) => (userId === ben.userId ? ben.name : userId);
  const transcript = new Transcript({
    text: channel,
    botName: 'Parley',
    now: timer.now,
    log,
    timer: timer.set,
    nameOf,
    buttons: {
      cancel: (cancelId) => ({ id: `stop ${cancelId}`, label: 'Cancel' }),
      again: (againId) => ({ id: `again ${againId}`, label: 'Run again' }),
    },
  });
  const observe = (...events: BridgeEvent[]) => {
    for (const event of events) transcript.observe(event);
  };
  return { timer, channel, transcript, observe, log: lines };
}

const turnOf = (id: number, { userId, name }: Person) => ({ id, userId, name });
const began = (id: number, person: Person): BridgeEvent => ({
  type: 'turn-began',
  turn: turnOf(id, person),
  queuedMs: 0,
});
const ended = (id: number, person: Person): BridgeEvent => ({
  type: 'turn-ended',
  turn: turnOf(id, person),
  speechMs: 1_000,
  respond: true,
});
const words = (id: number, person: Person, text: string, final = true): BridgeEvent => ({
  type: 'turn-transcript',
  turn: turnOf(id, person),
  text,
  final,
});
const said = (id: number, person: Person, text: string) => [
  began(id, person),
  ended(id, person),
  words(id, person, text),
];
const started = (replyId: string): BridgeEvent => ({ type: 'reply-started', replyId, turns: [] });
const audible = (replyId: string): BridgeEvent => ({ type: 'reply-audible', replyId, sinceTurnMs: 300 });
const delta = (replyId: string, text: string): BridgeEvent => ({ type: 'reply-transcript', replyId, delta: text });
const finished = (replyId: string, heardMs: number, producedMs: number, interrupted = false): BridgeEvent => ({
  type: 'reply-ended',
  replyId,
  heardMs,
  producedMs,
  interrupted,
});
const call: ToolCall = {
  callId: 'c1',
  replyId: 'r1',
  turnIds: [1],
  name: 'get_weather',
  arguments: '{"place":"Lisbon","days":2}',
};

test('a turn and a reply become one message that grows', async () => {
  const { timer, channel, observe } = setUp();
  observe(...said(1, anna, 'What is the weather?'));
  await timer.pass(2_000);
  assert.deepEqual(channel.contents, ['**Anna:** What is the weather?']);
  observe(started('r1'), delta('r1', 'Sunny, '), audible('r1'), delta('r1', 'Anna.'), finished('r1', 900, 900));
  await timer.pass(2_000);
  assert.deepEqual(channel.contents, ['**Anna:** What is the weather?\n**Parley:** Sunny, Anna.']);
});

test('lines stand in the order in which things began, however late their words come', async () => {
  const { timer, channel, observe } = setUp();
  observe(began(1, anna), ended(1, anna), started('r1'), audible('r1'), delta('r1', 'Good evening.'));
  observe(...said(2, ben, 'Me too.'));
  await timer.pass(2_000);
  assert.equal(channel.contents[0], '**Anna:** …\n**Parley:** Good evening.\n**Ben:** Me too.');
  observe(words(1, anna, 'Hello!'));
  await timer.pass(2_000);
  assert.deepEqual(channel.contents, ['**Anna:** Hello!\n**Parley:** Good evening.\n**Ben:** Me too.']);
});

test('a placeholder alone is not worth a message', async () => {
  const { timer, channel, observe } = setUp();
  observe(began(1, anna), ended(1, anna));
  await timer.pass(5_000);
  assert.deepEqual(channel.contents, []);
  observe(words(1, anna, ''));
  await timer.pass(5_000);
  assert.deepEqual(channel.contents, []);
});

test('a turn whose words never come says so', async () => {
  const { timer, channel, observe } = setUp();
  observe(began(1, anna), ended(1, anna));
  await timer.pass(31_000);
  observe(...said(2, ben, 'Hm.'));
  await timer.pass(2_000);
  assert.deepEqual(channel.contents, ['**Anna:** *(no transcript came)*\n**Ben:** Hm.']);
});

test('interim words show at once and give way to the final ones', async () => {
  const { timer, channel, observe } = setUp();
  observe(began(1, anna), words(1, anna, 'What is', false));
  await timer.pass(200);
  assert.deepEqual(channel.contents, ['**Anna:** What is …']);
  observe(words(1, anna, 'What is this?'));
  await timer.pass(2_000);
  assert.deepEqual(channel.contents, ['**Anna:** What is this?']);
});

test('a line of somebody goes from its post once it has a name, many posts later', async () => {
  const { timer, channel, transcript, observe } = setUp();
  observe({ type: 'turn-transcript', turn: null, text: 'Is it?', final: true });
  for (let id = 1; id <= 12; id += 1) {
    await timer.pass(10_000);
    transcript.turnPage();
    observe(...said(id, ben, `Line ${id}.`));
    await timer.pass(2_000);
  }
  observe({ ...(words(13, anna, 'Is it?') as EventOf<'turn-transcript'>), insteadOf: 'Is it?' });
  await timer.pass(2_000);
  const posted = channel.contents.join('\n');
  assert.doesNotMatch(posted, /Somebody/);
  assert.equal(posted.match(/Is it\?/g)?.length, 1);
});

test('words of nobody certain stand under Somebody', async () => {
  const { timer, channel, observe } = setUp();
  observe({ type: 'turn-transcript', turn: null, text: 'Is', final: false });
  observe({ type: 'turn-transcript', turn: null, text: 'Is it?', final: true });
  observe({ type: 'turn-transcript', turn: null, text: 'Yes.', final: true });
  await timer.pass(2_000);
  assert.deepEqual(channel.contents, ['**Somebody:** Is it?\n**Somebody:** Yes.']);
});

test('nobody passes for the bot by taking its name', async () => {
  const { timer, channel, observe } = setUp();
  observe(...said(1, { userId: '3', name: 'PARLEY\u200b' }, 'I am the bot.'));
  await timer.pass(2_000);
  assert.deepEqual(channel.contents, ['**PARLEY (a person):** I am the bot.']);
});

test('an interrupted reply is cut to what was heard and marked', async () => {
  const { timer, channel, observe } = setUp();
  observe(started('r1'), audible('r1'), delta('r1', 'The weather is fine today in Lisbon'));
  observe(finished('r1', 500, 1_000, true));
  await timer.pass(2_000);
  assert.deepEqual(channel.contents, ['**Parley:** The weather is — *interrupted*']);
});

test('a reply of which nothing was heard is left out', async () => {
  const { timer, channel, observe } = setUp();
  observe(...said(1, anna, 'One.'), started('r1'), delta('r1', 'Never heard'), finished('r1', 0, 400, true));
  observe(...said(2, ben, 'Two.'));
  await timer.pass(2_000);
  assert.deepEqual(channel.contents, ['**Anna:** One.\n**Ben:** Two.']);
});

test('a reply in writing alone is shown when it ends', async () => {
  const { timer, channel, observe } = setUp();
  observe(started('r1'), delta('r1', 'Only written.'), finished('r1', 0, 0));
  await timer.pass(2_000);
  assert.deepEqual(channel.contents, ['**Parley:** Only written.']);
});

test('a tool call has a post of its own after a second, with a button that goes when the tool is done', async () => {
  const { timer, channel, observe } = setUp();
  observe({ type: 'tool-started', call, askers: [anna], cancelId: 'x' });
  await timer.pass(900);
  assert.deepEqual(channel.contents, []);
  await timer.pass(700);
  assert.deepEqual([...channel.buttons], [['m1', [{ id: 'stop x', label: 'Cancel' }]]]);
  assert.deepEqual(channel.contents, ['-# get\\_weather(place: Lisbon, days: 2) for Anna → …']);
  const output = '{"now":{"sky":"clear sky","temperatureC":21.5}}';
  const result = { callId: 'c1', name: 'get_weather', ok: true, output };
  observe({ type: 'tool-ended', call, askers: [anna], result, tookMs: 412 });
  await timer.pass(2_000);
  assert.deepEqual(channel.contents, [
    '-# get\\_weather(place: Lisbon, days: 2) for Anna → now: (sky: clear sky, temperatureC: 21.5) · 412 ms',
  ]);
  assert.deepEqual([...channel.buttons], []);
});

test('what is said around a tool call stands before and after its post, even while that waits', async () => {
  const { timer, channel, observe } = setUp();
  observe(began(1, anna), ...said(1, anna, 'Look it up.').slice(1));
  observe({ type: 'tool-started', call, askers: [anna] });
  observe(began(2, ben), ...said(2, ben, 'Wait.').slice(1));
  await timer.pass(500);
  assert.deepEqual(channel.contents, ['**Anna:** Look it up.']);
  await timer.pass(5_000);
  const post = '-# get\\_weather(place: Lisbon, days: 2) for Anna → …';
  assert.deepEqual(channel.contents, ['**Anna:** Look it up.', post, '**Ben:** Wait.']);
});

test('a long result has a line for each field and row, within one message', async () => {
  const { timer, channel, observe } = setUp();
  observe({ type: 'tool-started', call, askers: [anna] });
  const days = Array.from({ length: 30 }, (_, day) => ({ day: `2026-11-${day + 1}`, sky: 'clear *sky*' }));
  const result = { callId: 'c1', name: 'get_weather', ok: true, output: JSON.stringify({ place: 'Lisbon', days }) };
  observe({ type: 'tool-ended', call, askers: [anna], result, tookMs: 412 });
  await timer.pass(2_000);
  assert.equal(channel.contents.length, 1);
  assert.deepEqual(channel.contents[0]?.split('\n').slice(0, 7), [
    '-# get\\_weather(place: Lisbon, days: 2) for Anna · 412 ms',
    '-# **place:** Lisbon',
    '-# **days:**',
    '```',
    'day         sky',
    '──────────  ───────────',
    '2026-11-1   clear *sky*',
  ]);
  assert.match(channel.contents[0] ?? '', /\n```\n-# … and 15 more\n-# All of it: get\\_weather\.json$/);
  const [file] = channel.files.get('m1') ?? [];
  assert.equal(file?.name, 'get_weather.json');
  assert.deepEqual(JSON.parse(String(file?.bytes)), { place: 'Lisbon', days });
});

test('a tool that failed says why, and for whom it ran', async () => {
  const { timer, channel, observe } = setUp();
  const result = { callId: 'c1', name: 'get_weather', ok: false, output: '{"error":"No such place."}' };
  observe({ type: 'tool-ended', call: { ...call, arguments: '{' }, askers: [anna, ben], result, tookMs: 1_000 });
  await timer.pass(2_000);
  assert.deepEqual(channel.contents, ['-# get\\_weather({) for Anna, Ben → failed: No such place. · 1.0 s']);
});

test('lost speech, trouble and the end are small notes', async () => {
  const { timer, channel, observe } = setUp();
  observe({ type: 'speech-dropped', person: ben, ms: 1_500 }, { type: 'speech-dropped', person: ben, ms: 500 });
  observe({ type: 'trouble', message: 'The provider is *slow*.' });
  observe({ type: 'ended', reason: { kind: 'session-lost', message: 'The key was refused.' } });
  await timer.pass(2_000);
  assert.deepEqual(channel.contents, [
    [
      '-# 2.0 s of what Ben said could not be heard: too much was waiting.',
      '-# The provider is \\*slow\\*.',
      '-# The conversation ended: The key was refused.',
    ].join('\n'),
  ]);
});

test('a minute of silence begins a new message, a shorter one does not', async () => {
  const { timer, channel, observe } = setUp();
  observe(...said(1, anna, 'One.'));
  await timer.pass(59_000);
  observe(...said(2, anna, 'Two.'));
  await timer.pass(61_000);
  observe(...said(3, anna, 'Three.'));
  await timer.pass(2_000);
  assert.deepEqual(channel.contents, ['**Anna:** One.\n**Anna:** Two.', '**Anna:** Three.']);
});

test('after the page was turned, what is under way stays and the next goes into a new message', async () => {
  const { timer, channel, transcript, observe } = setUp();
  transcript.turnPage();
  observe(...said(1, anna, 'One.'), began(2, ben));
  transcript.turnPage();
  observe(words(2, ben, 'Two.'), ...said(3, anna, 'Three.'));
  await timer.pass(5_000);
  assert.deepEqual(channel.contents, ['**Anna:** One.\n**Ben:** Two.', '**Anna:** Three.']);
});

test('what could not be posted in one place is never posted in the next, and holds nothing up there', async () => {
  const timer = new ManualTimer();
  const [hidden, open] = [new FakeTextChannel(timer.now), new FakeTextChannel(timer.now)];
  let place = hidden;
  const text: TextChannel = {
    post: () => assert.fail('no place was asked for'),
    edit: () => assert.fail('no place was asked for'),
    here: () => place,
  };
  const { log } = keptLog();
  const transcript = new Transcript({ text, botName: 'Parley', now: timer.now, log, timer: timer.set });
  const observe = (...events: BridgeEvent[]) => {
    for (const event of events) transcript.observe(event);
  };
  observe(...said(1, anna, 'Posted.'), began(2, ben));
  await timer.pass(2_000);
  hidden.refuse = () => new Error('no answer');
  observe(...said(3, anna, 'A secret.'.repeat(200)), ...said(4, anna, 'Another secret.'));
  await timer.pass(2_000);
  place = open;
  transcript.turnPage();
  observe(words(2, ben, 'Late secret.'), ...said(5, ben, 'Hello.'));
  await timer.pass(5_000);
  assert.match(open.contents.join(), /Hello\./);
  await timer.pass(600_000);
  hidden.refuse = () => undefined;
  observe(...said(6, ben, 'Bye.'));
  await timer.pass(60_000);
  assert.doesNotMatch(open.contents.join(), /secret/i);
  assert.match(open.contents.join(), /could not be posted/);
  assert.match(hidden.contents[0] ?? '', /Posted\./);
});

test('a message that nears 2,000 characters is followed by a new one and no word is lost', async () => {
  const { timer, channel, observe } = setUp();
  for (let id = 1; id <= 60; id++) {
    observe(...said(id, id % 2 ? anna : ben, `Sentence number ${id}, with *some* more words so that it takes room.`));
    await timer.pass(300);
  }
  await timer.pass(10_000);
  assert.ok(channel.contents.length >= 3);
  const all = channel.contents.join('\n').split('\n');
  assert.deepEqual(
    all.map((line) => Number(/number (\d+),/.exec(line)?.[1])),
    Array.from({ length: 60 }, (_, at) => at + 1),
  );
});

test('a reply longer than a message goes on in the next, under its name', async () => {
  const { timer, channel, observe } = setUp();
  observe(...said(1, anna, 'Tell me a story.'), started('r1'), audible('r1'));
  const story = Array.from({ length: 700 }, (_, at) => `word${at}`);
  for (const word of story) {
    observe(delta('r1', `${word} `));
    await timer.pass(50);
  }
  observe(finished('r1', 9_000, 9_000));
  await timer.pass(10_000);
  const lines = channel.contents.join('\n').split('\n');
  assert.match(lines[1]!, /^\*\*Parley:\*\* word0 /);
  for (const line of lines.slice(2)) assert.match(line, /^\*\*Parley\*\* \(more\): word/);
  assert.deepEqual(channel.contents.join('\n').match(/word\d+/g), story);
});

test('writes are at least 1.2 s apart and never run side by side', async () => {
  const { timer, channel, observe } = setUp();
  channel.delay = () => new Promise((resolve) => void timer.set(resolve, 700));
  for (let id = 1; id <= 40; id++) {
    observe(...said(id, anna, 'Quick words. '.repeat(10)));
    await timer.pass(170);
  }
  await timer.pass(60_000);
  assert.equal(channel.mostAtOnce, 1);
  assert.ok(channel.writes.length >= 5);
  for (const [at, write] of channel.writes.slice(1).entries()) assert.ok(write.at - channel.writes[at]!.at >= 1_200);
  assert.equal(channel.contents.join('').match(/Quick words/g)?.length, 400);
});

test('a write that takes longer than the interval is waited for', async () => {
  const { timer, channel, observe } = setUp();
  channel.delay = () => new Promise((resolve) => void timer.set(resolve, 4_000));
  for (let id = 1; id <= 20; id++) {
    observe(...said(id, anna, `Line ${id}.`));
    await timer.pass(500);
  }
  await timer.pass(60_000);
  assert.equal(channel.mostAtOnce, 1);
  assert.match(channel.contents[0]!, /Line 20\.$/);
});

test('the first words are posted within a quarter of a second', async () => {
  const { timer, channel, observe } = setUp();
  observe(...said(1, anna, 'Hi.'));
  await timer.pass(250);
  assert.equal(channel.contents.length, 1);
});

test('nothing is written when nothing changed', async () => {
  const { timer, channel, observe } = setUp();
  observe(...said(1, anna, 'Hi.'));
  await timer.pass(5_000);
  observe({ type: 'speaking', person: anna, speaking: true, levelDb: -20 }, started('r1'), words(1, anna, 'Hi.'));
  await timer.pass(5_000);
  assert.equal(channel.writes.length, 1);
  assert.equal(timer.pending, 0);
});

test('late words of a closed message go into it where they fit', async () => {
  const { timer, channel, observe } = setUp();
  observe(began(1, anna), ended(1, anna), ...said(2, ben, 'Two.'));
  await timer.pass(61_000);
  observe(...said(3, ben, 'Three.'));
  await timer.pass(2_000);
  observe(words(1, anna, 'One, late.'));
  await timer.pass(2_000);
  assert.deepEqual(channel.contents, ['**Anna:** One, late.\n**Ben:** Two.', '**Ben:** Three.']);
});

test('late words of a closed message that is full go to the newest', async () => {
  const { timer, channel, observe } = setUp();
  observe(began(1, anna), ended(1, anna), ...said(2, ben, 'a '.repeat(700)), ...said(3, ben, 'b '.repeat(250)));
  await timer.pass(61_000);
  observe(...said(4, ben, 'Four.'));
  await timer.pass(2_000);
  observe(words(1, anna, `Late: ${'c '.repeat(200)}`));
  await timer.pass(5_000);
  assert.equal(channel.contents.length, 2);
  assert.doesNotMatch(channel.contents[0]!, /Anna/);
  assert.match(channel.contents[1]!, /^\*\*Anna:\*\* Late: c c .*\n\*\*Ben:\*\* Four\.$/);
});

test('a post that failed is tried again, with what came meanwhile, and one warning', async () => {
  const { timer, channel, observe, log } = setUp();
  channel.refuse = () => new Error('Discord is away.');
  observe(...said(1, anna, 'One.'));
  await timer.pass(20_000);
  assert.ok(channel.writes.length >= 3 && channel.writes.length <= 6);
  observe(...said(2, ben, 'Two.'));
  channel.refuse = () => undefined;
  await timer.pass(31_000);
  assert.deepEqual(channel.contents, ['**Anna:** One.\n**Ben:** Two.']);
  assert.equal(log.length, 1);
});

test('while nothing can be posted, 200 lines are kept and the loss is counted and told once', async () => {
  const { timer, channel, transcript, observe, log } = setUp();
  channel.refuse = () => new Error('No permission.');
  for (let id = 1; id <= 230; id++) observe(...said(id, anna, `Line ${id}.`));
  await timer.pass(5_000);
  assert.equal(transcript.dropped, 30);
  assert.equal(log.filter((line) => /dropped/.test(line.msg)).length, 1);
  channel.refuse = () => undefined;
  await timer.pass(60_000);
  const all = channel.contents.join('\n');
  const numbers = [...all.matchAll(/Line (\d+)/g)].map(([, number]) => Number(number));
  assert.deepEqual(
    numbers,
    Array.from({ length: 200 }, (_, at) => at + 31),
  );
  assert.match(all, /\n-# 30 lines could not be posted while no channel took them/);
});

test('when a message was deleted, what it does not show goes to a new one', async () => {
  const { timer, channel, observe } = setUp();
  observe(...said(1, anna, 'One.'));
  await timer.pass(2_000);
  channel.refuse = (kind) => (kind === 'edit' ? new Error('Unknown Message') : undefined);
  observe(...said(2, ben, 'Two.'));
  await timer.pass(120_000);
  assert.deepEqual(channel.contents, ['**Anna:** One.', '**Ben:** Two.']);
});

test('what somebody takes back goes from a message that was posted before it was not live any more, and nothing else does', async () => {
  const { timer, channel, transcript, observe } = setUp();
  observe(...said(1, anna, 'One.'), began(2, ben), words(2, ben, 'My secret', false));
  await timer.pass(2_000);
  assert.deepEqual(channel.contents, ['**Anna:** One.\n**Ben:** My secret …']);
  observe(began(3, anna), words(3, anna, 'Before', false));
  transcript.goLive(false);
  observe(words(2, ben, 'My secret is', false), words(3, anna, 'Before and after.'), ...said(4, anna, 'Nor this.'));
  await timer.pass(5_000);
  assert.deepEqual(channel.contents, ['**Anna:** One.\n**Ben:** My secret …']);
  observe({ type: 'turn-withdrawn', turn: { id: 2, ...ben } });
  await timer.pass(5_000);
  assert.deepEqual(channel.contents, ['**Anna:** One.\n-# (removed)\n**Anna:** Before …']);
});

test('what begins while a message turns out to be gone keeps its place, with nothing to show yet even', async () => {
  const { timer, channel, observe } = setUp();
  observe(...said(1, anna, 'One.'));
  await timer.pass(2_000);
  channel.refuse = (kind) => (kind === 'edit' ? new MessageGoneError('Somebody deleted it.') : undefined);
  channel.delay = async () => {
    channel.delay = async () => {};
    observe(started('r'), ...said(3, anna, 'Three.'));
  };
  observe(...said(2, ben, 'Two.'));
  await timer.pass(5_000);
  observe(
    { type: 'reply-audible', replyId: 'r', sinceTurnMs: null },
    { type: 'reply-transcript', replyId: 'r', delta: 'Two, I see.' },
  );
  channel.refuse = () => undefined;
  await timer.pass(5_000);
  assert.equal(channel.contents.join('\n'), '**Anna:** One.\n**Ben:** Two.\n**Parley:** Two, I see.\n**Anna:** Three.');
});

test('what a message that is gone does not show is in a new one at once', async () => {
  const { timer, channel, observe } = setUp();
  observe(...said(1, anna, 'One.'));
  await timer.pass(2_000);
  channel.refuse = (kind) => (kind === 'edit' ? new MessageGoneError('Somebody deleted it.') : undefined);
  observe(...said(2, ben, 'Two.'));
  await timer.pass(3_000);
  assert.deepEqual(channel.contents, ['**Anna:** One.', '**Ben:** Two.']);
  assert.equal(channel.writes.filter(({ kind }) => kind === 'edit').length, 1);
});

test('words that change while a write is under way are in the next one', async () => {
  const { timer, channel, observe } = setUp();
  channel.delay = () => new Promise((resolve) => void timer.set(resolve, 400));
  observe(began(1, anna), words(1, anna, 'One', false));
  await timer.pass(300);
  observe(words(1, anna, 'One two.'));
  await timer.pass(5_000);
  assert.deepEqual(channel.contents, ['**Anna:** One two.']);
});

test('flush writes everything at once', async () => {
  const { timer, channel, transcript, observe } = setUp();
  observe(...said(1, anna, 'a '.repeat(700)), ...said(2, ben, 'b '.repeat(700)), ...said(3, anna, 'c '.repeat(700)));
  await transcript.flush();
  assert.equal(channel.contents.length, 3);
  observe(...said(4, anna, 'After it.'));
  await timer.pass(5_000);
  assert.match(channel.contents.join('\n'), /After it\./);
});

test('close writes the rest, ends open turns, and nothing is written afterwards', async () => {
  const { timer, channel, transcript, observe } = setUp();
  observe(began(1, anna), words(1, anna, 'Half a', false), {
    type: 'ended',
    reason: { kind: 'asked', by: ben.userId },
  });
  await Promise.all([transcript.close(), transcript.close()]);
  assert.deepEqual(channel.contents, ['**Anna:** Half a\n-# The conversation ended: Ben asked for it.']);
  observe(...said(2, ben, 'Too late.'));
  await timer.pass(60_000);
  assert.equal(channel.writes.length, 1);
  assert.equal(timer.pending, 0);
});

test('who ended it is somebody where the name is not known, never a number', async () => {
  const { channel, transcript, observe } = setUp();
  observe({ type: 'ended', reason: { kind: 'asked', by: '77' } });
  await transcript.close();
  assert.deepEqual(channel.contents, ['-# The conversation ended: somebody asked for it.']);
});

test('close does not wait for ever for a channel that takes nothing', async () => {
  const { channel, transcript, observe, log } = setUp();
  channel.refuse = () => new Error('Discord is away.');
  observe(...said(1, anna, 'One.'));
  await transcript.close();
  assert.equal(channel.writes.length, 1);
  assert.match(log.at(-1)!.msg, /end of the transcript/);
});

test('with the real clock the first words are posted without being asked', async () => {
  const channel = new FakeTextChannel();
  const posted = new Promise<void>((resolve) => {
    channel.delay = async () => resolve();
  });
  const transcript = new Transcript({ text: channel, botName: 'P', now: () => performance.now(), log: keptLog().log });
  for (const event of said(1, anna, 'Hi.')) transcript.observe(event);
  const alive = setTimeout(() => {}, 5_000);
  await posted;
  clearTimeout(alive);
  await transcript.close();
  assert.deepEqual(channel.contents, ['**Anna:** Hi.']);
});

test('what the provider ran stands as blocks, and sources that come later stand with the first ones', async () => {
  const { timer, channel, observe } = setUp();
  const tool = (work: ServerWork): BridgeEvent => ({ type: 'server-tool', replyId: 'r1', turns: [], work });
  observe(started('r1'), tool({ kind: 'code', language: 'python', code: 'print(1)' }));
  observe(tool({ kind: 'code-output', ok: false, output: 'no such file' }));
  observe(tool({ kind: 'sources', searches: 1, sources: [{ title: 'A', url: 'https://a.example/' }] }));
  observe(delta('r1', 'One.'), audible('r1'), finished('r1', 900, 900));
  await timer.pass(2_000);
  observe(tool({ kind: 'sources', searches: 0, sources: [{ title: 'B', url: 'https://b.example/' }] }));
  const suggestions = [{ title: 'tides_now', url: 'https://www.google.com/search?q=tides' }];
  observe(tool({ kind: 'sources', searches: 0, sources: [], suggestions }));
  await timer.pass(2_000);
  assert.deepEqual(channel.contents, [
    '**Parley:** One.\n```python\nprint(1)\n```\n-# It failed:\n```\nno such file\n```\n' +
      '-# Sources: [A](<https://a.example/>) (a.example) · [B](<https://b.example/>) (b.example)\n' +
      '-# Google Search: [tides\\_now](<https://www.google.com/search?q=tides>) (www.google.com)',
  ]);
});

test('a call on a hosted server is posted like one of our own, and its refusal, too', async () => {
  const { timer, channel, observe } = setUp();
  const hosted = (result: { ok: boolean; output: string } | null): BridgeEvent => ({
    type: 'server-tool',
    replyId: 'r1',
    turns: [turnOf(1, anna), turnOf(2, anna), turnOf(3, ben)],
    work: { kind: 'call', callId: 'c1', server: 'notes', name: 'add', arguments: '{"text":"milk"}', result },
  });
  observe(hosted(null));
  await timer.pass(2_000);
  assert.deepEqual(channel.contents, ['-# notes: add(text: milk) for Anna, Ben → …']);
  observe(hosted({ ok: false, output: 'It is not certain who asked.' }));
  await timer.pass(2_000);
  assert.match(channel.contents[0] ?? '', /^-# notes: add\(text: milk\) for Anna, Ben → failed: It is not certain who/);
});
