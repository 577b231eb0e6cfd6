import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readConfig } from '../../src/config/config.ts';
import { Models } from '../../src/model/models.ts';

const LOG = { debug: () => {}, warn: () => {} };

function models(env: NodeJS.ProcessEnv): Models {
  const config = readConfig({ DISCORD_TOKEN: 'not.a.real.token', ...env });
  const { models: configs, fallbackProvider: fallback, lacking, transcriber } = config;
  return new Models({ configs, fallback, lacking, transcriber, log: LOG });
}
const TWO = { OPENAI_API_KEY: 'o', GEMINI_API_KEY: 'g' };
const AZURE = {
  AZURE_OPENAI_API_KEY: 'a',
  AZURE_OPENAI_ENDPOINT: 'https://me.openai.azure.com',
  AZURE_OPENAI_DEPLOYMENT: 'talk',
  AZURE_OPENAI_MODEL: 'gpt-realtime-2.1',
};

describe('Models', () => {
  it('gives a guild that chose nothing the default, always the same one', () => {
    const two = models(TWO);
    const { model, absent } = two.chosen({ provider: null, model: null });
    assert.deepEqual([model.label, model.inputRate, absent], ['OpenAI (gpt-realtime-2.1)', 24_000, null]);
    assert.equal(two.chosen({ provider: 'openai', model: null }).model, model);
    assert.equal(two.chosen({ provider: 'openai', model: 'gpt-realtime-2.1' }).model, model);
    assert.deepEqual(two.providers, ['openai', 'gemini']);
  });

  it('makes each chosen model once, with what is known of it', () => {
    const two = models(TWO);
    const chosen = { provider: 'gemini', model: 'gemini-3.1-flash-live-preview' } as const;
    const { model } = two.chosen(chosen);
    assert.deepEqual(
      [model.provider, model.label, model.inputRate],
      ['gemini', 'Google Gemini (gemini-3.1-flash-live-preview)', 16_000],
    );
    assert.ok(model.capabilities.voices.includes('Puck'));
    assert.equal(two.chosen(chosen).model, model);
  });

  it('knows what only writes down for each provider, and what to do where nothing does', () => {
    const listener = (env: NodeJS.ProcessEnv, provider: 'openai' | 'azure' | 'gemini') => {
      const found = models({ ...TWO, ...AZURE, ...env }).listener({ provider, model: null });
      return typeof found === 'string' ? found : found.label;
    };
    assert.equal(listener({}, 'openai'), 'OpenAI (gpt-live-transcribe)');
    assert.equal(listener({ OPENAI_TRANSCRIBE_MODEL: 'whisper-1' }, 'openai'), 'OpenAI (whisper-1)');
    assert.equal(listener({ AZURE_OPENAI_TRANSCRIPTION_DEPLOYMENT: 'scribe' }, 'azure'), 'Azure OpenAI (scribe)');
    assert.match(listener({}, 'azure'), /^I cannot only listen .* `AZURE_OPENAI_TRANSCRIPTION_DEPLOYMENT`/);
    assert.equal(listener({ TRANSCRIBER: 'openai' }, 'azure'), 'OpenAI (gpt-live-transcribe)');
    assert.match(listener({}, 'gemini'), /^I cannot only listen with Google Gemini: .* `TRANSCRIBER=openai`/);
    assert.equal(listener({ TRANSCRIBER: 'openai' }, 'gemini'), 'OpenAI (gpt-live-transcribe)');
  });

  it('knows whose words come without an answer being asked for', () => {
    const all = models({ ...TWO, ...AZURE });
    const transcripts = (provider: 'openai' | 'azure' | 'gemini') =>
      all.chosen({ provider, model: null }).model.capabilities.unprompted;
    assert.deepEqual([transcripts('openai'), transcripts('azure'), transcripts('gemini')], ['waits', null, 'chooses']);
  });

  it('gives an unknown model the safe minimum', () => {
    const { model } = models(TWO).chosen({ provider: 'openai', model: 'gpt-realtime-9' });
    assert.deepEqual(model.capabilities.voices, []);
    assert.deepEqual(model.capabilities.turnDetection, ['manual']);
  });

  it('lets the default stand in for a provider that is not configured any more, whatever its model was', () => {
    const two = models(TWO);
    const { model, absent } = two.chosen({ provider: 'vertex', model: 'gemini-live-2.5-flash-native-audio' });
    assert.equal(model, two.default);
    assert.equal(absent, 'vertex');
    assert.deepEqual(two.lacking('vertex'), ['VERTEX_PROJECT']);
  });

  it('knows the names of models by provider, its own default first', () => {
    const two = models({ ...TWO, ...AZURE, OPENAI_MODEL: 'gpt-realtime-mini' });
    const openai = two.names('openai');
    assert.equal(openai[0], 'gpt-realtime-mini');
    assert.equal(openai.filter((name) => name === 'gpt-realtime-mini').length, 1);
    assert.ok(openai.includes('gpt-realtime-2.1'));
    assert.deepEqual(two.names('azure'), ['talk']);
    assert.ok(!two.names('gemini').includes('gemini-live-2.5-flash-native-audio'));
    const [first, ...others] = models({ VERTEX_PROJECT: 'p' }).names('vertex');
    assert.equal(first, 'gemini-live-2.5-flash-native-audio');
    assert.ok(others.includes('gemini-live-2.5-flash'));
    assert.ok(others.includes('gemini-3.8-live'));
    assert.ok(!others.includes('gemini-3.1-flash-live-preview'));
  });

  it('takes a model on Azure for a deployment, and believes its name only', () => {
    const azure = models(AZURE);
    assert.ok(azure.default.capabilities.voices.includes('marin'));
    const other = azure.chosen({ provider: 'azure', model: 'other' }).model;
    assert.deepEqual([other.label, other.capabilities.voices], ['Azure OpenAI (other)', []]);
    const named = azure.chosen({ provider: 'azure', model: 'gpt-realtime-mini' }).model;
    assert.ok(named.capabilities.voices.includes('marin'));
  });

  it('falls back to the named provider, from there to the default, and without one to nothing', () => {
    const three = models({ ...TWO, ...AZURE, PROVIDER: 'openai', FALLBACK_PROVIDER: 'gemini' });
    const gemini = three.chosen({ provider: 'gemini', model: 'gemini-3.1-flash-live-preview' }).model;
    const azure = three.chosen({ provider: 'azure', model: null }).model;
    assert.equal(three.fallbackFor(three.default)?.label, 'Google Gemini (gemini-3.8-live)');
    assert.equal(three.fallbackFor(azure)?.label, 'Google Gemini (gemini-3.8-live)');
    assert.equal(three.fallbackFor(gemini)?.label, 'OpenAI (gpt-realtime-2.1)');
    const two = models(TWO);
    assert.equal(two.fallbackFor(two.default), undefined);
  });
});
