import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Quotes } from '../../../src/store/record/quotes.ts';

const quotes = new Quotes({ names: ['May', 'Anna B.'], id: '794369388969984000' });
for (const said of [
  'the red key is under the third stone',
  'yes',
  'call the plumber',
  'marzipan!',
  '赤い鍵は三番目の石の下にあります',
]) {
  quotes.add(said);
}

test('what stands in others’ results is found in any form that a tool may give it', () => {
  for (const [what, result] of [
    ['her name', { by: 'Anna B.', text: 'x' }],
    ['her name in a list', ['Ben', 'May']],
    ['her id', { who: '<@794369388969984000>' }],
    ['an excerpt', { said: [{ by: 'you', text: '… RED key is under the third, stone' }] }],
    ['a whole short text', { text: 'Call the plumber.' }],
    ['a whole text of one rare word', ['Marzipan']],
    ['a key', { 'the red key is under the third stone': 1 }],
    ['a script without spaces', { text: '彼女は「鍵は三番目の石の下に」と言った' }],
  ] as const) {
    assert.equal(quotes.standIn(JSON.stringify(result)), true, what);
  }
  assert.equal(quotes.standIn('Ben: hello\nMay: yes, that one'), true, 'a line of plain text with her name');
});

test('what others say, and what anybody might say, is not taken for hers', () => {
  for (const result of [
    { date: '3 May 2026', text: 'It rains in May.' },
    { text: 'yes' },
    { text: 'the red key' },
    { text: 'Somebody should call the plumber tomorrow' },
    { text: 'marzipan is what people here like' },
    { text: '鍵は石の下' },
    ['', '...', 5, null, true],
  ]) {
    assert.equal(quotes.standIn(JSON.stringify(result)), false, JSON.stringify(result));
  }
  assert.equal(quotes.repeats('She hid something under the third stone'), false);
});
