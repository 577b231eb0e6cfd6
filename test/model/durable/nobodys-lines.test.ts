import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NobodysLines } from '../../../src/model/durable/nobodys-lines.ts';

describe('NobodysLines', () => {
  it('gives the oldest line of the same words, once', () => {
    const lines = new NobodysLines();
    lines.told('What time is it?', 0);
    lines.told('what time is it', 1_000);
    assert.equal(lines.take('When?', 2_000), undefined);
    assert.equal(lines.take('What time is it', 2_000), 'What time is it?');
    assert.equal(lines.take('What time is it', 2_000), 'what time is it');
    assert.equal(lines.take('What time is it', 2_000), undefined);
  });

  it('forgets them after three minutes', () => {
    const lines = new NobodysLines();
    lines.told('Yes.', 0);
    assert.equal(lines.take('Yes.', 180_000), undefined);
  });
});
