import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { GoogleGenAI, type LiveServerMessage, Modality } from '@google/genai';
import { toBase64 } from '../src/shared/script.ts';
import { dial, done, END, join, PATH, SETUP, START, serve, speak, strike, VERTEX } from './gemini-stage.ts';
import { RawClient, tone } from './raw-client.ts';

afterEach(strike);

describe('strictness of the simulated Live API', () => {
  const cases: [string, object[], number, RegExp][] = [
    ['anything before the setup', [START], 1007, /invalid argument/],
    ['a second setup', [{ setup: SETUP }, { setup: SETUP }], 1007, /invalid argument/],
    [
      'an unknown field',
      [{ setup: { ...SETUP, voice: 'Puck' } }],
      1007,
      /Unknown name "voice" at 'setup': Cannot find field/,
    ],
    [
      'an unknown model',
      [{ setup: { ...SETUP, model: 'models/gemini-none' } }],
      1008,
      /^models\/gemini-none is not found for API version v1beta/,
    ],
    [
      'an empty thinking config with 3.8',
      [{ setup: { ...SETUP, generationConfig: { thinkingConfig: {} } } }],
      1007,
      /invalid/,
    ],
    [
      'thinking with 3.8',
      [{ setup: { ...SETUP, generationConfig: { thinkingConfig: { thinkingBudget: 0 } } } }],
      1007,
      /invalid argument/,
    ],
    ['code execution with 3.8', [{ setup: { ...SETUP, tools: [{ codeExecution: {} }] } }], 1008, /not implemented/],
    ['URL context with 3.8', [{ setup: { ...SETUP, tools: [{ urlContext: {} }] } }], 1008, /not implemented/],
    [
      'writing with a model of native audio',
      [{ setup: { ...SETUP, generationConfig: { responseModalities: ['TEXT'] } } }],
      1007,
      /^Cannot extract voices from a non-audio request\.$/,
    ],
    [
      'a voice for a session in writing',
      [
        {
          setup: {
            model: 'models/gemini-live-2.5-flash',
            generationConfig: { responseModalities: ['TEXT'], speechConfig: {} },
          },
        },
      ],
      1007,
      /^Cannot extract voices from a non-audio request\.$/,
    ],
    [
      'both modalities at once',
      [
        {
          setup: {
            model: 'models/gemini-live-2.5-flash',
            generationConfig: { responseModalities: ['TEXT', 'AUDIO'] },
          },
        },
      ],
      1007,
      /invalid argument/,
    ],
    [
      'proactive audio on v1beta',
      [{ setup: { ...SETUP, proactivity: { proactiveAudio: true } } }],
      1007,
      /Unknown name "proactivity"/,
    ],
    [
      'a blocking function with extended thinking',
      [{ setup: { ...SETUP, model: 'models/gemini-3.8-live-extended-thinking' } }],
      1007,
      /invalid argument/,
    ],
    [
      'content in the middle with 3.1',
      [
        { setup: { ...SETUP, model: 'models/gemini-3.1-flash-live-preview' } },
        START,
        { realtimeInput: { text: 'Hi.' } },
        END,
        { clientContent: { turns: [{ role: 'user', parts: [{ text: 'Later.' }] }], turnComplete: false } },
      ],
      1007,
      /invalid argument/,
    ],
    [
      'content of nobody that there is',
      [
        { setup: SETUP },
        { clientContent: { turns: [{ role: 'system', parts: [{ text: 'x' }] }], turnComplete: true } },
      ],
      1007,
      /valid role: user, model/,
    ],
    ['an unknown handle', [{ setup: { ...SETUP, sessionResumption: { handle: 'x' } } }], 1008, /not found/],
    [
      'sound without a rate',
      [{ setup: SETUP }, START, { realtimeInput: { audio: { mimeType: 'audio/pcm', data: '' } } }],
      1007,
      /invalid/,
    ],
    ['media chunks', [{ setup: SETUP }, { realtimeInput: { mediaChunks: [] } }], 1007, /deprecated/],
    ['an end before a start', [{ setup: SETUP }, END], 1007, /invalid/],
    ['two starts', [{ setup: SETUP }, START, START], 1007, /invalid/],
    [
      'a start where detection is on',
      [{ setup: { model: SETUP.model } }, START],
      1007,
      /Explicit activity control is not supported/,
    ],
    ['two messages in one', [{ setup: SETUP, realtimeInput: {} }], 1007, /oneof/],
  ];
  it('closes with the code and the reason of the service', async () => {
    const server = await serve();
    for (const [what, messages, code, reason] of cases) {
      const client = await dial(server);
      for (const message of messages) client.send(message);
      const closed = await client.closed;
      assert.equal(closed.code, code, what);
      assert.match(closed.reason, reason, what);
      assert.ok(Buffer.byteLength(closed.reason) <= 123);
    }
  });
});

describe('admission, resumption and faults of the simulated Live API', () => {
  it('takes `//ws`, a gateway prefix, the Vertex path and each way to give a key', async () => {
    const server = await serve();
    const base = server.url.replace('http', 'ws');
    const vertexModel = 'projects/p/locations/l/publishers/google/models/gemini-live-2.5-flash';
    const ways: [string, Record<string, string>, string?][] = [
      [`/${PATH}?key=${server.apiKey}`, {}],
      [`/live/acct${PATH}?key=other`, { Authorization: `Bearer ${server.apiKey}` }],
      [PATH, { 'x-goog-api-key': server.apiKey }],
      [VERTEX, { Authorization: `Bearer ${server.apiKey}` }, vertexModel],
    ];
    for (const [path, headers, model] of ways) {
      const client = await RawClient.connect(base + path, headers);
      client.send({ setup: { model: model ?? SETUP.model } });
      await client.next('setupComplete');
    }
  });

  it('knows no behavior of tools on the Vertex path', async () => {
    const client = await dial(await serve(), VERTEX);
    const model = 'projects/p/locations/l/publishers/google/models/gemini-live-2.5-flash-native-audio';
    const tools = [{ functionDeclarations: [{ name: 'look', behavior: 'NON_BLOCKING' }] }];
    client.send({ setup: { model, tools } });
    const { code, reason } = await client.closed;
    assert.deepEqual([code, reason.startsWith('Invalid JSON payload received. Unknown name "behavior"')], [1007, true]);
  });

  it('refuses a wrong path with 404, and a wrong key by closing', async () => {
    const server = await serve();
    await assert.rejects(dial(server, PATH.replace('v1beta', 'v1')), /HTTP 404/);
    await assert.rejects(dial(server, VERTEX, 'wrong'), /HTTP 401/);
    const reason = 'API key not valid. Please pass a valid API key.';
    assert.deepEqual(await (await dial(server, PATH, 'wrong')).closed, { code: 1007, reason });
    assert.equal((await (await dial(server, PATH, '')).closed).code, 1008);
  });

  it('gives handles when asked for, and none while it answers; restores what the session knew', async () => {
    const server = await serve({ playbackClock: false });
    const first = await join(server, { sessionResumption: {} });
    await first.next('sessionResumptionUpdate');
    speak(first, tone(100, 16_000));
    await first.next(({ sessionResumptionUpdate: update }) => update && !update.resumable);
    await first.next(done);
    const { newHandle } = (await first.next(({ sessionResumptionUpdate: update }) => update?.resumable))
      .sessionResumptionUpdate;
    first.close();
    const second = await join(server, { sessionResumption: { handle: newHandle } });
    speak(second, tone(100, 16_000));
    await second.next(done);
    assert.deepEqual(
      server.turns.map(({ turn }) => turn),
      [1, 2],
    );
    const known = ['[1600 samples]', 'I said: Yes.'];
    assert.deepEqual(server.sessions[1]?.memory, [...known, ...known]);
  });

  it('refuses a handle of another model, an expired one, and one whose connection is still open', async () => {
    const server = await serve({ handleMs: 60 });
    const first = await join(server, { sessionResumption: {} });
    const { newHandle: handle } = (await first.next('sessionResumptionUpdate')).sessionResumptionUpdate;
    const refusal = async (setup: object) => {
      const client = await dial(server);
      client.send({ setup: { ...SETUP, ...setup, sessionResumption: { handle } } });
      return (await client.closed).code;
    };
    assert.equal(await refusal({}), 1011);
    first.close();
    assert.equal(await refusal({ model: 'models/gemini-3.1-flash-live-preview' }), 1007);
    await new Promise((resolve) => setTimeout(resolve, 80));
    assert.equal(await refusal({}), 1008);
  });

  it('says goAway, then goes', async () => {
    const server = await serve({ connectionMs: 40 });
    const client = await join(server);
    assert.deepEqual((await client.next('goAway')).goAway, { timeLeft: '0.04s' });
    assert.equal((await client.closed).code, 1001);
  });

  it('may be slow or silent at the setup', async () => {
    const server = await serve();
    server.faults.slowSetupMs = 60;
    const startedAt = performance.now();
    await join(server);
    assert.ok(performance.now() - startedAt >= 55);
    server.faults.slowSetupMs = 0;
    server.faults.silentSetup = true;
    const client = await dial(server);
    client.send({ setup: SETUP });
    const outcome = await Promise.race([client.closed, new Promise((resolve) => setTimeout(resolve, 80, 'nothing'))]);
    assert.deepEqual([outcome, client.received], ['nothing', []]);
  });
});

describe('the official SDK against the simulated Live API', () => {
  it('connects, speaks, hears and answers a call', async () => {
    const server = await serve({
      playbackClock: false,
      script: ({ toolResults }) =>
        toolResults.length > 0
          ? { heard: 'hi', say: { text: 'It is foggy.' }, speed: 50 }
          : { calls: [{ name: 'get_weather', arguments: { city: 'Oslo' } }] },
    });
    const ai = new GoogleGenAI({ apiKey: server.apiKey, httpOptions: { apiVersion: 'v1beta', baseUrl: server.url } });
    const received: LiveServerMessage[] = [];
    let arrived = () => {};
    const session = await ai.live.connect({
      model: 'gemini-3.8-live',
      config: {
        responseModalities: [Modality.AUDIO],
        outputAudioTranscription: {},
        systemInstruction: 'Be kind.',
        tools: [{ functionDeclarations: [{ name: 'get_weather', parametersJsonSchema: { type: 'object' } }] }],
        realtimeInputConfig: { automaticActivityDetection: { disabled: true } },
        sessionResumption: {},
        contextWindowCompression: { slidingWindow: {} },
        speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: 'Kore' } } },
      },
      callbacks: {
        onmessage: (message) => {
          received.push(message);
          arrived();
        },
      },
    });
    const until = async (fits: (message: LiveServerMessage) => unknown) => {
      for (;;) {
        const found = received.find(fits);
        if (found) return found;
        await new Promise<void>((resolve) => {
          arrived = resolve;
        });
      }
    };
    session.sendRealtimeInput({ activityStart: {} });
    session.sendRealtimeInput({ audio: { mimeType: 'audio/pcm;rate=16000', data: toBase64(tone(200, 16_000)) } });
    session.sendRealtimeInput({ activityEnd: {} });
    const call = (await until((m) => m.toolCall)).toolCall?.functionCalls?.[0];
    assert.equal(call?.name, 'get_weather');
    session.sendToolResponse({
      functionResponses: [{ id: call?.id as string, name: 'get_weather', response: { output: 'foggy' } }],
    });
    await until((m) => m.serverContent?.generationComplete && received.some((other) => other.data));
    assert.equal(server.turns[0]?.pcm.length, 3_200);
    session.close();
  });
});
