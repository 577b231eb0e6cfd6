import { doubleMetaphone } from 'double-metaphone';
import { distance } from 'fastest-levenshtein';
import { fold } from '../../folding/fold.ts';
import { latinized } from './transliteration.ts';

/** Where a name stood, and as which word of what was said. The word is untrusted text. */
export interface Address {
  readonly word: string;
  readonly place: 'start' | 'middle' | 'end';
}

const WORD = /[\p{L}\p{N}][\p{L}\p{M}\p{N}]*(?:['’ʼ`][\p{L}\p{M}\p{N}]+)*/gu;
/** What people say before a name that they call, and what they say after one; none of these words addresses anybody. */
const GREETINGS = words(
  'hey hi hello hallo hullo heya ho yo oi oy oye okay ok oke alright right so and but well now um uh uhm er erm ah oh ' +
    'yes yeah no please dear good morning evening thanks thank you listen say ey eh na also und aber ja nein bitte guten ' +
    'morgen abend du sag mal hör salut bonjour bonsoir allô allo dis alors bon et non oui hola oiga dime buenos días ' +
    'buenas ciao ehi senti scusa olá ola ei hej hei moi siema cześć słuchaj ahoj привет эй слушай ну да нет здравствуй ' +
    'алло окей ок γεια έλα يا مرحبا אהלן היי तो अरे हे सुनो',
);
const FAREWELLS = words(
  'please thanks thank you okay ok right then now again yes no eh huh bitte danke ja okay oder mal merci stp svp voilà ' +
    'por favor gracias vale grazie obrigado obrigada tack kiitos dziękuję proszę пожалуйста спасибо да нет ладно ευχαριστώ',
);
/** Before or after the name stand at most this many of them. */
const MOST_AROUND = 3;
/** Scripts that write no spaces between words, or hang endings on names: there a name is looked for by letters. */
const UNSPACED = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Hang}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}]/u;
/** So many letters of a call (ねえ, 你好, 안녕) or of an ending (さん, 啊, 아) may stand around such a name. */
const LETTERS_AROUND = 3;
/** What a display name says besides the name: nobody calls a bot by it. */
const TITLES = new Set(['bot', 'ai', 'app', 'official', 'assistant']);
/** Of a turn only its beginning and its end are looked at. */
const LOOKED_AT = 400;

/** A word as it was said, and as it is compared. */
interface Word {
  readonly said: string;
  readonly plain: string;
}

/** A name, word by word; `letters`: without spaces, where its script has none. */
interface Name {
  readonly parts: readonly string[];
  readonly letters: string | undefined;
}

/**
 * The names that the bot goes by. People's words come from a transcription, which spells a name as it likes: a word
 * counts as the name if it sounds the same (Double Metaphone) and is spelt nearly the same (edit distance).
 */
export class NameMatcher {
  readonly #names: readonly Name[];

  /** `names`: as people wrote them; what has neither letters nor digits is no name. */
  constructor(names: readonly string[]) {
    this.#names = names.flatMap(nameOf);
  }

  /** Whether a turn with these words calls the bot: by a name at its start or its end. */
  find(text: string): Address | undefined {
    const start = wordsOf(text.slice(0, LOOKED_AT));
    const end = text.length > LOOKED_AT ? wordsOf(text.slice(-LOOKED_AT)) : start;
    for (const name of this.#names) {
      const found = name.letters === undefined ? called(name.parts, start, end) : calledIn(name.letters, text);
      if (found) return found;
    }
    return undefined;
  }

  /** A name anywhere, for words of which nobody knows where a turn begins and ends. */
  findAnywhere(text: string): Address | undefined {
    const found = this.find(text);
    if (found) return found;
    const spoken = wordsOf(text.slice(0, LOOKED_AT));
    for (const { parts, letters } of this.#names) {
      if (letters !== undefined && joined(spoken).includes(letters)) return { word: letters, place: 'middle' };
      for (let at = 0; at < spoken.length; at += 1) {
        const used = matchAt(parts, spoken, at, false);
        if (used > 0) return { word: said(spoken.slice(at, at + used)), place: 'middle' };
      }
    }
    return undefined;
  }

  /** The same for the beginning of a turn of which not all words are known. */
  findAtStart(text: string): Address | undefined {
    // The last word may not be whole yet.
    const known = text.slice(0, text.search(/[\p{L}\p{M}\p{N}'’]*$/u));
    const found = this.find(known);
    return found?.place === 'start' ? found : undefined;
  }
}

function nameOf(name: string): readonly Name[] {
  const parts = wordsOf(name).map(({ plain }) => plain);
  const short = parts.filter((part) => !TITLES.has(part));
  const variants = short.length > 0 && short.length < parts.length ? [parts, short] : [parts];
  return variants
    .filter((one) => one.length > 0)
    .map((one) => ({ parts: one, letters: UNSPACED.test(one.join('')) ? one.join('') : undefined }));
}

function called(name: readonly string[], start: readonly Word[], end: readonly Word[]): Address | undefined {
  for (let before = 0; before <= MOST_AROUND; before += 1) {
    const used = matchAt(name, start, before, before > 0);
    if (used > 0) return { word: said(start.slice(before, before + used)), place: 'start' };
    if (!GREETINGS.has(start[before]?.plain ?? '')) break;
  }
  for (let after = 0; after <= MOST_AROUND; after += 1) {
    for (const used of [name.length, name.length + 1]) {
      const at = end.length - after - used;
      if (at >= 0 && matchAt(name, end, at, false) === used) {
        return { word: said(end.slice(at, at + used)), place: 'end' };
      }
    }
    if (!FAREWELLS.has(end.at(-1 - after)?.plain ?? '')) break;
  }
  return undefined;
}

/** How many words from `at` on are the name; 0: none. `greeted`: a call goes before it, so it is somebody's name. */
function matchAt(name: readonly string[], spoken: readonly Word[], at: number, greeted: boolean): number {
  const same = name.every((part, i) => {
    const word = spoken[at + i]?.plain;
    return word !== undefined && alike(part, word, greeted);
  });
  if (same) return name.length;
  // "par lay": a name that was taken for two words has to sound right to its end.
  const [one, two] = [spoken[at]?.plain, spoken[at + 1]?.plain];
  const [only] = name;
  if (name.length > 1 || !only || !one || !two || only.length < 5) return 0;
  return spelt(only) === spelt(one + two) ? 2 : 0;
}

/** Whether a word is the name as a transcription may spell it. Both plain. */
function alike(name: string, word: string, greeted: boolean): boolean {
  if (name === word || withoutEnding(word) === name) return true;
  const [a, b] = [spelt(name), spelt(withoutEnding(word))];
  const longest = Math.max(a.length, b.length);
  if (Math.min(a.length, b.length) < 4) return false;
  const apart = distance(a, b);
  if (apart > (longest < 7 ? 1 : 2) || (longest < 7 && a.length !== b.length)) return false;
  // Letters without sounds known here: only one of several may differ, and neither the first nor the last.
  if (!/^[a-z0-9]+$/.test(a + b)) return longest > 4 && apart <= 1 && a[0] === b[0] && a.at(-1) === b.at(-1);
  const sounds = doubleMetaphone(a);
  if (!doubleMetaphone(b).some((code) => sounds.includes(code))) return false;
  return a.at(-1) === b.at(-1) && (a[0] === b[0] || greeted);
}

/** A plain word without the 's of "Parley's". */
function withoutEnding(word: string): string {
  return word.replace(/'(?:s|ll|d|re|ve|m)?$/, '');
}

/** One spelling for what sounds the same, at the end of a name above all. */
function spelt(word: string): string {
  return word
    .replace(/ph/g, 'f')
    .replace(/c(?=[kaou]|$)/g, 'k')
    .replace(/(?:ey|ay|ie|ee|ei|ea|y)$/, 'i')
    .replace(/([^aeiou])\1/g, '$1');
}

function calledIn(name: string, text: string): Address | undefined {
  const spoken = joined(wordsOf(text));
  const first = spoken.indexOf(name);
  if (first < 0) return undefined;
  if (first <= LETTERS_AROUND) return { word: name, place: 'start' };
  const left = spoken.length - spoken.lastIndexOf(name) - name.length;
  return left <= LETTERS_AROUND ? { word: name, place: 'end' } : undefined;
}

function wordsOf(text: string): Word[] {
  const found = text.normalize('NFKC').match(WORD) ?? [];
  return found.map((said) => ({ said, plain: plainOf(said) })).filter(({ plain }) => plain !== '');
}

/** Folded, Cyrillic and Greek in Latin letters. An é that ends a word sounds: it becomes ei. */
function plainOf(word: string): string {
  const bare = word
    .toLowerCase()
    .replace(/[’ʼ`]/g, "'")
    .normalize('NFD')
    .replace(/e\u0301$/, 'ei')
    .replace(/[\u0300-\u036f]/g, '');
  return fold(latinized(bare.normalize('NFC')), 'search');
}

function words(list: string): ReadonlySet<string> {
  return new Set(wordsOf(list).map(({ plain }) => plain));
}

function joined(spoken: readonly Word[]): string {
  return spoken.map(({ plain }) => plain).join('');
}

function said(found: readonly Word[]): string {
  return found.map((word) => word.said).join(' ');
}
