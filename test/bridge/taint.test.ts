import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Taint } from '../../src/bridge/taint.ts';

test('text from outside taints its own turn for good, and every call until a person speaks', () => {
  const taint = new Taint();
  assert.equal(taint.covers([1]), false);
  taint.entered([1]);
  assert.equal(taint.covers([1]), true);
  assert.equal(taint.covers([2]), true, 'what a reply that was under way calls may come of it');
  assert.equal(taint.covers([]), true);
  taint.turnBegan();
  assert.equal(taint.covers([3]), false);
  assert.equal(taint.covers([1]), true, 'a late call of that turn');
  assert.equal(taint.covers([3, 1]), true, 'a reply that answers that turn too');
});

test('forgets turns that are too old to give a right anyway', () => {
  const taint = new Taint();
  for (let id = 1; id <= 401; id += 1) taint.entered([id]);
  taint.turnBegan();
  assert.deepEqual([taint.covers([1]), taint.covers([2]), taint.covers([401])], [false, true, true]);
});
