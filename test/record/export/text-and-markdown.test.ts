import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answers, calls, comes, fileOf, HOSTILE, says, tells } from '../../support/world/scene-lines.ts';

const ANNA = ['100', 'Anna'] as const;
const BEN = ['101', 'Ben'] as const;

test('plain text says who, when, over whom and what became of it, a line each', () => {
  const lines = [
    tells('An AI listens.', 0),
    says(ANNA, 'What is the\nweather?', 4_000, 2_000),
    says(BEN, 'Yes!', 5_000, 600),
    calls('get_weather', '{"place":"Lisbon"}', '{"sky":"clear"}', 7_000),
    answers('It is', 3_600_000, 900, { cut: { heardMs: 900, producedMs: 4_000 } }),
    comes(BEN, 3_700_000, 'left'),
  ];
  assert.deepEqual(fileOf('txt', lines).split('\n'), [
    'Lounge, Harbour',
    'Friday 20 November 2026, 20:14 to 21:15 UTC (1 h 2 min, 2 people)',
    'With Anna, Ben and Parley',
    'In brackets: the time from the beginning, and the time of day in UTC.',
    '',
    '[0:00:00 20:14:00] * An AI listens.',
    '[0:00:04 20:14:04] Anna: What is the weather?',
    '[0:00:05 20:14:05] Ben: Yes! (while Anna spoke)',
    '[0:00:07 20:14:07] * get_weather {"place":"Lisbon"}, for Anna; done in 340 ms: {"sky":"clear"}',
    '[1:00:00 21:14:00] Parley: It is (cut off after 900 ms of 4.0 s)',
    '[1:01:40 21:15:40] * Ben left',
    '',
  ]);
});

test('times are those of the clocks of the server, and the file says whose they are', () => {
  const lines = [says(ANNA, 'Hello.', 6 * 3_600_000), says(ANNA, 'Bye.', 7 * 3_600_000, 1_000)];
  for (const [zone, began, first] of [
    ['America/New_York', 'Friday 20 November 2026, 15:14 to 22:14 America/New_York', '21:14:00'],
    ['Asia/Tokyo', 'Saturday 21 November 2026, 05:14 to 12:14 Asia/Tokyo', '11:14:00'],
    ['Asia/Kathmandu', 'Saturday 21 November 2026, 01:59 to 08:59 Asia/Kathmandu', '07:59:00'],
  ] as const) {
    const text = fileOf('txt', lines, { zone });
    assert.ok(text.includes(began), text);
    assert.ok(text.includes(`In brackets: the time from the beginning, and the time of day in ${zone}.`), text);
    assert.ok(text.includes(`[6:00:00 ${first}] Anna: Hello.`), text);
    const markdown = fileOf('md', lines, { zone });
    assert.ok(markdown.includes(began), markdown);
    assert.ok(markdown.includes(`\`${first}\` **Anna:** Hello.`), markdown);
    assert.match(markdown, /the time of day in (?:America\/New\\?_York|Asia\/\w+)\./);
    assert.ok(fileOf('vtt', lines, { zone }).includes(began.replace(/ to \d\d:\d\d/, '')));
    // What is for programs stays in UTC, and says so.
    assert.match(fileOf('csv', lines, { zone }), /start_utc[\s\S]*2026-11-21T02:14:00\.000Z/);
  }
});

test('a conversation of three days says on which it ended', () => {
  const lines = [says(ANNA, 'Good evening.', 0), says(ANNA, 'Good morning.', 2.5 * 86_400_000, 1_000)];
  const [, began] = fileOf('txt', lines).split('\n');
  assert.equal(began, 'Friday 20 November 2026, 20:14 to Monday 23 November 2026, 08:14 UTC (60 h, 1 person)');
  assert.ok(fileOf('md', lines).includes(began ?? '-'));
  assert.match(fileOf('srt', lines), /^60:00:00,000 --> 60:00:01,000$/m);
  assert.match(fileOf('txt', lines), /^\[60:00:00 08:14:00\] Anna: Good morning\.$/m);
});

test('nobody passes for the bot or for somebody else by taking their name', () => {
  const lines = [
    answers('Hello.', 0),
    says(['7', 'ＰＡＲＬＥＹ'], 'I am the bot.', 2_000),
    says(ANNA, 'One', 4_000),
    says(['8', 'anna'], 'Two', 6_000),
    says(ANNA, 'Three', 8_000),
  ];
  const said = fileOf('txt', lines).split('\n').slice(5, -1);
  assert.deepEqual(
    said.map((line) => line.slice(19)),
    ['Parley: Hello.', 'ＰＡＲＬＥＹ (2): I am the bot.', 'Anna: One', 'anna (2): Two', 'Anna: Three'],
  );
  const late = fileOf('txt', [says(['7', 'Parley'], 'I am the bot.', 0), answers('No.', 2_000)]);
  assert.match(late, /Parley \(the bot\): No\./);
});

test('somebody who speaks with themselves does not talk over anybody', () => {
  const lines = [says(ANNA, 'One', 0, 5_000), says(ANNA, 'Two', 1_000, 1_000), says(BEN, 'Three', 2_000, 5_000)];
  const said = fileOf('txt', lines);
  assert.match(said, /Two$/m);
  assert.match(said, /Three \(while Anna spoke\)$/m);
});

test('whatever is said stays on its own line of the text, in its own order', () => {
  const lines = HOSTILE.map((text, at) => says([String(at), text], text, at * 1_000));
  const body = fileOf('txt', lines, { server: HOSTILE.join('\n'), channel: 'a\nb' })
    .split('\n')
    .slice(5, -1);
  assert.equal(body.length, HOSTILE.length);
  assert.ok(body.every((line) => /^\[0:00:\d\d 20:14:\d\d\] /.test(line)));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
  assert.ok(body.every((line) => !/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066\u2067]/.test(line)));
  assert.ok(body.some((line) => line.endsWith(': \u2068שלום עולם\u2069')));
});

test('Markdown shows literally what was said, and what tools brought in fences that it cannot close', () => {
  const output = '```\n# not a heading\n````';
  const markdown = fileOf('md', [
    says(ANNA, '**bold** &lt; <b> [x](y) `c`', 0),
    calls('run_code', '{}', output, 2_000),
  ]);
  const [said, head, given, brought] =
    markdown
      .split('---\n\n')[1]
      ?.trimEnd()
      .split(/\n\n(?=[`*])/) ?? [];
  assert.equal(said, '`0:00:00` `20:14:00` **Anna:** \\*\\*bold\\*\\* \\&lt; \\<b\\> \\[x\\](y) \\`c\\`');
  assert.equal(head, '`0:00:02` `20:14:02` *Tool* **run\\_code** for Anna: done in 340 ms');
  assert.equal(given, '```\n{}\n```');
  assert.equal(brought, `\`\`\`\`\`\n${output}\n\`\`\`\`\``);
});
