import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SilenceTimer } from '../../src/discord/voice/silence-timer.ts';

const nobody = (): boolean => false;

/** Packets every 20 ms for so long. */
function speaks(deafness: SilenceTimer, from: number, ms: number): void {
  for (let at = from; at < from + ms; at += 20) deafness.packet('anna', at);
}

describe('Deafness over several talk spurts', () => {
  it('finds somebody who says short things and waits for an answer in between', () => {
    const deafness = new SilenceTimer(8_000);
    for (const from of [0, 4_000, 8_000]) {
      deafness.flag('anna', true, from);
      speaks(deafness, from, 700);
      deafness.flag('anna', false, from + 700);
      if (from < 8_000) assert.deepEqual(deafness.unheard(from + 3_900, nobody), []);
    }
    assert.deepEqual(deafness.unheard(8_700, nobody), ['anna']);
  });

  it('says nothing while they are silent, and forgets what was a minute ago', () => {
    const deafness = new SilenceTimer(8_000);
    speaks(deafness, 0, 2_000);
    assert.deepEqual(deafness.unheard(20_000, nobody), []);
    assert.deepEqual(deafness.unheard(62_100, nobody), []);
    speaks(deafness, 62_200, 1_000);
    assert.deepEqual(deafness.unheard(63_200, nobody), []);
  });

  it('takes a few packets for no speech, and a sound for being heard', () => {
    const few = new SilenceTimer(8_000);
    speaks(few, 0, 100);
    speaks(few, 8_000, 100);
    assert.deepEqual(few.unheard(8_100, nobody), []);
    const heard = new SilenceTimer(8_000);
    speaks(heard, 0, 8_100);
    heard.evict('anna');
    speaks(heard, 8_100, 500);
    assert.deepEqual(heard.unheard(8_600, nobody), []);
  });
});
