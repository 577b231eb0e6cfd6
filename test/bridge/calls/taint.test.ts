import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KnownWords } from '../../../src/bridge/calls/known-words.ts';
import { Taint } from '../../../src/bridge/calls/taint.ts';
import { TurnRegistry } from '../../../src/bridge/turns/turn-registry.ts';

const anna = { userId: 'anna', name: 'Anna' };
const ben = { userId: 'ben', name: 'Ben' };

test('text from outside taints every later call: the model does not forget it', () => {
  const taint = new Taint();
  assert.equal(taint.covers([anna]), false);
  taint.entered();
  assert.equal(taint.covers([anna]), true);
  assert.equal(taint.covers([]), true);
});

test('what one person had kept taints what everybody else asks for, and nothing of what they ask for alone', () => {
  const taint = new Taint();
  taint.keptCame('anna');
  assert.deepEqual([taint.covers([anna]), taint.covers([ben]), taint.covers([anna, ben])], [false, true, true]);
  assert.equal(taint.covers([]), true, 'nobody knows who asked');
  taint.erase('anna');
  assert.equal(taint.covers([ben]), false);
  taint.keptCame(null);
  assert.equal(taint.covers([anna]), true, 'it is nobody’s own');
});

test('knows everybody who spoke but who asks, and nothing of whoever made a bot speak', () => {
  const words = new KnownWords((userId) => userId === 'bot');
  assert.deepEqual(words.beside([anna]), { people: [], certain: true });
  words.came(anna);
  words.came(ben);
  words.came({ userId: null, name: 'Reminder' });
  assert.deepEqual(words.beside([anna]), { people: [ben], certain: true });
  words.erase('ben');
  assert.deepEqual(words.beside([anna]), { people: [], certain: true });
  words.came({ userId: 'bot', name: 'Bot' });
  assert.deepEqual(words.beside([anna]), { people: [], certain: false });
});

test('in a conversation of very many people nobody is certain any more', () => {
  const words = new KnownWords();
  for (let at = 0; at <= 200; at += 1) words.came({ userId: `u${at}`, name: 'U' });
  const { people, certain } = words.beside([]);
  assert.deepEqual([people.length, certain], [200, false]);
});

test('who asked is the person whose turn is answered; turns that nobody waits for stay behind it', () => {
  const turns = new TurnRegistry();
  for (const [id, person] of [anna, ben].entries()) turns.add({ id: id + 1, ...person });
  turns.replied('r1', [1]);
  turns.brokeOff('r1');
  turns.replied('r2', [2]);
  assert.deepEqual(
    turns.behind('r2').map(({ id }) => id),
    [1, 2],
    'Anna’s answer was cut off',
  );
  assert.deepEqual(turns.askers([1, 2]), { askers: [ben], certain: true });
  assert.deepEqual(turns.askers([1]), { askers: [anna], certain: true }, 'a late call of the answer that was cut');
  turns.reopened([1]);
  assert.deepEqual(turns.askers([1, 2]).askers, [anna, ben], 'a tool brought something for Anna, which both are told');
  turns.replied('r3', [2]);
  assert.deepEqual(
    turns.behind('r3').map(({ id }) => id),
    [2],
    'only the next one',
  );
});

test('who had their answer asks no more for what a tool brings silently, unless that answer was cut off', () => {
  const turns = new TurnRegistry();
  for (const [id, person] of [anna, ben].entries()) turns.add({ id: id + 1, ...person });
  turns.replied('r1', [1]);
  turns.told([1]);
  assert.deepEqual(turns.askers([1, 2]).askers, [anna, ben], 'Anna’s answer is under way');
  turns.heard('r1');
  assert.deepEqual(turns.askers([1, 2]).askers, [ben]);
  turns.replied('r2', [1, 2]);
  turns.cut('r2');
  assert.deepEqual(turns.askers([1, 2]).askers, [anna, ben], 'the model may go on with either');
});

test('of a reply that may be to several people, or to a later turn, nobody counts as answered', () => {
  const turns = new TurnRegistry();
  for (const [id, person] of [anna, ben, anna].entries()) turns.add({ id: id + 1, ...person });
  turns.replied('r1', [1, 2]);
  turns.heard('r1');
  turns.told([1]);
  assert.deepEqual(turns.askers([1, 2]).askers, [anna, ben]);
  turns.replied('r2', [1, 3], [3]);
  turns.heard('r2');
  turns.told([3]);
  assert.deepEqual(turns.askers([3, 2]).askers, [anna, ben], 'its answer may be the next one');
  assert.deepEqual(turns.askers([1, 2]).askers, [ben]);
});
