import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NameMatcher } from '../../../src/bridge/addressing/name-matcher.ts';

/** What each list of names is called by, and where; null: by none of it. */
const TABLE: readonly [names: string, said: string, place: 'start' | 'end' | null][] = [
  // As transcriptions spell it.
  ['Parley', 'Parley, what time is it?', 'start'],
  ['Parley', 'parlay what time is it', 'start'],
  ['Parley', 'Hey parly, are you there?', 'start'],
  ['Parley', 'Parlee can you hear me', 'start'],
  ['Parley', 'Perley, stop', 'start'],
  ['Parley', "Parley's there, right?", 'start'],
  ['Parley', 'Parley’s turn now', 'start'],
  ['Parley', 'What do you think, Parley?', 'end'],
  ['Parley', 'what about it par lay', 'end'],
  ['Parley', 'Par lay, tell us', 'start'],
  ['Parley', 'PARLEY!', 'start'],
  ['Parley', 'Is that right, Parley, please?', 'end'],
  ['Parley', 'Play the next one, Parley. Thank you.', 'end'],
  ['Parley', 'ok so hey parley go', 'start'],
  ['Parley', 'Hey barley, how are you', 'start'],
  ['Parley', 'Ⓟⓐⓡⓛⓔⓨ hi', 'start'],
  ['Parley', '… Parley', 'start'],
  // In other languages and scripts.
  ['Søren', 'Soren, are you there?', 'start'],
  ['Işık', 'isik, saat kaç?', 'start'],
  ['أحمد', 'يا احمد كم الساعة', 'start'],
  ['Parley', 'Hallo Parley, wie spät ist es?', 'start'],
  ['Parley', 'Wie spät ist es, Parley, bitte?', 'end'],
  ['Parley', 'Dis Parlé, quelle heure est-il ?', 'start'],
  ['Parley', 'Oye Parley, ¿qué hora es?', 'start'],
  ['Parley', 'Привет, Парли, сколько времени?', 'start'],
  ['Parley', 'Сколько времени, Парлей?', 'end'],
  ['Parley', 'Πάρλεϊ, τι ώρα είναι;', 'start'],
  ['Алиса', 'Алиса, включи музыку', 'start'],
  ['Алиса', 'Alisa, turn it on', 'start'],
  ['パーレー', 'ねえパーレー、今何時？', 'start'],
  ['パーレー', '今何時ですか、パーレーさん', 'end'],
  ['小雅', '你好小雅，现在几点', 'start'],
  ['小雅', '现在到底几点了啊小雅', 'end'],
  ['파를리', '파를리야 지금 몇 시야', 'start'],
  ['بارلي', 'يا بارلي كم الساعة', 'start'],
  ['परली', 'अरे परली, कितने बजे हैं', 'start'],
  ['ปาร์ลี', 'ปาร์ลีครับ กี่โมงแล้ว', 'start'],
  // Other names.
  ['Jarvis', 'Jarvis open the door', 'start'],
  ['Jarvis', 'Jervis, open the door', 'start'],
  ['Sophia', 'Sofia, are you there', 'start'],
  ['Kira', 'Cira is my name, hey Kira', 'end'],
  ['Max', 'Max, come here', 'start'],
  ['Robo Rick', 'Hey Robo Rick, sing', 'start'],
  ['Robo Rick', 'Hey robot rig', null],
  ['Parley Bot', 'Parley, sing', 'start'],
  ['Parley Bot', 'Parley bot, sing', 'start'],
  ['🤖 Nova ✨', 'Sing something, Nova', 'end'],
  ['C3PO', 'C3PO, translate', 'start'],
  // Not called.
  ['Parley', '', null],
  ['Parley', 'I asked Parley yesterday about it', null],
  ['Parley', 'Then Ben said that Parley was wrong again and again', null],
  ['Parley', 'Barley is a grain', null],
  ['Parley', 'We grow wheat and barley', null],
  ['Parley', 'Parsley goes into the soup', null],
  ['Parley', 'A soup with parsley', null],
  ['Parley', 'Parle plus fort', null],
  ['Parley', 'Parlez-vous français ?', null],
  ['Parley', 'Purely by accident', null],
  ['Parley', 'That went poorly', null],
  ['Parley', 'Pearly gates', null],
  ['Parley', 'Parole was denied', null],
  ['Parley', 'Partly cloudy today', null],
  ['Parley', 'What a party', null],
  ['Parley', 'Parliament voted on it', null],
  ['Parley', 'It is in the parlor', null],
  ['Parley', 'Hey Charlie, come here', null],
  ['Parley', 'hey Harley', null],
  ['Parley', 'Bob Marley', null],
  ['Parley', 'See you early', null],
  ['Parley', 'Poor Lee', null],
  ['Parley', 'Per person', null],
  ['Parley', 'Hey guys, did you see that', null],
  ['Parley', 'Парень пришёл', null],
  ['Алиса', 'Я видел Алису', null],
  ['小雅', '我昨天看见小雅在学校里面', null],
  ['Max', 'Mix it up', null],
  ['Max', 'The maximum', null],
  ['Nova', 'Novak won again', null],
  ['Alexa', 'Alex, come here', null],
  ['🤖', 'hello there', null],
  ['Ok', 'okay then', null],
];

describe('a name in what was said', () => {
  for (const [names, said, place] of TABLE) {
    it(`${JSON.stringify(said)} ${place === null ? 'does not call' : `calls, at its ${place},`} ${names}`, () => {
      assert.equal(new NameMatcher(names.split('|')).find(said)?.place ?? null, place);
    });
  }

  it('is found among several, and told as the word that was said', () => {
    const names = new NameMatcher(['Parley', 'Computer']);
    assert.deepEqual(names.find('Hey computer, stop'), { word: 'computer', place: 'start' });
    assert.deepEqual(names.find("What's up, parlay?"), { word: 'parlay', place: 'end' });
  });

  it('is told of a beginning only once its word is whole', () => {
    const names = new NameMatcher(['Parley']);
    assert.equal(names.findAtStart('Parl'), undefined);
    assert.equal(names.findAtStart('Parley'), undefined);
    assert.deepEqual(names.findAtStart('Parley,'), { word: 'Parley', place: 'start' });
    assert.deepEqual(names.findAtStart('Parley what'), { word: 'Parley', place: 'start' });
    assert.equal(names.findAtStart('I think Parley '), undefined);
  });

  it('takes no time over an endless turn', () => {
    const names = new NameMatcher(Array.from({ length: 10 }, (_, i) => `Name${i}`));
    const startedAt = performance.now();
    for (let i = 0; i < 200; i += 1) names.find('word '.repeat(5_000));
    assert.ok(performance.now() - startedAt < 2_000);
  });
});
