import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { codeBlock, link, sourceLines } from '../../src/transcript/blocks.ts';

const sources = (...urls: string[]) => urls.map((url) => ({ title: 'T', url }));

describe('a block of code', () => {
  it('shows code as it is, with its language', () => {
    assert.equal(
      codeBlock('for i in range(3):\n\tprint(i)\n', 1_500, 'python'),
      '```python\nfor i in range(3):\n\tprint(i)\n```',
    );
  });

  it('cannot be broken out of', () => {
    const block = codeBlock('a\n```\n# big\n@everyone <@123>\r\n`', 1_500, 'python\n```');
    assert.equal(block.match(/```/g)?.length, 2, 'the fences alone');
    assert.ok(block.startsWith('```\n') && block.endsWith('\n```'), block);
    assert.doesNotMatch(block, /@everyone|<@/);
    assert.doesNotMatch(block, /[\r\u202e]/);
  });

  it('is cut to its limit, and to 40 lines, with a mark', () => {
    const long = codeBlock('x'.repeat(5_000), 200);
    assert.equal(long.length, 199);
    assert.ok(long.endsWith('…\n```'));
    assert.equal(codeBlock('y\n'.repeat(90), 1_500).split('\n').length, 43);
    const emoji = codeBlock('😀'.repeat(500), 101);
    assert.ok(emoji.isWellFormed());
  });
});

describe('a line of sources', () => {
  it('takes web addresses only', () => {
    const wrong = ['javascript:alert(1)', 'ftp://a.example', 'nonsense', 'https://bank.example@evil.example/'];
    assert.deepEqual(sourceLines(sources(...wrong), '-# ', 1_500), []);
  });

  it('cannot be broken out of by a title or an address', () => {
    const evil = [{ title: '](https://evil.example) [', url: 'https://a.example/>)[x](<y' }];
    const [line] = sourceLines(evil, '-# ', 1_500);
    assert.equal(
      line,
      '-# Sources: [\\](https evil.example) \\[](<https://a.example/%3E%29%5Bx%5D%28%3Cy>) (a.example)',
    );
  });

  it('begins another line where one is full', () => {
    const lines = sourceLines(
      sources(...Array.from({ length: 30 }, (_, i) => `https://a.example/${'p'.repeat(80)}${i}`)),
      '-# ',
      500,
    );
    assert.ok(lines.length > 5);
    assert.ok(lines.every((line) => line.length <= 500 && line.startsWith('-# ')));
    assert.equal(lines.join('').match(/\]\(</g)?.length, 30);
  });
});

describe('whatever a tool brings', () => {
  const nasty = fc.string({
    unit: fc.constantFrom('`', '@everyone', '<@1>', '\n', '\r', '\u202e', '😀', 'a', '](', '>)', '~', '\\'),
  });

  it('stays within its block of code and its limit', () => {
    fc.assert(
      fc.property(nasty, fc.integer({ min: 40, max: 300 }), (text, limit) => {
        const block = codeBlock(text, limit, 'python');
        assert.ok(block.length <= limit, `${block.length} of ${limit}`);
        assert.equal(block.match(/```/g)?.length, 2);
        assert.doesNotMatch(block.slice('```python\n'.length, -'\n```'.length), /@everyone|<@|`$|\u202e|\r/);
      }),
    );
  });

  it('stays within its link', () => {
    fc.assert(
      fc.property(nasty, nasty, (title, path) => {
        for (const line of sourceLines([{ title, url: `https://a.example/${path}` }], '-# ', 1_500)) {
          const address =
            /^-# Sources: \[(?:[^\\[\]]|\\.)+\]\(<https:\/\/a\.example\/[^\s<>()[\]\\`@]*>\)(?: \(a\.example\))?$/u;
          assert.match(line, address);
          assert.doesNotMatch(line, /@everyone|<@/);
        }
      }),
    );
  });
});

describe('the title of a link', () => {
  it('stands beside the host that it really leads to, whatever it says', () => {
    const shown = (title: string, url: string) => link(title, url, 400);
    assert.equal(
      shown('Log in to discord.com', 'https://discord.evil.example:8443/x'),
      '[Log in to discord.com](<https://discord.evil.example:8443/x>) (discord.evil.example:8443)',
    );
    assert.equal(shown('https://discord.com/', 'https://evil.example/'), '[evil.example](<https://evil.example/>)');
    assert.equal(shown('evil.example', 'https://evil.example/'), '[evil.example](<https://evil.example/>)');
    assert.match(shown('Раураl', 'https://раураl.com/') ?? '', /\(xn--[\w-]+\.com\)$/, 'other scripts are spelt out');
    const long = shown('Bank', `https://bank.example.${'a'.repeat(60)}.evil.example/`) ?? '';
    assert.match(long, / \(…a+\.evil\.example\)$/, 'the end says whose it is');
  });
});
