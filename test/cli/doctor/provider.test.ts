import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { SimulatedGemini, SimulatedOpenAI } from '@parley/simulator/models';
import { providerCheck } from '../../../src/cli/doctor/provider.ts';
import { readConfig } from '../../../src/config/config.ts';
import { createLog } from '../../../src/process/log.ts';

const log = createLog({ level: 'silent', redact: [] });
const script = () => ({ silent: true }) as const;

describe('what the doctor says of a model', () => {
  let openai: SimulatedOpenAI;
  let gemini: SimulatedGemini;
  before(async () => {
    openai = await SimulatedOpenAI.start({ script });
    gemini = await SimulatedGemini.start({ script });
  });
  after(() => Promise.all([openai.close(), gemini.close()]));

  const finding = async (env: NodeJS.ProcessEnv) => {
    const config = readConfig({ DISCORD_TOKEN: 'a.b.c', ...env });
    const { state, text } = await providerCheck(config.model, log);
    return `${state}: ${text}`;
  };
  const own = () => ({ OPENAI_API_KEY: openai.apiKey, OPENAI_BASE_URL: openai.url });

  it('nothing more where it stays', async () => {
    assert.match(await finding(own()), /^ok: a session opened in \d+ ms: address, key and model are right$/);
  });

  it('when it is shut down, and what writes down with it', async () => {
    assert.match(
      await finding({ ...own(), OPENAI_MODEL: 'gpt-realtime-mini', OPENAI_TRANSCRIBE_MODEL: 'whisper-1' }),
      /right\. gpt-realtime-mini is shut down on 2027-01-20: choose another before \(docs\/models\.md\)\. whisper-1 is shut down on 2027-02-26: /,
    );
  });

  it('what a conversation with it leaves out', async () => {
    const vertex = { VERTEX_PROJECT: 'p', VERTEX_API_KEY: gemini.apiKey, VERTEX_BASE_URL: gemini.url };
    assert.match(
      await finding(vertex),
      /right\. Left out: google_search\. This model takes it only in place of all tools/,
    );
  });

  it('which headers to look at, where a gateway lets nobody in', async () => {
    assert.match(
      await finding({ ...own(), OPENAI_API_KEY: 'sk-other' }),
      /^failed: .*check OPENAI_API_KEY and OPENAI_HEADERS\.$/,
    );
  });
});
