import assert from 'node:assert/strict';
import { test } from 'node:test';
import { personHere } from '../../../src/tools/builtin/find-person.ts';

const people = ['Anna', 'Ben', 'Benedikt Maier', 'José', 'xX_Wolf_Xx', 'Al'].map((name, at) => ({
  userId: `10${at}`,
  name,
}));
const find = (name: string) => personHere(name, people).name;

test('a spoken name finds the person, accents, case and a wrong letter aside', () => {
  assert.equal(find('anna'), 'Anna');
  assert.equal(find('Jose'), 'José');
  assert.equal(find('Ana'), 'Anna');
  assert.equal(find('wolf'), 'xX_Wolf_Xx');
  assert.equal(find('Maier'), 'Benedikt Maier');
  assert.equal(find('103'), 'José');
});

test('a name is found however its letters are written', () => {
  const names = ['Søren', 'Łukasz', 'Işık', 'أحمد', 'דָּנִי', 'ユキ', 'Đạt', 'ｔｏｍ', 'ᴍɪᴀ'];
  const rows = {
    soren: 'Søren',
    Lukasz: 'Łukasz',
    isik: 'Işık',
    احمد: 'أحمد',
    דני: 'דָּנִי',
    ゆき: 'ユキ',
    dat: 'Đạt',
    Tom: 'ｔｏｍ',
    Mia: 'ᴍɪᴀ',
  };
  const there = names.map((name, at) => ({ userId: `20${at}`, name }));
  for (const [wanted, name] of Object.entries(rows)) assert.equal(personHere(wanted, there).name, name);
});

test('the whole name goes before its beginning', () => {
  assert.equal(find('Ben'), 'Ben');
  assert.equal(find('Bene'), 'Benedikt Maier');
});

test('what could be several people, or nobody, is asked back', () => {
  const twins = [
    { userId: '1', name: 'Kim' },
    { userId: '2', name: 'kim' },
  ];
  assert.throws(() => personHere('Kim', twins), { message: '"Kim" could be "Kim", "kim". Ask which one is meant.' });
  assert.throws(() => find('Be'), /could be "Ben", "Benedikt Maier"/);
  assert.throws(() => find('Zoe'), /There is no person here called "Zoe"\. There is "Anna", "Ben"/);
  assert.throws(() => find('At'), /no person here called "At"/, 'a short name has no letter to spare');
  assert.throws(() => find('  '), /no person here called/);
  assert.throws(() => personHere('Anna', []), /There is nobody\./);
});
