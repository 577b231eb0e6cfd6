import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { BridgeEvent } from '../../src/ports/bridge-events.ts';
import type { Person } from '../../src/ports/voice.ts';
import { Transcript } from '../../src/transcript/transcript.ts';
import { keptLog } from '../support/doubles/log.ts';
import { ManualTimer } from '../support/doubles/manual-timer.ts';
import { FakeTextChannel } from '../support/doubles/text-channel.ts';
import { assertHarmless } from './harmless.ts';

const piece = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.constantFrom(
    '@everyone ',
    '<@42>',
    '**x**',
    '`',
    '\n',
    '[a](https://b)',
    'word ',
    '||',
    ':tada:',
    '\u202e',
    '# ',
    '\\',
  ),
);
const text = fc.oneof(
  { weight: 6, arbitrary: fc.array(piece, { maxLength: 8 }).map((parts) => parts.join('')) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 500, maxLength: 3_000 }) },
);
const people: Person[] = [
  { userId: '1', name: 'Anna' },
  { userId: '2', name: '@everyone **Parley:**\n' },
  { userId: '3', name: 'PARLEY' },
  { userId: '4', name: 'דנה' },
];
const id = fc.integer({ min: 1, max: 6 });
const person = fc.constantFrom(...people);
const turn = fc.record({ id, person }).map(({ id, person }) => ({ id, ...person }));
const call = fc.record({ id, text }).map(({ id, text }) => ({
  callId: `c${id}`,
  replyId: 'r',
  turnIds: [],
  name: `tool_${id}`,
  arguments: text,
}));
const scalar = fc.oneof(text, fc.double(), fc.constant(null), fc.boolean());
const found = fc.record({ title: text, url: fc.oneof(fc.webUrl({ withFragments: true }), text), snippet: text });
const fields = fc.oneof(
  fc.dictionary(text, fc.oneof(scalar, fc.array(scalar, { maxLength: 3 })), { maxKeys: 4 }),
  found,
);
const json = fc
  .oneof(
    fields,
    fc.array(fields, { maxLength: 30 }),
    fc.dictionary(text, fc.oneof(text, fc.array(fields, { maxLength: 9 }))),
  )
  .map((value) => JSON.stringify(value));
const extras = fc.record({
  links: fc.array(fc.record({ title: text, url: fc.oneof(fc.webUrl({ withQueryParameters: true }), text) })),
  files: fc.array(fc.record({ name: text, bytes: fc.uint8Array({ minLength: 1, maxLength: 3 }), description: text })),
});
const event: fc.Arbitrary<BridgeEvent> = fc.oneof(
  turn.map((turn): BridgeEvent => ({ type: 'turn-began', turn, queuedMs: 0 })),
  turn.map((turn): BridgeEvent => ({ type: 'turn-ended', turn, speechMs: 1, respond: true })),
  fc.record({ type: fc.constant('turn-transcript' as const), turn: fc.option(turn), text, final: fc.boolean() }),
  id.map((id): BridgeEvent => ({ type: 'reply-started', replyId: `r${id}`, turns: [] })),
  id.map((id): BridgeEvent => ({ type: 'reply-audible', replyId: `r${id}`, sinceTurnMs: null })),
  fc
    .record({ id, text })
    .map(({ id, text }): BridgeEvent => ({ type: 'reply-transcript', replyId: `r${id}`, delta: text })),
  fc
    .record({ id, heardMs: fc.nat(100), interrupted: fc.boolean() })
    .map(({ id, ...rest }): BridgeEvent => ({ type: 'reply-ended', replyId: `r${id}`, producedMs: 100, ...rest })),
  call.map((call): BridgeEvent => ({ type: 'tool-started', call, askers: people })),
  fc
    .record({ id, fraction: fc.option(fc.float({ min: 0, max: 1, noNaN: true })), text })
    .map(({ id, ...progress }): BridgeEvent => ({ type: 'tool-progress', callId: `c${id}`, progress })),
  fc
    .record({ call, output: fc.oneof(text, json), ok: fc.boolean(), extras })
    .map(({ call, output, ok, extras }): BridgeEvent => {
      const result = { callId: call.callId, name: call.name, ok, output };
      return { type: 'tool-ended', call, askers: [people[1]!], result, tookMs: 5, extras };
    }),
  person.map((person): BridgeEvent => ({ type: 'speech-dropped', person, ms: 10 })),
  text.map((message): BridgeEvent => ({ type: 'trouble', message })),
);

test('whatever is said, every message keeps within 2,000 characters and no line can do harm', async () => {
  const step = fc.record({
    event,
    waitMs: fc.constantFrom(0, 0, 100, 1_500, 70_000),
    failing: fc.constantFrom(false, false, true),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
      const timer = new ManualTimer();
      const channel = new FakeTextChannel(timer.now);
      const transcript = new Transcript({
        text: channel,
        botName: 'Parley',
        now: timer.now,
        log: keptLog().log,
        timer: timer.set,
      });
      for (const { event, waitMs, failing } of steps) {
        channel.refuse = () => (failing ? new Error('away') : undefined);
        transcript.observe(event);
        await timer.pass(waitMs);
      }
      channel.refuse = () => undefined;
      await transcript.close();
      assert.equal(transcript.dropped, 0);
      for (const content of channel.contents) {
        assert.ok(content.length <= 2_000);
        assertMessage(content);
      }
    }),
    { numRuns: 150 },
  );
});

/** Lines one by one; what stands in a code block only must not get out of it, ping, or hide something. */
function assertMessage(content: string): void {
  let code = false;
  for (const line of content.split('\n')) {
    const fence = /^```[a-z]*$/.test(line);
    if (fence) code = !code;
    else if (code) assert.doesNotMatch(line, /```|@(everyone|here)|<[@#]|[\u202a-\u202e\u2066-\u2069]/i);
    else assertLine(line);
  }
  assert.equal(code, false, 'a code block is closed');
}

/** Words that mean only themselves, and addresses that do not unfold. */
function assertLinks(line: string): void {
  const bare = line.replace(/\\[^0-9A-Za-z\s]/g, '¤').replace(/^-# (Sources: )?/, '');
  for (const link of bare.split(' · '))
    assert.match(link, /^\[[^\][\\*_~`|<>@]+\]\(<https?:\/\/[^\s<>()[\]@]+>\)(?: \([^\s<>()[\]@*~`|]+\))?$/);
}

/** Without the markup that is ours, the line must be harmless. */
function assertLine(line: string): void {
  const ours = /^(\*\*(?<name>.*?)(:\*\* |\*\* \(more\): )|-# \*\*(?<label>.*?):\*\*( |$)|-# Sources: |-# |> )/u.exec(
    line,
  );
  assert.ok(ours, `a line begins with a name or is small: ${line}`);
  for (const words of [ours.groups?.name, ours.groups?.label]) if (words) assertHarmless(words);
  if (/^-# (Sources: )?\[/.test(line)) {
    assertLinks(line);
    return;
  }
  const item = /^-# • \[(?:\\.|[^\]\\])*\]\(<[^>]*>\)/u.exec(line)?.[0];
  if (item) assertLinks(item.replace('• ', ''));
  const rest = line
    .replace(item ?? ours[0], ours[0])
    .slice(ours[0].length)
    .replace(/ — \*interrupted\*$/, '')
    .replace(/^\*\(no transcript came\)\*$/, '');
  assertHarmless(`x ${rest}`);
}
