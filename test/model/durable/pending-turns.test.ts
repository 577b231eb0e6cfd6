import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PendingTurns } from '../../../src/model/durable/pending-turns.ts';

/** Six turns of which nobody heard an answer; the words of the fourth are not known. */
function owed(): PendingTurns {
  const unanswered = new PendingTurns(24_000);
  for (let id = 1; id <= 6; id++) {
    unanswered.began({ id, userId: `u${id}`, name: `"N${id}"` });
    unanswered.sound(new Int16Array(480));
    unanswered.ended();
  }
  unanswered.condense((id) => (id === 4 ? undefined : `words of ${id}`));
  return unanswered;
}
const kinds = (unanswered: PendingTurns) =>
  unanswered.items.map((item) => (item.kind === 'note' ? `note ${item.turnIds}` : `sound ${item.turn.id}`));

describe('what a lost session still owed', () => {
  it('is given in words but for the newest turns, and for those whose words nobody knows', () => {
    const unanswered = owed();
    assert.deepEqual(kinds(unanswered), ['note 1', 'note 2', 'sound 3', 'sound 4', 'sound 5', 'sound 6']);
    assert.equal(unanswered.unsent[0]?.text, '"\\"N1\\"" said "words of 1", and has no answer to it yet.');
    assert.equal(unanswered.presses, true);
    unanswered.condense(() => 'words');
    assert.deepEqual(kinds(unanswered), ['note 1', 'note 2', 'note 3', 'sound 4', 'sound 5', 'sound 6']);
  });

  it('is owed no more once a reply to it begins, and not told after its speaker took it back', () => {
    const unanswered = owed();
    unanswered.withdraw([2]);
    assert.deepEqual(kinds(unanswered), ['note 1', 'sound 3', 'sound 4', 'sound 5', 'sound 6']);
    for (const note of unanswered.unsent) note.sent = true;
    unanswered.replyStarted('r', [1, 3, 4, 5, 6]);
    assert.deepEqual(kinds(unanswered), []);
    const forgotten = owed();
    forgotten.erase(new Set([1, 5]));
    assert.deepEqual(kinds(forgotten), ['note 2', 'sound 3', 'sound 4', 'sound 6']);
  });
});
