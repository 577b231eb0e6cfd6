import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { SimulatedGemini, SimulatedOpenAI, type Writer } from '@parley/simulator/models';
import { textModel } from '../../src/model/text-model.ts';
import { PROTOCOLS, type Protocol } from '../support/world/world.ts';

const schema = {
  type: 'object',
  properties: { word: { type: 'string' } },
  required: ['word'],
  additionalProperties: false,
};
const ORDER = { instructions: 'Sum it up.', input: 'نص 𝒑 \n "quoted" </x>', schema };

async function setUp(
  context: TestContext,
  protocol: Protocol,
  {
    write = () => '{"word":"cake"}',
    wanted = null,
    key,
  }: { write?: Writer; wanted?: string | null; key?: string } = {},
) {
  const start = protocol === 'openai' ? SimulatedOpenAI : SimulatedGemini;
  const server = await start.start({ script: () => ({ silent: true }), write });
  context.after(() => server.close());
  const endpoint = { apiKey: key ?? server.apiKey, baseUrl: server.url, headers: { 'x-gateway': 'yes' } };
  const patience = { pauseMs: 5, longestMs: 300 };
  const model = textModel([{ provider: 'azure' }, { provider: protocol, ...endpoint }], wanted, patience);
  assert.ok(model);
  const ask = (order: typeof ORDER = ORDER) => model.write(order, AbortSignal.timeout(20_000));
  return { server, model, ask };
}

for (const protocol of PROTOCOLS) {
  test(`what is asked arrives as it is, and what it took is told, on ${protocol}`, async (context) => {
    const asked: unknown[] = [];
    const write: Writer = (one) => {
      asked.push(one);
      return '{"word":"cake"}';
    };
    const { server, model, ask } = await setUp(context, protocol, { write });
    const { text, usage } = await ask();
    assert.equal(text, '{"word":"cake"}');
    const { instructions, input } = ORDER;
    assert.deepEqual(asked, [{ model: model.name, instructions, input }]);
    const textIn = Math.ceil((instructions.length + input.length) / 4);
    assert.deepEqual(usage, {
      inputTokens: textIn,
      outputTokens: 4,
      tokens: { textIn, cachedTextIn: 0, audioIn: 0, cachedAudioIn: 0, textOut: 4, audioOut: 0 },
      estimated: false,
    });
    assert.equal(server.requests.at(-1)?.headers['x-gateway'], 'yes');
  });

  test(`what goes wrong is said in a sentence, on ${protocol}`, async (context) => {
    const rejected = async (
      options: Parameters<typeof setUp>[2],
      message: RegExp,
      refuse?: SimulatedOpenAI['faults']['refuse'],
    ) => {
      const { server, ask } = await setUp(context, protocol, options);
      server.faults.refuse = refuse;
      await assert.rejects(ask(), (error: Error) => {
        assert.equal(error.name, 'WritingFailedError');
        assert.match(error.message, message);
        return true;
      });
    };
    await rejected({ key: 'wrong' }, /does not accept the key: whoever runs me should check (OPENAI|GEMINI)_API_KEY/);
    await rejected({ wanted: 'no-such-model' }, /has no model no-such-model: .* SUMMARY_MODEL/);
    await rejected({}, /the quota or the credit is used up/, 429);
    await rejected({}, /has trouble of its own \(503\)/, 503);
    await rejected({ write: () => '' }, /wrote nothing that I can use/);
    await rejected(
      {},
      /does not accept the key: .* I asked through the gateway of \w+_BASE_URL\. Where .* speech models only/,
      403,
    );
    // A gateway that passes WebSockets on and nothing else.
    for (const status of [404, 405, 426, 501]) {
      await rejected({}, /^I cannot sum up: the gateway of (OPENAI|GEMINI)_BASE_URL has speech models only/, status);
    }
    const quota = { error: { code: 'insufficient_quota', message: 'Your prepayment credits are depleted.' } };
    await rejected({}, /has no quota or credit left/, { status: 429, body: quota });
    const page = '<!DOCTYPE html><html>Blocked by the proxy</html>';
    await rejected({}, /Something between me and .* refuses it \(403\)/, { status: 403, body: page });
    const { server, ask } = await setUp(context, protocol);
    await server.close();
    await assert.rejects(ask(), /did not answer/);
  });

  test(`what passes is asked again, when the service wants to be asked, on ${protocol}`, async (context) => {
    let answers = 0;
    const { server, ask } = await setUp(context, protocol, { write: () => (answers++ === 0 ? '' : '{"word":"cake"}') });
    const message = 'Rate limit reached. Please try again in 200ms.';
    server.faults.refuse = { status: 429, body: { error: { code: 429, message } }, times: 1 };
    const startedAt = performance.now();
    assert.equal((await ask()).text, '{"word":"cake"}', 'after a limit, and an answer of nothing');
    assert.ok(performance.now() - startedAt >= 199);
    server.faults.refuse = { status: 503, times: 2 };
    assert.equal((await ask()).text, '{"word":"cake"}');
    assert.equal(server.requests.length, 6);
  });
}

for (const provider of PROTOCOLS) {
  test(`a page where an answer should be is no answer of a text model, on ${provider}`, async (context) => {
    const page = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>It works!</html>');
    });
    page.listen(0, '127.0.0.1');
    context.after(() => page.close());
    await once(page, 'listening');
    const baseUrl = `http://127.0.0.1:${(page.address() as AddressInfo).port}`;
    const model = textModel([{ provider, apiKey: 'k', baseUrl, headers: {} }], null);
    await assert.rejects(
      model!.write(ORDER, AbortSignal.timeout(5_000)),
      /^WritingFailedError: I cannot sum up: the gateway/,
    );
  });

  test(`headers of a gateway take the place of the key, on ${provider}`, async (context) => {
    const { server } = await setUp(context, provider);
    const header = provider === 'openai' ? 'authorization' : 'x-goog-api-key';
    const value = provider === 'openai' ? `Bearer ${server.apiKey}` : server.apiKey;
    const headers = { [header.toUpperCase()]: value, 'x-gateway': 'yes' };
    const model = textModel([{ provider, apiKey: '', baseUrl: server.url, headers }], null);
    await model!.write(ORDER, AbortSignal.timeout(5_000));
    assert.equal(server.requests.at(-1)?.headers[header], value);
    const without = textModel([{ provider, apiKey: 'k', baseUrl: server.url, headers: { [header]: null } }], null);
    await assert.rejects(without!.write(ORDER, AbortSignal.timeout(5_000)), /does not accept the key/);
    assert.equal(server.requests.at(-1)?.headers[header], undefined);
  });
}

test('the stand-ins refuse what the services do not know', async (context) => {
  const refusal = async (protocol: Protocol, path: string, body: string, headers: Record<string, string>) => {
    const { server } = await setUp(context, protocol);
    const response = await fetch(`${server.url}${path}`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...headers },
    });
    const { error } = (await response.json()) as { error: { message: string } };
    return [response.status, error.message];
  };
  const bearer = { authorization: 'Bearer sk-simulated' };
  const asked = { model: 'gpt-5.4-mini', input: 'x' };
  assert.deepEqual(await refusal('openai', '/responses', JSON.stringify({ ...asked, max_tokens: 5 }), bearer), [
    400,
    "Unknown parameter: 'max_tokens'.",
  ]);
  assert.deepEqual(await refusal('openai', '/responses', '{', bearer), [
    400,
    'We could not parse the JSON body of your request.',
  ]);
  assert.equal((await refusal('openai', '/responses', JSON.stringify(asked), {}))[0], 401);
  const path = '/v1beta/models/gemini-3.1-flash-lite:generateContent';
  const key = { 'x-goog-api-key': 'AIza-simulated' };
  const contents = [{ role: 'user', parts: [{ text: 'x' }] }];
  assert.deepEqual(await refusal('gemini', path, JSON.stringify({ contents, config: {} }), key), [
    400,
    'Invalid JSON payload received. Unknown name "config": Cannot find field.',
  ]);
  assert.equal((await refusal('gemini', path, JSON.stringify({ contents: [] }), key))[0], 400);
  assert.equal((await refusal('gemini', path, JSON.stringify({ contents }), {}))[0], 403);
});

test('the stand-in of OpenAI takes no schema that the service would refuse', async (context) => {
  const { ask } = await setUp(context, 'openai');
  await assert.rejects(
    ask({ ...ORDER, schema: { ...schema, additionalProperties: true } }),
    /refused the text \(400\)/,
  );
});

test('the model is that of the first configured provider that has one, or the one that is named', () => {
  const endpoint = { apiKey: 'k', baseUrl: 'http://127.0.0.1:9', headers: {} };
  const both = [
    { provider: 'gemini', ...endpoint },
    { provider: 'openai', ...endpoint },
  ];
  const label = (wanted: string | null, configs = both) => textModel(configs, wanted)?.label;
  assert.equal(label(null), 'Google Gemini (gemini-3.1-flash-lite)');
  assert.equal(label('gemini-2.5-flash'), 'Google Gemini (gemini-2.5-flash)');
  assert.equal(label('openai:gpt-5.4'), 'OpenAI (gpt-5.4)');
  assert.equal(label('openai:gpt-5.4', both.slice(0, 1)), undefined);
  assert.equal(textModel([{ provider: 'vertex' }], null), undefined);
});
