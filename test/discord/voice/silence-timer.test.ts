import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SilenceTimer } from '../../../src/discord/voice/silence-timer.ts';

const nobody = (): boolean => false;

describe('Deafness', () => {
  it('names a person whose packets come for 8 s without a sound', () => {
    const deafness = new SilenceTimer(8_000);
    for (let at = 0; at <= 8_000; at += 20) deafness.packet('anna', at);
    assert.deepEqual(deafness.unheard(7_999, nobody), []);
    assert.deepEqual(deafness.unheard(8_000, nobody), ['anna']);
  });

  it('names a person of whom only the flag says that they speak', () => {
    const deafness = new SilenceTimer(8_000);
    deafness.flag('anna', true, 0);
    assert.deepEqual(deafness.unheard(8_000, nobody), ['anna']);
  });

  it('is not fooled by a person who spoke, was heard and is silent now', () => {
    const deafness = new SilenceTimer(8_000);
    deafness.flag('anna', true, 0);
    deafness.packet('anna', 10);
    deafness.evict('anna');
    assert.deepEqual(deafness.unheard(20_000, nobody), []);
  });

  it('is not fooled by one bad packet and a silence after it', () => {
    const deafness = new SilenceTimer(8_000);
    deafness.packet('anna', 0);
    assert.deepEqual(deafness.unheard(9_000, nobody), []);
    deafness.packet('anna', 30_000);
    assert.deepEqual(deafness.unheard(30_001, nobody), []);
  });

  it('is not fooled by a flag that was taken back', () => {
    const deafness = new SilenceTimer(8_000);
    deafness.flag('anna', true, 0);
    deafness.flag('anna', false, 100);
    assert.deepEqual(deafness.unheard(9_000, nobody), []);
  });

  it('is not fooled by muted people and bots', () => {
    const deafness = new SilenceTimer(8_000);
    deafness.flag('anna', true, 0);
    assert.deepEqual(
      deafness.unheard(9_000, (userId) => userId === 'anna'),
      [],
    );
  });
});
