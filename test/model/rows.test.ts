import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { inOrder, type ScriptedReply, SimulatedGemini, SimulatedOpenAI } from '@parley/simulator/models';
import { readConfig } from '../../src/config/config.ts';
import type { ModelLog } from '../../src/model/connection/model-socket.ts';
import { speechModel } from '../../src/model/factory.ts';
import { vertexBase } from '../../src/model/gemini/socket.ts';
import { SessionLostError } from '../../src/ports/errors.ts';
import { ANNA, OPTIONS, speak } from './contract.ts';
import { Listener } from './listen.ts';
import { schemas } from './schemas.ts';

const KEY = 'key-of-the-row-0123456789';
const GATEWAY = '/live/acct';
const GEMINI_PATH = '/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent';
const VERTEX_PATH = '/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent';
const VERTEX_MODEL =
  'projects/my-project/locations/us-central1/publishers/google/models/gemini-live-2.5-flash-native-audio';
const BEARER = JSON.stringify({ Authorization: `Bearer ${KEY}`, 'x-gateway-team': 'voices' });
const OPENAI = { start: SimulatedOpenAI.start, check: schemas?.checkOpenAI };
const GEMINI = { start: SimulatedGemini.start, check: schemas?.checkGemini };

interface Row {
  readonly name: string;
  readonly side: typeof OPENAI | typeof GEMINI;
  /** The configuration, given the address of the stand-in. */
  readonly env: (origin: string) => NodeJS.ProcessEnv;
  /** The request for the connection: path with query, and these headers (undefined: not there). */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** What the first frame says: the model (Gemini), the model that writes down what people say (OpenAI). */
  readonly first: string | undefined;
  readonly label: string;
  /** What is said to somebody with a wrong key. */
  readonly rejected: string;
}

const ROWS: readonly Row[] = [
  {
    name: 'OpenAI, direct',
    side: OPENAI,
    env: (origin) => ({ OPENAI_API_KEY: KEY, OPENAI_BASE_URL: `${origin}/v1` }),
    url: '/v1/realtime?model=gpt-realtime-2.1',
    headers: { authorization: `Bearer ${KEY}`, 'api-key': undefined },
    first: 'gpt-realtime-whisper',
    label: 'OpenAI (gpt-realtime-2.1)',
    rejected: 'OpenAI rejected the API key: check OPENAI_API_KEY and OPENAI_HEADERS.',
  },
  {
    name: 'OpenAI, through a gateway',
    side: OPENAI,
    env: (origin) => ({
      OPENAI_API_KEY: KEY,
      OPENAI_BASE_URL: `${origin}${GATEWAY}/`,
      OPENAI_HEADERS: '{"x-gateway-team":"voices"}',
    }),
    url: `${GATEWAY}/realtime?model=gpt-realtime-2.1`,
    headers: { authorization: `Bearer ${KEY}`, 'x-gateway-team': 'voices' },
    first: 'gpt-realtime-whisper',
    label: 'OpenAI (gpt-realtime-2.1)',
    rejected: 'OpenAI rejected the API key: check OPENAI_API_KEY and OPENAI_HEADERS.',
  },
  {
    name: 'Azure OpenAI, direct',
    side: OPENAI,
    env: (origin) => ({
      AZURE_OPENAI_API_KEY: KEY,
      AZURE_OPENAI_ENDPOINT: origin,
      AZURE_OPENAI_DEPLOYMENT: 'talk',
      AZURE_OPENAI_MODEL: 'gpt-realtime-2.1',
      AZURE_OPENAI_TRANSCRIPTION_DEPLOYMENT: 'scribe',
    }),
    url: '/openai/v1/realtime?model=talk',
    headers: { 'api-key': KEY, authorization: undefined },
    first: 'scribe',
    label: 'Azure OpenAI (talk)',
    rejected: 'Azure OpenAI rejected the API key: check AZURE_OPENAI_API_KEY and AZURE_OPENAI_HEADERS.',
  },
  {
    name: 'Azure OpenAI, through a gateway',
    side: OPENAI,
    env: (origin) => ({
      AZURE_OPENAI_API_KEY: 'own-key-of-azure',
      AZURE_OPENAI_BASE_URL: `${origin}${GATEWAY}`,
      AZURE_OPENAI_DEPLOYMENT: 'talk',
      AZURE_OPENAI_HEADERS: BEARER,
    }),
    url: `${GATEWAY}/realtime?model=talk`,
    headers: { authorization: `Bearer ${KEY}`, 'api-key': 'own-key-of-azure', 'x-gateway-team': 'voices' },
    first: undefined,
    label: 'Azure OpenAI (talk)',
    rejected: 'Azure OpenAI rejected the API key: check AZURE_OPENAI_API_KEY and AZURE_OPENAI_HEADERS.',
  },
  {
    name: 'Gemini, direct',
    side: GEMINI,
    env: (origin) => ({ GEMINI_API_KEY: KEY, GEMINI_BASE_URL: origin }),
    url: GEMINI_PATH,
    headers: { 'x-goog-api-key': KEY, authorization: undefined },
    first: 'models/gemini-3.8-live',
    label: 'Google Gemini (gemini-3.8-live)',
    rejected: 'Google rejected the API key: check GEMINI_API_KEY and GEMINI_HEADERS.',
  },
  {
    name: 'Gemini, through a gateway',
    side: GEMINI,
    env: (origin) => ({
      GEMINI_API_KEY: 'own-key-of-gemini',
      GEMINI_BASE_URL: `${origin}${GATEWAY}/`,
      GEMINI_HEADERS: BEARER,
    }),
    url: `${GATEWAY}${GEMINI_PATH}`,
    headers: { authorization: `Bearer ${KEY}`, 'x-goog-api-key': 'own-key-of-gemini', 'x-gateway-team': 'voices' },
    first: 'models/gemini-3.8-live',
    label: 'Google Gemini (gemini-3.8-live)',
    rejected: 'Google rejected the API key: check GEMINI_API_KEY and GEMINI_HEADERS.',
  },
  {
    name: 'Vertex AI, direct',
    side: GEMINI,
    env: (origin) => ({ VERTEX_PROJECT: 'my-project', VERTEX_API_KEY: KEY, VERTEX_BASE_URL: origin }),
    url: VERTEX_PATH,
    headers: { 'x-goog-api-key': KEY, authorization: undefined },
    first: VERTEX_MODEL,
    label: 'Google Vertex AI (gemini-live-2.5-flash-native-audio)',
    rejected: 'Google rejected the API key: check VERTEX_API_KEY and VERTEX_HEADERS.',
  },
  {
    name: 'Vertex AI, through a gateway',
    side: GEMINI,
    env: (origin) => ({
      VERTEX_PROJECT: 'my-project',
      VERTEX_BASE_URL: `${origin}${GATEWAY}`,
      VERTEX_HEADERS: BEARER,
    }),
    url: `${GATEWAY}${VERTEX_PATH}`,
    headers: { authorization: `Bearer ${KEY}`, 'x-goog-api-key': undefined, 'x-gateway-team': 'voices' },
    first: VERTEX_MODEL,
    label: 'Google Vertex AI (gemini-live-2.5-flash-native-audio)',
    rejected: 'Google rejected the credentials: check VERTEX_HEADERS.',
  },
];

const CITIES = ['Paris', 'Rome', 'Oslo'];
/** A round with tools of the same name, whose results must not be mixed up, and the answer that uses them. */
const ROUND: readonly ScriptedReply[] = [
  { calls: CITIES.map((place) => ({ name: 'get_weather', arguments: { place } })), heard: 'How is the weather?' },
  { say: { text: 'It rains.' }, speed: 50 },
];

async function stage(t: TestContext, row: Row, apiKey = KEY) {
  const results: string[][] = [];
  const round = inOrder(ROUND);
  const server = await row.side.start({
    script: (input) => {
      results.push(input.toolResults.map(({ output }) => output));
      return round(input);
    },
    apiKey,
    playbackClock: false,
    ...(row.name.startsWith('Azure') ? { models: ['talk'] } : {}),
  });
  t.after(() => server.close());
  const logged: unknown[] = [];
  const write = (fields: object, message: string) => void logged.push([fields, message]);
  const log: ModelLog = { debug: write, warn: write };
  const { model } = readConfig({ DISCORD_TOKEN: 'a.b.c', ...row.env(new URL(server.url).origin) });
  return { server, speech: speechModel(model, log), results, logged };
}

/** More ways of the same rows: what a gateway may want instead, by null in the headers. */
const WAYS: readonly {
  readonly name: string;
  readonly env: (origin: string) => NodeJS.ProcessEnv;
  readonly headers: Row['headers'];
}[] = [
  {
    name: 'OpenAI with the key in a header of the gateway alone',
    env: (origin) => ({
      OPENAI_BASE_URL: origin.replace('http', 'ws'),
      OPENAI_HEADERS: `{"api-key":"${KEY}","User-Agent":null}`,
    }),
    headers: { 'api-key': KEY, authorization: undefined, 'user-agent': undefined },
  },
  {
    name: 'Azure through a gateway: the key as Bearer alone',
    env: (origin) => ({
      AZURE_OPENAI_API_KEY: KEY,
      AZURE_OPENAI_BASE_URL: `${origin.replace('http', 'ws')}${GATEWAY}/`,
      AZURE_OPENAI_DEPLOYMENT: 'talk',
    }),
    headers: { authorization: `Bearer ${KEY}`, 'api-key': undefined },
  },
  {
    name: 'Azure with api-key taken away',
    env: (origin) => ({
      AZURE_OPENAI_API_KEY: 'own-key-of-azure',
      AZURE_OPENAI_ENDPOINT: origin,
      AZURE_OPENAI_DEPLOYMENT: 'talk',
      AZURE_OPENAI_HEADERS: `{"Authorization":"Bearer ${KEY}","API-Key":null}`,
    }),
    headers: { authorization: `Bearer ${KEY}`, 'api-key': undefined },
  },
  {
    name: 'Azure with the same key in the headers: it is not shown twice',
    env: (origin) => ({
      AZURE_OPENAI_API_KEY: KEY,
      AZURE_OPENAI_BASE_URL: origin,
      AZURE_OPENAI_DEPLOYMENT: 'talk',
      AZURE_OPENAI_HEADERS: `{"authorization":"Bearer ${KEY}"}`,
    }),
    headers: { authorization: `Bearer ${KEY}`, 'api-key': undefined },
  },
  {
    name: 'Gemini with the key as Bearer alone',
    env: (origin) => ({
      GEMINI_BASE_URL: `${origin.replace('http', 'ws')}${GATEWAY}/`,
      GEMINI_HEADERS: `{"Authorization":"Bearer ${KEY}","x-goog-api-key":null,"X-Goog-Api-Client":null}`,
    }),
    headers: { authorization: `Bearer ${KEY}`, 'x-goog-api-key': undefined, 'x-goog-api-client': undefined },
  },
  {
    name: 'Vertex AI with a token in another header, and nothing of Google',
    env: (origin) => ({
      VERTEX_PROJECT: 'my-project',
      VERTEX_BASE_URL: origin.replace('http', 'ws'),
      VERTEX_HEADERS: `{"x-goog-api-key":"${KEY}"}`,
    }),
    headers: { authorization: undefined, 'x-goog-api-key': KEY },
  },
];

describe('what a gateway may want instead', () => {
  for (const { name, env, headers } of WAYS) {
    it(name, async (t) => {
      const side = /^(OpenAI|Azure)/.test(name) ? OPENAI : GEMINI;
      const row = { ...(ROWS[0] as Row), name, side, env };
      const { server, speech } = await stage(t, row);
      const session = await speech.connect(OPTIONS, AbortSignal.timeout(5_000));
      session.close();
      const [request] = server.requests;
      assert.doesNotMatch(request?.url ?? '', /key/i);
      for (const [header, value] of Object.entries(headers)) assert.equal(request?.headers[header], value, header);
    });
  }
});

describe('four providers, direct and through a gateway', { concurrency: 4 }, () => {
  for (const row of ROWS) {
    it(`${row.name}: connects by configuration alone, answers a turn, takes tool results`, async (t) => {
      const { server, speech, results, logged } = await stage(t, row);
      assert.equal(speech.label, row.label);
      const session = await speech.connect(OPTIONS, new AbortController().signal);
      t.after(() => session.close());
      const listener = new Listener(session);
      speak(session, ANNA, speech.inputRate);
      for (let i = 0; i < CITIES.length; i++) {
        await listener.next('tool-call', () => listener.all('tool-call').length === CITIES.length);
      }
      const calls = listener.all('tool-call').map(({ call }) => call);
      assert.equal(new Set(calls.map(({ callId }) => callId)).size, CITIES.length);
      // The last one first: where the provider matches by order, ours must be that of the calls.
      for (const { callId, name, arguments: asked } of calls.toReversed()) {
        session.sendToolResult({ callId, name, ok: true, output: `weather of ${JSON.parse(asked).place}` });
      }
      session.respond();
      const answer = await listener.next('reply-started', ({ replyId }) => replyId !== calls[0]?.replyId);
      const done = await listener.next('reply-done', ({ replyId }) => replyId === answer.replyId);
      assert.equal(done.status, 'completed');
      assert.equal(
        listener
          .all('reply-transcript')
          .map(({ delta }) => delta)
          .join(''),
        'It rains.',
      );
      assert.ok(listener.all('audio').length > 0);
      assert.deepEqual(listener.all('refused'), []);
      assert.deepEqual(results.at(-1)?.toSorted(), ['weather of Oslo', 'weather of Paris', 'weather of Rome']);
      assert.equal(listener.transcripts[1], row.first === undefined ? '' : 'How is the weather?');
      const request = server.requests[0];
      assert.equal(server.requests.length, 1);
      assert.equal(request?.url, row.url);
      for (const [name, value] of Object.entries(row.headers)) assert.equal(request?.headers[name], value, name);
      const sent = server.frames.filter(({ direction }) => direction === 'client').map(({ message }) => message);
      assert.equal(firstSays(sent[0]), row.first);
      assert.deepEqual(
        sent.flatMap((frame) => row.side.check?.(frame, 'client').map((text) => [text, frame]) ?? []),
        [],
      );
      assert.doesNotMatch(JSON.stringify(logged), /key-of|Bearer/);
    });

    it(`${row.name}: a wrong key is told with the variable to check, and is not shown`, async (t) => {
      const { speech, logged } = await stage(t, row, 'the-right-key-0123456789');
      await assert.rejects(speech.connect(OPTIONS, new AbortController().signal), (error) => {
        assert.ok(error instanceof SessionLostError);
        assert.deepEqual([error.kind, error.retryable, error.message], ['authentication', false, row.rejected]);
        return true;
      });
      assert.doesNotMatch(JSON.stringify(logged), /key-of|Bearer/);
    });
  }
});

/** The part of the first frame that names a model. */
function firstSays(frame: unknown): string | undefined {
  const { setup, session } = frame as {
    setup?: { model: string };
    session?: { audio: { input: { transcription?: { model: string } } } };
  };
  return setup?.model ?? session?.audio.input.transcription?.model;
}

describe('what Azure OpenAI and Vertex AI do differently', () => {
  const azure = ROWS[2] as Row;
  const vertex = ROWS[6] as Row;

  it('a deployment that does not exist is told with its variable', async (t) => {
    const { server } = await stage(t, azure);
    const { model } = readConfig({
      DISCORD_TOKEN: 'a.b.c',
      ...azure.env(new URL(server.url).origin),
      AZURE_OPENAI_DEPLOYMENT: 'walk',
    });
    const connecting = speechModel(model, { debug: () => {}, warn: () => {} }).connect(
      OPTIONS,
      AbortSignal.timeout(5_000),
    );
    await assert.rejects(connecting, {
      kind: 'unknown-model',
      message: 'Azure OpenAI does not know the deployment "walk": check AZURE_OPENAI_DEPLOYMENT.',
    });
  });

  it('a deployment can do what its model can, and the safe minimum where the model is not known', () => {
    const log = { debug: () => {}, warn: () => {} };
    const base = { provider: 'azure', apiKey: KEY, baseUrl: 'http://127.0.0.1:1', transcriber: null } as const;
    const voices = (deployment: string, model: string | null) =>
      speechModel({ ...base, deployment, model }, log).capabilities.voices.length;
    assert.deepEqual(
      [voices('talk', 'gpt-realtime-2.1'), voices('gpt-realtime', null), voices('talk', null)],
      [10, 10, 0],
    );
  });

  it('what writes down is named where that is what the server does not have', async (t) => {
    const server = await SimulatedOpenAI.start({ script: () => ({ silent: true }), transcribers: ['whisper-1'] });
    t.after(() => server.close());
    const log = { debug: () => {}, warn: () => {} };
    const own = { provider: 'openai', apiKey: server.apiKey, baseUrl: server.url, model: 'gpt-realtime-2.1' } as const;
    await assert.rejects(speechModel(own, log).connect(OPTIONS, AbortSignal.timeout(5_000)), {
      kind: 'invalid-request',
      message:
        'OpenAI did not take the model that is to write down what people say (The model `gpt-realtime-whisper` does not exist or you do not have access to it.): check OPENAI_TRANSCRIBE_MODEL.',
    });
    for (const inputTranscriber of ['whisper-1', null]) {
      const session = await speechModel({ ...own, inputTranscriber }, log).connect(OPTIONS, AbortSignal.timeout(5_000));
      session.close();
    }
    const chosen = server.frames.map(
      ({ message }) => /"transcription":\{"model":"([^"]+)"/.exec(JSON.stringify(message))?.[1],
    );
    assert.ok(chosen.includes('whisper-1'));
  });

  it('whatever a gateway refuses with, the variables of its headers and its address are named', async (t) => {
    let answer = '';
    const page = createServer();
    page.on('upgrade', (_request, socket) => socket.end(answer));
    await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve));
    t.after(() => page.close());
    const origin = `http://127.0.0.1:${(page.address() as AddressInfo).port}`;
    const log = { debug: () => {}, warn: () => {} };
    const bodies: readonly (readonly [number, string, RegExp])[] = [
      [400, '{"error":{"message":"x-portkey-provider is required"}}', /HEADERS/],
      [401, '', /HEADERS/],
      [401, '<html>Log in</html>', /HEADERS/],
      [403, '{"message":"Forbidden"}', /HEADERS/],
      [302, '', /HEADERS/],
      [405, '', /HEADERS/],
      [404, 'no route matched', /BASE_URL.*, and \w+_MODEL/],
    ];
    for (const [status, body, named] of bodies) {
      answer = `HTTP/1.1 ${status} Refused\r\nLocation: /login\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
      for (const env of [
        { OPENAI_API_KEY: 'k', OPENAI_BASE_URL: origin },
        { AZURE_OPENAI_API_KEY: 'k', AZURE_OPENAI_BASE_URL: origin, AZURE_OPENAI_DEPLOYMENT: 'talk' },
        { GEMINI_API_KEY: 'k', GEMINI_BASE_URL: origin },
        { VERTEX_PROJECT: 'p', VERTEX_BASE_URL: origin, VERTEX_HEADERS: '{"Authorization":"Bearer k"}' },
      ]) {
        const { model } = readConfig({ DISCORD_TOKEN: 'a.b.c', ...env });
        const expected = status === 404 && model.provider === 'azure' ? /DEPLOYMENT/ : named;
        await assert.rejects(speechModel(model, log).connect(OPTIONS, AbortSignal.timeout(5_000)), (error: Error) => {
          assert.match(error.message, expected, `${model.provider}, ${status}`);
          assert.match(error.message, status === 401 && body === '' ? /rejected/ : /BASE_URL|rejected/);
          return true;
        });
      }
    }
  });

  it('a model of another kind is not asked for, and one that works is named', async () => {
    const log = { debug: () => {}, warn: () => {} };
    const openai = speechModel(
      { provider: 'openai', apiKey: KEY, baseUrl: 'http://127.0.0.1:1', model: 'gpt-live-1' },
      log,
    );
    await assert.rejects(openai.connect(OPTIONS, AbortSignal.timeout(5_000)), {
      kind: 'unknown-model',
      retryable: false,
      message: /^gpt-live-1 speaks OpenAI's Live API.* Take gpt-realtime-2\.1 instead\.$/,
    });
  });

  it('Vertex AI answers at the address of its location', () => {
    assert.deepEqual(['us-central1', 'global', 'eu'].map(vertexBase), [
      'https://us-central1-aiplatform.googleapis.com',
      'https://aiplatform.googleapis.com',
      'https://aiplatform.eu.rep.googleapis.com',
    ]);
  });

  it('without a key, the Google credentials of the machine are used', async (t) => {
    const tokens = createServer((_request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ access_token: KEY, expires_in: 3600, token_type: 'Bearer' }));
    });
    await new Promise<void>((resolve) => tokens.listen(0, '127.0.0.1', resolve));
    t.after(() => tokens.close());
    const folder = mkdtempSync(join(tmpdir(), 'parley-'));
    t.after(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'subject'), 'subject-token');
    const credentials = {
      type: 'external_account',
      audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: `http://127.0.0.1:${(tokens.address() as AddressInfo).port}/token`,
      credential_source: { file: join(folder, 'subject') },
    };
    writeFileSync(join(folder, 'credentials.json'), JSON.stringify(credentials));
    const before = process.env.GOOGLE_APPLICATION_CREDENTIALS;
    process.env.GOOGLE_APPLICATION_CREDENTIALS = join(folder, 'credentials.json');
    t.after(() => {
      if (before === undefined) delete process.env.GOOGLE_APPLICATION_CREDENTIALS;
      else process.env.GOOGLE_APPLICATION_CREDENTIALS = before;
    });
    const { server, speech } = await stage(t, {
      ...vertex,
      env: (origin) => ({ VERTEX_PROJECT: 'my-project', VERTEX_BASE_URL: origin }),
    });
    const session = await speech.connect(OPTIONS, new AbortController().signal);
    session.close();
    assert.equal(server.requests[0]?.url, VERTEX_PATH);
    assert.equal(server.requests[0]?.headers.authorization, `Bearer ${KEY}`);
  });

  it('credentials that cannot be had are told with what to set', async (t) => {
    const before = process.env.GOOGLE_APPLICATION_CREDENTIALS;
    process.env.GOOGLE_APPLICATION_CREDENTIALS = '/nowhere/credentials.json';
    t.after(() => {
      if (before === undefined) delete process.env.GOOGLE_APPLICATION_CREDENTIALS;
      else process.env.GOOGLE_APPLICATION_CREDENTIALS = before;
    });
    const { speech } = await stage(t, {
      ...vertex,
      env: (origin) => ({ VERTEX_PROJECT: 'my-project', VERTEX_BASE_URL: origin }),
    });
    await assert.rejects(speech.connect(OPTIONS, new AbortController().signal), {
      kind: 'invalid-request',
      message:
        'The connection to Vertex AI could not be opened: check VERTEX_BASE_URL and VERTEX_LOCATION and VERTEX_HEADERS, the Google credentials (GOOGLE_APPLICATION_CREDENTIALS) and VERTEX_PROJECT.',
    });
  });
});
