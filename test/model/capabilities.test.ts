import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { ServerTool, SessionOptions } from '../../src/bridge/ports.ts';
import { geminiTraits, KNOWN_MODELS, openAITraits } from '../../src/model/capabilities.ts';
import { geminiModel } from '../../src/model/gemini.ts';
import { openAIModel } from '../../src/model/openai.ts';
import { PRICES } from '../../src/model/prices.ts';
import { SimulatedGemini } from '../../src/simulator/gemini.ts';
import { SimulatedOpenAI } from '../../src/simulator/openai.ts';
import { OPTIONS, SILENT_LOG } from './contract.ts';
import { Listener } from './listen.ts';
import { schemas } from './schemas.ts';

const SERVER_TOOLS: readonly ServerTool[] = ['google_search', 'code_execution', 'url_context'];
const DOCS = { label: 'docs', url: 'https://mcp.example.com/mcp', approval: 'always' } as const;
/** Everything that anybody could ask for, whether or not the model has it. */
const GREEDY: SessionOptions = {
  ...OPTIONS,
  voice: 'Kore',
  replyForm: 'text',
  serverTools: SERVER_TOOLS,
  mcpServers: ['docs'],
};

async function setupOf(t: TestContext, model: string, options: SessionOptions) {
  const openai = model.startsWith('gpt');
  const server = await (openai ? SimulatedOpenAI : SimulatedGemini).start({ script: () => ({ silent: true }) });
  t.after(() => server.close());
  const endpoint = { apiKey: server.apiKey, baseUrl: server.url, model, log: SILENT_LOG };
  const speech = openai ? openAIModel({ ...endpoint, mcpServers: [DOCS] }) : geminiModel(endpoint);
  const session = await speech.connect(options, new AbortController().signal);
  t.after(() => session.close());
  const listener = new Listener(session);
  const sent = server.frames.filter(({ direction }) => direction === 'client').map(({ message }) => message);
  const check = openai ? schemas?.checkOpenAI : schemas?.checkGemini;
  for (const frame of sent) assert.deepEqual(check?.(frame, 'client') ?? [], [], JSON.stringify(frame));
  assert.deepEqual(listener.all('refused'), []);
  return { speech, first: JSON.stringify(sent[0]) };
}

describe('what each exact model takes', () => {
  for (const model of KNOWN_MODELS) {
    it(`${model} gets a setup that the provider takes, with all that it has and nothing else`, async (t) => {
      const { speech, first } = await setupOf(t, model, GREEDY);
      const { serverTools, replyForms } = speech.capabilities;
      const fields = { google_search: 'googleSearch', code_execution: 'codeExecution', url_context: 'urlContext' };
      for (const tool of SERVER_TOOLS) {
        assert.equal(first.includes(`"${fields[tool]}"`), serverTools.includes(tool), `${tool} in ${first}`);
      }
      const writes = /"output_modalities":\["text"\]|"responseModalities":\["TEXT"\]/.test(first);
      assert.equal(writes, replyForms.includes('text'), first);
      assert.equal(first.includes('"server_label":"docs"'), model.startsWith('gpt'), first);
    });
  }

  for (const model of ['gpt-of-tomorrow', 'gemini-of-tomorrow']) {
    it(`${model}, which nobody knows, gets the safe minimum`, () => {
      const traits = model.startsWith('gpt') ? openAITraits(model) : geminiTraits(model);
      const { voices, turnDetection, replyForms, serverTools } = traits.capabilities;
      assert.deepEqual(
        { voices, turnDetection, replyForms, serverTools, price: traits.price },
        {
          voices: [],
          turnDetection: ['manual'],
          replyForms: ['voice'],
          serverTools: [],
          price: null,
        },
      );
    });
  }

  it('says the same as the vendors of the models that differ most', () => {
    const live = geminiTraits('models/gemini-3.8-live');
    assert.deepEqual(
      [live.thinking, live.proactiveAudio, live.capabilities.serverTools, live.capabilities.asyncTools],
      ['fixed', 'always', ['google_search'], 'native'],
    );
    const cascaded = geminiTraits('gemini-live-2.5-flash');
    assert.deepEqual(
      [cascaded.capabilities.replyForms, cascaded.capabilities.serverTools, cascaded.contextTokens],
      [['voice', 'text'], ['google_search', 'code_execution', 'url_context'], 32_768],
    );
    assert.equal(openAITraits('gpt-realtime-1.5').contextTokens, 32_000);
    assert.equal(openAITraits('gpt-realtime-2.1').contextTokens, 128_000);
  });

  it('has a price for every model, and a model for every price but those of transcription and of summaries', () => {
    const priced = [...PRICES].filter(([, price]) => price.audioIn !== undefined).map(([model]) => model);
    assert.deepEqual([...KNOWN_MODELS].sort(), priced.sort());
    for (const model of KNOWN_MODELS) {
      const { price } = model.startsWith('gpt') ? openAITraits(model) : geminiTraits(model);
      assert.equal(price, model);
    }
  });
});
