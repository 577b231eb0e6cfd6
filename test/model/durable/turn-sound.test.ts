import assert from 'node:assert/strict';
import { it } from 'node:test';
import { TurnSound } from '../../../src/model/durable/turn-sound.ts';

it('counts the sound of a turn as it comes, and keeps the very chunks', () => {
  const sound = new TurnSound();
  const [first, second] = [new Int16Array(480), new Int16Array(3)];
  sound.push(first);
  sound.push(second);
  assert.equal(sound.samples, 483);
  assert.deepEqual(
    sound.chunks.map((chunk) => chunk === first || chunk === second),
    [true, true],
  );
  sound.clear();
  assert.equal(sound.samples, 0);
  assert.deepEqual(sound.chunks, []);
});
