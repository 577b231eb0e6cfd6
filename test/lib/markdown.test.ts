import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cut, escapeMarkdown, escapeName, plain, split, wordsWithin } from '../../src/lib/markdown.ts';
import { assertHarmless } from '../transcript/harmless.ts';

const nasty = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc
    .array(
      fc.constantFrom(
        ...['@everyone', '@here', '<@1234>', '<@!1234>', '<@&99>', '<#5>', '<:a:1>', '<a:b:2>', '<t:1:R>', '</x:1>'],
        ...[
          '<id:home>',
          '**',
          '__',
          '~~',
          '||',
          '```',
          '`',
          '[a](https://b.c)',
          '\n# h',
          '\n> q',
          '- x',
          '1. x',
          '-# s',
        ],
        ...[
          ':smile:',
          'https://a.b/_c_?d=@everyone',
          '\\',
          '\u202e',
          '\u200b',
          '\u2066',
          'שלום',
          ' ',
          'word',
          '@',
          ':',
          '>',
        ],
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join('')),
);

test('no text of a person can mention, format or leave its line', () => {
  fc.assert(
    fc.property(nasty, (text) => assertHarmless(escapeMarkdown(text))),
    { numRuns: 3_000 },
  );
});

test('no name can mention, format or leave its line', () => {
  fc.assert(
    fc.property(nasty, (name) => {
      const escaped = escapeName(name);
      assertHarmless(escaped);
      assert.notEqual(escaped, '');
    }),
    { numRuns: 2_000 },
  );
});

test('what Discord shows of an escaped text are the words themselves', () => {
  const shown = (escaped: string) => escaped.replace(/\\([^0-9A-Za-z\s])/g, '$1').replace(/[\u2060\u2068\u2069]/g, '');
  for (const text of [
    '*so* _what_ ~~now~~',
    'a | b || c',
    'see [here](x)',
    '# not a heading',
    '2. second',
    'C:\\dir',
    '<b>',
  ]) {
    assert.equal(shown(escapeMarkdown(text)), text);
  }
});

test('ordinary sentences are left as they are', () => {
  for (const text of ["It's 12:30, isn't it? Yes: 50 % (or so) - fine!", 'Grüße, ça va? 你好。', 'a+b=c; #1 & more']) {
    assert.equal(escapeMarkdown(text), text);
  }
});

test('a mention is broken for the server, which does not know backslashes', () => {
  assert.equal(escapeMarkdown('hi @everyone'), 'hi \\@\u2060everyone');
  assert.equal(escapeMarkdown('<@123>'), '\\<\\@123\\>');
  assert.equal(escapeMarkdown('<#123>'), '\\<\u2060#123\\>');
});

test('an emoji code stays a code', () => {
  assert.equal(escapeMarkdown('press :smile: now'), 'press \\:smile: now');
});

test('a link stays a link and its address means the same', () => {
  assert.equal(
    escapeMarkdown('see https://en.wikipedia.org/wiki/Foo_bar(x) *now*'),
    'see https://en.wikipedia.org/wiki/Foo%5Fbar%28x%29 \\*now\\*',
  );
  assert.equal(escapeMarkdown('(https://a.b/c), or *https://a.b*.'), '(https://a.b/c), or \\*https://a.b\\*.');
  assert.equal(escapeMarkdown('http://127.0.0.1:8080/a:b'), 'http://127.0.0.1:8080/a%3Ab');
});

test('line breaks, direction overrides and zero-width characters go', () => {
  assert.equal(plain('one\r\ntwo\u2028three\u0085four\tfive'), 'one two three four five');
  assert.equal(plain('\u202eevil\u202c \u200bx\u2066y\ufeff'), 'evil xy');
  assert.equal(plain('\ud800lone'), '\ufffdlone');
  assert.equal(plain('👨‍👩‍👧 می‌خواهم'), '👨‍👩‍👧 می‌خواهم');
});

test('marks cannot be stacked over other lines', () => {
  assert.equal(plain(`a${'\u0301'.repeat(50)}`), `a${'\u0301'.repeat(6)}`);
});

test('right-to-left text is isolated from what stands around it', () => {
  assert.equal(escapeName('שלום'), '\u2068שלום\u2069');
});

test('a name without a visible character becomes Somebody, a long one is cut by characters', () => {
  assert.equal(escapeName('\u200b\u3164 '), 'Somebody');
  assert.equal(escapeName('😀'.repeat(80)), `${'😀'.repeat(63)}…`);
});

test('a text is split between words, never inside of an escape, and nothing is lost', () => {
  assert.deepEqual(split('one two three', 8), ['one two', 'three']);
  fc.assert(
    fc.property(nasty, fc.integer({ min: 4, max: 40 }), (text, limit) => {
      const escaped = escapeMarkdown(text);
      const pieces = split(escaped, limit);
      for (const piece of pieces) {
        assert.ok(piece.length <= limit);
        assert.doesNotMatch(piece, /(?<!\\)(\\\\)*\\$/);
        assert.ok(piece.isWellFormed());
      }
      assert.equal(pieces.join('').replaceAll(' ', ''), escaped.replaceAll(' ', ''));
    }),
  );
});

test('a text that grows keeps the pieces it had, but for the last', () => {
  const text = 'alpha beta gamma delta epsilon zeta eta theta iota kappa lambda';
  const whole = split(text, 20);
  for (let length = 1; length < text.length; length++) {
    const before = split(text.slice(0, length), 20);
    assert.deepEqual(before.slice(0, -1), whole.slice(0, before.length - 1));
  }
});

test('cutting leaves an ellipsis and no half escape', () => {
  assert.equal(cut('abc', 3), 'abc');
  assert.equal(cut('ab\\*cd', 4), 'ab…');
  assert.equal(cut('😀😀', 3), '😀…');
});

test('the words within a share of a text are whole words', () => {
  assert.equal(wordsWithin('The weather is fine today', 0.5), 'The weather');
  assert.equal(wordsWithin('The weather', 0), '');
  assert.equal(wordsWithin('The weather', 1), 'The weather');
  const japanese = '今日はとても良い天気です';
  const half = wordsWithin(japanese, 0.5);
  assert.ok(half.length > 0 && half.length <= 6 && japanese.startsWith(half));
});
