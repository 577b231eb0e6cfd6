// Word lists and sentences for bench:rules, out of packages: docs/testing.md lists them with their licences.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Kept there, so that it is fetched once. */
const CACHE = join(tmpdir(), 'parley-bench-rules');
const LISTS = 'naughty-words@1.2.0';
const DICTIONARY = 'an-array-of-english-words@2.0.0';
/** Shorter ones are labels of buttons. */
const FEWEST_WORDS = 3;
/** A program's messages in all these languages, and people talking in a game. */
const MESSAGES = /^(?:vlc-l10n|wesnoth-[\d.]+-(?:httt|trow|did|ei))$/;

/** Languages with a word list, as the list and the translations name them. English is what was translated. */
export const LANGUAGES: Readonly<Record<string, string>> = {
  ar: 'ar',
  cs: 'cs',
  da: 'da',
  de: 'de',
  en: 'en',
  es: 'es',
  fi: 'fi',
  fr: 'fr',
  hi: 'hi',
  hu: 'hu',
  it: 'it',
  ja: 'ja',
  ko: 'ko',
  nl: 'nl',
  no: 'nb',
  pl: 'pl',
  pt: 'pt_BR',
  ru: 'ru',
  sv: 'sv',
  th: 'th',
  tr: 'tr',
  zh: 'zh_CN',
};

/** What the bench needs, fetched where it is not there yet. */
export function fetchTexts(): void {
  mkdirSync(CACHE, { recursive: true });
  for (const name of [LISTS, DICTIONARY]) {
    const folder = join(CACHE, nameOf(name));
    if (existsSync(folder)) continue;
    const file = execFileSync('npm', ['pack', '--silent', '--pack-destination', CACHE, name], {
      encoding: 'utf8',
    }).trim();
    mkdirSync(folder);
    execFileSync('tar', ['-xzf', join(CACHE, file), '-C', folder, '--strip-components', '1']);
  }
  const folder = join(CACHE, 'messages');
  if (existsSync(folder)) return;
  const names = execFileSync('apt-cache', ['pkgnames'], { encoding: 'utf8', maxBuffer: 2 ** 26 }).split('\n');
  for (const name of names.filter((one) => MESSAGES.test(one))) {
    execFileSync('apt-get', ['download', '-qq', name], { cwd: CACHE, stdio: ['ignore', 'ignore', 'ignore'] });
  }
  mkdirSync(folder);
  for (const file of readdirSync(CACHE).filter((one) => one.endsWith('.deb'))) {
    execFileSync('dpkg-deb', ['-x', join(CACHE, file), folder]);
  }
}

/** The word list of a language. */
export function listOf(language: string): readonly string[] {
  const file = join(CACHE, nameOf(LISTS), `${language}.json`);
  return [...new Set(JSON.parse(readFileSync(file, 'utf8')) as string[])];
}

/** English words, one an entry. */
export function dictionary(): readonly string[] {
  return JSON.parse(readFileSync(join(CACHE, nameOf(DICTIONARY), 'index.json'), 'utf8'));
}

/** Sentences of a language, the same ones in the same order each time. */
export function sentencesOf(language: string): readonly string[] {
  const folder = LANGUAGES[language] ?? language;
  const found = new Set<string>();
  for (const file of catalogues(folder === 'en' ? 'fr' : folder)) {
    for (const [original, translated] of messages(file)) {
      const text = folder === 'en' ? original : translated;
      if (original === '' || (folder !== 'en' && text === original)) continue;
      for (const sentence of sentencesIn(text, folder)) found.add(sentence);
    }
  }
  return [...found];
}

function nameOf(packed: string): string {
  return packed.replace(/@[^@]*$/, '');
}

/** Speech first. */
function catalogues(language: string): readonly string[] {
  const folder = join(CACHE, 'messages');
  const all = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const own = all.filter((path) => path.endsWith('.mo') && path.includes(`/${language}/LC_MESSAGES/`)).sort();
  return own
    .map((path) => join(folder, path))
    .sort((one, other) => Number(one.includes('vlc')) - Number(other.includes('vlc')));
}

function* sentencesIn(text: string, language: string): Generator<string> {
  const plain = text.replace(/<[^>]*>|&[a-z]+;|_(?=\p{L})/gu, ' ').replace(/\s+/gu, ' ');
  // What is put in, paths and code is not language.
  if (/[%$\\{}=]|:\/\//.test(plain)) return;
  const segmenter = new Intl.Segmenter(language.replace('_', '-'), { granularity: 'sentence' });
  for (const { segment } of segmenter.segment(plain)) {
    const sentence = segment.trim();
    const words = [...new Intl.Segmenter(language.replace('_', '-'), { granularity: 'word' }).segment(sentence)];
    if (words.filter(({ isWordLike }) => isWordLike).length >= FEWEST_WORDS) yield sentence;
  }
}

/** The messages of a catalogue: https://www.gnu.org/software/gettext/manual/html_node/MO-Files.html */
function* messages(path: string): Generator<readonly [string, string]> {
  const file = readFileSync(path);
  const isLittle = file.readUInt32LE(0) === 0x950412de;
  const number = (at: number): number => (isLittle ? file.readUInt32LE(at) : file.readUInt32BE(at));
  const text = (at: number): string => file.toString('utf8', number(at + 4), number(at + 4) + number(at));
  const [count, originals, translations] = [number(8), number(12), number(16)];
  for (let nth = 0; nth < count; nth++) {
    const original =
      text(originals + 8 * nth)
        .split('\u0004')
        .at(-1)
        ?.split('\0')[0] ?? '';
    const translated = text(translations + 8 * nth).split('\0')[0] ?? '';
    // Wesnoth writes what a message is about before a ^.
    yield [original.replace(/^[^^]*\^/, ''), translated.replace(/^[^^]*\^/, '')];
  }
}
