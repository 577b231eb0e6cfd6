import assert from 'node:assert/strict';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, it } from 'node:test';
import type { ScriptedReply, ScriptInput } from '../../src/simulator/script.ts';
import { child, EVERYTHING, until } from '../fakes/mcp.ts';
import { tone } from '../fakes/sound.ts';
import { PROTOCOLS, type Protocol, World } from '../fakes/world.ts';

const sound = { pcm: tone({ hz: 300, ms: 600, rate: 48000 }), sampleRate: 48000, channels: 1 } as const;
const say = (text: string): ScriptedReply => ({ say: { text, pcm: tone({ hz: 1700, ms: 300, rate: 24000 }) } });
type Calls = NonNullable<ScriptedReply['calls']>;

/** Calls what it is told to once, says what came of it, and then "Well." */
function asking(calls: Calls) {
  let called = false;
  return ({ toolResults }: ScriptInput): ScriptedReply => {
    if (toolResults.length > 0) return say(`It says: ${toolResults.map(({ output }) => output).join(' ')}`);
    if (called) return say('Well.');
    called = true;
    return { calls };
  };
}

describe('tools of MCP servers, asked for by voice', () => {
  let world: World;
  afterEach(() => world.close());
  const said = () =>
    world
      .of('reply-transcript')
      .map(({ delta }) => delta)
      .join('');
  const post = (words: string) =>
    world.guild.waitForMessage(world.channelId, ({ content }) => content.replaceAll('\\', '').includes(words));

  async function start(protocol: Protocol, mcpServers: object, script: (input: ScriptInput) => ScriptedReply) {
    const file = join(await mkdtemp(join(tmpdir(), 'mcp-')), 'mcp.json');
    await writeFile(file, JSON.stringify({ mcpServers }));
    world = await World.start({ protocol, script, env: { MCP_CONFIG: file } });
    const anna = await world.person('Anna');
    await world.join(anna);
    return anna;
  }

  const everything = { everything: { command: process.execPath, args: [EVERYTHING] } };

  for (const protocol of PROTOCOLS) {
    it(`runs one, says its result and posts it: ${protocol}`, async () => {
      const calls = [{ name: 'everything__get_sum', arguments: { a: 19, b: 23 } }];
      const anna = await start(protocol, everything, asking(calls));
      await anna.voice.speak(sound);
      await world.until('the answer', () => said().includes('The sum of 19 and 23 is 42.'));
      const { content } = await post('The sum of 19 and 23 is 42.');
      assert.match(content.replaceAll('\\', ''), /everything__get_sum.*for Anna/s);
    });
  }

  it('posts its pictures, and shows how far it is while it runs', async () => {
    const calls = [
      { name: 'everything__get_tiny_image', arguments: {} },
      { name: 'everything__trigger_long_running_operation', arguments: { duration: 3, steps: 6 } },
    ];
    const anna = await start('openai', everything, asking(calls));
    const progress = world.guild.waitForMessage(world.channelId, ({ content }) => /▰.* \d+ %/.test(content), 15_000);
    await anna.voice.speak(sound);
    const shown = await world.guild.waitForMessage(world.channelId, ({ attachments }) => attachments.length > 0);
    assert.equal(shown.attachments[0]?.filename, 'image-1.png');
    await progress;
    await world.until('the answer', () => said().includes('Long running operation completed'));
  });

  it('offers the tools of a changed list to the running session', async () => {
    const { transport } = await child();
    assert.ok(transport.type === 'stdio');
    const { command, args } = transport;
    const anna = await start('openai', { mine: { command, args } }, asking([{ name: 'mine__grow', arguments: {} }]));
    await anna.voice.speak(sound);
    await world.until('the answer', () => said().includes('grown'));
    await until('the update', () =>
      world.model.frames.some(({ direction, message }) => {
        const { type, session } = message as { type?: string; session?: { tools?: { name: string }[] } };
        const names = session?.tools?.map(({ name }) => name) ?? [];
        return direction === 'client' && type === 'session.update' && names.includes('mine__grown5');
      }),
    );
  });

  it('goes on talking when a server dies in the middle of a call, and tells who asks how the servers are', async () => {
    const { transport, alive } = await child();
    assert.ok(transport.type === 'stdio');
    const { command, args } = transport;
    const servers = { mine: { command, args }, absent: { command: '/no/such/program' } };
    const anna = await start('openai', servers, asking([{ name: 'mine__die', arguments: {} }]));
    await anna.voice.speak(sound);
    await world.until('the failure, said', () => said().includes('was lost during the call'));
    await post('The tool server mine was lost during the call');
    const manager = world.guild.addPerson({ name: 'Max', admin: true });
    await manager.join(world.channelId);
    const { content } = await manager.command('/tools servers');
    assert.match(content, /^\*\*mine:\*\* (running with 5 tools\.|starting\.|failed, because .* The next try is in )/);
    assert.match(content, /\*\*absent:\*\* failed, because .* It is not tried again before I am started anew\.$/);
    await world.until('the next answer', () => world.of('reply-ended').length > 0);
    await anna.voice.speak(sound);
    await world.until('the next answer', () => said().includes('Well.'));
    await world.parley.stop();
    assert.deepEqual(await alive(), [], 'nothing runs on when the bot has stopped');
  });

  it('runs twenty at once', async () => {
    const calls = Array.from({ length: 20 }, (_, n) => ({
      name: 'everything__get_sum',
      arguments: { a: n, b: 1_000 },
    }));
    const anna = await start('openai', everything, asking(calls));
    await anna.voice.speak(sound);
    await world.until('all results', () => world.of('tool-ended').length === 20);
    const results = world.of('tool-ended').map(({ result }) => result.output);
    for (const [n, output] of results.toSorted().entries())
      assert.match(output, /^"The sum of \d+ and 1000 is 10\d\d\."$/, `${n}`);
    assert.equal(new Set(results).size, 20);
  });
});
