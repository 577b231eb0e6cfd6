import assert from 'node:assert/strict';
import { test } from 'node:test';
import { comes, fileOf, says } from '../../support/world/scene-lines.ts';

const BLANKS = [
  '',
  '   ',
  '\u200b',
  '\u200d\u200c',
  '\u3164',
  '\u2800',
  '\u00ad\u2060',
  '\ufe0f',
  '\u202e\u202c',
  '\u{e0041}',
  '\u0301',
];

test('a name that nobody sees is a name in every export, and two of them are two people', () => {
  for (const blank of BLANKS) {
    const lines = [
      says(['100', blank], 'One', 1_000),
      comes(['101', `${blank}\u200b`], 2_000),
      says(['101', `${blank}\u200b`], 'Two', 3_000),
      says(['102', 'Anna'], 'Three', 5_000),
    ];
    const what = JSON.stringify(blank);
    assert.match(fileOf('txt', lines), /Somebody: One[\s\S]*Somebody \(2\): Two/, what);
    assert.match(fileOf('md', lines), /\*\*Somebody:\*\* One[\s\S]*\*\*Somebody \\?\(2\\?\):\*\* Two/, what);
    assert.match(fileOf('srt', lines), /Somebody: One[\s\S]*Somebody \(2\): Two/, what);
    assert.match(fileOf('vtt', lines), /<v Somebody>One<\/v>[\s\S]*<v Somebody \(2\)>Two/, what);
    assert.match(fileOf('html', lines), />Somebody<[\s\S]*>Somebody \(2\)</, what);
    const { participants, lines: written } = JSON.parse(fileOf('json', lines));
    assert.deepEqual(
      participants.map(({ name }: { name: string }) => name),
      ['Somebody', 'Somebody', 'Anna'],
      what,
    );
    assert.equal(written[0].name, 'Somebody', what);
    assert.match(fileOf('csv', lines), /"Somebody","?100/, what);
  }
});

test('what was said after the clock was set back comes after what was said before, in the file and in its times', () => {
  const HOUR = 3_600_000;
  const back = (text: string, afterMs: number) => says(['101', 'Ben'], text, afterMs, 1_000);
  const lines = [
    says(['100', 'Anna'], 'before', 2 * HOUR),
    back('just after', 1 * HOUR + 1_000),
    back('a minute later', 1 * HOUR + 61_000),
  ];
  const cues = [...fileOf('srt', lines).matchAll(/(\d\d:\d\d:\d\d),000 --> [^\n]*\n\w+: (.*)/g)].map(([, at, text]) => [
    at,
    text,
  ]);
  assert.deepEqual(cues, [
    ['02:00:00', 'before'],
    ['02:00:00', 'just after'],
    ['02:01:00', 'a minute later'],
  ]);
  assert.match(fileOf('txt', lines), /before[\s\S]*just after[\s\S]*a minute later/);
});
