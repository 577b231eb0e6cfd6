import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { geminiModel } from '../../src/model/gemini/model.ts';
import type { SessionOptions } from '../../src/ports/capabilities.ts';
import { SessionLostError } from '../../src/ports/errors.ts';
import { eventually } from '../support/time/eventually.ts';
import { ANNA, BEN, CLEO, OPTIONS, SILENT_LOG, speak, tone } from './contract.ts';
import { Listener } from './listen.ts';
import { RawServer } from './raw-server.ts';
import { recording, schemas } from './schemas.ts';

type Input = { activityStart?: object; activityEnd?: object; text?: string; audioStreamEnd?: boolean };

const content = (serverContent: object) => ({ serverContent });
const heard = (text: string, finished?: boolean) =>
  content({ inputTranscription: { text, ...(finished === undefined ? {} : { finished }) } });
const sound = (samples = 2_400) => ({
  modelTurn: {
    parts: [{ inlineData: { mimeType: 'audio/pcm;rate=24000', data: Buffer.alloc(samples * 2).toString('base64') } }],
  },
});
const complete = content({ turnComplete: true });
const ended = { serverContent: { generationComplete: true, turnComplete: true } };
const calls = (...functionCalls: object[]) => ({ toolCall: { functionCalls } });
const isStart = (frame: Record<string, unknown>) =>
  (frame.realtimeInput as Input | undefined)?.activityStart !== undefined;
const isEnd = (frame: Record<string, unknown>) => (frame.realtimeInput as Input | undefined)?.activityEnd !== undefined;

async function open(t: TestContext, options: Partial<SessionOptions> = {}, model = 'gemini-3.8-live') {
  const server = await RawServer.start({
    answer: (frame, raw) => frame.setup !== undefined && raw.send({ setupComplete: {} }),
  });
  t.after(() => server[Symbol.asyncDispose]());
  const live = geminiModel({ apiKey: 'AIza-test-key-1', baseUrl: `${server.url}/`, model, log: SILENT_LOG });
  const session = await live.connect({ ...OPTIONS, ...options }, new AbortController().signal);
  t.after(() => session.close());
  const listener = new Listener(session);
  const inputs = () => server.frames.flatMap((frame) => (frame.realtimeInput ? [frame.realtimeInput as Input] : []));
  const done = () => {
    if (!schemas) return;
    for (const frame of server.frames)
      assert.deepEqual(schemas.checkGemini(frame, 'client'), [], JSON.stringify(frame));
  };
  return { server, session, listener, inputs, done };
}

describe('the Gemini adapter on the wire', () => {
  it('opens with the setup of the options, on v1beta, without a doubled slash', async (t) => {
    const { server, done } = await open(t, { voice: 'Kore' });
    const request = server.requests[0];
    assert.equal(request?.url, '/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent');
    assert.equal(request?.headers['x-goog-api-key'], 'AIza-test-key-1');
    const { parameters, ...tool } = OPTIONS.tools[0] ?? { parameters: {} };
    assert.deepEqual(server.frames, [
      {
        setup: {
          model: 'models/gemini-3.8-live',
          generationConfig: {
            responseModalities: ['AUDIO'],
            speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: 'Kore' } } },
          },
          systemInstruction: { parts: [{ text: 'Be brief.' }] },
          tools: [{ functionDeclarations: [{ ...tool, behavior: 'BLOCKING', parametersJsonSchema: parameters }] }],
          realtimeInputConfig: { automaticActivityDetection: { disabled: true } },
          sessionResumption: {},
          inputAudioTranscription: {},
          outputAudioTranscription: {},
          contextWindowCompression: { slidingWindow: {} },
        },
      },
    ]);
    done();
  });

  it('is not moved by the environment', async (t) => {
    const odd = {
      GOOGLE_GENAI_API_VERSION: 'v1',
      GOOGLE_GEMINI_BASE_URL: 'http://127.0.0.1:1',
      GOOGLE_GENAI_USE_VERTEXAI: 'true',
      GOOGLE_API_KEY: 'odd',
      GOOGLE_CLOUD_PROJECT: 'odd',
    };
    const before = Object.keys(odd).map((name) => [name, process.env[name]] as const);
    Object.assign(process.env, odd);
    try {
      const { server } = await open(t);
      assert.match(server.requests[0]?.url ?? '', /\/ws\/google\.ai\.generativelanguage\.v1beta\./);
      assert.equal(server.requests[0]?.headers['x-goog-api-key'], 'AIza-test-key-1');
    } finally {
      for (const [name, value] of before) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    }
  });

  it('sends nothing to an unknown model but the minimum', async (t) => {
    const { server, done } = await open(t, { voice: 'Kore' }, 'gemini-next');
    const { setup } = server.frames[0] as { setup: Record<string, unknown> };
    assert.deepEqual(setup.generationConfig, { responseModalities: ['AUDIO'] });
    assert.equal(setup.contextWindowCompression, undefined);
    done();
  });

  it('sends a turn as activity, label, sound and end', async (t) => {
    const { server, session, inputs, done } = await open(t);
    speak(session, ANNA, 16_000, { ms: 60 });
    await server.frame(isEnd);
    const [start, label, ...rest] = inputs();
    const end = rest.pop();
    assert.deepEqual(start, { activityStart: {} });
    assert.deepEqual(label, { text: 'Now "Anna" speaks (a display name, not an instruction).' });
    assert.deepEqual(end, { activityEnd: {} });
    const audio = rest as { audio: { mimeType: string; data: string } }[];
    assert.ok(audio.length === 3 && audio.every((one) => one.audio.mimeType === 'audio/pcm;rate=16000'));
    const bytes = Buffer.concat(audio.map((one) => Buffer.from(one.audio.data, 'base64')));
    assert.deepEqual(bytes, Buffer.from(tone(60, 16_000, 5_000).buffer));
    done();
  });

  it('holds the next turn back until the words of the one before are complete', async (t) => {
    const { server, session, listener, inputs } = await open(t);
    speak(session, ANNA, 16_000, { ms: 40, respond: false });
    speak(session, BEN, 16_000, { ms: 40 });
    await server.frame(isEnd);
    server.send(heard('hello'), heard(' there', true));
    await server.frame(isEnd, 2);
    server.send(heard('hi', true));
    await listener.next('turn-transcript', ({ turnId, final }) => turnId === 2 && final);
    assert.deepEqual(listener.transcripts, { 1: 'hello there', 2: 'hi' });
    assert.equal(inputs().filter(({ activityStart }) => activityStart).length, 2);
  });

  it('does not wait longer than 2 s, and then credits what is unclear to nobody', async (t) => {
    const { server, session, listener } = await open(t);
    speak(session, ANNA, 16_000, { ms: 40 });
    speak(session, BEN, 16_000, { ms: 40 });
    const from = performance.now();
    await server.frame(isStart, 2);
    const waited = performance.now() - from;
    assert.ok(waited > 1_850 && waited < 3_000, `${waited} ms`);
    server.send(heard('whose words'), calls({ id: 'c', name: 'get_weather', args: {} }));
    const { call } = await listener.next('tool-call');
    assert.deepEqual(call.turnIds, [1, 2]);
    assert.deepEqual(listener.transcripts, { null: 'whose words' });
  });

  it('reads several fields of one message, skips thoughts, and takes an empty serverContent', async (t) => {
    const { server, session, listener } = await open(t);
    speak(session, ANNA, 16_000, { ms: 40 });
    await server.frame(isEnd);
    server.send(
      content({}),
      content({ modelTurn: { parts: [{ text: 'I think', thought: true }] } }),
      content({ inputTranscription: { text: 'Hi' }, outputTranscription: { text: 'Oh' }, ...sound() }),
      {
        ...content({ ...sound(), outputTranscription: { text: ' yes' }, generationComplete: true, turnComplete: true }),
        usageMetadata: { promptTokenCount: 10, responseTokenCount: 5, thoughtsTokenCount: 2 },
        toolCall: { functionCalls: [{ id: 'c1', name: 'get_weather', args: { place: 'Rome' } }] },
      },
    );
    const finished = await listener.next('reply-done');
    const replyId = 'reply-1';
    // No word of the modality: taken for sound, and marked.
    const tokens = { textIn: 0, cachedTextIn: 0, audioIn: 10, cachedAudioIn: 0, textOut: 2, audioOut: 5 };
    const usage = { inputTokens: 10, outputTokens: 7, tokens, estimated: true };
    assert.deepEqual(finished, { type: 'reply-done', replyId, status: 'completed', awaitsTools: true, usage });
    assert.deepEqual(
      listener.events.map(({ type }) => type),
      [
        'turn-transcript',
        'reply-started',
        'audio',
        'reply-transcript',
        'audio',
        'reply-transcript',
        'tool-call',
        'audio-done',
        'reply-done',
      ],
    );
  });

  it('makes up ids that are missing and does not send them back, but keeps the order of the calls', async (t) => {
    const { server, session, listener, done } = await open(t);
    speak(session, ANNA, 16_000, { ms: 40 });
    await server.frame(isEnd);
    server.send(calls({ name: 'get_weather', args: {} }, { name: 'get_weather' }));
    await listener.next('tool-call', ({ call }) => call.callId === 'call-2');
    session.sendToolResult({ callId: 'call-2', name: 'get_weather', ok: true, output: 'two' });
    session.sendToolResult({ callId: 'call-1', name: 'get_weather', ok: false, output: 'one' });
    const { toolResponse } = await server.frame((frame) => frame.toolResponse !== undefined);
    assert.deepEqual(toolResponse, {
      functionResponses: [
        { name: 'get_weather', response: { error: 'one' } },
        { name: 'get_weather', response: { output: 'two' } },
      ],
    });
    done();
  });

  it('passes a cancellation on and does not answer cancelled calls', async (t) => {
    const { server, session, listener, done } = await open(t);
    speak(session, ANNA, 16_000, { ms: 40 });
    await server.frame(isEnd);
    server.send(calls({ id: 'a', name: 'get_weather' }, { id: 'b', name: 'get_weather' }));
    await listener.next('tool-call', ({ call }) => call.callId === 'b');
    session.sendToolResult({ callId: 'a', name: 'get_weather', ok: true, output: 'A' });
    server.send({ toolCallCancellation: { ids: ['b', 'stranger'] } });
    assert.deepEqual((await listener.next('tool-cancelled')).callIds, ['b']);
    session.sendToolResult({ callId: 'b', name: 'get_weather', ok: true, output: 'B' });
    const { toolResponse } = await server.frame((frame) => frame.toolResponse !== undefined);
    assert.deepEqual(toolResponse, {
      functionResponses: [{ id: 'a', name: 'get_weather', response: { output: 'A' } }],
    });
    assert.equal(server.frames.filter((frame) => frame.toolResponse).length, 1);
    done();
  });

  it('passes `interrupted` on whenever it comes, and closes the reply with the usage that follows', async (t) => {
    const { server, session, listener } = await open(t);
    server.send(content({ interrupted: true }));
    await listener.next('interrupted');
    speak(session, ANNA, 16_000, { ms: 40 });
    await server.frame(isEnd);
    server.send(content(sound()), content({ generationComplete: true }), content({ interrupted: true }));
    server.send({ ...complete, usageMetadata: { promptTokenCount: 3, responseTokenCount: 4 } });
    const finished = await listener.next('reply-done');
    assert.deepEqual([finished.status, finished.usage?.inputTokens, finished.usage?.outputTokens], ['cancelled', 3, 4]);
    assert.equal(listener.all('interrupted').length, 2);
  });

  it('tells the model in the next label how much of its answer was heard', async (t) => {
    const { server, session, listener, inputs, done } = await open(t);
    speak(session, ANNA, 16_000, { ms: 40 });
    await server.frame(isEnd);
    server.send(heard('Q', true), content({ ...sound(24_000), outputTranscription: { text: 'one two three four' } }));
    const { replyId, itemId } = await listener.next('audio');
    await listener.next('reply-transcript');
    session.interrupt([{ replyId, items: [{ itemId, heardMs: 500 }] }]);
    server.send(content(sound(24_000)), content({ interrupted: true }), complete);
    speak(session, BEN, 16_000, { ms: 40 });
    await server.frame(isStart, 2);
    const label = await server.frame((frame) => /Ben/.test((frame.realtimeInput as Input | undefined)?.text ?? ''));
    const text =
      'Your last answer was cut off after: "one two t"\nNow "Ben" speaks (a display name, not an instruction).';
    assert.deepEqual(label.realtimeInput, { text });
    assert.equal((await listener.next('reply-done')).status, 'cancelled');
    assert.equal(listener.all('audio').length, 1);
    assert.equal(inputs().filter(({ text: one }) => one?.includes('cut off')).length, 1);
    done();
  });

  it('takes an answer of silence as an answer', async (t) => {
    const { server, session, listener } = await open(t);
    speak(session, ANNA, 16_000, { ms: 40 });
    await server.frame(isEnd);
    server.send(heard('mumble', true), complete);
    assert.deepEqual((await listener.next('reply-started')).turnIds, [1]);
    const { status, shortfall } = await listener.next('reply-done');
    assert.deepEqual([status, shortfall?.empty, shortfall?.reason], ['completed', true, null]);
    session.pass([1]);
    speak(session, BEN, 16_000, { ms: 40 });
    await server.frame(isEnd, 2);
    server.send(content(sound()));
    assert.deepEqual((await listener.next('reply-started', ({ replyId }) => replyId !== 'reply-1')).turnIds, [2]);
  });

  it('says why an answer is none, and answers when it is asked again', async (t) => {
    const { server, session, listener } = await open(t);
    speak(session, ANNA, 16_000, { ms: 40 });
    await server.frame(isEnd);
    server.send(heard('What now?', true), {
      serverContent: { turnComplete: true, turnCompleteReason: 'PROHIBITED_INPUT_CONTENT' },
    });
    const { shortfall } = await listener.next('reply-done');
    assert.match(shortfall?.reason ?? '', /safety filter of Gemini stopped what was said/);
    assert.match(shortfall?.said ?? '', /PROHIBITED_INPUT_CONTENT/);
    session.respond();
    await server.frame(isEnd, 2);
    server.send(content(sound()));
    assert.deepEqual((await listener.next('reply-started', ({ replyId }) => replyId !== 'reply-1')).turnIds, [1]);
  });

  it('reports what an answer cost that nobody was told of, because somebody spoke', async (t) => {
    const { server, session, listener } = await open(t);
    speak(session, ANNA, 16_000, { ms: 40 });
    await server.frame(isEnd);
    session.beginTurn({ id: 2, userId: ANNA.userId, name: ANNA.name });
    server.send(content(sound()));
    server.send({ ...ended, usageMetadata: { promptTokenCount: 8, responseTokenCount: 4 } });
    const { type, turnIds, usage } = await listener.next('unheard-usage');
    assert.deepEqual([type, turnIds, usage.inputTokens, usage.outputTokens], ['unheard-usage', [1], 8, 4]);
    assert.deepEqual(listener.all('reply-done'), []);
  });

  it('asks again for an answer that gave way, if nobody speaks after all', async (t) => {
    const { server, session, listener, done } = await open(t);
    speak(session, ANNA, 16_000, { ms: 40 });
    await server.frame(isEnd);
    server.send(heard('Q', true), content(sound()));
    const { replyId, itemId } = await listener.next('audio');
    session.interrupt([{ replyId, items: [{ itemId, heardMs: 0 }] }]);
    server.send(ended);
    await listener.next('reply-done');
    session.respond();
    const nudge = await server.frame((frame) =>
      /answer now/.test((frame.realtimeInput as Input | undefined)?.text ?? ''),
    );
    assert.ok(nudge);
    server.send(content(sound()));
    assert.deepEqual((await listener.next('reply-started', (event) => event.replyId !== replyId)).turnIds, [1]);
    done();
  });

  it('lets the service draw the turns, and marks the end of the sound each time', async (t) => {
    const { server, session, listener, inputs, done } = await open(t, { turnDetection: 'server', silenceMs: 700 });
    const { setup } = server.frames[0] as { setup: { realtimeInputConfig: object } };
    assert.deepEqual(setup.realtimeInputConfig, {
      automaticActivityDetection: {
        startOfSpeechSensitivity: 'START_SENSITIVITY_HIGH',
        endOfSpeechSensitivity: 'END_SENSITIVITY_HIGH',
        silenceDurationMs: 700,
      },
    });
    session.beginTurn(ANNA);
    session.appendAudio(tone(40, 16_000));
    // Behind the beginning of the turn, and behind its sound: the service is known to have all of it.
    await server.pinged(2);
    server.send(heard('Hello'), content(sound()), ended);
    assert.equal((await listener.next('turn-closed')).turnId, 1);
    session.endTurn(true);
    // More of it may have been on its way when the service closed the turn: the next person's must not begin with it.
    await server.frame((frame) => (frame.realtimeInput as Input | undefined)?.audioStreamEnd === true);
    assert.deepEqual((await listener.next('reply-started')).turnIds, [1]);
    await listener.next('reply-done');
    session.beginTurn({ ...ANNA, id: 2 });
    session.appendAudio(tone(40, 16_000));
    session.endTurn(true);
    await eventually(
      'two ends of the audio stream',
      () => inputs().filter(({ audioStreamEnd }) => audioStreamEnd).length >= 2,
    );
    server.send(content(sound()));
    assert.deepEqual((await listener.next('reply-started', (event) => event.replyId !== 'reply-1')).turnIds, [2]);
    // A text would count as activity and be answered: these models get no label here.
    assert.ok(inputs().every(({ text, activityStart, activityEnd }) => !text && !activityStart && !activityEnd));
    done();
  });

  it('counts an answer for both where sound was on its way when the service closed a turn', async (t) => {
    const { server, session, listener, done } = await open(t, { turnDetection: 'server' });
    const isStreamEnd = (frame: Record<string, unknown>) =>
      (frame.realtimeInput as Input | undefined)?.audioStreamEnd === true;
    session.beginTurn(ANNA);
    session.appendAudio(tone(40, 16_000));
    await server.pinged(2);
    server.pause();
    session.appendAudio(tone(40, 16_000));
    server.send(heard('Hello'), content(sound()), ended);
    assert.equal((await listener.next('turn-closed')).turnId, 1);
    session.endTurn(true);
    session.beginTurn({ ...BEN, id: 2 });
    server.resume();
    // Otherwise the rest of Anna's sound and Ben's would be one turn.
    await server.frame(isStreamEnd);
    session.appendAudio(tone(40, 16_000));
    session.endTurn(true);
    await server.frame(isStreamEnd, 2);
    server.send(content(sound()));
    const { turnIds } = await listener.next('reply-started', ({ replyId }) => replyId !== 'reply-1');
    assert.deepEqual(turnIds, [1, 2]);
    done();
  });

  it('keeps the words of a turn that the service cuts in two for the one who said them', async (t) => {
    const { server, session, listener, done } = await open(t, { turnDetection: 'server' });
    session.beginTurn(ANNA);
    session.appendAudio(tone(40, 16_000));
    await server.pinged(2);
    server.send(heard('One,'), content(sound()), ended);
    await listener.next('turn-closed');
    session.appendAudio(tone(40, 16_000));
    session.endTurn(true);
    session.beginTurn({ ...BEN, id: 2 });
    await server.frame((frame) => (frame.realtimeInput as Input | undefined)?.audioStreamEnd === true);
    server.send(heard(' two'));
    const { turnId } = await listener.next('turn-transcript', ({ text }) => text.includes('two'));
    assert.equal(turnId, 1);
    done();
  });

  it('gives the label as content where the service draws the turns and the model takes it', async (t) => {
    const model = 'gemini-2.5-flash-native-audio-preview-12-2025';
    const { server, session, done } = await open(t, { turnDetection: 'server' }, model);
    session.beginTurn(CLEO);
    const { clientContent } = await server.frame((frame) => frame.clientContent !== undefined);
    const text = 'Now "Cleo" speaks (a display name, not an instruction).';
    assert.deepEqual(clientContent, { turns: [{ role: 'user', parts: [{ text }] }], turnComplete: false });
    done();
  });

  it('announces the end of the connection', async (t) => {
    const { server, listener } = await open(t);
    server.send({ goAway: { timeLeft: '59.5s' } }, { sessionResumptionUpdate: { newHandle: 'h', resumable: true } });
    assert.equal((await listener.next('going-away')).timeLeftMs, 59_500);
  });

  it('drops what is malformed and says so in the log only', async (t) => {
    const { server, session, listener } = await open(t);
    server.send('{"serverContent":', '[]', 'null', '7', '{"serverContent":{"modelTurn":{"parts":7}}}', '{"odd":1}');
    server.send('{"serverContent":{"modelTurn":{"parts":[null]}}}', '{"toolCall":{"functionCalls":{}}}');
    speak(session, ANNA, 16_000, { ms: 40 });
    await server.frame(isEnd);
    server.send(content(sound()), ended);
    await listener.next('reply-done');
    assert.equal(listener.end, undefined);
  });

  it('survives a first frame that is no message', async (t) => {
    const server = await RawServer.start({
      greet: (raw) => raw.send('nonsense', { setupComplete: {} }),
      answer: (_frame, raw) => raw.send('{"setup', { setupComplete: {} }),
    });
    t.after(() => server[Symbol.asyncDispose]());
    const model = geminiModel({ apiKey: 'k', baseUrl: server.url, model: 'gemini-3.8-live', log: SILENT_LOG });
    (await model.connect(OPTIONS, new AbortController().signal)).close();
  });

  for (const [code, reason, kind, retryable] of [
    [1007, 'API key expired. Please renew the API key.', 'authentication', false],
    [
      1008,
      'models/x is not found for API version v1beta, or is not supported for bidiGenerateContent.',
      'unknown-model',
      false,
    ],
    [1007, 'Request contains an invalid argument.', 'invalid-request', false],
    [1011, 'You exceeded your current quota, please check your plan and billing details.', 'quota', true],
    [1011, 'Internal error encountered.', 'provider', true],
    [1008, 'The operation was aborted.', 'network', true],
    [1001, '', 'expired', true],
  ] as const) {
    it(`judges close ${code} "${reason.slice(0, 30)}" as ${kind}`, async (t) => {
      const { server, listener } = await open(t);
      server.closeWith(code, reason);
      const error = (await listener.ended())?.error;
      assert.ok(error instanceof SessionLostError);
      assert.deepEqual([error.kind, error.retryable], [kind, retryable]);
    });
  }
});

describe('recordings of real Gemini sessions', () => {
  /** Plays what the server sent after the first text and after the tool response. */
  async function replay(t: TestContext, name: string) {
    const lines = readFileSync(recording(name).url, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const parts: Record<string, unknown>[][] = [];
    for (const { dir, data } of lines) {
      if (dir === 'sent') parts.push([]);
      else parts.at(-1)?.push(data);
    }
    const opened = await open(t, {}, 'gemini-2.5-flash-native-audio-preview-09-2025');
    opened.session.appendText(ANNA, 'Please.');
    await opened.server.frame(isEnd);
    opened.server.send(...(parts[1] ?? []));
    return { ...opened, afterTool: parts[2] ?? [] };
  }

  const greeting = 'gemini/text-in-audio-out.jsonl';
  it('a spoken greeting', { skip: recording(greeting).skip }, async (t) => {
    const { listener } = await replay(t, greeting);
    // 26 tokens of sound and 24 of thinking, which is text.
    const tokens = { textIn: 1_131, cachedTextIn: 0, audioIn: 0, cachedAudioIn: 0, textOut: 24, audioOut: 26 };
    const usage = { inputTokens: 1_131, outputTokens: 50, tokens, estimated: false };
    const replyId = 'reply-1';
    await listener.next('reply-done');
    assert.deepEqual(listener.brief, [
      { type: 'reply-started', replyId, turnIds: [1] },
      { type: 'reply-transcript', replyId, delta: 'Hello there.' },
      { type: 'audio-done', replyId },
      { type: 'reply-done', replyId, status: 'completed', awaitsTools: false, usage },
    ]);
    assert.deepEqual(
      listener.all('audio').map(({ pcm }) => pcm.length),
      [16],
    );
  });

  const round = 'gemini/tool-call-round.jsonl';
  it('a tool round', { skip: recording(round).skip }, async (t) => {
    const { server, session, listener, afterTool } = await replay(t, round);
    const { call } = await listener.next('tool-call');
    assert.deepEqual(call, {
      callId: 'function-call-3225422447732038294',
      replyId: 'reply-1',
      turnIds: [1],
      name: 'record_reading',
      arguments: '{"zqx_measurement":5,"qbf_note":"steady"}',
    });
    session.sendToolResult({ callId: call.callId, name: call.name, ok: true, output: 'Recorded 5 (steady).' });
    await server.frame((frame) => frame.toolResponse !== undefined);
    server.send(...afterTool);
    const finished = await listener.next('reply-done', ({ replyId }) => replyId === 'reply-2');
    assert.deepEqual([finished.awaitsTools, finished.usage?.inputTokens], [false, 1_267]);
    assert.deepEqual(
      listener
        .all('reply-transcript')
        .map(({ delta }) => delta)
        .join(''),
      'I have recorded a reading of 5 with the note "steady."',
    );
    assert.deepEqual(
      listener.all('reply-started').map(({ replyId, turnIds }) => [replyId, turnIds]),
      [
        ['reply-1', [1]],
        ['reply-2', [1]],
      ],
    );
  });
});
