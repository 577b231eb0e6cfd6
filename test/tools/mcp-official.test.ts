// Against servers that nobody here wrote: the official example server, over both transports, and the memory server.

import assert from 'node:assert/strict';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import type { Progress } from '../../src/ports/tools.ts';
import { EVERYTHING, EverythingOverHttp, entryOf, Gateway, McpStage, MEMORY, stdio } from '../support/mcp/mcp.ts';
import { eventually } from '../support/time/eventually.ts';

describe('the official example server over stdio', () => {
  let stage: McpStage;
  before(async () => {
    stage = await McpStage.start([entryOf('everything', stdio([EVERYTHING], { PLAIN: 'yes' }))]);
  });
  after(() => stage.servers.close());

  it('has its tools offered, each by a portable name and with the risk that it claims', () => {
    const risks = Object.fromEntries(stage.servers.tools.map(({ name, risk }) => [name, risk]));
    assert.deepEqual(
      [risks.everything__echo, risks.everything__get_sum, risks.everything__gzip_file_as_resource],
      ['read', 'read', 'write'],
    );
    // It answers by way of a task only.
    assert.equal(risks.everything__simulate_research_query, undefined);
    assert.ok(stage.servers.tools.every(({ outside }) => outside));
  });

  it('calculates, and says what is wrong with arguments', async () => {
    assert.deepEqual(await stage.call('everything__get_sum', { a: 19, b: 23 }), {
      ok: true,
      value: 'The sum of 19 and 23 is 42.',
      attached: [],
      outside: true,
    });
    const { ok, value, outside } = await stage.call('everything__get_sum', { a: 'x', b: 1 });
    assert.equal(ok, false);
    assert.match(value.error, /^Input validation error: Invalid arguments for tool get-sum/);
    assert.equal(outside, true, 'a failure is in the words of the server, too');
  });

  it('sees nothing of the environment but what its entry names', async () => {
    const { value } = await stage.call('everything__get_env');
    assert.deepEqual(value, { PLAIN: 'yes' });
  });

  it('brings structured content, pictures, and links', async () => {
    const weather = await stage.call('everything__get_structured_content', { location: 'Chicago' });
    assert.deepEqual(Object.keys(weather.value).sort(), ['conditions', 'humidity', 'temperature']);
    const { value, attached } = await stage.call('everything__get_tiny_image');
    assert.match(value, /\(image-1\.png was posted to the text channel\)/);
    const [file] = attached[0]?.files ?? [];
    assert.equal(file?.name, 'image-1.png');
    assert.deepEqual([...(file?.bytes.subarray(0, 4) ?? [])], [0x89, 0x50, 0x4e, 0x47]);
    assert.match((await stage.call('everything__get_resource_links', { count: 1 })).value, /: demo:\/\/resource/);
  });

  it('says how far it is', async () => {
    const steps: Progress[] = [];
    const progress = (fraction: number | null, text = '') => void steps.push({ fraction, text });
    await stage.call('everything__trigger_long_running_operation', { duration: 0.4, steps: 4 }, { progress });
    // The last step and the result come at once, and then nobody cares for the step any more.
    assert.deepEqual(
      steps.slice(0, 3).map(({ fraction }) => fraction),
      [0.25, 0.5, 0.75],
    );
  });

  it('has its questions to people declined', async () => {
    const { value } = await stage.call('everything__trigger_elicitation_request');
    assert.match(value, /User declined/);
  });
});

describe('the memory server', () => {
  it('keeps what it is told, and its deleting tools are dangerous', async (t) => {
    const file = join(await mkdtemp(join(tmpdir(), 'mcp-memory-')), 'memory.jsonl');
    const stage = await McpStage.start([entryOf('memory', stdio([MEMORY], { MEMORY_FILE_PATH: file }))]);
    t.after(() => stage.servers.close());
    const entities = [{ name: 'Anna', entityType: 'person', observations: ['likes tea'] }];
    assert.equal((await stage.call('memory__create_entities', { entities })).ok, true);
    const { value } = await stage.call('memory__search_nodes', { query: 'tea' });
    assert.equal(value.entities[0].name, 'Anna');
    const risks = Object.fromEntries(stage.servers.tools.map(({ name, risk }) => [name, risk]));
    assert.deepEqual(
      [risks.memory__search_nodes, risks.memory__create_entities, risks.memory__delete_entities],
      ['read', 'write', 'dangerous'],
    );
    const { ok, value: refused } = await stage.call('memory__delete_entities', { entityNames: ['Anna'] });
    assert.equal(ok, false, refused.error);
    assert.equal((await stage.call('memory__search_nodes', { query: 'tea' })).value.entities.length, 1);
  });
});

describe('the official example server over streamable HTTP, behind a gateway with a key', () => {
  let server: EverythingOverHttp;
  let gateway: Gateway;
  let stage: McpStage;
  before(async () => {
    server = await EverythingOverHttp.start();
    gateway = await Gateway.start(server.port, 'the-right-key');
  });
  after(async () => {
    gateway.close();
    await server.kill();
  });
  afterEach(() => stage.servers.close());
  const start = (key: string) =>
    McpStage.start(
      [entryOf('far', { type: 'http', url: gateway.url, headers: { Authorization: `Bearer ${key}` } })],
      [key],
    );

  it('is let in with the key, works, and has its session ended', async () => {
    stage = await start('the-right-key');
    const steps: (number | null)[] = [];
    const progress = (fraction: number | null) => void steps.push(fraction);
    assert.equal((await stage.call('far__get_sum', { a: 1, b: 2 })).value, 'The sum of 1 and 2 is 3.');
    await stage.call('far__trigger_long_running_operation', { duration: 0.2, steps: 2 }, { progress });
    assert.equal(steps[0], 0.5);
    await stage.servers.close();
    assert.equal(gateway.methods.at(-1), 'DELETE');
  });

  it('is refused without it, in words that do not show the key', async () => {
    stage = await start('some-wrong-key');
    const reason = 'it refused the key (HTTP 401): correct the headers in mcp.json';
    const [shown] = stage.servers.shown;
    assert.ok(shown?.state.status === 'failed' && shown.state.nextTryMs !== null, 'one refusal is no verdict');
    assert.equal(shown.state.reason, reason);
    assert.ok(!stage.log.join('').includes('some-wrong-key'));
  });

  it('calls anew in a session of its own when the old one was forgotten', async () => {
    gateway.methods.length = 0;
    stage = await start('the-right-key');
    await eventually('its stream', () => gateway.methods.includes('GET'));
    for (const session of gateway.sessions) gateway.forgotten.add(session);
    assert.equal((await stage.call('far__echo', { message: 'hi' })).value, 'Echo: hi');
    assert.ok(gateway.sessions.size > gateway.forgotten.size);
  });

  it('fails a call in a sentence when it is killed in it, and is used again when it is back', async () => {
    stage = await start('the-right-key');
    const began = Promise.withResolvers<void>();
    const call = stage.call(
      'far__trigger_long_running_operation',
      { duration: 8, steps: 80 },
      { progress: () => began.resolve() },
    );
    await began.promise;
    await server.kill();
    const { ok, value } = await call;
    assert.equal(ok, false);
    assert.match(value.error, /^The tool server far was lost during the call: /);
    await server.up();
    await eventually('the server is back', () => stage.servers.shown[0]?.state.status === 'running');
    assert.equal((await stage.call('far__echo', { message: 'hi' })).value, 'Echo: hi');
  });
});
