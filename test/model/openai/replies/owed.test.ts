import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { SimulatedOpenAI, type SimulatedOpenAIOptions } from '@parley/simulator/models';
import { TIMING } from '../../../../src/model/connection/model-socket.ts';
import { openAIModel } from '../../../../src/model/openai/model.ts';
import type { SessionLostError } from '../../../../src/ports/errors.ts';
import { ANNA, BEN, OPTIONS, speak } from '../../contract.ts';
import { Listener } from '../../listen.ts';
import { RawServer } from '../../raw-server.ts';
import { says } from '../../two-providers.ts';

/** What is owed is given up after these times instead of seconds. */
const HASTY = {
  ...TIMING,
  replies: { beginMs: 360, nextMs: 750, doneMs: 300, cancelMs: 240, otherMs: 240 },
  words: { commitMs: 450, wordsMs: 450 },
  deeds: { doneMs: 240 },
};
const log = () => {
  const warnings: string[] = [];
  return { warnings, debug: () => {}, warn: (_: object, message: string) => void warnings.push(message) };
};

async function open(t: TestContext, options: Partial<SimulatedOpenAIOptions> = {}) {
  const server = await SimulatedOpenAI.start({
    script: ({ turn }) => says(`Answer ${turn}.`),
    hear: ({ turn }) => `words ${turn}`,
    ...options,
  });
  t.after(() => server.close());
  const model = openAIModel({
    apiKey: server.apiKey,
    baseUrl: server.url,
    model: 'gpt-realtime-2.1',
    log: log(),
    timing: HASTY,
  });
  const session = await model.connect(OPTIONS, new AbortController().signal);
  t.after(() => session.close());
  const sent = (type: string) =>
    server.frames.filter((one) => one.direction === 'client' && (one.message as { type?: string }).type === type);
  return { server, faults: server.faults.openai, session, listener: new Listener(session), sent };
}
const done = (listener: Listener, count: number) =>
  listener.next('reply-done', () => listener.all('reply-done').length >= count);

async function raw(t: TestContext) {
  const server = await RawServer.start({
    greet: (one) => one.send({ type: 'session.created', session: {} }),
    answer: (frame, one) => frame.type === 'session.update' && one.send({ type: 'session.updated', session: {} }),
  });
  t.after(() => server[Symbol.asyncDispose]());
  const warnings = log();
  const model = openAIModel({
    apiKey: 'sk-test-key',
    baseUrl: server.url,
    model: 'gpt-realtime-2.1',
    log: warnings,
    timing: HASTY,
  });
  const session = await model.connect(OPTIONS, new AbortController().signal);
  t.after(() => session.close());
  const sent = (type: string) => server.frames.filter((frame) => frame.type === type);
  return { server, session, listener: new Listener(session), sent, warnings };
}
const created = (id: string, number?: number) => ({
  type: 'response.created',
  response: { id, metadata: number === undefined ? null : { parley_reply: String(number) } },
});
const ended = (id: string, more: object = {}) => ({
  type: 'response.done',
  response: { id, status: 'completed', usage: null, output: [], ...more },
});
const sound = (id: string) => ({
  type: 'response.output_audio.delta',
  response_id: id,
  item_id: `${id}-item`,
  delta: Buffer.alloc(960).toString('base64'),
});
/** The number that travels in the metadata of a request. */
const numberIn = (frame: Record<string, unknown>) =>
  Number((frame.response as { metadata: { parley_reply: string } }).metadata.parley_reply);
const isCreate = ({ type }: { type?: unknown }) => type === 'response.create';

describe('what an OpenAI session owes', { concurrency: 6 }, () => {
  it('is asked for again where a request brings no event, and late events of the first are nobody’s', async (t) => {
    const { server, session, listener, sent } = await raw(t);
    speak(session, ANNA, 24_000);
    const number = numberIn(await server.frame(isCreate, 2));
    server.send(created('late', 1), sound('late'), created('r2', number), sound('r2'), ended('late'), ended('r2'));
    assert.deepEqual((await listener.next('reply-started')).turnIds, [1]);
    await done(listener, 1);
    assert.deepEqual(
      listener.all('audio').map(({ replyId }) => replyId),
      ['r2'],
    );
    assert.equal(listener.all('reply-done').length, 1);
    await server.frame(({ type, response_id }) => type === 'response.cancel' && response_id === 'late');
    assert.equal(sent('response.cancel').length, 2, 'the first could name none');
  });

  it('ends the connection where it is asked for twice in vain', async (t) => {
    const { listener, session, faults } = await open(t);
    faults.ignore['response.create'] = Number.POSITIVE_INFINITY;
    speak(session, ANNA, 24_000);
    const error = (await listener.ended())?.error as SessionLostError;
    assert.deepEqual([error.kind, error.retryable], ['no-answer', true]);
  });

  it('begins with the first thing that comes of it, where response.created is lost', async (t) => {
    const { listener, session, faults, sent } = await open(t);
    faults.lose['response.created'] = 1;
    speak(session, ANNA, 24_000);
    assert.equal((await done(listener, 1)).status, 'completed');
    assert.equal(
      listener
        .all('reply-transcript')
        .map(({ delta }) => delta)
        .join(''),
      'Answer 1.',
    );
    assert.equal(sent('response.create').length, 1);
  });

  it('ends though response.done is lost, with all that was said, and the next question is answered', async (t) => {
    const { listener, session, faults } = await open(t);
    faults.lose['response.done'] = 1;
    speak(session, ANNA, 24_000);
    const first = await done(listener, 1);
    assert.deepEqual([first.status, first.shortfall], ['completed', undefined]);
    speak(session, BEN, 24_000);
    await done(listener, 2);
    assert.deepEqual(
      listener.all('reply-started').map(({ turnIds }) => turnIds),
      [[1], [2]],
    );
  });

  it('is explained where a response begins and nothing else of it comes, and can be asked for again', async (t) => {
    const { server, session, listener } = await raw(t);
    speak(session, ANNA, 24_000);
    await server.frame(isCreate);
    server.send(created('r1', 1));
    const { status, shortfall } = await done(listener, 1);
    assert.deepEqual([status, shortfall?.empty, shortfall?.reason], ['failed', true, 'OpenAI did not answer.']);
    session.respond();
    const number = numberIn(await server.frame(isCreate, 2));
    server.send(ended('r1'), created('r2', number), sound('r2'), ended('r2'));
    assert.deepEqual((await listener.next('reply-started', ({ replyId }) => replyId === 'r2')).turnIds, [1]);
  });

  it('is over where it was cut off and its end never comes', async (t) => {
    const { listener, session, faults } = await open(t, { script: () => says('A long story.', 4_000) });
    speak(session, ANNA, 24_000);
    await listener.next('audio');
    faults.lose['response.done'] = 1;
    session.interrupt([]);
    speak(session, BEN, 24_000);
    const next = await listener.next('reply-started', ({ turnIds }) => turnIds.includes(2));
    await listener.next('audio', ({ replyId }) => replyId === next.replyId);
    assert.equal(listener.all('reply-done')[0]?.status, 'cancelled');
  });

  for (const code of ['conversation_already_has_active_response', null]) {
    it(`waits for a response that it does not know of, and cancels it then (error code ${code}, no event)`, async (t) => {
      const { server, session, listener } = await raw(t);
      const message = 'Conversation already has an active response in progress: resp_1.';
      speak(session, ANNA, 24_000);
      await server.frame(isCreate);
      server.send({ type: 'error', error: { type: 'invalid_request_error', code, message, event_id: null } });
      await server.frame(({ type }) => type === 'response.cancel');
      const number = numberIn(await server.frame(isCreate, 2));
      server.send(created('r2', number), sound('r2'), ended('r2'));
      assert.deepEqual((await listener.next('reply-started')).turnIds, [1]);
      assert.equal((await done(listener, 1)).status, 'completed');
    });
  }

  it('is told once, however often the same frames come', async (t) => {
    const call = { name: 'get_weather', arguments: {} };
    const { listener, session, faults } = await open(t, { script: () => ({ ...says('Look.'), calls: [call] }) });
    for (const type of [
      'response.created',
      'response.output_item.done',
      'response.done',
      'input_audio_buffer.committed',
    ])
      faults.double[type] = 99;
    faults.double['conversation.item.input_audio_transcription.completed'] = 99;
    for (const turn of [ANNA, BEN]) {
      speak(session, turn, 24_000);
      await listener.next('reply-done', () => listener.all('reply-done').length >= turn.id);
      await listener.next('turn-transcript', ({ turnId, final }) => final && turnId === turn.id);
    }
    const counts = (['reply-started', 'tool-call', 'reply-done', 'transcription-usage'] as const).map(
      (type) => listener.all(type).length,
    );
    assert.deepEqual(counts, [2, 2, 2, 2]);
    assert.deepEqual(listener.transcripts, { 1: 'words 1', 2: 'words 2' });
  });

  it('takes a call from the end of its response where its own message is lost, and lets no late sound in', async (t) => {
    const call = { name: 'get_weather', arguments: { city: 'Bern' } };
    const { listener, session, faults } = await open(t, { script: () => ({ calls: [call] }) });
    faults.lose['response.output_item.done'] = 1;
    faults.outputAfterDone = 2;
    speak(session, ANNA, 24_000);
    const told = await listener.next('tool-call');
    assert.equal(told.call.arguments, '{"city":"Bern"}');
    assert.equal((await done(listener, 1)).awaitsTools, true);
    assert.deepEqual(listener.all('audio'), []);
  });
});

describe('whose words they are on OpenAI', { concurrency: 6 }, () => {
  const commits = 'input_audio_buffer.committed';
  for (const [what, set] of [
    ['is lost', { lose: 1 }],
    ['comes twice', { double: 2 }],
    ['comes behind the next one', { delay: 1 }],
  ] as const) {
    it(`is known where a confirmation ${what}`, async (t) => {
      const { listener, session, faults } = await open(t);
      if ('lose' in set) faults.lose[commits] = set.lose;
      if ('double' in set) faults.double[commits] = set.double;
      let count = 0;
      if ('delay' in set) faults.delayMs[commits] = () => (count++ === 0 ? 60 : 0);
      speak(session, ANNA, 24_000, { respond: false });
      speak(session, BEN, 24_000, { respond: false });
      for (const id of [1, 2]) await listener.next('turn-transcript', ({ turnId, final }) => final && turnId === id);
      assert.deepEqual(listener.transcripts, { 1: 'words 1', 2: 'words 2' });
    });
  }

  it('is left open where the server names no items and one confirmation is missing', async (t) => {
    const { listener, session, faults } = await open(t);
    faults.previousItems = false;
    for (const type of [commits, 'conversation.item.added', 'conversation.item.done']) faults.lose[type] = 1;
    speak(session, ANNA, 24_000, { respond: false });
    const first = await listener.next('turn-transcript', ({ turnId, final }) => final && turnId === 1);
    assert.equal(first.missing, true);
    speak(session, BEN, 24_000, { respond: false });
    await listener.next('turn-transcript', ({ text }) => text === 'words 2');
    assert.deepEqual(
      listener.all('turn-transcript').filter(({ text, turnId }) => text === 'words 2' && turnId === 1),
      [],
    );
  });

  it('is said once where nothing can be written down, in the service’s words, and each turn says so', async (t) => {
    const { listener, session, faults } = await open(t);
    faults.transcription = { type: 'server_error', code: null, message: 'Input transcription failed.' };
    for (const id of [1, 2, 3]) {
      speak(session, { ...ANNA, id }, 24_000, { respond: false });
      const { missing } = await listener.next('turn-transcript', ({ turnId, final }) => final && turnId === id);
      assert.equal(missing, true);
    }
    assert.deepEqual(
      listener.all('notice').map(({ message }) => message),
      ['OpenAI cannot write down what you say: Input transcription failed.'],
    );
    assert.equal(listener.all('refused').length, 3);
  });

  it('is no more awaited where words neither come nor are refused', async (t) => {
    const { listener, session, faults } = await open(t);
    faults.lose['conversation.item.input_audio_transcription.completed'] = 1;
    faults.lose['conversation.item.input_audio_transcription.delta'] = 9;
    speak(session, ANNA, 24_000, { respond: false });
    const { missing, turnId } = await listener.next('turn-transcript', ({ final }) => final);
    assert.deepEqual([missing, turnId], [true, 1]);
  });

  it('is forgotten, or the connection ends, where the server does not delete what was taken back', async (t) => {
    const { listener, session, faults, sent } = await open(t);
    speak(session, ANNA, 24_000, { respond: false });
    await listener.next('turn-transcript', ({ final }) => final);
    faults.ignore['conversation.item.delete'] = 9;
    session.withdraw(ANNA.userId ?? '', [1]);
    const end = await listener.ended();
    assert.equal((end?.error as SessionLostError | undefined)?.retryable, true);
    assert.equal(sent('conversation.item.delete').length, 2);
  });
});

describe('answers of OpenAI that are none', { concurrency: 6 }, () => {
  for (const [end, empty, reason] of [
    [{ status: 'incomplete', reason: 'content_filter' }, true, /content filter of OpenAI stopped/],
    [{ status: 'incomplete', reason: 'content_filter', says: true }, false, /content filter of OpenAI stopped/],
    [{ status: 'incomplete', reason: 'max_output_tokens' }, true, /long before it said anything/],
    [{ status: 'incomplete', reason: 'max_output_tokens', says: true }, false, /The answer ends here/],
    [{ status: 'cancelled', reason: 'turn_detected' }, true, /broke the answer off by itself/],
    [{ status: 'failed', error: { type: 'server_error', code: null, message: 'Sorry.' } }, true, /error of its own/],
    [
      { status: 'failed', error: { type: 'tokens', code: 'rate_limit_exceeded', message: 'Try again in 2.5s.' } },
      true,
      /too many|no more requests/,
    ],
    [{ status: 'failed', error: { message: 'The image is broken.' } }, true, /could not answer: The image is broken/],
    [{ status: 'failed' }, true, /could not answer: no reason given/],
    [{ status: 'completed' }, true, null],
  ] as const) {
    it(`say why: ${JSON.stringify(end)}`, async (t) => {
      const { listener, session, faults, sent } = await open(t);
      faults.responses.push(end);
      speak(session, ANNA, 24_000);
      const { shortfall } = await done(listener, 1);
      assert.equal(shortfall?.empty, empty);
      if (reason === null) assert.equal(shortfall?.reason, null);
      else assert.match(shortfall?.reason ?? '', reason);
      session.respond();
      await done(listener, 2);
      assert.equal(sent('response.create').length, empty ? 2 : 1, 'only what is owed is asked for');
    });
  }

  it('end the opening with the words of any error before the session is ready, whatever event it names', async (t) => {
    const server = await SimulatedOpenAI.start({ script: () => ({ silent: true }) });
    t.after(() => server.close());
    const model = openAIModel({ apiKey: server.apiKey, baseUrl: server.url, model: 'gpt-realtime-2.1', log: log() });
    const opening = async (code: string, message: string) => {
      server.faults.openai.opening = { type: 'invalid_request_error', code, message, param: null };
      const error = await model.connect(OPTIONS, new AbortController().signal).catch((one: SessionLostError) => one);
      return error as SessionLostError;
    };
    const refused = await opening('unsupported_country', 'Country is not supported.');
    assert.equal(refused.kind, 'invalid-request');
    assert.match(refused.message, /did not accept the session's settings \(Country is not supported\.\)/);
    const busy = await opening('session_limit_exceeded', 'Too many concurrent sessions. Please retry after 7 seconds.');
    assert.deepEqual([busy.kind, busy.retryable, busy.retryAfterMs], ['limit', true, 7_000]);
  });

  it('do not keep a session from opening whose session.created is lost or late', async (t) => {
    const server = await SimulatedOpenAI.start({ script: () => says('Yes.') });
    t.after(() => server.close());
    server.faults.openai.lose['session.created'] = 1;
    const model = openAIModel({ apiKey: server.apiKey, baseUrl: server.url, model: 'gpt-realtime-2.1', log: log() });
    const session = await model.connect(OPTIONS, new AbortController().signal);
    const listener = new Listener(session);
    speak(session, ANNA, 24_000);
    assert.equal((await done(listener, 1)).status, 'completed');
    session.close();
  });

  it('are counted and shown where the protocol does not know them', async (t) => {
    const { server, session, listener, warnings } = await raw(t);
    server.send({ type: 'gateway.error', error: { message: 'upstream is gone' } }, { type: 'some.news' });
    speak(session, ANNA, 24_000);
    await server.frame(isCreate);
    server.send(created('r1', 1), ended('r1'));
    await done(listener, 1);
    assert.deepEqual(warnings.warnings, ['the provider reports an unknown error']);
  });
});
