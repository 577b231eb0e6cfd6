import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AesTextCipher, openText } from '../../../src/store/encryption/text-cipher.ts';
import { askedWords, found, termsOf } from '../../../src/store/record/search-terms.ts';

const FOUND: readonly (readonly [said: string, asked: string])[] = [
  ['Işık geldi', 'Isik'],
  ['Søren', 'soren'],
  ['Łukasz', 'lukasz'],
  ['Đặng Thị', 'dang thi'],
  ['Þórður', 'thordur'],
  ['İstanbul', 'istanbul'],
  ['ISPARTA', 'ısparta'],
  ['Ærø', 'aero'],
  ['Œuvre', 'oeuvre'],
  ['می‌خواهم', 'میخواهم'],
  ['می‌خواهم', 'خواهم'],
  ['می‌خواهم', 'می خواهم'],
  ['كِتَابٌ', 'كتاب'],
  ['کتاب', 'كتاب'],
  ['مدرسة', 'مدرسه'],
  ['إسلام', 'اسلام'],
  ['موسى', 'موسي'],
  ['رؤية', 'رويه'],
  ['٢٠٢٦', '2026'],
  ['۲۰۲۶', '2026'],
  ['צה״ל', 'צהל'],
  ['צה"ל אמר', 'צהל'],
  ['שָׁלוֹם', 'שלום'],
  ['ガラス', 'がらす'],
  ['ｶﾞﾗｽ', 'ガラス'],
  ['プール', 'ぷーる'],
  ['한국', '한국'.normalize('NFD')],
  ['한국은 좋다', '한국'],
  ['게임하자', '게임'],
  ['대한민국에서', '민국'],
  ['हिन्दी', 'हिंदी'],
  ['हिंदी में', 'हिन्दी'],
  ['सम्बन्ध', 'संबंध'],
  ['क़लम', 'कलम'],
  ['हूँ', 'हूं'],
  ['ёлка', 'елка'],
  ['Αθήνα', 'αθηνα'],
  ['ΟΔΥΣΣΕΥΣ', 'οδυσσευς'],
  ['Weiß', 'weiss'],
  ['naïve', 'naive'],
  ['co\u00adoperate', 'cooperate'],
  ['ﬁne', 'fine'],
  ['d’accord', 'accord'],
  ['ไม่', 'ไม'],
  ['Қазақстан', 'казакстан'],
  ['Gümüşhane', 'gumushane'],
  ['əliyev', 'eliyev'],
];
const NOT_FOUND: readonly (readonly [said: string, asked: string])[] = [
  ['ガラス', 'からす'],
  ['각시', '가시'],
  ['कि', 'की'],
  ['göt', 'gut'],
];

for (const [how, seal] of [
  ['open', openText],
  ['encrypted', new AesTextCipher(Buffer.alloc(32, 1))],
] as const) {
  test(`a search finds a word however its letters are written (${how})`, () => {
    const finds = (said: string, asked: string): boolean => {
      const words = termsOf(said).map(({ word }) => word);
      const wanted = askedWords(asked);
      return wanted.length > 0 && wanted.every((one) => words.some((word) => found(word, one, seal)));
    };
    for (const [said, asked] of FOUND) assert.ok(finds(said, asked), `${asked} in ${said}`);
    for (const [said, asked] of NOT_FOUND) assert.ok(!finds(said, asked), `${asked} in ${said}`);
  });
}

test('what is found is marked where it stands', () => {
  const text = 'so \u200bSø\u200dren, می‌خواهم';
  const marked = termsOf(text).map(({ word, start, end }) => [word, text.slice(start, end)]);
  assert.deepEqual(marked.slice(1, 3), [
    ['soren', 'Sø\u200dren'],
    ['ميخواهم', 'می‌خواهم'],
  ]);
});

test('a search asks for the pairs of letters of a script without spaces, and for a letter where it stands alone', () => {
  assert.deepEqual(askedWords('今日は'), ['今日', '日は']);
  assert.deepEqual(askedWords('東'), ['東']);
  assert.deepEqual(askedWords('で と'), ['で', 'と']);
  assert.deepEqual(askedWords('東 東京'), ['東', '東京']);
  assert.deepEqual(askedWords('가나다'), ['가나', '나다']);
  assert.deepEqual(askedWords('漢a字'), ['漢', 'a', '字']);
  assert.deepEqual(askedWords('𠮷野家'), ['𠮷野', '野家']);
});
