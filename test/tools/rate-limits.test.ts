import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RateLimits } from '../../src/tools/rate-limits.ts';

const call = { guildId: 'g', tool: 'post', risk: 'write', userIds: ['anna'] } as const;

test('a person has ten writing calls at once, and one more every six seconds', () => {
  const limits = new RateLimits();
  for (let i = 0; i < 10; i += 1) assert.equal(limits.take(call, 0), 0);
  assert.equal(limits.take(call, 0), 6_000);
  assert.equal(limits.take(call, 4_000), 2_000);
  assert.equal(limits.take(call, 6_000), 0);
  assert.equal(limits.take(call, 6_000), 6_000);
});

test('tools, people and servers have limits of their own', () => {
  const limits = new RateLimits();
  const dangerous = { ...call, risk: 'dangerous' } as const;
  for (let i = 0; i < 3; i += 1) assert.equal(limits.take(dangerous, 0), 0);
  assert.equal(limits.take(dangerous, 0), 20_000);
  assert.equal(limits.take({ ...dangerous, tool: 'mute' }, 0), 0);
  assert.equal(limits.take({ ...dangerous, userIds: ['ben'] }, 0), 0);
  assert.equal(limits.take({ ...dangerous, guildId: 'h' }, 0), 0);
});

test('a call for several people takes from each of them, or from none', () => {
  const limits = new RateLimits();
  for (let i = 0; i < 10; i += 1) limits.take(call, 0);
  const both = { ...call, userIds: ['anna', 'ben'] };
  assert.equal(limits.take(both, 0), 6_000);
  for (let i = 0; i < 10; i += 1) assert.equal(limits.take({ ...call, userIds: ['ben'] }, 0), 0);
  assert.equal(limits.take({ ...call, userIds: ['ben'] }, 0), 6_000);
});

test('a server has 120 calls a minute, whoever makes them', () => {
  const limits = new RateLimits();
  for (let i = 0; i < 120; i += 1) assert.equal(limits.take({ ...call, userIds: [`p${i}`] }, 0), 0);
  assert.equal(limits.take({ ...call, userIds: ['late'] }, 0), 500);
  assert.equal(limits.take({ ...call, userIds: ['late'] }, 500), 0);
});
