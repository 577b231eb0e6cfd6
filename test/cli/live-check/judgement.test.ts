import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { expectedCost } from '../../../src/cli/live-check/cost.ts';
import { soundStep, stoppedAt, stopStep, toldStep } from '../../../src/cli/live-check/judgement.ts';
import { Masking } from '../../../src/cli/live-check/masking.ts';
import { type HeardFrame, soundOf } from '../../../src/cli/live-check/second-bot/sound.ts';
import { likeness } from '../../../src/cli/live-check/words.ts';
import { PRICES } from '../../../src/usage/prices.ts';

/** Frames every 20 ms from an instant on. */
const frames = (from: number, count: number, db = -20): HeardFrame[] =>
  Array.from({ length: count }, (_, index) => ({ at: from + index * 20, db, sealed: false, filler: false }));

describe('what the live check makes of the sound', () => {
  it('counts what is missing between the first and the last voiced frame', () => {
    const whole = [...frames(0, 5, -100), ...frames(100, 40), ...frames(1_000, 10, -100)];
    assert.deepEqual(
      [soundOf(whole)?.firstAt, soundOf(whole)?.ms, soundOf(whole)?.missing, soundOf(whole)?.longestGapMs],
      [100, 800, 0, 20],
    );
    const holey = soundOf([...frames(0, 20), ...frames(700, 15)]);
    assert.deepEqual([holey?.ms, holey?.missing.toFixed(2), holey?.longestGapMs], [1_000, '0.30', 320]);
    const filled = frames(400, 10, -100).map((frame) => ({ ...frame, filler: true }));
    const late = soundOf([...frames(0, 20), ...filled, ...frames(600, 20)]);
    assert.deepEqual([late?.ms, late?.missing.toFixed(2), late?.longestGapMs], [1_000, '0.20', 220]);
    assert.equal(soundOf(frames(0, 50, -100)), null);
  });

  it('finds fault with holes, silence, noise and what could not be decrypted', () => {
    const verdict = (heard: readonly HeardFrame[]) => soundStep('sound', soundOf(heard), null);
    assert.equal(verdict(frames(0, 50)).verdict, 'ok');
    assert.match(verdict([...frames(0, 20), ...frames(700, 15)]).advice ?? '', /holes/);
    assert.match(verdict(frames(0, 50, -2)).advice ?? '', /too quiet or too loud/);
    assert.match(verdict(frames(0, 50, -45)).advice ?? '', /too quiet or too loud/);
    const sealed = frames(20, 48, -100).map((frame) => ({ ...frame, sealed: true }));
    const undecrypted = verdict([...frames(0, 1), ...sealed, ...frames(980, 1)]);
    assert.equal(undecrypted.verdict, 'failed');
    assert.match(undecrypted.advice ?? '', /48 packets could not be decrypted \(DAVE\)\. .*silence for the most part/);
    assert.equal(verdict([]).verdict, 'skipped');
    const stretched = soundStep('sound', soundOf(frames(0, 75)), 700);
    assert.match(stretched.measured, /^1\.5 s for 700 ms of speech, 0\.0 % missing/);
    assert.match(stretched.advice ?? '', /holes/);
  });

  it('takes the first long pause after the interruption for the end of the answer', () => {
    const answer = [...frames(0, 100), ...frames(3_500, 20)];
    assert.equal(stoppedAt(answer, 1_800), 1_980);
    assert.equal(stopStep(answer, 1_800).measured, 'after 200 ms');
    assert.equal(stopStep(frames(0, 200), 1_800).verdict, 'failed');
    assert.equal(stopStep(answer, 2_900).verdict, 'note');
  });

  it('compares what counts as heard with what was heard', () => {
    const heard = soundOf(frames(0, 100));
    assert.equal(toldStep({ heardMs: 2_300, producedMs: 9_000 }, heard).verdict, 'ok');
    assert.equal(toldStep({ heardMs: 9_000, producedMs: 9_000 }, heard).verdict, 'failed');
    assert.equal(toldStep(undefined, heard).verdict, 'failed');
  });
});

describe('what the live check makes of words', () => {
  it('leaves case, accents and punctuation aside', () => {
    assert.equal(likeness('The old clock, in the kitchen!', 'the OLD clock in thé kitchen'), 1);
    assert.equal(likeness('start at nine', 'start at 9') > 0.6, true);
    assert.equal(likeness('The old clock in the kitchen is slow.', 'Bananas are yellow when summer ends.') < 0.4, true);
    assert.equal(likeness('word', ''), 0);
  });

  it('takes keys, ids and names out, and leaves the rest', () => {
    const masking = new Masking();
    masking.hide(['sk-secret-key', 'a+b/c=']);
    masking.name(['Ann_a', 'Tea'], 'somebody');
    masking.name(['Parley'], 'bot');
    const text =
      'Parley: Ann\\_a, Ann_a and Tea have Team 123456789012345678 with sk-secret-key at a%2Bb%2Fc%3D, 10.1.2.3, 127.0.0.1';
    assert.equal(
      masking.mask(text),
      'Parley: [somebody], [somebody] and [somebody] have Team [id 1] with [secret] at [secret], [address], 127.0.0.1',
    );
    assert.equal(masking.mask('123456789012345678 876543210987654321'), '[id 1] [id 2]');
    const token = 'MTIzNDU2Nzg5MDEyMzQ1Njc4.Gabcde.abcdefghijklmnopqrstuvwxyz0123';
    assert.equal(masking.mask(`wss://host/${token}?x`), 'wss://host/[token]?x');
    assert.equal(masking.maskSecrets('123456789012345678 sk-secret-key'), '123456789012345678 [secret]');
  });
});

describe('what the live check costs', () => {
  it('is less than 5 cents with every model that has a price', () => {
    const of = { apiKey: '', baseUrl: '', headers: {}, mcpServers: [], transcriber: 'gpt-live-transcribe' };
    const speaking = [...PRICES].filter(([, price]) => price.audioOut !== undefined).map(([name]) => name);
    assert.ok(speaking.length > 10);
    for (const model of speaking) {
      const provider = model.startsWith('gemini') ? 'gemini' : 'openai';
      const usd = expectedCost({ ...of, provider, model } as Parameters<typeof expectedCost>[0], PRICES, null);
      assert.ok(usd !== null && usd > 0.001 && usd < 0.05, `${model}: ${usd}`);
    }
  });
});
