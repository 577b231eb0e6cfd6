import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PostExtras } from '../../src/ports/tools.ts';
import { codeBlock } from '../../src/transcript/blocks.ts';
import type { Entry } from '../../src/transcript/entry.ts';
import { linesOf } from '../../src/transcript/entry.ts';
import { outcomeOf, withoutFiles } from '../../src/transcript/tool-outcome.ts';
import { toolPost } from '../../src/transcript/tool-post.ts';

function entryOf(code: string, output?: object, ok = true): Entry {
  const call = { callId: 'c', replyId: 'r', turnIds: [1], name: 'run_code', arguments: JSON.stringify({ code }) };
  const result = { callId: 'c', name: 'run_code', ok, output: JSON.stringify(output) };
  const ended = output ? outcomeOf({ call, result, tookMs: 90 }) : null;
  return { kind: 'tool', call, askers: [{ userId: '1', name: 'Anna' }], cancelId: null, held: false, ended };
}

test('code that runs is shown at once, and its output below it when it is there', () => {
  assert.deepEqual(linesOf(entryOf('1 + 1'), 'Parley'), ['-# run\\_code for Anna → …\n```js\n1 + 1\n```']);
  assert.deepEqual(linesOf(entryOf('console.log(1)\n2', { printed: '1', value: '2' }), 'Parley'), [
    '-# run\\_code for Anna · 90 ms\n```js\nconsole.log(1)\n2\n```\n```\n1\n2\n```',
  ]);
  assert.deepEqual(linesOf(entryOf('x', { error: "'x' is not defined" }, false), 'Parley'), [
    "-# run\\_code for Anna → failed · 90 ms\n```js\nx\n```\n```\n'x' is not defined\n```",
  ]);
});

test('neither code nor output gets out of its block, pings, or hides something', () => {
  const nasty = '```\n@everyone <@1> <#2> ````` \u202egnp.exe\u0007\r\n``';
  const [line = ''] = linesOf(entryOf(nasty, { printed: nasty, value: '```' }), 'Parley');
  assert.equal(line.split('```').length - 1, 4);
  assert.doesNotMatch(line, /@everyone|<@|<#|\u202e|\r/);
  assert.ok(!line.includes('\u0007'));
  assert.match(codeBlock('`', 100), /^```\n`\u2060\n```$/);
});

test('long code and long output leave room in a message', () => {
  const [line = ''] = linesOf(entryOf('🦜`'.repeat(5_000), { printed: 'x\n'.repeat(3_000) }), 'Parley');
  assert.ok(line.length <= 2_000, String(line.length));
  assert.ok(line.isWellFormed());
  assert.equal(line.split('```').length - 1, 4);
  assert.match(line, /\n…\n```\n-# All of it: run\\_code\.js and 1 more$/);
});

const post = (name: string, value: unknown, extras?: PostExtras) => {
  const call = { callId: 'c', replyId: 'r', turnIds: [1], name, arguments: '{}' };
  const result = { ok: true, output: JSON.stringify(value) };
  const ended = outcomeOf({ call, result, tookMs: 90, extras });
  const [text = ''] = linesOf({ kind: 'tool', call, askers: [], cancelId: null, held: false, ended }, 'Parley');
  return { lines: text.split('\n').slice(1), text, files: ended.files };
};

test('rows of a kind are a table, with numbers to the right and wide characters counted as two', () => {
  const { lines, files } = post('scores', {
    players: [
      { name: '太郎', score: 9 },
      { name: 'Anna', score: 120 },
    ],
  });
  assert.deepEqual(lines, [
    '-# **players:**',
    '```',
    'name  score',
    '────  ─────',
    '太郎      9',
    'Anna    120',
    '```',
  ]);
  assert.deepEqual(files, []);
});

test('fifty rows are the first fifteen, and all of them in a file', () => {
  const rows = Array.from({ length: 50 }, (_, index) => ({ rank: index + 1, player: 'Anna' }));
  const { lines, files } = post('board', rows);
  assert.equal(lines[17], '  15  Anna');
  assert.deepEqual(lines.slice(18), ['```', '-# … and 35 more', '-# All of it: board.json']);
  assert.equal(files[0]?.name, 'board.json');
  assert.deepEqual(JSON.parse(String(files[0]?.bytes)), rows);
});

test('what was found is a list of links, and a source that stands in it is not repeated', () => {
  const page = (title: string) => ({
    title,
    url: `https://${title.toLowerCase()}.example/a`,
    snippet: 'Long words about it that would be cut off in the column of a table, so that nobody could read them.',
  });
  const results = [page('One'), page('Two')];
  const links = [...results, { title: 'Three', url: 'https://three.example/' }, { title: 'x', url: 'file:///etc' }];
  assert.deepEqual(post('search', { results }, { links, files: [] }).lines, [
    '-# **results:**',
    `-# • [One](<https://one.example/a>) (one.example) · ${results[0]?.snippet}`,
    `-# • [Two](<https://two.example/a>) (two.example) · ${results[1]?.snippet}`,
    '-# Sources: [Three](<https://three.example/>) (three.example)',
  ]);
});

test('a long text begins in the post and is a file of its own kind', () => {
  const paragraph = 'A sentence that goes on. '.repeat(40).trim();
  const page = post('read_page', { title: 'It', text: `# It\n\n${paragraph}\n\n${paragraph}` });
  assert.deepEqual(page.lines.slice(0, 3), ['-# **title:** It', '-# **text:**', '> \\# It']);
  assert.match(page.text, /\n-# All of it: read\\_page\.md$/);
  assert.equal(String(page.files[0]?.bytes), `# It\n\n${paragraph}\n\n${paragraph}`);
  assert.equal(post('say', paragraph).files[0]?.name, 'say.txt');
});

test('pictures and files keep their bytes, lose what their names could do, and stay within what Discord takes', () => {
  const bytes = Buffer.from('picture');
  const files = [
    { name: '../SPOILER_@everyone `x`.png', bytes, description: 'A\ncat' },
    { name: 'huge.bin', bytes: Buffer.alloc(10 * 1024 * 1024 + 1) },
    { name: 'empty.txt', bytes: Buffer.alloc(0) },
  ];
  const { files: kept, lines } = post('draw', { drawn: true }, { links: [], files });
  assert.deepEqual(kept, [{ name: 'everyone-x.png', bytes, description: 'A cat' }]);
  assert.deepEqual(lines, ['-# Too large to be attached: huge.bin and 1 more']);
});

test('nothing, and values that say nothing, are said as such', () => {
  assert.match(post('ping', null).text, /^-# ping\(\) for somebody → done · 90 ms$/);
  assert.match(post('list', { results: [], note: null }).text, / → results: none, note: none · 90 ms$/);
});

test('the longest of everything still is one message', () => {
  const long = '*'.repeat(2_000);
  const links = Array.from({ length: 9 }, (_, index) => ({
    title: long,
    url: `https://a.example/${index}${'b'.repeat(200)}`,
  }));
  const files = [
    { name: `${long}.bin`, bytes: Buffer.alloc(0) },
    { name: `${'a'.repeat(300)}.png`, bytes: Buffer.from('x') },
  ];
  const askers = Array.from({ length: 9 }, (_, index) => ({ userId: String(index), name: long }));
  for (const name of [long, 'run_code']) {
    const call = {
      callId: 'c',
      replyId: 'r',
      turnIds: [1],
      name,
      arguments: JSON.stringify({ code: long, more: long }),
    };
    for (const value of [
      long,
      { [long]: long, rows: [{ [long]: long }], text: `${long}\n`.repeat(20) },
      [links, long],
    ]) {
      const outcome = outcomeOf({
        call,
        result: { ok: false, output: JSON.stringify(value) },
        tookMs: 1e9,
        extras: { links, files },
      });
      for (const ended of [outcome, withoutFiles(outcome)]) {
        const text = toolPost({ call, askers, ended });
        assert.ok(text.length <= 2_000, String(text.length));
      }
    }
    const running = toolPost({ call, askers, progress: { fraction: 0.5, text: long }, ended: null });
    assert.ok(running.length <= 2_000, String(running.length));
  }
});
