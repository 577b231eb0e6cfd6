import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { geminiUsage } from '../../src/model/gemini/usage.ts';
import { openAIUsage, transcribedSeconds } from '../../src/model/openai/usage.ts';
import { costOf, PRICES } from '../../src/usage/prices.ts';

const RECORDINGS = new URL('../../../shared/recordings/', import.meta.url);
const noRecordings = !existsSync(RECORDINGS) && 'the recordings are not here';

/** Every report of usage in a recorded session, in its order. */
function reports(file: string): unknown[] {
  const found: unknown[] = [];
  const look = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, part] of Object.entries(value)) {
      if ((key === 'usage' || key === 'usageMetadata') && part) found.push(part);
      else look(part);
    }
  };
  for (const line of readFileSync(new URL(file, RECORDINGS), 'utf8').trim().split('\n')) look(JSON.parse(line));
  return found;
}

const near = (cost: number | null, expected: number): void => {
  assert.ok(cost !== null && Math.abs(cost - expected) < 1e-12, `${cost} instead of ${expected}`);
};
const NOTHING = { textIn: 0, cachedTextIn: 0, audioIn: 0, cachedAudioIn: 0, textOut: 0, audioOut: 0 };

describe('the cost of a recorded session', { skip: noRecordings }, () => {
  it('is what a hand calculation gives for OpenAI, cached tokens included', () => {
    const used = reports('openai/tool-call-round.jsonl').map((usage) => openAIUsage(usage as never));
    assert.deepEqual(
      used.map(({ tokens }) => tokens),
      [
        { ...NOTHING, textIn: 63, textOut: 22 },
        // 103 in, 64 of them cached: 39 at the full price.
        { ...NOTHING, textIn: 39, cachedTextIn: 64, textOut: 13 },
      ],
    );
    const costs = used.map(
      ({ tokens }) => costOf({ tokens, seconds: 0 }, PRICES.get('gpt-realtime-2.1')) ?? Number.NaN,
    );
    // 63 × $4 + 22 × $24 = 252 + 528 = 780 millionths of a dollar;
    // 39 × $4 + 64 × $0.40 + 13 × $24 = 156 + 25.6 + 312 = 493.6; together 1,273.6.
    near((costs[0] ?? 0) + (costs[1] ?? 0), 0.001_273_6);
  });

  it('is what a hand calculation gives for OpenAI when the answer is spoken', () => {
    const [usage] = reports('openai/text-in-audio-out.jsonl').map((one) => openAIUsage(one as never));
    assert.ok(usage && !usage.estimated);
    // 16 text in × $4 + 9 text out × $24 + 15 audio out × $64 = 64 + 216 + 960 = 1,240 millionths.
    near(costOf({ tokens: usage.tokens, seconds: 0 }, PRICES.get('gpt-realtime-2.1')), 0.001_24);
  });

  it('is what a hand calculation gives for Gemini, thinking included', () => {
    const [usage] = reports('gemini/text-in-audio-out.jsonl').map((one) => geminiUsage(one as never));
    assert.ok(usage && !usage.estimated);
    // 1,131 text in × $0.75 + 24 of thinking × $4.50 + 26 audio out × $12 = 848.25 + 108 + 312 = 1,268.25 millionths.
    near(costOf({ tokens: usage.tokens, seconds: 0 }, PRICES.get('gemini-3.8-live')), 0.001_268_25);
  });
});

describe('costOf', () => {
  it('knows no price for a model that is not listed, and nothing for nothing', () => {
    assert.equal(costOf({ tokens: { ...NOTHING, textIn: 1 }, seconds: 0 }, PRICES.get('gpt-9')), null);
    assert.equal(costOf({ tokens: NOTHING, seconds: 0 }, undefined), 0);
  });

  it('takes the full price of cached tokens where no other is known', () => {
    near(costOf({ tokens: { ...NOTHING, cachedAudioIn: 1_000_000 }, seconds: 0 }, PRICES.get('gemini-3.8-live')), 3);
  });

  it('prices transcription by the minute', () => {
    near(costOf({ tokens: NOTHING, seconds: 90 }, PRICES.get('gpt-realtime-whisper')), 0.0255);
  });
});

describe('usage of odd shapes', () => {
  it('takes tokens of no known modality for sound, and marks them', () => {
    const usage = openAIUsage({ input_tokens: 30, output_tokens: 12 });
    assert.deepEqual(usage.tokens, { ...NOTHING, audioIn: 30, audioOut: 12 });
    assert.equal(usage.estimated, true);
    const gemini = geminiUsage({
      promptTokenCount: 30,
      promptTokensDetails: [{ modality: 'TEXT' as never, tokenCount: 10 }],
    });
    assert.deepEqual([gemini.tokens.textIn, gemini.tokens.audioIn, gemini.estimated], [10, 20, true]);
  });

  it('divides cached Gemini tokens from the others', () => {
    const audio = (tokenCount: number) => [{ modality: 'AUDIO' as never, tokenCount }];
    const { tokens, inputTokens } = geminiUsage({
      promptTokenCount: 100,
      promptTokensDetails: audio(100),
      cachedContentTokenCount: 40,
      cacheTokensDetails: audio(40),
    });
    assert.deepEqual([tokens.audioIn, tokens.cachedAudioIn, inputTokens], [60, 40, 100]);
  });

  it('reads transcription by seconds and by tokens, and nothing from anything else', () => {
    assert.deepEqual(transcribedSeconds({ type: 'duration', seconds: 3 }), { seconds: 3, estimated: false });
    const tokens = { type: 'tokens', input_tokens: 25, input_token_details: { audio_tokens: 20, text_tokens: 5 } };
    assert.deepEqual(transcribedSeconds(tokens), { seconds: 2, estimated: true });
    assert.equal(transcribedSeconds(undefined), undefined);
    assert.equal(transcribedSeconds({ type: 'tokens' }), undefined);
  });
});
