import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NobodysLines } from '../../../src/model/durable/nobodys-lines.ts';

describe('NobodysLines', () => {
  it('gives the oldest line of the same words, once', () => {
    const lines = new NobodysLines();
    lines.told('What time is it?', true, 0);
    lines.told('what time is it', true, 1_000);
    assert.equal(lines.take('When?', 2_000), undefined);
    assert.equal(lines.take('What time is it', 2_000), 'What time is it?');
    assert.equal(lines.take('What time is it', 2_000), 'what time is it');
    assert.equal(lines.take('What time is it', 2_000), undefined);
  });

  it('forgets them after three minutes', () => {
    const lines = new NobodysLines();
    lines.told('Yes.', true, 0);
    assert.equal(lines.take('Yes.', 180_000), undefined);
  });

  it('knows a line whose end never came by its beginning', () => {
    const lines = new NobodysLines();
    lines.told('Number 516', false, 0);
    lines.told('Number 516, if you', false, 100);
    assert.equal(lines.cutOff(200), 'Number 516, if you');
    assert.equal(lines.cutOff(300), undefined, 'once');
    assert.equal(lines.take('Number 517, if you please.', 400), undefined);
    assert.equal(lines.take('Number 516, if you please.', 400), 'Number 516, if you');
    lines.told('Yes', false, 500);
    assert.equal(lines.cutOff(600), 'Yes');
    assert.equal(lines.take('Yes, and what then?', 700), undefined, 'too short to tell');
  });

  it('takes a line with the words of two turns when both are known', () => {
    const lines = new NobodysLines();
    lines.told('Number 552. Number 554.', true, 0);
    assert.equal(lines.take('Number 55', 100), undefined, 'half a word');
    assert.equal(lines.take('number 552', 200), undefined, 'the other one is nobody’s still');
    assert.equal(lines.take('number 554', 300), 'Number 552. Number 554.');
    assert.equal(lines.take('number 554', 400), undefined, 'once');
  });
});
