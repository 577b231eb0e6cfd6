/**
 * Letters with marks, or beside a to z, that languages write: first those that are letters of their own there (their
 * collation puts them apart from the letter that they are drawn from), then those with an accent. Made from the exemplar
 * characters and the collations of Unicode's CLDR 48 (https://cldr.unicode.org, package cldr-misc-full; Unicode License
 * v3); German by its telephone books. A test
 * compares the first ones with the collations of the running ICU.
 */
export const ALPHABETS: Readonly<Record<string, readonly [own: string, accented: string]>> = {
  az: ['çəğıöşü', ''],
  bs: ['čćđšž', ''],
  ca: ['', 'àçéèíïóòúü'],
  cs: ['čřšž', 'áďéěíňóťúůý'],
  cy: ['', 'áàâäéèêëíìîïóòôöúùûüẃẁŵẅýỳŷÿ'],
  da: ['æøå', ''],
  de: ['äöü', 'ß'],
  eo: ['ĉĝĥĵŝŭ', ''],
  es: ['ñ', 'áéíóúü'],
  et: ['šžõäöü', ''],
  fi: ['åäö', 'šž'],
  fil: ['ñ', ''],
  fo: ['æø', 'áðíóúý'],
  fr: ['', 'àâæçéèêëîïôœùûüÿ'],
  ga: ['', 'áéíóú'],
  gl: ['ñ', 'áéíïóúü'],
  hr: ['čćđšž', ''],
  hu: ['öőüű', 'áéíóú'],
  is: ['áðéíóúýþæö', ''],
  it: ['', 'àéèìòù'],
  lt: ['čšž', 'ąęėįųū'],
  lv: ['āčēģīķļņšūž', ''],
  mt: ['ċġħż', 'àèìòù'],
  nb: ['æøå', 'àéóòô'],
  nl: ['', 'áäéëíïóöúü'],
  pl: ['ąćęłńóśźż', ''],
  pt: ['', 'áàâãçéêíóòôõú'],
  ro: ['ăâîșț', ''],
  sk: ['äčôšž', 'áďéíĺľňóŕťúý'],
  sl: ['čšž', ''],
  sq: ['çë', ''],
  sv: ['åäö', 'àé'],
  tk: ['çäžňöşüý', ''],
  tr: ['çğıöşü', ''],
  vi: ['ăằẳẵắặâầẩẫấậđêềểễếệôồổỗốộơờởỡớợưừửữứự', 'àảãáạèẻẽéẹìỉĩíịòỏõóọùủũúụỳỷỹýỵ'],
  ru: ['й', 'ё'],
  uk: ['ґїй', ''],
  be: ['ёйў', ''],
  kk: ['әғёйқңөұүһ', ''],
  ky: ['ёйңөү', ''],
  tt: ['әҗйңөүһ', 'ё'],
  mn: ['йөү', 'ё'],
  tg: ['ғйқҳҷ', 'ёӣӯ'],
};

/** In more languages an accent than a letter: people leave these marks out. */
const ACCENT = /^[aeiouy][\u0300-\u0303]$|^[eе]\u0308$/u;

/** Letters that are their own in some language, and that nobody takes for the one without the mark. */
export const OWN: ReadonlySet<string> = new Set(
  Object.values(ALPHABETS)
    .flatMap(([own]) => [...own])
    .filter((letter) => !ACCENT.test(letter.normalize('NFD'))),
);

const MARKED = Object.values(ALPHABETS).map(([own, accented]) => ({
  own: new Set(own),
  all: new Set([...own, ...accented]),
}));

/** So many different words have a letter of their own where a language has it. */
const FEW = 2;

/**
 * Whether the letters of their own in a text belong there: some language has them all, with every other letter beyond
 * ASCII that the words have, and they stand in more than one word. `words`: in small letters, composed.
 */
export function isNative(words: Iterable<string>): boolean {
  const letters = new Set<string>();
  let own = 0;
  for (const word of new Set(words)) {
    const marked = [...word].filter((letter) => letter > '\x7f' && /\p{L}/u.test(letter));
    for (const letter of marked) letters.add(letter);
    if (marked.some((letter) => OWN.has(letter))) own += 1;
  }
  if (own < FEW) return false;
  return MARKED.some((language) =>
    [...letters].every((letter) => (OWN.has(letter) ? language.own : language.all).has(letter)),
  );
}
