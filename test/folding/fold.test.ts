import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ALPHABETS, isNative, OWN } from '../../src/folding/alphabets.ts';
import { type Depth, fold, folded } from '../../src/folding/fold.ts';
import { RuleSet } from '../../src/moderation/rules/rule-set.ts';
import { openText } from '../../src/store/encryption/text-cipher.ts';
import { askedWords, found, termsOf } from '../../src/store/record/search-terms.ts';

const DEPTHS: readonly Depth[] = ['letters', 'plain', 'search'];
/** A word or more of each script, with marks. */
const WORDS =
  'göt ışık çöp łaska ślub řeřicha żółw đường cặc ñandú smørrebrød þórður ħobż šťáva őrült naïve Straße ĉevalo ' +
  'дурак ёлка йод їжак ўсё қазақ ҡала αηδία ίχνος Ὀδυσσεύς հայերեն ქართული أحمق إسلام مدرسة كِتَاب علی شلوغ گاو ' +
  'שָׁלוֹם מַלְאָךְ हूँ सड़क क़लम বাড়ি ਪੰਜਾਬ தமிழ் తెలుగు ไทยก่ำ ລາວ ខ្មែរ မြန်မာ アボカド ばか ｱﾎﾞ 시발 각시 馬鹿 傻逼 አማርኛ';

describe('fold()', () => {
  it('is the same once more, for every character and for texts of many', () => {
    const stranger = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc
        .array(fc.constantFrom(...'oAİıßǅ\u0308\u0301\u0e33\u200d\u3099ｱﾎﾞ각बि़\u093cكَـ'), { maxLength: 12 })
        .map((all) => all.join('')),
    );
    fc.assert(
      fc.property(stranger, fc.constantFrom(...DEPTHS), (text, depth) => {
        const once = fold(text, depth);
        assert.equal(fold(once, depth), once);
        assert.equal(folded(text, depth).text, once);
      }),
      { numRuns: 3_000 },
    );
    for (let code = 0; code < 0x20000; code++) {
      const char = String.fromCodePoint(code);
      if (/[\p{sc=Han}\p{sc=Hang}\p{Co}\p{Cn}\p{Cs}]/u.test(char)) continue;
      for (const depth of DEPTHS) {
        const once = fold(char, depth);
        if (fold(once, depth) !== once) assert.fail(`${code.toString(16)} ${depth}`);
      }
    }
  });

  it('knows where everything was', () => {
    const text = 'a\u200b Go\u0308\u0336t ﬁｱﾎﾞ';
    const { text: plain, at } = folded(text, 'plain');
    assert.equal(plain, 'a got fiアボ');
    assert.deepEqual(at, [0, 2, 3, 4, 7, 8, 9, 9, 10, 11, 13]);
  });

  it('goes as deep as it is asked to', () => {
    const rows: readonly (readonly [text: string, letters: string, plain: string, search: string])[] = [
      ['Göt', 'göt', 'got', 'got'],
      ['Işık', 'işık', 'isik', 'isik'],
      ['Søren Łukasz Æthelþryð', 'søren łukasz æthelþryð', 'soren lukasz aethelthryd', 'soren lukasz aethelthryd'],
      ['Đường', 'đường', 'duong', 'duong'],
      ['Café', 'cafe', 'cafe', 'cafe'],
      ['アボカド', 'アボカド', 'アボカド', 'あぼかど'],
      ['أَحْمَد كـتاب مدرسة علی', 'احمد كتاب مدرسه علي', 'احمد كتاب مدرسه علي', 'احمد كتاب مدرسه علي'],
      ['שָׁלוֹם', 'שלומ', 'שלומ', 'שלומ'],
      ['सड़क क़लम', 'सड़क कलम', 'सड़क कलम', 'सडक कलम'],
      ['٣٤ ۵', '34 5', '34 5', '34 5'],
    ];
    for (const [text, ...forms] of rows) {
      const folds = DEPTHS.map((depth) => fold(text, depth));
      assert.deepEqual(
        folds,
        forms.map((form) => form.normalize('NFC')),
        text,
      );
    }
  });
});

/** Of German the one in which an umlaut is no accent. */
const COLLATIONS: Readonly<Record<string, string>> = { de: 'de-u-co-phonebk' };

describe('letters of their own', () => {
  it('are those that collations put apart', () => {
    for (const [language, [own, accented]] of Object.entries(ALPHABETS)) {
      if (Intl.Collator.supportedLocalesOf(language).length === 0) continue;
      const { compare } = new Intl.Collator(COLLATIONS[language] ?? language, { sensitivity: 'base' });
      for (const letter of own) assert.notEqual(compare(letter, fold(letter, 'plain')), 0, `${language} ${letter}`);
      for (const letter of accented) assert.equal(compare(letter, fold(letter, 'plain')), 0, `${language} ${letter}`);
    }
  });

  it('are not the accents that people leave out', () => {
    for (const letter of 'éèêëáàâãóòôõíîúùûýё') assert.ok(!OWN.has(letter), letter);
    for (const letter of 'äöüåæøñçşğıłđąęčšžőűășțñþðй') assert.ok(OWN.has(letter), letter);
  });

  it('belong to a text of which a language has them all', () => {
    assert.ok(isNative(['çok', 'sık']));
    assert.ok(isNative(['schön', 'über', 'straße']));
    assert.ok(!isNative(['bäd']));
    assert.ok(!isNative(['sık', 'sık']));
    assert.ok(!isNative(['bäd', 'wőrd', 'thïs']));
    assert.ok(!isNative(['garçon', 'à', 'côté']));
  });
});

describe('every word in its forms', () => {
  const fullWidth = (text: string): string =>
    text.replace(/[!-~]/g, (char) => String.fromCharCode(char.charCodeAt(0) + 0xfee0));
  const forms = (word: string): readonly string[] => [
    word,
    word.toUpperCase(),
    word.toLowerCase(),
    word.normalize('NFD'),
    word.normalize('NFKC'),
    word.toUpperCase().normalize('NFD'),
    fullWidth(word),
    [...word].join('\u200d'),
  ];

  it('is hit by its own rule', () => {
    for (const word of WORDS.split(' ')) {
      const set = RuleSet.of([{ id: 1, kind: 'word', text: word }]);
      let made = set.next();
      while (!made.done) made = set.next();
      for (const form of forms(word)) {
        const scan = made.value.scan(`say ${form} now`);
        let hits = scan.next();
        while (!hits.done) hits = scan.next();
        assert.equal(hits.value.length, 1, `${word} as ${form}`);
      }
    }
  });

  it('is found by a search with or without its marks', () => {
    for (const word of WORDS.split(' ')) {
      const bare = fold(word, 'search');
      for (const [said, asked] of forms(word).flatMap(
        (form) =>
          [
            [form, bare],
            [bare, form],
            [form, word],
            [word, form],
          ] as const,
      )) {
        const terms = termsOf(said).map((term) => term.word);
        for (const one of askedWords(asked))
          assert.ok(
            terms.some((term) => found(term, one, openText)),
            `${asked} in ${said}`,
          );
      }
    }
  });
});
