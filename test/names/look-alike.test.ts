import assert from 'node:assert/strict';
import { test } from 'node:test';
import { besideBot, looksAlike } from '../../src/names/look-alike.ts';

const ALIKE = [
  'Parley',
  'PARLEY',
  'parley ',
  'P a r l e y',
  'Par\u200bley',
  'P\u2060a\u00adr\ufe0fley\u034f',
  '\u202eParley\u202c',
  'Раrlеу', // Cyrillic
  'РАRLЕУ',
  'рагlеу',
  'Ρarley', // Greek
  'ꓑarley', // Lisu
  'Ꮲarley', // Cherokee
  'ＰＡＲＬＥＹ',
  '𝓟𝓪𝓻𝓵𝓮𝔂',
  'ⓅⓐⓡⓛⓔⓎ',
  '🅟🅐🅡🅛🅔🅨',
  '🅿🅰🆁🅻🅴🆈',
  '🇵\u200b🇦\u200b🇷\u200b🇱\u200b🇪\u200b🇾',
  'ᴘᴀʀʟᴇʏ',
  'ParIey', // a capital I
  'Par|ey',
  'Par1ey',
  'P4rl3y',
  'P@rley',
  'Pârléÿ',
  'P\u0336a\u0336r\u0336l\u0336e\u0336y\u0336',
  '[Parley]',
  '✅ Parley™ 🤖'.replace('™', ''),
];
const OTHERS = ['Anna', 'Marley', 'Parker', 'Parley fan', 'Harley', 'Charley', 'Par', 'Пётр', '张伟', '', '🎉', '***'];

test('a name that people may take for another one is told, whatever it is made of', () => {
  for (const name of ALIKE) assert.equal(looksAlike(name, 'Parley'), true, name);
  for (const name of ALIKE) assert.equal(looksAlike('Parley', name), true, name);
  for (const name of OTHERS) assert.equal(looksAlike(name, 'Parley'), false, name);
  assert.equal(looksAlike('', ''), false);
  assert.equal(looksAlike('🎉', '***'), false, 'nothing is left of either');
  assert.equal(looksAlike('Alma', 'ALMA'), true);
  assert.equal(looksAlike('Михаил', 'михаил'), true, 'of one script');
});

test('such a name is shown as somebody else’s', () => {
  assert.equal(besideBot('Раrlеу', ['Parley']), 'Раrlеу (a person)');
  assert.equal(besideBot('PARLEY', ['Jarvis', 'Parley'], true), 'PARLEY (another bot)');
  assert.equal(besideBot('Anna', ['Parley']), 'Anna');
  const once = besideBot('Parley', ['Parley']);
  assert.equal(besideBot(once, ['Parley']), once, 'and said once');
});
