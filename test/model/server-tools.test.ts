import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { LiveServerContent } from '@google/genai';
import { inOrder, type ScriptedReply, SimulatedGemini, SimulatedOpenAI } from '@parley/simulator/models';
import { geminiModel } from '../../src/model/gemini/model.ts';
import { GeminiProviderTools } from '../../src/model/gemini/provider-tools.ts';
import type { McpServer } from '../../src/model/openai/mcp-server.ts';
import { openAIModel } from '../../src/model/openai/model.ts';
import type { SessionOptions } from '../../src/ports/capabilities.ts';
import type { ServerWork } from '../../src/ports/tool-calls.ts';
import { ANNA, BEN, OPTIONS, SILENT_LOG, speak } from './contract.ts';
import { Listener } from './listen.ts';
import { RawServer } from './raw-server.ts';
import { schemas } from './schemas.ts';

const DOCS = 'https://mcp.example.com/mcp';

async function gemini(
  t: TestContext,
  replies: readonly ScriptedReply[],
  change: Partial<SessionOptions>,
  bundle = false,
) {
  const server = await SimulatedGemini.start({ script: inOrder(replies), bundle, playbackClock: false });
  t.after(() => server.close());
  const model = geminiModel({
    apiKey: server.apiKey,
    baseUrl: server.url,
    model: 'gemini-live-2.5-flash',
    log: SILENT_LOG,
  });
  const session = await model.connect({ ...OPTIONS, ...change }, new AbortController().signal);
  t.after(() => session.close());
  t.after(() => checked(server.frames, schemas?.checkGemini));
  return { server, session, listener: new Listener(session) };
}

async function openai(t: TestContext, replies: readonly ScriptedReply[], approval: McpServer['approval'] = 'always') {
  const server = await SimulatedOpenAI.start({
    script: inOrder(replies),
    mcpServers: { [DOCS]: ['search', 'write'] },
  });
  t.after(() => server.close());
  const mcpServers = [{ label: 'docs', url: DOCS, authorization: 'token-of-docs', approval }];
  const endpoint = { apiKey: server.apiKey, baseUrl: server.url, model: 'gpt-realtime-2.1' };
  const model = openAIModel({ ...endpoint, mcpServers, log: SILENT_LOG });
  const session = await model.connect({ ...OPTIONS, mcpServers: ['docs'] }, new AbortController().signal);
  t.after(() => session.close());
  t.after(() => checked(server.frames, schemas?.checkOpenAI));
  return { server, session, listener: new Listener(session) };
}

function checked(
  frames: readonly { direction: 'client' | 'server'; message: object }[],
  check: ((message: object, direction: 'client' | 'server') => string[]) | undefined,
): void {
  for (const { direction, message } of frames) {
    assert.deepEqual(check?.(message, direction) ?? [], [], JSON.stringify(message));
  }
}

function works(listener: Listener): readonly ServerWork[] {
  return listener.all('server-tool').map(({ work }) => work);
}

for (const bundle of [false, true]) {
  describe(`Google's own tools, ${bundle ? 'several fields in a message' : 'a field a message'}`, () => {
    it('searches, runs code, reads a page and calls a function in one session', async (t) => {
      const { session, listener, server } = await gemini(
        t,
        [
          {
            code: { code: 'print(2**10)', output: '1024\n' },
            search: {
              queries: ['tides'],
              sources: [
                { uri: 'https://tides.example/a', title: 'Tides' },
                { uri: 'https://tides.example/a', title: 'Tides again' },
                { uri: 'javascript:alert(1)', title: 'Bad' },
              ],
            },
            pages: [{ url: 'https://page.example/' }, { url: 'https://gone.example/', failed: true }],
            say: { text: 'It is 1024.' },
          },
          { calls: [{ name: 'get_weather', arguments: { place: 'Oslo' } }] },
        ],
        { serverTools: ['google_search', 'code_execution', 'url_context'] },
        bundle,
      );
      speak(session, ANNA, 16_000);
      await listener.next('reply-done');
      assert.deepEqual(
        works(listener).filter(({ kind }) => kind !== 'sources'),
        [
          { kind: 'code', language: 'python', code: 'print(2**10)' },
          { kind: 'code-output', ok: true, output: '1024\n' },
        ],
      );
      const sources = works(listener).flatMap((work) => (work.kind === 'sources' ? [work] : []));
      assert.deepEqual(
        sources.flatMap((work) => work.sources),
        [
          { title: 'Tides', url: 'https://tides.example/a' },
          { title: 'page.example', url: 'https://page.example/' },
        ],
      );
      assert.equal(
        sources.reduce((sum, { searches }) => sum + searches, 0),
        1,
      );
      assert.deepEqual(
        sources.flatMap(({ suggestions = [] }) => suggestions),
        [
          {
            title: 'tides',
            url: 'https://vertexaisearch.cloud.google.com/grounding-api-redirect/simulated-0?q=tides&s=1',
          },
        ],
      );
      const [{ replyId } = { replyId: '' }] = listener.all('reply-started');
      assert.ok(listener.all('server-tool').every((event) => event.replyId === replyId));
      speak(session, BEN, 16_000);
      const { call } = await listener.next('tool-call');
      assert.deepEqual([call.name, call.turnIds], ['get_weather', [2]]);
      const [first] = server.frames.map(({ message }) => message as { setup?: { tools: object[] } });
      assert.deepEqual(
        first?.setup?.tools.flatMap((tool) => Object.keys(tool)),
        ['googleSearch', 'codeExecution', 'urlContext', 'functionDeclarations'],
      );
    });

    it('answers in writing: words without sound, complete at the end', async (t) => {
      const { session, listener, server } = await gemini(
        t,
        [{ say: { text: 'Only in writing.' } }],
        { replyForm: 'text', voice: 'Kore' },
        bundle,
      );
      speak(session, ANNA, 16_000);
      const done = await listener.next('reply-done');
      assert.equal(done.status, 'completed');
      assert.equal(
        listener
          .all('reply-transcript')
          .map(({ delta }) => delta)
          .join(''),
        'Only in writing.',
      );
      assert.deepEqual(listener.all('audio'), []);
      assert.ok(!JSON.stringify(server.frames[0]).includes('speechConfig'));
    });
  });
}

it('takes empty, null and unknown fields of Google’s tools for nothing', async (t) => {
  const server = await RawServer.start({
    answer: (frame, raw) => 'setup' in frame && raw.send({ setupComplete: {} }),
  });
  t.after(() => server[Symbol.asyncDispose]());
  const model = geminiModel({ apiKey: 'g', baseUrl: server.url, model: 'gemini-live-2.5-flash', log: SILENT_LOG });
  const session = await model.connect(OPTIONS, new AbortController().signal);
  t.after(() => session.close());
  const listener = new Listener(session);
  speak(session, ANNA, 16_000);
  const contents = [
    { groundingMetadata: null, urlContextMetadata: null },
    { groundingMetadata: {} },
    { modelTurn: { parts: [{ executableCode: null }, { executableCode: {} }, { codeExecutionResult: {} }] } },
    {
      groundingMetadata: {
        groundingChunks: [null, {}, { web: null }, { web: {} }, { web: { uri: 'https://a.example' } }],
      },
    },
    { urlContextMetadata: { urlMetadata: [null, {}, { retrievedUrl: 'not an address' }] } },
    {
      generationComplete: true,
      turnComplete: true,
      groundingMetadata: { webSearchQueries: null, groundingChunks: null },
    },
  ];
  for (const serverContent of contents) server.send({ serverContent });
  await listener.next('reply-done');
  assert.deepEqual(works(listener), [
    { kind: 'code-output', ok: true, output: '' },
    { kind: 'sources', searches: 0, sources: [{ title: 'a.example', url: 'https://a.example' }] },
  ]);
});

it('takes links to Google alone for suggestions, each once, and reads what HTML stands for', () => {
  const google = 'https://vertexaisearch.cloud.google.com/grounding-api-redirect/a';
  const chips = [
    `<a class="chip" href="${google}?x=1&amp;y=2">tides &amp; <b>moon</b> &#x2014; &lt;now&gt;</a>`,
    `<a class="chip" href="${google}?x=1&amp;y=2">again</a>`,
    '<a href="javascript:alert(1)">bad</a>',
    '<a href="https://google.com.evil.example/">evil</a>',
    '<a href="http://www.google.com/search?q=x">not safe</a>',
    `<a href="${google}/${'b'.repeat(1_000)}">long</a>`,
    `<a href="${google}/empty"> </a>`,
  ];
  const work = new GeminiProviderTools();
  const found = (renderedContent: unknown) =>
    work.sourcesIn({ groundingMetadata: { searchEntryPoint: { renderedContent } } } as LiveServerContent);
  assert.deepEqual(found(`<style>a { color: red }</style><div>${chips.join('')}</div>`), {
    kind: 'sources',
    searches: 0,
    sources: [],
    suggestions: [{ title: 'tides & moon — <now>', url: `${google}?x=1&y=2` }],
  });
  for (const nothing of [undefined, null, 5, '', '<a href=', `<a href="${google}?x=1&amp;y=2">once more</a>`]) {
    assert.equal(found(nothing), undefined);
  }
});

describe('hosted MCP servers on OpenAI', () => {
  const search = { server: 'docs', name: 'search', arguments: { query: 'ports' }, output: 'Port 443.' };

  it('runs a call that needs no leave, and speaks about its result when it is asked to', async (t) => {
    const { session, listener, server } = await openai(
      t,
      [{ hosted: [search] }, { say: { text: 'It is port 443.' } }],
      'never',
    );
    speak(session, ANNA, 24_000);
    await listener.next('server-tool', ({ work }) => work.kind === 'call' && work.result !== null);
    const [begun, ended, ...more] = works(listener);
    const callId = begun?.kind === 'call' ? begun.callId : '';
    const call = { kind: 'call', callId, server: 'docs', name: 'search', arguments: '{"query":"ports"}' };
    assert.deepEqual(begun, { ...call, result: null });
    assert.deepEqual(ended, { ...call, result: { ok: true, output: 'Port 443.' } });
    assert.deepEqual(more, []);
    session.respond();
    const next = await listener.next(
      'reply-started',
      () => true,
      listener.events.findIndex(({ type }) => type === 'reply-done'),
    );
    assert.deepEqual(next.turnIds, [1], 'the rights stay those of who asked');
    const update = JSON.stringify(server.frames.find(({ direction }) => direction === 'client')?.message);
    assert.match(update, /"type":"mcp","server_label":"docs","server_url":"https:\/\/mcp\.example\.com\/mcp"/);
    assert.match(update, /"authorization":"token-of-docs","require_approval":"never"/);
  });

  it('asks before a call that needs leave, and runs it once it has it', async (t) => {
    const { session, listener } = await openai(t, [{ hosted: [search] }]);
    speak(session, ANNA, 24_000);
    const { call, server } = await listener.next('approval-request');
    assert.deepEqual([server, call.name, call.arguments, call.turnIds], ['docs', 'search', '{"query":"ports"}', [1]]);
    await listener.next('reply-done');
    assert.deepEqual(works(listener), []);
    session.approve(call.callId, true, 'Everybody who asked may use it.');
    const { work, replyId } = await listener.next(
      'server-tool',
      ({ work }) => work.kind === 'call' && work.result !== null,
    );
    assert.equal(replyId, call.replyId);
    assert.equal(work.kind === 'call' && work.callId, call.callId);
    assert.deepEqual(work.kind === 'call' && work.result, { ok: true, output: 'Port 443.' });
  });

  it('never runs what was declined, and lets the model say so', async (t) => {
    const { session, listener, server } = await openai(t, [{ hosted: [search] }, { say: { text: 'I may not.' } }]);
    speak(session, ANNA, 24_000);
    const { call } = await listener.next('approval-request');
    await listener.next('reply-done');
    session.approve(call.callId, false, 'It is not certain who asked.');
    session.respond();
    await listener.next('reply-transcript');
    assert.deepEqual(works(listener), []);
    assert.ok(!JSON.stringify(server.frames).includes('Port 443.'));
    const [answer] = server.frames.filter(({ message }) => JSON.stringify(message).includes('mcp_approval_response'));
    assert.match(JSON.stringify(answer), /"approve":false,"reason":"It is not certain who asked\."/);
  });

  it('tells of a call that failed', async (t) => {
    const { session, listener } = await openai(t, [{ hosted: [{ ...search, error: 'The server is down.' }] }], 'never');
    speak(session, ANNA, 24_000);
    const { work } = await listener.next('server-tool', ({ work }) => work.kind === 'call' && work.result !== null);
    assert.deepEqual(work.kind === 'call' && work.result, { ok: false, output: 'The server is down.' });
  });

  it('says in the log which server cannot be reached', async (t) => {
    const server = await SimulatedOpenAI.start({ script: () => ({ silent: true }) });
    t.after(() => server.close());
    const endpoint = { apiKey: server.apiKey, baseUrl: server.url, model: 'gpt-realtime-2.1', log: SILENT_LOG };
    const model = openAIModel({ ...endpoint, mcpServers: [{ label: 'docs', url: DOCS, approval: 'always' }] });
    const session = await model.connect({ ...OPTIONS, mcpServers: ['docs'] }, new AbortController().signal);
    t.after(() => session.close());
    const { message } = await new Listener(session).next('refused');
    assert.equal(message, 'The tools of the MCP server docs could not be read: check OPENAI_MCP_SERVERS.');
  });

  it('goes from voice to writing and back in a running session', async (t) => {
    const { session, listener } = await openai(t, [{ say: { text: 'Said or written.' } }]);
    const options = { ...OPTIONS, mcpServers: ['docs'] };
    speak(session, ANNA, 24_000);
    await listener.next('reply-done');
    const sounded = listener.all('audio').length;
    assert.ok(sounded > 0);
    session.update({ ...options, replyForm: 'text' });
    speak(session, BEN, 24_000);
    const two = () => listener.all('reply-done').length === 2;
    await listener.next('reply-done', two);
    assert.equal(listener.all('audio').length, sounded, 'not a sound more');
    const [, second] = listener.all('reply-started');
    const words = listener.all('reply-transcript').filter(({ replyId }) => replyId === second?.replyId);
    assert.equal(words.map(({ delta }) => delta).join(''), 'Said or written.');
  });
});
