// MCP servers as the operator meets them: mcp.json, the started process, a tool asked for by voice, /tools servers.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import type { ScriptedReply, ScriptInput } from '@parley/simulator/models';
import { StrictMcp } from '../support/mcp/mcp-http.ts';
import { strange } from '../support/mcp/mcp-schemas.ts';
import { tone } from '../support/sound/sound.ts';
import { eventually } from '../support/time/eventually.ts';
import { StartedWorld } from '../support/world/started-world.ts';

const sound = { pcm: tone({ hz: 300, ms: 600, rate: 48_000 }), sampleRate: 48_000, channels: 1 } as const;
const text = { type: 'string' };

interface Declared {
  readonly name: string;
  readonly parameters: { readonly properties: Readonly<Record<string, unknown>> };
}

it('an operator starts the bot with MCP servers on a bad day', async (t) => {
  const servers = {
    good: await StrictMcp.start(),
    locked: await StrictMcp.start(),
    old: await StrictMcp.start(),
    newer: await StrictMcp.start(),
    many: await StrictMcp.start(),
  };
  for (const server of Object.values(servers)) t.after(() => server.close());
  const { good, locked, old, newer, many } = servers;
  const forms = {
    anyOf: [
      { type: 'object', properties: { id: { type: 'integer' } }, required: ['id'] },
      { type: 'object', properties: { 'by[name]': text }, required: ['by[name]'] },
    ],
  };
  good.tools = [
    {
      name: 'find',
      inputSchema: { type: 'object', properties: { 'filter[x]': text, pipeline: { type: 'array', items: {} } } },
      result: { content: [{ type: 'text', text: 'Two were found.' }], structuredContent: ['one', 'two'] },
    },
    { name: 'get', inputSchema: forms },
    { name: 'send', result: { content: null } },
  ];
  locked.faults = { key: 'the right one' };
  old.faults = { sseOnly: true };
  newer.faults = { version: '2031-01-01' };
  many.tools = Array.from({ length: 70 }, (_, at) => ({ name: `t${at}` }));
  // What the model does with each turn, and what it is told of it.
  const plan: NonNullable<ScriptedReply['calls']>[number][] = [
    { name: 'good__find', arguments: { filter_x: 'a', pipeline: [{ $match: { a: 1 } }, 7] } },
    { name: 'good__get', arguments: { request: { by_name: 'Anna' } } },
    { name: 'good__send', arguments: {} },
    { name: 'good__send', arguments: {} },
    { name: 'good__send', arguments: {} },
  ];
  const told: string[] = [];
  const world = await StartedWorld.prepare({
    script: ({ toolResults, context, text: typed }: ScriptInput): ScriptedReply => {
      // What somebody has to confirm first is acknowledged, and what it brought follows in words.
      told.push(
        ...toolResults.map(({ output }) => output).filter((output) => !output.includes('waiting for confirmation')),
      );
      told.push(...`${context}\n${typed}`.split('\n').filter((line) => /^The tool \w+ \(call/.test(line)));
      const call = toolResults.length === 0 ? plan.shift() : undefined;
      return call ? { calls: [call] } : { say: { text: 'Well.', pcm: tone({ hz: 1_700, ms: 200, rate: 24_000 }) } };
    },
  });
  t.after(() => world.close());
  const file = join(world.folder, 'mcp.json');
  const entries = Object.entries(servers).map(([name, { url }]) => [
    name,
    { url, headers: { Authorization: 'Bearer a-wrong-key' } },
  ]);
  writeFileSync(file, JSON.stringify({ mcpServers: Object.fromEntries(entries) }));
  world.also = { MCP_CONFIG: file };
  await world.boot().logs('ready');
  const anna = await world.person('Anna');
  const owner = world.guild.addPerson({ name: 'Olga', admin: true });
  const shown = async () =>
    (await owner.command('/tools servers', {}, { channelId: world.channelId })).content.replaceAll('\\', '');
  await eventually('all servers', async () => !/starting/.test(await shown()));
  await world.join(anna);
  /** Has Anna ask for the next thing of the plan; what the model is told. */
  const ask = async (): Promise<string> => {
    const before = told.length;
    await anna.voice.speak(sound);
    // What a server said is from outside: calls behind it ask whoever wants them.
    const question = () =>
      world.guild
        .messages(world.channelId)
        .find(({ content, components }) => content.startsWith('**Please confirm:**') && components.length > 0);
    await world.until('a question, or what the model is told', () => told.length > before || question() !== undefined);
    const asked = question();
    if (asked) await anna.press(asked, asked.components[0]?.components[0].custom_id);
    await world.until('what the model is told', () => told.length > before);
    return told[before] ?? '';
  };

  await t.test('/tools servers says what is wrong with each, and for which limit tools are left out', async () => {
    let all = '';
    // One that is tried anew just now says so.
    await eventually('what is wrong with each', async () => {
      all = await shown();
      return !/starting/.test(all);
    });
    const lines = all.split('\n');
    assert.equal(lines[0], '**good:** running with 3 tools.');
    assert.match(
      lines[1] ?? '',
      /^\*\*locked:\*\* failed, because it refused the key \(HTTP 401\): correct the headers in mcp\.json\. The next try is in /,
    );
    assert.match(
      lines[2] ?? '',
      /^\*\*old:\*\* failed, because it only has the old SSE transport, .*\. The next try is in /,
    );
    assert.match(
      lines[3] ?? '',
      /^\*\*newer:\*\* failed, because it speaks another version of MCP than Parley .*2031-01-01/,
    );
    assert.match(
      lines[4] ?? '',
      /^\*\*many:\*\* running with 64 of its 70 tools, which are too many: one server may have 64\. `allow`/,
    );
    const warned = world.bot.log
      .filter(({ mcp }) => mcp !== undefined)
      .map(({ mcp, reason, limit }) => `${mcp} ${reason ?? limit ?? ''}`);
    for (const words of [
      /^locked it refused the key/,
      /^old it only has the old SSE/,
      /^newer it speaks another/,
      /^many one server may have 64/,
    ])
      assert.ok(
        warned.some((line) => words.test(line)),
        `${words} in the log`,
      );
    assert.ok(!world.bot.stdout.includes('a-wrong-key'));
  });

  await t.test('the model is offered what the servers have, in what it takes', () => {
    const updates = world.model.frames.flatMap(({ direction, message }) => {
      const { type, session } = message as { type?: string; session?: { tools?: Declared[] } };
      return direction === 'client' && type === 'session.update' && session?.tools ? [session.tools] : [];
    });
    const tools = updates.at(-1) ?? [];
    assert.ok(tools.length <= 128);
    assert.deepEqual(
      tools.flatMap(({ name, parameters }) => strange(parameters).map((fault) => `${name}: ${fault}`)),
      [],
    );
    const properties = (name: string) =>
      Object.keys(tools.find((tool) => tool.name === name)?.parameters.properties ?? {});
    assert.deepEqual([properties('good__find'), properties('good__get')], [['filter_x', 'pipeline'], ['request']]);
  });

  await t.test('a call reaches the server in its own words, and all that it says reaches the model', async () => {
    assert.deepEqual(JSON.parse(await ask()), { text: 'Two were found.', structuredContent: ['one', 'two'] });
    await ask();
    assert.deepEqual(good.calls.splice(0), [
      { name: 'find', args: { 'filter[x]': 'a', pipeline: [{ $match: { a: 1 } }, 7] } },
      { name: 'get', args: { 'by[name]': 'Anna' } },
    ]);
    assert.deepEqual(JSON.parse(await ask()), { done: true });
  });

  await t.test('a call that fails is told to the model and the channel with its reason, and is made once', async () => {
    good.calls.length = 0;
    good.faults = { call: 'cut', streams: true };
    assert.match(
      await ask(),
      /The call of the tool server good failed: its answer was cut off\. Nobody knows whether the call was carried out/,
    );
    await world.guild.waitForMessage(world.channelId, ({ content }) => content.includes('its answer was cut off'));
    good.faults = { forgetsSessions: true };
    assert.match(await ask(), /The tool server good did not take the call: its session was over\. Nothing was done/);
    assert.equal(good.calls.length, 1);
    assert.match(await shown(), /^\*\*good:\*\* (running|starting|failed, because its session was over)/);
  });

  await t.test('what was put right is tried when somebody asks how the servers are', async () => {
    locked.faults = {};
    await eventually('the locked server', async () => /\*\*locked:\*\* running with 2 tools\./.test(await shown()));
  });
});
