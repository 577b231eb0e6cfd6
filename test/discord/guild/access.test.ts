import assert from 'node:assert/strict';
import { test } from 'node:test';
import { channelPermissions } from '@parley/simulator/discord';
import { PermissionFlagsBits } from 'discord.js';
import fc from 'fast-check';
import {
  type Access,
  follows,
  holdsForFollowers,
  manages,
  permissionsOf,
  reads,
} from '../../../src/discord/guild/access.ts';

const { Administrator, Connect, ManageGuild, ReadMessageHistory, ViewChannel } = PermissionFlagsBits;
const ROLES = ['r1', 'r2', 'r3', 'r4'];
const USERS = ['u1', 'u2'];
const bits = fc
  .subarray([ViewChannel, Connect, ReadMessageHistory])
  .map((some) => some.reduce((all, bit) => all | bit, 0n));
const overwrites = fc
  .uniqueArray(fc.record({ id: fc.constantFrom('g', ...ROLES, ...USERS), allow: bits, deny: bits }), {
    selector: ({ id }) => id,
    maxLength: 4,
  })
  .map((some) => some.map((one) => ({ ...one, person: USERS.includes(one.id) })));
const channel = fc.record({ voice: fc.boolean(), overwrites });
const accesses: fc.Arbitrary<Access> = fc
  .record({
    everyone: bits,
    roles: fc.array(fc.oneof({ weight: 6, arbitrary: bits }, fc.constantFrom(Administrator, ManageGuild)), {
      minLength: 4,
      maxLength: 4,
    }),
    a: channel,
    b: channel,
    c: channel,
  })
  .map(({ everyone, roles, ...channels }) => ({
    guildId: 'g',
    ownerId: 'owner',
    roles: new Map([
      ['g', { permissions: everyone, bot: false, position: 0 }],
      ...ROLES.map((id, at) => [id, { permissions: roles[at] ?? 0n, bot: false, position: 0 }] as const),
    ]),
    channels: new Map(Object.entries(channels)),
  }));

const sets = Array.from({ length: 2 ** ROLES.length }, (_, n) => ROLES.filter((_role, at) => (n >> at) % 2 === 1));

test('what all followers of a channel may read is what every possible one of them may read', () => {
  const named = fc.option(fc.subarray([...ROLES, ...USERS]), { nil: null });
  const held = { yes: 0, no: 0 };
  fc.assert(
    fc.property(accesses, named, (access, readers) => {
      const test = ({ userId, roleIds }: { userId: string | null; roleIds: readonly string[] }) => {
        const subject = { userId, roleIds };
        if (manages(access, subject)) return true;
        const isNamed = readers === null || readers.some((id) => roleIds.includes(id) || id === userId);
        return isNamed && reads(access, subject, 'b') && reads(access, subject, 'c');
      };
      const depends = {
        channelIds: ['b', 'c'],
        roleIds: (readers ?? []).filter((id) => ROLES.includes(id)),
        userIds: (readers ?? []).filter((id) => USERS.includes(id)),
      };
      const everybody = [null, ...USERS].flatMap((userId) => sets.map((roleIds) => ({ userId, roleIds })));
      const right = everybody.every((one) => !follows(access, one, 'a') || test(one));
      held[right ? 'yes' : 'no'] += 1;
      assert.equal(holdsForFollowers(access, 'a', depends, test), right);
    }),
    { numRuns: 600, seed: 7 },
  );
  assert.ok(held.yes > 50 && held.no > 50, JSON.stringify(held));
});

test('permissions are those that Discord works out', () => {
  fc.assert(
    fc.property(accesses, fc.subarray(ROLES), fc.constantFrom(...USERS), (access, roleIds, userId) => {
      const role = (id: string) => ({ id, permissions: access.roles.get(id)?.permissions ?? 0n, name: id });
      const guild = { id: 'g', ownerId: 'owner', roles: new Map([...access.roles.keys()].map((id) => [id, role(id)])) };
      const member = { user: { id: userId }, roleIds, timedOutUntil: null };
      for (const [id, { voice, overwrites: own }] of access.channels) {
        const theirs = {
          id,
          type: voice ? 2 : 0,
          overwrites: own.map((one) => ({ ...one, type: one.person ? 1 : 0 })),
        };
        const right = channelPermissions(guild as never, member as never, theirs as never);
        const all =
          right === channelPermissions(guild as never, { ...member, user: { id: 'owner' } } as never, theirs as never);
        for (const bit of [ViewChannel, ReadMessageHistory]) {
          const mine = permissionsOf(access, { userId, roleIds }, id) & bit;
          assert.equal(mine !== 0n, all || (right & bit) !== 0n, id);
        }
      }
    }),
    { numRuns: 300, seed: 8 },
  );
});

test('a channel of which nothing is known is followed by anybody; the roles of bots are nobody’s', () => {
  const access: Access = {
    guildId: 'g',
    ownerId: 'owner',
    roles: new Map([
      ['g', { permissions: 0n, bot: false, position: 0 }],
      ['b', { permissions: ViewChannel, bot: true, position: 0 }],
    ]),
    channels: new Map([['a', { voice: false, overwrites: [] }]]),
  };
  const depends = { channelIds: [], roleIds: [], userIds: [] };
  assert.equal(
    holdsForFollowers(access, 'a', depends, () => false),
    true,
  );
  assert.equal(
    holdsForFollowers(access, 'gone', depends, () => true),
    false,
  );
});
