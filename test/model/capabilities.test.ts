import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { SimulatedGemini, SimulatedOpenAI } from '@parley/simulator/models';
import { aloneName, sessionOptions } from '../../src/bridge/session-options.ts';
import { leftOut } from '../../src/conversation/server-tools.ts';
import { geminiTraits, KNOWN_MODELS, knownModels, openAITraits } from '../../src/model/capabilities.ts';
import { type SpeechModelConfig, speechModel } from '../../src/model/factory.ts';
import { geminiModel, vertexModel } from '../../src/model/gemini/model.ts';
import { openAIModel } from '../../src/model/openai/model.ts';
import type { Provider, ServerTool, SessionOptions } from '../../src/ports/capabilities.ts';
import type { SpeechModel } from '../../src/ports/model.ts';
import type { Toolbox } from '../../src/ports/tools.ts';
import { defaultSettings } from '../../src/store/settings.ts';
import { PRICES } from '../../src/usage/prices.ts';
import { OPTIONS, SILENT_LOG } from './contract.ts';
import { Listener } from './listen.ts';
import { schemas } from './schemas.ts';

const VERTEX = { project: 'p', location: 'us-central1', apiKey: 'k', baseUrl: 'http://127.0.0.1:1' } as const;
const FIELDS = { google_search: 'googleSearch', code_execution: 'codeExecution', url_context: 'urlContext' } as const;
/** Every model on every platform that has it; on Azure by its deployment. */
const PLATFORMS = (['openai', 'gemini', 'vertex'] as const)
  .flatMap((provider): [Provider, string][] => knownModels(provider).map((model) => [provider, model]))
  .concat(knownModels('openai').map((model): [Provider, string] => ['azure', model]));
const TOOLBOX = {
  declarations: () => OPTIONS.tools,
  run: () => Promise.reject(new Error('nothing runs here')),
  permit: () => Promise.reject(new Error('nothing runs here')),
} as unknown as Toolbox;

function configOf(
  provider: Provider,
  model: string,
  { origin, apiKey }: { readonly origin: string; readonly apiKey: string },
): SpeechModelConfig {
  switch (provider) {
    case 'openai':
      return { provider, apiKey, baseUrl: `${origin}/v1`, model, mcpServers: [DOCS] };
    case 'azure':
      return {
        provider,
        apiKey,
        baseUrl: `${origin}/openai/v1`,
        deployment: 'talk',
        model,
        transcriber: 'gpt-realtime-whisper',
        mcpServers: [DOCS],
      };
    case 'gemini':
      return { provider, apiKey, baseUrl: origin, model };
    case 'vertex':
      return { provider, ...VERTEX, apiKey, baseUrl: origin, model };
    default:
      return provider satisfies never;
  }
}

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

  for (const [provider, model] of PLATFORMS) {
    it(`${model} of ${provider} opens with everything asked for, and says what it leaves out`, async (t) => {
      const azure = provider === 'azure' ? { models: ['talk'] } : {};
      const standIn = provider === 'openai' || provider === 'azure' ? SimulatedOpenAI : SimulatedGemini;
      const server = await standIn.start({ script: () => ({ silent: true }), ...azure });
      t.after(() => server.close());
      const origin = new URL(server.url).origin;
      const speech = speechModel(configOf(provider, model, { origin, apiKey: server.apiKey }), SILENT_LOG);
      const { serverTools, oneKindOfTool, mcpServers } = speech.capabilities;
      const asking = { ...defaultSettings, voice: 'Kore', replyForm: 'text', turnDetection: 'semantic' } as const;
      // As it is, and with each tool of the provider in place of all of ours, where that is the choice.
      const choices = [undefined, ...(oneKindOfTool ? serverTools : [])];
      for (const alone of choices) {
        const disabledTools = alone ? [aloneName(alone)] : [];
        const options = sessionOptions({ ...asking, disabledTools }, speech, TOOLBOX);
        const session = await speech.connect(options, AbortSignal.timeout(5_000));
        session.close();
        const setup = JSON.stringify(server.frames.filter(({ direction }) => direction === 'client').at(-1)?.message);
        const hosted = SERVER_TOOLS.filter((name) => setup.includes(`"${FIELDS[name]}"`));
        assert.deepEqual(hosted, alone ? [alone] : oneKindOfTool ? [] : serverTools, setup);
        assert.equal(setup.includes('get_weather'), alone === undefined, setup);
        assert.equal(setup.includes('"server_label":"docs"'), mcpServers.length > 0);
        const said = leftOut(speech.capabilities, disabledTools).join('\n');
        const missing = oneKindOfTool ? (alone ? 'all tools of mine' : 'google_search') : '';
        assert.ok(said.includes(missing), said);
        assert.equal(said === '', missing === '', said);
      }
    });
  }

  it('says which MCP servers an unknown model is not given', () => {
    const endpoint = { apiKey: 'k', baseUrl: 'http://127.0.0.1:1', model: 'grok-voice', log: SILENT_LOG };
    const { capabilities } = openAIModel({ ...endpoint, mcpServers: [DOCS] });
    assert.deepEqual(leftOut(capabilities, []), [
      'Left out: the MCP servers docs of OPENAI_MCP_SERVERS. This model is not known to take them.',
    ]);
  });

  it('offers a stand-in of ours where the tool of the provider is left out', () => {
    const { capabilities } = vertexModel({ ...VERTEX, model: 'gemini-live-2.5-flash', log: SILENT_LOG });
    const asked: string[][] = [];
    const declarations = (disabled: readonly string[]) => {
      asked.push([...disabled]);
      return [];
    };
    const toolbox = { ...TOOLBOX, declarations };
    const model = { capabilities } as SpeechModel;
    assert.deepEqual(sessionOptions(defaultSettings, model, toolbox).serverTools, ['google_search'], 'nothing of ours');
    assert.deepEqual(asked, [[]], 'run_code, too');
  });

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
