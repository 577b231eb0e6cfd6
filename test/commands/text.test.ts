import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { commands } from '../../commands/index.ts';
import { counted, duration, listed, median, plain } from '../../commands/text.ts';
import { findLanguage } from '../../commands/voice/languages.ts';

describe('plain', () => {
  it('takes markdown, mentions and links as letters', () => {
    assert.equal(
      plain('[x](https://a.b) <@1> `y` # ~~z~~'),
      '\\[x\\]\\(https\\:\\/\\/a\\.b\\) \\<\\@1\\> \\`y\\` \\# \\~\\~z\\~\\~',
    );
  });

  it('leaves letters of every script and emoji alone', () => {
    assert.equal(plain('Zoë 東京 🙂'), 'Zoë 東京 🙂');
  });

  it('makes one line of many, without characters that turn the text around', () => {
    assert.equal(plain('a\nb\r\n\u202Ec\u0000'), 'a b c');
  });

  it('cuts by characters, not through the middle of one', () => {
    assert.equal(plain('🙂🙂🙂', 2), '🙂…');
    assert.equal(plain('abc', 3), 'abc');
  });
});

describe('words', () => {
  it('lists', () => {
    assert.equal(listed([]), '');
    assert.equal(listed(['a']), 'a');
    assert.equal(listed(['a', 'b']), 'a and b');
    assert.equal(listed(['a', 'b', 'c'], 'or'), 'a, b or c');
  });

  it('count and measure', () => {
    assert.equal(counted(1, 'turn'), '1 turn');
    assert.equal(counted(0, 'turn'), '0 turns');
    assert.equal(duration(999), '999 ms');
    assert.equal(duration(1500), '1.5 s');
    assert.equal(duration(60_000), '1 minute');
    assert.equal(duration(90_000), '1.5 minutes');
  });

  it('find the middle', () => {
    assert.equal(median([]), undefined);
    assert.equal(median([3]), 3);
    assert.equal(median([9, 1, 5]), 5);
    assert.equal(median([1, 2, 3, 10]), 2.5);
  });
});

describe('findLanguage', () => {
  it('gives the canonical tag', () => {
    assert.equal(findLanguage('PT_br'), 'pt-BR');
    assert.equal(findLanguage(' De '), 'de');
    assert.equal(findLanguage('traditional chinese'), 'zh-Hant');
    assert.equal(findLanguage('AUTO'), null);
    assert.equal(findLanguage('german-'), undefined);
    assert.equal(findLanguage(''), undefined);
  });
});

describe('the list of commands', () => {
  it('has every command once, on servers only', () => {
    const bodies = commands.map((command) => command.data.toJSON());
    assert.deepEqual(
      bodies.map((body) => body.name),
      [
        'join',
        'leave',
        'ask',
        'status',
        'voice',
        'tools',
        'why',
        'transcript',
        'missed',
        'usage',
        'notes',
        'reminders',
        'privacy',
        'rules',
        'report',
      ],
    );
    for (const body of bodies) {
      // Whoever left a server can ask for what is kept of them in a direct message.
      assert.deepEqual(body.contexts, body.name === 'privacy' ? [0, 1] : [0]);
      assert.deepEqual(body.integration_types, [0]);
    }
  });

  it('keeps the settings for people who manage the server', () => {
    const gated = commands
      .map((command) => command.data.toJSON())
      .filter((body) => body.default_member_permissions === '32');
    assert.deepEqual(
      gated.map((body) => body.name),
      ['voice', 'tools', 'usage', 'rules'],
    );
  });
});
