import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UntranscribedTurns } from '../../../src/model/durable/untranscribed-turns.ts';

const RATE = 16_000;

/** Turns of one second, 2 s apart, the first from 0 on. */
function spoken(count: number): UntranscribedTurns {
  const turns = new UntranscribedTurns(RATE);
  for (let id = 1; id <= count; id++) {
    turns.began({ id, userId: `${id}`, name: 'Anna' });
    turns.sound(new Int16Array(RATE));
    turns.ended(id * 2_000 - 1_000);
  }
  return turns;
}

const ids = (list: ReturnType<UntranscribedTurns['take']>): number[] => list.map(({ turn }) => turn.id);

describe('UntranscribedTurns', () => {
  it('gives up turns of which no words came within 15 s', () => {
    const turns = spoken(3);
    turns.heard(2, 'two', true);
    assert.deepEqual(ids(turns.take(new Set(), 14_000)), [1, 3]);
    assert.deepEqual(ids(spoken(3).take(new Set(), 17_000)), [2, 3]);
    assert.deepEqual(ids(spoken(3).take(new Set(), 60_000)), []);
  });

  it('keeps those that had ended when somebody’s words came, until another connection can write them down', () => {
    const turns = spoken(3);
    turns.heard(1, 'one', true);
    turns.doubt();
    turns.began({ id: 4, userId: '4', name: 'Ben' });
    turns.sound(new Int16Array(RATE));
    turns.ended(8_000);
    assert.equal(turns.expected(30_000), false, 'they hold up no quiet moment');
    assert.deepEqual(ids(turns.take(new Set(), 30_000)), [2, 3]);
    assert.deepEqual(ids(turns.take(new Set(), 30_000)), [], 'once');
  });

  it('gives those up after a minute and a half as well', () => {
    const turns = spoken(3);
    turns.doubt();
    assert.deepEqual(ids(turns.take(new Set(), 120_000)), []);
  });
});
