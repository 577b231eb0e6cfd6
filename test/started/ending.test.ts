import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type StartedBot, StartedWorld } from '../support/world/started-world.ts';

const HANGING = fileURLToPath(new URL('../support/process/preload/hanging.ts', import.meta.url));

async function inCall(t: TestContext, env: NodeJS.ProcessEnv): Promise<StartedWorld> {
  const world = await StartedWorld.start({ env, preload: [HANGING] });
  t.after(() => world.close());
  await world.join(await world.person('Anna'));
  return world;
}

/** 5 s, and what a busy machine needs to notice it. */
const LIMIT_MS = 6_500;

/** How long after this line on stderr the process was gone, and its code; null: it had to be killed. */
async function gone(bot: StartedBot, line: RegExp): Promise<{ ms: number; code: number | null }> {
  while (!line.test(bot.stderr) && bot.running) await new Promise((resolve) => setTimeout(resolve, 5));
  const at = performance.now();
  const [code] = await new Promise<[number | null]>((resolve) => {
    if (bot.running) bot.child.once('exit', (...ended) => resolve([ended[0]]));
    else resolve([bot.child.exitCode]);
  });
  return { ms: performance.now() - at, code };
}

describe('after its last line the process is gone within 5 s', { concurrency: 3 }, () => {
  // null: it had to be killed, as it has to be on a busy machine where it takes long to exit.
  const cases: [hang: string, what: string, codes: (number | null)[]][] = [
    ['none', 'nothing', [1]],
    ['promise', 'every promise', [1, null]],
    ['loop', 'the main thread', [null]],
    ['thread', 'a thread of the pool', [null]],
  ];
  for (const [hang, what, codes] of cases) {
    it(`where ${what} hangs`, async (t) => {
      const world = await inCall(t, { HANG: hang });
      world.discord.gateway.drop(4004);
      const ended = await gone(world.bot, /Discord refused DISCORD_TOKEN/);
      assert.ok(codes.includes(ended.code), `${ended.code}`);
      assert.ok(ended.ms < LIMIT_MS, `${ended.ms} ms`);
    });
  }

  it('where an MCP server takes no notice of anything', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'parley-deaf-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'mcp.json');
    const deaf = { command: '/bin/sh', args: ['-c', "trap '' TERM INT HUP; while :; do sleep 1; done"] };
    writeFileSync(file, JSON.stringify({ mcpServers: { deaf } }));
    const world = await inCall(t, { MCP_CONFIG: file });
    world.discord.gateway.drop(4004);
    const ended = await gone(world.bot, /Discord refused DISCORD_TOKEN/);
    assert.equal(ended.code, 1);
    assert.ok(ended.ms < LIMIT_MS, `${ended.ms} ms`);
  });

  it('with 70 and one line where an error was caught by nobody, having left its voice channel', async (t) => {
    const world = await inCall(t, { HANG: 'throw', HANG_AFTER_MS: '25000' });
    const ended = await gone(world.bot, /because of a bug/);
    assert.equal(ended.code, 70);
    assert.ok(ended.ms < LIMIT_MS, `${ended.ms} ms`);
    assert.match(world.bot.stderr, /^The bot ends because of a bug: Error: a bug in two lines\n$/m);
    assert.equal(world.bot.log.find((line) => line.level === 60)?.msg, 'ended by an error that nobody expected');
    assert.equal(world.guild.botVoiceChannelId, null);
  });
});
