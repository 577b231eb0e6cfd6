// How people hide a word from a filter, one way each; for bench:rules.

export interface Evasion {
  readonly name: string;
  /** Languages whose words are hidden so. */
  readonly lists: readonly string[];
  /** undefined: this word cannot be hidden so. */
  readonly hide: (word: string) => string | undefined;
}

const SMALL_CAPITALS = 'ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡxʏᴢ';
const STROKED = 'ȺɃȻĐɆƑǤĦƗɈꝀŁMƝØⱣꝖɌSŦɄVWXɎƵ';
const LEET: Readonly<Record<string, string>> = { a: '4', e: '3', i: '1', o: '0', s: '$', t: '7', b: '8', g: '9' };
/** Latin letters that are drawn as Cyrillic ones. */
const LATIN: Readonly<Record<string, string>> = {
  а: 'a',
  е: 'e',
  о: 'o',
  р: 'p',
  с: 'c',
  у: 'y',
  х: 'x',
  к: 'k',
  м: 'm',
};
const CYRILLIC = Object.fromEntries(Object.entries(LATIN).map(([cyrillic, latin]) => [latin, cyrillic]));

const ALPHABETIC = ['en', 'de', 'fr', 'es', 'ru', 'pl'];
const VOWEL = /[aeiouyаеиоуыэюя]/u;

export const EVASIONS: readonly Evasion[] = [
  { name: 'capitals', lists: ALPHABETIC, hide: (word) => word.toUpperCase() },
  { name: 'wide letters', lists: ['en'], hide: (word) => shifted(word, 0xff41) },
  { name: 'fonts', lists: ['en'], hide: (word) => shifted(word, 0x1d4ea) },
  { name: 'circled on black', lists: ['en'], hide: (word) => shifted(word, 0x1f150) },
  { name: 'squared', lists: ['en'], hide: (word) => shifted(word, 0x1f170) },
  { name: 'small capitals', lists: ['en'], hide: (word) => lettersOf(word, SMALL_CAPITALS) },
  { name: 'stroked letters', lists: ['en'], hide: (word) => lettersOf(word, STROKED) },
  { name: 'accents', lists: ['en'], hide: (word) => word.replace(/[aeiou]/g, '$&\u0308') },
  { name: 'struck through', lists: ['en', 'de'], hide: (word) => word.replace(/./gu, '$&\u0336') },
  { name: 'invisible signs', lists: ALPHABETIC, hide: (word) => [...word].join('\u200b') },
  { name: 'digits and signs', lists: ['en'], hide: (word) => replaced(word, LEET) },
  { name: 'Cyrillic in Latin words', lists: ['en', 'de', 'fr'], hide: (word) => one(word, CYRILLIC) },
  { name: 'Latin in Cyrillic words', lists: ['ru'], hide: (word) => one(word, LATIN) },
  { name: 'all possible letters Latin', lists: ['ru'], hide: (word) => mixed(word, replaced(word, LATIN)) },
  { name: 'a dot between all letters', lists: ALPHABETIC, hide: (word) => [...word].join('.') },
  { name: 'a space between all letters', lists: ALPHABETIC, hide: (word) => [...word].join(' ') },
  { name: 'a hyphen in the middle', lists: ALPHABETIC, hide: (word) => split(word, '-') },
  { name: 'a space behind the first letter', lists: ['en', 'ru'], hide: spacedOut },
  { name: 'a letter stretched', lists: ALPHABETIC, hide: (word) => word.replace(VOWEL, '$&$&$&') },
  { name: 'every letter doubled', lists: ['en', 'ru'], hide: (word) => word.replace(/./gu, '$&$&') },
  { name: 'a seldom doubled letter doubled', lists: ['en'], hide: (word) => word.replace(/[iu]/, '$&$&') },
  {
    name: 'masked behind the first letter',
    lists: ALPHABETIC,
    hide: (word) => `${[...word][0]}${'*'.repeat([...word].length - 1)}`,
  },
  { name: 'a vowel masked', lists: ALPHABETIC, hide: (word) => masked(word) },
];

function shifted(word: string, first: number): string | undefined {
  if (!/^[a-z]+$/.test(word)) return undefined;
  return [...word].map((char) => String.fromCodePoint(first + char.charCodeAt(0) - 0x61)).join('');
}

function lettersOf(word: string, alphabet: string): string | undefined {
  if (!/^[a-z]+$/.test(word)) return undefined;
  const letters = [...alphabet];
  return [...word].map((char) => letters[char.charCodeAt(0) - 0x61]).join('');
}

function replaced(word: string, letters: Readonly<Record<string, string>>): string {
  return [...word].map((char) => letters[char] ?? char).join('');
}

function one(word: string, letters: Readonly<Record<string, string>>): string {
  const chars = [...word];
  const at = chars.findIndex((char) => letters[char] !== undefined);
  return chars.map((char, nth) => (nth === at ? letters[char] : char)).join('');
}

/** Only where a letter of the first script is left: all the others make another word. */
function mixed(word: string, hidden: string): string | undefined {
  return [...word].some((char) => hidden.includes(char)) ? hidden : undefined;
}

function split(word: string, sign: string): string {
  const chars = [...word];
  const half = Math.floor(chars.length / 2);
  return chars.slice(0, half).join('') + sign + chars.slice(half).join('');
}

/** f uck: where the first letter is no word by itself. */
function spacedOut(word: string): string | undefined {
  return VOWEL.test(word.slice(0, 1)) || !VOWEL.test(word.slice(1))
    ? undefined
    : `${word.slice(0, 1)} ${word.slice(1)}`;
}

function masked(word: string): string | undefined {
  const inner = word.slice(1, -1);
  return VOWEL.test(inner) ? word.slice(0, 1) + inner.replace(VOWEL, '*') + word.slice(-1) : undefined;
}
