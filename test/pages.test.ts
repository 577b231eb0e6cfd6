import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

const PAGES = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...globSync('docs/**/*.md')];
const MOST_WORDS = 1_500;
/** Names that pages give to files of a reader's own. */
const READERS_OWN = new Set(['deal-cards.ts', '_shared.ts']);

/** What GitHub makes of a heading for a link. */
const anchorOf = (heading: string): string =>
  heading
    .replace(/`|\*|_(?=\w)|(?<=\w)_/g, '')
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

const anchors = (page: string): string[] =>
  [...readFileSync(page, 'utf8').matchAll(/^#{1,6} (.*)$/gm)].map(([, heading = '']) => anchorOf(heading));

test('every link of the pages leads somewhere', () => {
  const dead = PAGES.flatMap((page) => {
    const shown = readFileSync(page, 'utf8').replace(/```[\s\S]*?```|`[^`\n]*`/g, '');
    const links = [...shown.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
    return links
      .filter((link) => !/^(https?:|mailto:)/.test(link))
      .filter((link) => {
        const [path = '', anchor] = link.split('#');
        const target = path === '' ? page : join(dirname(page), path);
        return !existsSync(target) || (anchor !== undefined && !anchors(target).includes(anchor));
      })
      .map((link) => `${page}: ${link}`);
  });
  assert.deepEqual(dead, []);
});

test('every file that a page names is there', () => {
  const sources = globSync(['src/**/*.{ts,js}', 'commands/**/*.ts', 'test/**/*.ts']);
  const gone = PAGES.filter((page) => page !== 'CHANGELOG.md').flatMap((page) =>
    [...readFileSync(page, 'utf8').matchAll(/`([\w./-]+\.(?:ts|js|mjs))`/g)]
      .map(([, name = '']) => name)
      .filter((name) => !READERS_OWN.has(name) && !/^(discord|\.?[a-z]{2,3})\.?js$|^\.[jt]s$/.test(name))
      .filter((name) => !sources.some((file) => file === name || file.endsWith(`/${name}`)))
      .map((name) => `${page}: ${name}`),
  );
  assert.deepEqual(gone, []);
});

test(`the README has at most ${MOST_WORDS} words, and every page stands in the index`, () => {
  const words = readFileSync('README.md', 'utf8').split(/\s+/).length;
  assert.ok(words <= MOST_WORDS, `${words} words`);
  const index = readFileSync('docs/README.md', 'utf8');
  const missing = globSync('docs/*.md').filter(
    (page) => page !== 'docs/README.md' && !index.includes(`(${page.slice(5)})`),
  );
  assert.deepEqual(missing, []);
});
