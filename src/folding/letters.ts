/** Letters drawn otherwise, by the letter that they are: stroked, hooked, small capitals. From their names in Unicode. */
const DRAWN: Readonly<Record<string, string>> = {
  a: 'ɐɑᴀᶏⱥ',
  ae: 'æᴁᴂ',
  b: 'ƀƃƅɓʙᴃᵬᶀꞗ',
  c: 'ƈȼɕᴄↄꜿꞓꞔ',
  d: 'đðƌȡɖɗᴅᴆᵭᶁᶑꝺꟈ',
  e: 'əǝɇɘɛᴇᶒᶓⱸⱻꬳꬴ',
  f: 'ƒᵮᶂꜰꝼꞙ',
  g: 'ǥɠɡɢɣʛᵷᵹᶃꞡ',
  h: 'ħɥɦʜʮʯⱨꞕ',
  i: 'ıɨɩɪᴉᵻᶖ',
  j: 'ȷɉɟʄʝᴊ',
  k: 'ĸƙʞᴋᶄⱪꝁꝃꝅꞣ',
  l: 'łƚȴɫɬɭʟᴌᶅⱡꝉꞁꞎꬷꬸꬹ',
  m: 'ɯɰɱᴍᵯᶆꟺꬺ',
  n: 'ŋƞȵɲɳɴᴎᵰᶇꞑꞥꬻ',
  o: 'øɔɵᴏᴐᴑᴓᶗⱺꝋꝍꬿ',
  oe: 'œɶᴔꭁꭂ',
  p: 'ƥᴘᵱᵽᶈꝑꝓꝕ',
  q: 'ɋʠꝗꝙꞯ',
  r: 'ɍɹɺɻɼɽɾɿʀʁᴙᴚᵲᵳᶉⱹꞃꞧꭆ',
  s: 'ȿʂʃᵴᶊꜱꞅꞩꟊ',
  t: 'ŧƫƭȶʇʈᴛᵵⱦꞇ',
  th: 'þ',
  u: 'ʉʊᴜᴝᵾᶙꞹꭎꭒ',
  v: 'ʋʌᴠᶌⱱⱴꝟ',
  w: 'ʍᴡⱳ',
  x: 'ᶍꭖꭗꭘꭙ',
  y: 'ƴɏʎʏỿꭚ',
  z: 'ƶȥɀʐʑʒᴢᵶᶎⱬ',
  г: 'ґғҕӷӻ',
  ж: 'җ',
  з: 'ҙ',
  и: 'ҋ',
  к: 'қҝҟӄ',
  л: 'ӆԓԡԯ',
  м: 'ӎ',
  н: 'ңҥӈӊԣԩ',
  о: 'ө',
  а: 'ә',
  п: 'ҧԥ',
  р: 'ҏ',
  с: 'ҫ',
  т: 'ҭ',
  у: 'ұү',
  х: 'һҳӽӿԧ',
  ч: 'ҷҹҿ',
  ъ: 'ꙑ',
};

/**
 * Forms of one letter between which writers of Arabic, Persian, Urdu and Hebrew choose: alef, yeh, kaf and heh, and the
 * letters that look otherwise at the end of a word. Hamza and madda above and below are marks already (Unicode 17,
 * table 9-9 and section 9.1); which forms people exchange says Lucene's ArabicNormalizer and PersianNormalizer.
 */
const FORMS: Readonly<Record<string, string>> = {
  ا: 'ٱٲٳٵ',
  ه: 'ةہھەۀۃۂ',
  و: 'ۄۅۇ',
  ي: 'ىیېۍے',
  ك: 'کڪ',
  ن: 'ں',
  כ: 'ך',
  מ: 'ם',
  נ: 'ן',
  פ: 'ף',
  צ: 'ץ',
  σ: 'ς',
  // Two ways to write one nasal sound in Hindi.
  '\u0902': '\u0901',
};

/** Signs that are drawn as letters and have no decomposition: squared, circled on black, regional indicators. */
const SIGNS: readonly (readonly [first: number, last: number])[] = [
  [0x1f150, 0x1f169],
  [0x1f170, 0x1f189],
  [0x1f1e6, 0x1f1ff],
];

/** The letter for one that is drawn otherwise. */
export const PLAIN: ReadonlyMap<string, string> = new Map([...pairs(DRAWN), ...pairs(FORMS)]);

function pairs(table: Readonly<Record<string, string>>): (readonly [string, string])[] {
  return Object.entries(table).flatMap(([plain, drawn]) => [...drawn].map((one) => [one, plain] as const));
}

/** The small letter that a sign shows; undefined: none. */
export function letterOfSign(sign: string): string | undefined {
  const code = sign.codePointAt(0) ?? 0;
  const range = SIGNS.find(([first, last]) => code >= first && code <= last);
  return range && String.fromCharCode(0x61 + code - range[0]);
}
