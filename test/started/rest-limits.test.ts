import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RestFault } from '@parley/simulator/discord';
import { type StartedBot, StartedWorld } from '../support/world/started-world.ts';

type Refusal = Extract<RestFault, { kind: 'status' }>;

const BAN_PAGE = '<!doctype html><title>Access denied | discord.com used Cloudflare</title><p>Error 1015';
const limited = (headers: Record<string, string>, body: unknown = { message: 'limited', code: 0 }): Refusal => ({
  kind: 'status',
  status: 429,
  headers,
  body,
});

function lastLine(bot: StartedBot): string {
  return bot.stderr.trim().split('\n').at(-1) ?? '';
}

describe('an address that Discord refuses, at the start', { concurrency: 3 }, () => {
  const cases: [string, Refusal, RegExp, { code: number; requests: number }][] = [
    [
      '23 hours of Retry-After',
      limited({ 'retry-after': '82800' }),
      /requests from this address for 23 hours \(429\)\. Start the bot again then, until .* UTC\.$/,
      { code: 75, requests: 1 },
    ],
    [
      'a global limit of two hours',
      limited({ 'retry-after': '7200', 'x-ratelimit-global': 'true', 'x-ratelimit-scope': 'global' }),
      /requests of this bot for 2 hours \(429\)/,
      { code: 75, requests: 1 },
    ],
    [
      'a ban page without headers',
      { ...limited({}, BAN_PAGE), type: 'text/html' },
      /from this address at the moment/,
      { code: 75, requests: 1 },
    ],
    ['no Retry-After', limited({}), /from this address at the moment/, { code: 75, requests: 1 }],
    [
      'a negative Retry-After',
      limited({ 'retry-after': '-5' }),
      /from this address at the moment/,
      { code: 75, requests: 1 },
    ],
    [
      'a Retry-After that is no number',
      limited({ 'retry-after': 'soon' }),
      /from this address at the moment/,
      { code: 75, requests: 1 },
    ],
    [
      'a Retry-After in years',
      limited({ 'retry-after': '99999999999' }),
      /from this address for 24 hours/,
      { code: 75, requests: 1 },
    ],
    [
      'a date in an hour',
      limited({ 'retry-after': new Date(Date.now() + 3_900_000).toUTCString() }),
      /from this address for (6[0-9] minutes|[12] hours?)/,
      { code: 75, requests: 1 },
    ],
    ['zero seconds, always', limited({ 'retry-after': '0' }), /for 1 second \(429\)/, { code: 75, requests: 5 }],
    [
      'three seconds, always',
      limited({ 'retry-after': '3', 'x-ratelimit-scope': 'user', 'x-ratelimit-bucket': 'a' }),
      /no more requests of this kind for 3 seconds/,
      { code: 75, requests: 5 },
    ],
    [
      '503 to everything',
      { kind: 'status', status: 503, body: 'no healthy upstream', type: 'text/plain' },
      /Discord answered 503\. Its state: https:\/\/discordstatus\.com/,
      { code: 75, requests: 4 },
    ],
    ['401', { kind: 'status', status: 401 }, /Discord refused DISCORD_TOKEN/, { code: 1, requests: 1 }],
    ['403', { kind: 'status', status: 403 }, /Discord answered 403/, { code: 1, requests: 1 }],
    [
      'an empty page',
      { kind: 'status', status: 200, body: '<html>', type: 'text/html' },
      /does not answer as Discord does\. Is DISCORD_API_URL right\?$/,
      { code: 1, requests: 2 },
    ],
  ];
  for (const [name, fault, line, { code, requests }] of cases) {
    it(`by ${name}: the process ends with ${code} after at most ${requests} requests`, async (t) => {
      const world = await StartedWorld.prepare();
      t.after(() => world.close());
      world.discord.restFaults.add({ fault });
      const bot = world.boot();
      assert.equal(await bot.exit(), code);
      assert.match(lastLine(bot), line);
      assert.ok(world.discord.requests.length <= requests, `${world.discord.requests.length} requests`);
      assert.deepEqual(world.discord.gateway.faults.seen.connections, []);
    });
  }
});

describe('an address that Discord refuses while the bot runs', { concurrency: 3 }, () => {
  async function talking(): Promise<{ world: StartedWorld; say: () => Promise<unknown> }> {
    const world = await StartedWorld.start({ discord: { interactionLimitMs: 2_000 } });
    const anna = await world.person('Anna');
    await world.join(anna);
    return { world, say: () => anna.command('/status', {}, { timeoutMs: 2_500 }).catch(() => {}) };
  }

  for (const [name, fault] of [
    ['without a time', { ...limited({}, BAN_PAGE), type: 'text/html' }],
    ['for 23 hours', limited({ 'retry-after': '82800' })],
    ['with a time that cannot be read', limited({ 'retry-after': 'NaN' })],
  ] as const) {
    it(`${name} is asked at most 4 times a minute`, async (t) => {
      const { world, say } = await talking();
      t.after(() => world.close());
      const struck = world.discord.restFaults.add({ fault });
      const until = performance.now() + 30_000;
      while (performance.now() < until) await say();
      assert.ok(struck.struck >= 1 && struck.struck <= 3, `${struck.struck} requests in 30 s`);
      assert.ok(world.bot.running);
      struck.remove();
    });
  }

  it('takes up its work again when a 401 was an accident', async (t) => {
    const { world } = await talking();
    t.after(() => world.close());
    const anna = world.guild.people[0];
    world.discord.restFaults.add({
      times: 1,
      method: 'POST',
      path: /^\/channels\//,
      fault: { kind: 'status', status: 401 },
    });
    world.discord.restFaults.add({ times: 1, path: /^\/users\/@me/, fault: { kind: 'status', status: 401 } });
    await anna?.command('/leave');
    await world.bot.logs('takes it again');
    assert.match((await anna?.command('/join'))?.content ?? '', /./);
    await world.until('a post', () => world.posts().includes('listen'));
  });

  it('ends the process with 1 when Discord takes the token no more', async (t) => {
    const { world } = await talking();
    t.after(() => world.close());
    world.discord.restFaults.add({
      // Answers to interactions go by a token of their own.
      path: /^\/(?!interactions|webhooks)/,
      fault: { kind: 'status', status: 401, body: { message: '401: Unauthorized', code: 0 } },
    });
    const struck = world.discord.requests.length;
    await world.guild.people[0]?.command('/leave').catch(() => {});
    assert.equal(await world.bot.exit(), 1);
    assert.match(lastLine(world.bot), /^Discord refused DISCORD_TOKEN/);
    assert.ok(world.discord.requests.length - struck < 15);
  });
});
