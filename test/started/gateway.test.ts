import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { GatewayFaults } from '@parley/simulator/discord';
import { type StartedBot, StartedWorld } from '../support/world/started-world.ts';

const TOKEN_LINE = /Discord refused DISCORD_TOKEN\. Make a new one in the developer portal \(Bot → Reset Token\)\.$/;

async function prepared(t: TestContext): Promise<StartedWorld> {
  const world = await StartedWorld.prepare();
  t.after(() => world.close());
  return world;
}

/** What the operator reads last; Node itself may say before that there is no .env. */
function lastLine(bot: StartedBot): string {
  return bot.stderr.trim().split('\n').at(-1) ?? '';
}

/** The most that came within any `ms`. */
function most(times: readonly number[], ms: number): number {
  return Math.max(0, ...times.map((from) => times.filter((at) => at >= from && at < from + ms).length));
}

describe('a gateway that misbehaves', { concurrency: 4 }, () => {
  const OBSERVED_MS = 45_000;
  // How many logins and connections may come in 45 s; what the library alone does is in the comment.
  const settings: [string, (faults: GatewayFaults) => void, { logins: number; connections: number }][] = [
    // 8 logins, 8 connections
    [
      'ends each session right after READY',
      (faults) => {
        faults.afterReady = { ms: 20, fault: { kind: 'invalid', resumable: false } };
      },
      { logins: 3, connections: 3 },
    ],
    // 6 and 40
    [
      'closes each connection right after READY and takes no session back',
      (faults) => {
        faults.afterReady = { ms: 20, fault: { kind: 'close', code: 4000 } };
        faults.onResume = { kind: 'invalid', resumable: false };
      },
      { logins: 3, connections: 7 },
    ],
    // 1 and 90
    [
      'cuts each connection right after RESUMED',
      (faults) => {
        faults.afterReady = { ms: 20, fault: { kind: 'cut' } };
        faults.afterResumed = { ms: 20, fault: { kind: 'cut' } };
      },
      { logins: 2, connections: 7 },
    ],
    // 1 and 90
    [
      'asks to reconnect (op 7) again and again',
      (faults) => {
        faults.afterReady = { ms: 20, fault: { kind: 'reconnect' } };
        faults.afterResumed = { ms: 20, fault: { kind: 'reconnect' } };
      },
      { logins: 2, connections: 7 },
    ],
    // thousands of RESUMEs on one connection
    [
      'answers each RESUME with op 9, resumable',
      (faults) => {
        faults.afterReady = { ms: 20, fault: { kind: 'close', code: 4000 } };
        faults.onResume = { kind: 'invalid', resumable: true };
      },
      { logins: 3, connections: 6 },
    ],
  ];
  for (const [name, set, allowed] of settings) {
    it(`is asked for at most ${allowed.logins} sessions in 45 s when it ${name}`, async (t) => {
      const world = await prepared(t);
      const { faults } = world.discord.gateway;
      set(faults);
      const bot = world.boot();
      await bot.logs('ready');
      await wait(OBSERVED_MS - (performance.now() - (faults.seen.identifies[0] ?? 0)));
      const { identifies, connections, resumes } = faults.seen;
      assert.ok(bot.running);
      assert.ok(most(identifies, OBSERVED_MS) <= allowed.logins, `${identifies.length} logins`);
      assert.ok(most(connections, OBSERVED_MS) <= allowed.connections, `${connections.length} connections`);
      assert.ok(most(resumes, OBSERVED_MS) <= 10, `${resumes.length} resumes`);
    });
  }

  it('is left alone, and the process ends with 75 and says when, when no session starts are left', async (t) => {
    const world = await prepared(t);
    const { faults } = world.discord.gateway;
    Object.assign(faults.sessionStarts, { remaining: 0, reset_after: 5 * 3_600_000 });
    const bot = world.boot();
    assert.equal(await bot.exit(), 75);
    assert.match(lastLine(bot), /^Discord lets this bot log in no more for 5 hours, until .*\d\d:\d\d UTC: /);
    assert.deepEqual(faults.seen.identifies, []);
  });

  it('gets no login beyond the last session start while the bot runs', async (t) => {
    const world = await prepared(t);
    const { faults } = world.discord.gateway;
    Object.assign(faults.sessionStarts, { remaining: 2, reset_after: 5 * 3_600_000 });
    faults.afterReady = { ms: 20, fault: { kind: 'invalid', resumable: false } };
    const bot = world.boot();
    await bot.logs('connecting to the gateway again only after a pause');
    assert.equal(faults.seen.identifies.length, 1);
    assert.ok(bot.running);
  });

  for (const code of [4004, 4010, 4011, 4012, 4013, 4014]) {
    it(`ends the process with 1 when it closes with ${code} before READY`, async (t) => {
      const world = await prepared(t);
      world.discord.gateway.faults.onIdentify = { kind: 'close', code };
      const bot = world.boot();
      assert.equal(await bot.exit(), 1);
      assert.match(lastLine(bot), code === 4004 ? TOKEN_LINE : /has only one\.$|for good \(40\d\d\)\.$/);
    });
  }

  it('ends the process with 1 within 5 s when the token is reset', async (t) => {
    const world = await StartedWorld.start();
    t.after(() => world.close());
    const anna = await world.person('Anna');
    await world.join(anna);
    const at = performance.now();
    world.discord.gateway.drop(4004);
    assert.equal(await world.bot.exit(), 1);
    assert.ok(performance.now() - at < 5_000, `${performance.now() - at} ms`);
    assert.match(lastLine(world.bot), TOKEN_LINE);
  });

  for (const [name, set] of [
    ['answers 200 instead of a connection', (faults: GatewayFaults) => Object.assign(faults, { upgradeStatus: 200 })],
    ['never says READY', (faults: GatewayFaults) => Object.assign(faults, { onIdentify: { kind: 'silence' } })],
    ['never says Hello', (faults: GatewayFaults) => Object.assign(faults, { noHello: true })],
  ] as const) {
    it(`ends the process with 75 when it ${name}`, async (t) => {
      const world = await prepared(t);
      set(world.discord.gateway.faults);
      const bot = world.boot();
      assert.equal(await bot.exit(), 75);
      assert.match(lastLine(bot), /^Could not log in: /);
      assert.ok(world.discord.gateway.faults.seen.identifies.length <= 2);
    });
  }

  it('ends the process with 75 when it has been away for ten minutes, having closed its conversation', async (t) => {
    const world = await StartedWorld.start({
      preload: [fileURLToPath(new URL('../support/process/preload/fast-time.ts', import.meta.url))],
      env: { FAST_AFTER_MS: '40000' },
    });
    t.after(() => world.close());
    const anna = await world.person('Anna');
    await world.join(anna);
    world.discord.gateway.unreachable = true;
    world.discord.gateway.drop();
    assert.equal(await world.bot.exit(120_000), 75);
    assert.equal(
      lastLine(world.bot),
      "Discord's gateway has been away for 10 minutes: the bot ends, to be started anew.",
    );
    assert.match(world.posts(), /The conversation ended/);
  });
});
