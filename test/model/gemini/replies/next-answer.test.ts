import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GeminiNextAnswer } from '../../../../src/model/gemini/replies/next-answer.ts';

function next(): GeminiNextAnswer {
  return new GeminiNextAnswer({ now: () => 0, caughtUpTo: () => Number.NEGATIVE_INFINITY, echo: () => {} });
}

describe('who is to hear the next answer of Gemini', () => {
  it('is everybody where its turn asked for it, and nobody yet where it did not', () => {
    const answer = next();
    answer.turnEnded(true, false);
    assert.equal(answer.begin(), 'live');
    answer.turnEnded(false, false);
    assert.equal(answer.begin(), 'held');
    answer.want();
    assert.equal(answer.begin(), 'live');
  });

  it('is nobody while somebody speaks, and that changes nothing for the one behind it', () => {
    const answer = next();
    answer.turnEnded(true, false);
    answer.turnBegan();
    assert.equal(answer.begin(), 'dropped');
    answer.turnGone();
    assert.equal(answer.begin(), 'live');
  });

  it('is nobody where the turn was passed over before the answer began, once', () => {
    const answer = next();
    answer.turnEnded(false, false);
    answer.await(false);
    answer.pass();
    assert.equal(answer.isDropped, true);
    assert.equal(answer.begin(), 'dropped');
    assert.equal(answer.begin(), 'held');
  });

  it('stays held where it was passed over and the server has nothing to answer', () => {
    const answer = next();
    answer.turnEnded(false, false);
    answer.pass();
    assert.equal(answer.isDropped, false);
    assert.equal(answer.begin(), 'held');
  });

  it('is not taken from those who asked by passing over', () => {
    const answer = next();
    answer.turnEnded(true, false);
    answer.await(true);
    answer.pass();
    assert.equal(answer.begin(), 'live');
  });
});

describe('what is to be asked for behind an answer of Gemini', () => {
  it('waits until nobody speaks and nothing is awaited, and is taken once', () => {
    const answer = next();
    answer.askAgainAfter = true;
    answer.turnBegan();
    assert.equal(answer.takeAskAgain(), false);
    answer.turnGone();
    answer.await(true);
    assert.equal(answer.takeAskAgain(), false);
    answer.begin();
    assert.equal(answer.takeAskAgain(), true);
    assert.equal(answer.takeAskAgain(), false);
  });

  it('owes no end any more once another answer begins', () => {
    const answer = next();
    answer.owesAnEnd = true;
    answer.begin();
    assert.equal(answer.takeOwedEnd(), false);
    answer.owesAnEnd = true;
    assert.equal(answer.takeOwedEnd(), true);
    assert.equal(answer.takeOwedEnd(), false);
  });
});
