import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PermissionFlagsBits } from 'discord.js';
import { Identity, madeAt } from '../../src/discord/gateway/identity.ts';
import { pings } from '../../src/discord/guild/mentions.ts';
import { Permission } from '../../src/discord/guild/permissions.ts';
import { RateLimits } from '../../src/discord/rest/rate-limits.ts';

test('permission bits are those of discord.js', () => {
  for (const [name, bit] of Object.entries(Permission)) {
    assert.equal(PermissionFlagsBits[name as keyof typeof PermissionFlagsBits], bit, name);
  }
});

test('the same seed makes the same ids and secrets, another seed others', () => {
  const make = (seed: number) => {
    const identity = new Identity(seed);
    return [identity.entity(), identity.entity(), identity.secret(), identity.secret(40)];
  };
  assert.deepEqual(make(7), make(7));
  assert.notDeepEqual(make(7), make(8));
  assert.equal(make(7)[3]?.length, 80);
});

test('ids of what happens grow and carry the time', () => {
  const identity = new Identity(1);
  const before = Date.now();
  const ids = Array.from({ length: 100 }, () => identity.moment());
  assert.ok(ids.every((id, index) => index === 0 || BigInt(id) > BigInt(ids[index - 1] as string)));
  assert.ok(madeAt(ids[0] as string) >= before && madeAt(ids[0] as string) <= Date.now());
});

test('mentions ping by what is allowed, not in code, and a reply pings whom it answers', () => {
  const user = '123456789012345678';
  const text = `@here <@${user}> \`@everyone\` <@&223456789012345678>`;
  assert.deepEqual(pings(text, undefined, null), ['here', '223456789012345678', user]);
  assert.deepEqual(pings(text, { parse: [] }, user), []);
  assert.deepEqual(pings(text, { parse: ['users'] }, null), [user]);
  assert.deepEqual(pings('thanks', { parse: [], replied_user: true }, user), [user]);
  assert.deepEqual(pings('thanks', undefined, user), [user]);
  assert.deepEqual(pings('```\n@everyone\n``` a@everyoneb', undefined, null), []);
});

test('a window of a bucket begins with its first request and is one per channel', () => {
  const limits = new RateLimits();
  const take = (channel: string, now: number) => limits.take('POST /channels/:channel/messages', channel, now);
  const first = Array.from({ length: 5 }, () => take('a', 1000));
  assert.deepEqual(
    first.map((one) => one.remaining),
    [4, 3, 2, 1, 0],
  );
  assert.equal(take('a', 3000).retryAfterMs, 3000);
  assert.equal(take('b', 3000).retryAfterMs, undefined);
  assert.equal(take('a', 6000).remaining, 4);
});

test('more than fifty requests a second over all routes are refused globally', () => {
  const limits = new RateLimits();
  for (let index = 0; index < 50; index += 1)
    assert.equal(limits.take('GET /guilds/:guild', String(index), 0).retryAfterMs, undefined);
  const refused = limits.take('GET /guilds/:guild', 'x', 10);
  assert.deepEqual([refused.global, refused.retryAfterMs], [true, 990]);
  assert.equal(limits.take('POST /webhooks/:webhook/:token', 'x', 10).retryAfterMs, undefined);
});
