// What a server over HTTP does wrong, played by a strict stand-in: what a call comes to, what is sent, and what people read.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { McpEntry } from '../../src/tools/mcp/entry.ts';
import { entryOf, McpStage } from '../support/mcp/mcp.ts';
import { type McpFaults, StrictMcp } from '../support/mcp/mcp-http.ts';
import { eventually } from '../support/time/eventually.ts';

let server: StrictMcp;
let stage: McpStage | undefined;
beforeEach(async () => {
  stage = undefined;
  server = await StrictMcp.start();
});
afterEach(async () => {
  await stage?.servers.close();
  server.close();
});

async function start(change: Partial<McpEntry> = {}, key = 'none'): Promise<McpStage> {
  const transport = { type: 'http', url: server.url, headers: { Authorization: `Bearer ${key}` } } as const;
  stage = await McpStage.start([entryOf('far', transport, { startTimeoutMs: 3_000, ...change })]);
  return stage;
}

const stateOf = (one: McpStage) => one.servers.shown[0]?.state;
const reasonOf = (one: McpStage): string => {
  const state = stateOf(one);
  return state?.status === 'failed' ? state.reason : `it is ${state?.status}`;
};

describe('a call that goes wrong', () => {
  const unknown = 'Nobody knows whether the call was carried out. Say so before trying anew.';
  const carriedOut: Record<string, readonly [McpFaults, string]> = {
    'is cut off in the middle of its answer': [{ call: 'cut' }, `its answer was cut off. ${unknown}`],
    'is answered with half of a document': [{ call: 'no JSON' }, `its answer is no JSON. ${unknown}`],
    'is answered with a web page': [{ call: 'a page' }, `it answered with text/html instead of MCP. ${unknown}`],
    'is taken and never answered': [
      { call: 'nothing' },
      `it took the call and answered nothing (HTTP 202). ${unknown}`,
    ],
    'is answered by another id': [{ call: 'wrong id' }, `it answered something else than what was asked. ${unknown}`],
    'is answered by another id in a stream': [
      { call: 'wrong id', streams: true },
      `it answered something else than what was asked. ${unknown}`,
    ],
    'is answered with something else than an object': [
      { call: 'no result' },
      `it answered with a string instead of a result. ${unknown}`,
    ],
  };
  for (const [name, [faults, words]] of Object.entries(carriedOut)) {
    it(`fails at once with its reason where it ${name}, and the server stays`, async () => {
      const one = await start();
      server.faults = faults;
      assert.deepEqual((await one.call('far__add', { n: 1 })).value, {
        error: `The call of the tool server far failed: ${words}`,
      });
      server.faults = {};
      assert.deepEqual((await one.call('far__add', { n: 2 })).value, 'call 2');
      assert.deepEqual(
        server.calls.map(({ args }) => args),
        [{ n: 1 }, { n: 2 }],
      );
      assert.deepEqual(
        server.asked.filter((method) => method === 'initialize'),
        ['initialize'],
        'in the same session',
      );
      assert.match(one.log.join(''), /a call of an MCP server failed/);
    });
  }

  const refused: Record<string, readonly [McpFaults, RegExp]> = {
    '500': [
      { refuse: { status: 500, body: 'Boom' } },
      /^The call of the tool server far failed: it answered with HTTP 500: Boom\. Nobody knows/,
    ],
    '502 with a page': [
      { refuse: { status: 502, body: '<html>Bad gateway</html>' } },
      /failed: it answered with HTTP 502\. Nobody knows/,
    ],
    '403': [
      { refuse: { status: 403, body: '{"error":{"message":"not for you"}}' } },
      /did not take the call: it does not allow this call \(HTTP 403\): not for you\. Nothing was done/,
    ],
    '400': [
      { refuse: { status: 400, body: '{"error":{"message":"bad n"}}' } },
      /failed: it answered with HTTP 400: bad n\./,
    ],
  };
  for (const [status, [faults, words]] of Object.entries(refused)) {
    it(`is sent once where it is refused with ${status}`, async () => {
      const one = await start();
      server.faults = { refuse: { status: 0, only: 'tools/call', ...faults.refuse } };
      assert.match((await one.call('far__add')).value.error, words);
      assert.equal(server.asked.filter((method) => method === 'tools/call').length, 1);
      server.faults = {};
      assert.equal((await one.call('far__add')).value, 'call 1');
      assert.equal(stateOf(one)?.status, 'running');
    });
  }

  it('is not made again in a new session, but for a tool of which twice is the same as once', async () => {
    const one = await start();
    server.faults = { forgetsSessions: true };
    const words =
      'The tool server far did not take the call: its session was over. Nothing was done; it can be called again if it is still wanted.';
    assert.deepEqual((await one.call('far__add')).value, { error: words });
    assert.deepEqual(server.calls, []);
    assert.equal((await one.call('far__add')).value, 'call 1', 'the next call is made in a new session');
    server.faults = { forgetsSessions: true };
    assert.equal((await one.call('far__look')).value, 'call 2');
    assert.deepEqual(
      server.calls.map(({ name }) => name),
      ['add', 'look'],
    );
  });

  for (const forgetsWith of [
    { status: 410, code: -32_000, message: 'Gone' },
    { status: 400, code: -32_000, message: 'Bad Request: No valid session ID provided' },
    { status: 503, code: -32_000, message: 'Unknown session' },
    { status: 200, code: -32_001, message: 'Session not found' },
  ]) {
    it(`finds itself without a session, however it is told: HTTP ${forgetsWith.status}, ${forgetsWith.message}`, async () => {
      const one = await start();
      server.faults = { forgetsSessions: true, forgetsWith };
      assert.match(
        (await one.call('far__add')).value.error,
        /^The tool server far did not take the call: its session was over\. Nothing was done/,
      );
      assert.equal((await one.call('far__add')).value, 'call 1');
    });
  }

  it('is not sent while the server asks to be left alone', async () => {
    const one = await start();
    server.faults = { refuse: { status: 429, retryAfter: '30', left: 1 } };
    const words =
      'The tool server far did not take the call: it is asked too often (HTTP 429). Nothing was done; it can be called again in 30 s.';
    assert.deepEqual((await one.call('far__add')).value, { error: words });
    assert.match(
      (await one.call('far__add')).value.error,
      /^The tool server far asks to be left alone for (29|30) s\. Nothing was done/,
    );
    assert.equal(server.asked.filter((method) => method === 'tools/call').length, 1);
    assert.equal(stateOf(one)?.status, 'running');
  });

  it('ends at its deadline where the server hangs, is made once, and takes nobody with it', async () => {
    const one = await start({ timeoutMs: 300 });
    server.faults = { call: 'hangs' };
    assert.match((await one.call('far__add')).value.error, /did not answer within 0\.3 s/);
    server.faults = {};
    assert.equal((await one.call('far__look')).value, 'call 2');
    assert.equal(server.calls.length, 2);
  });

  it('is asked for its answer again, and not made again, where the server named an event', async () => {
    const one = await start({ timeoutMs: 1_600 });
    server.faults = { call: 'cut with an event id' };
    await one.call('far__add');
    assert.equal(server.calls.length, 1);
    assert.ok(server.asked.filter((method) => method === 'GET').length > 1);
  });

  it('is refused with the code of a lost connection, and nothing is lost', async () => {
    const one = await start();
    server.tools = [];
    assert.match((await one.call('far__add')).value.error, /^The tool server far refused the call: no tool add$/);
    assert.equal(stateOf(one)?.status, 'running');
  });

  it('fails where one key is refused, and the next is made', async () => {
    const one = await start();
    server.faults = { refuse: { status: 401, left: 1 } };
    assert.match(
      (await one.call('far__add')).value.error,
      /did not take the call: it refused the key \(HTTP 401\)\. Nothing was done/,
    );
    assert.equal((await one.call('far__add')).value, 'call 1');
  });
});

describe('what a server says', () => {
  for (const streams of [false, true]) {
    it(`reaches the model whatever is null in it: ${streams ? 'in a stream' : 'as a document'}`, async () => {
      server.faults = { nulls: true, streams };
      server.tools = [{ name: 'odd', result: { content: null, structuredContent: [1, 2], isError: null } }];
      const one = await start();
      assert.deepEqual(stateOf(one), { status: 'running', tools: 0, offered: 0 });
      server.faults = { streams };
      await eventually('its stream', () => server.asked.includes('GET'));
      server.listChanged();
      await eventually('the list', () => one.names.length === 1);
      server.faults = { nulls: true, streams };
      assert.deepEqual((await one.call('far__odd')).value, [1, 2]);
    });
  }

  for (const cursor of ['', 'again']) {
    it(`is asked for no page that is not there: ${JSON.stringify(cursor)}`, async () => {
      server.faults = { cursor };
      assert.deepEqual((await start()).names, ['far__add', 'far__look']);
      assert.ok(server.asked.filter((method) => method === 'tools/list').length <= 2);
    });
  }

  it('gets the names of arguments back as they were', async () => {
    const inner = { type: 'object', properties: { 'page[size]': { type: 'integer' } } };
    server.tools = [
      { name: 'find', inputSchema: { type: 'object', properties: { 'filter[x]': { type: 'string' }, inner } } },
    ];
    const one = await start();
    await one.call('far__find', { filter_x: 'a', inner: { page_size: 2 } });
    assert.deepEqual(server.calls[0]?.args, { 'filter[x]': 'a', inner: { 'page[size]': 2 } });
  });

  it('stays offered where its changed list cannot be had, and is asked for again', async () => {
    const one = await start();
    await eventually('its stream', () => server.asked.includes('GET'));
    server.tools = [{ name: 'new' }];
    server.faults = { refuse: { status: 503, only: 'tools/list' } };
    server.listChanged();
    await eventually('the refusal', () => server.asked.filter((method) => method === 'tools/list').length === 2);
    assert.deepEqual(one.names, ['far__add', 'far__look']);
    server.faults = {};
    await eventually('the list', () => one.names[0] === 'far__new');
  });
});

describe('a server that cannot be used', () => {
  it('is told to speak another version of the protocol', async () => {
    server.faults = { version: '2031-01-01' };
    assert.equal(
      reasonOf(await start()),
      "it speaks another version of MCP than Parley (2024-10-07 to 2025-11-25): Server's protocol version is not supported: 2031-01-01",
    );
  });

  it('is told so where it refuses ours with a status', async () => {
    server.faults = {
      refuse: { status: 400, body: '{"error":{"message":"Unsupported protocol version (supported: 2031-01-01)"}}' },
    };
    assert.match(
      reasonOf(await start()),
      /^it speaks another version of MCP than Parley \(.*\): Unsupported protocol version/,
    );
  });

  it('is told to have the old transport alone, and is not asked all the time', async () => {
    server.faults = { sseOnly: true };
    const one = await start();
    const reason =
      'it only has the old SSE transport, which Parley does not speak: give its address for streamable HTTP (mostly /mcp)';
    assert.equal(reasonOf(one), reason);
    await eventually('the second try', () => one.log.filter((line) => line.includes('old SSE transport')).length === 2);
    const state = stateOf(one);
    assert.ok(state?.status === 'failed' && state.nextTryMs !== null && state.nextTryMs > 5_000);
  });

  it('is tried again soon after one refused key, and rarely after two; whoever asks has it tried at once', async () => {
    server.faults = { key: 'right', refuse: undefined };
    const one = await start({}, 'wrong');
    assert.equal(reasonOf(one), 'it refused the key (HTTP 401): correct the headers in mcp.json');
    await eventually('the second try', () => server.asked.filter((method) => method === 'initialize').length === 2);
    await eventually('the verdict', () => {
      const state = stateOf(one);
      return state?.status === 'failed' && state.nextTryMs !== null && state.nextTryMs > 5_000;
    });
    server.faults = {};
    one.servers.tryNow();
    await eventually('the server', () => stateOf(one)?.status === 'running');
    assert.equal((await one.call('far__add')).value, 'call 1');
  });

  it('that has worked is tried at once by a call of its tools, which says why it is not there', async () => {
    const one = await start();
    server.faults = { refuse: { status: 401 } };
    await one.call('far__add');
    await eventually('the verdict', () => {
      const state = stateOf(one);
      return state?.status === 'failed' && state.nextTryMs !== null && state.nextTryMs > 5_000;
    });
    assert.deepEqual(one.names, ['far__add', 'far__look'], 'its tools stay');
    server.faults = {};
    assert.equal((await one.call('far__add')).value, 'call 1');
  });

  it('is left alone for as long as it asks', async () => {
    server.faults = { refuse: { status: 503, retryAfter: '120' } };
    const state = stateOf(await start());
    assert.ok(
      state?.status === 'failed' && state.nextTryMs !== null && state.nextTryMs > 100_000 && state.nextTryMs <= 120_000,
    );
  });

  it('names no wait that is too long', async () => {
    server.faults = { refuse: { status: 429, retryAfter: 'Fri, 31 Dec 2100 00:00:00 GMT' } };
    const state = stateOf(await start());
    assert.ok(state?.status === 'failed' && state.nextTryMs !== null && state.nextTryMs <= 300_000);
  });
});

describe('more tools than a session takes', () => {
  it('are left out with a word for what', async () => {
    server.tools = Array.from({ length: 70 }, (_, at) => ({ name: `t${at}` }));
    const one = await start();
    assert.deepEqual(stateOf(one), { status: 'running', tools: 64, offered: 70, limit: 'one server may have 64' });
    assert.match(one.log.join(''), /"offered":70,"used":64,"limit":"one server may have 64"/);
  });

  it('are said less of before one is left out', async () => {
    const properties = Object.fromEntries(
      Array.from({ length: 20 }, (_, at) => [
        `field${at}`,
        { type: 'string', description: 'Something that takes many words. '.repeat(8) },
      ]),
    );
    server.tools = Array.from({ length: 20 }, (_, at) => ({
      name: `t${at}`,
      inputSchema: { type: 'object', properties },
    }));
    const one = await start();
    assert.deepEqual(stateOf(one), { status: 'running', tools: 20, offered: 20 });
    const bytes = one.servers.tools.reduce((sum, { parameters }) => sum + JSON.stringify(parameters).length, 0);
    assert.ok(bytes <= 32_768, `${bytes}`);
    assert.ok(one.servers.tools.every(({ parameters }) => Object.keys(parameters.properties as object).length === 20));
  });
});
