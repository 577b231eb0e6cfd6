import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Permission } from '../../src/ports/room.ts';
import type { ToolRule } from '../../src/ports/tools.ts';
import { type Judged, judge, type Request } from '../../src/tools/policy.ts';
import { anna, ben } from './context.ts';

const reading: Judged = { name: 'look', risk: 'read', needs: null };
const writing: Judged = { name: 'change', risk: 'write', needs: null };
const posting: Judged = { name: 'post', risk: 'write', needs: 'mayWrite' };
const muting: Judged = { name: 'mute', risk: 'dangerous', needs: 'MuteMembers' };

const MODS = '100';
const GUESTS = '101';
/** Anna is a moderator and has every permission; Ben is a guest with none; both may write. */
const room = {
  mayWrite: (_userId: string) => true,
  rolesOf: (userId: string): readonly string[] => (userId === anna.userId ? [MODS] : [GUESTS]),
  permits: (userId: string, _permission: Permission) => userId === anna.userId,
};
const usual: Request = { disabled: [], rules: [], askers: [anna], certain: true, room };
const rule = (tool: Judged, kind: ToolRule['kind'], id: string, allowed: boolean): ToolRule => ({
  tool: tool.name,
  kind,
  id,
  allowed,
});

/** The reason of a refusal; empty where it is allowed. */
function reason(tool: Judged, change: Partial<Request> = {}): string {
  const verdict = judge(tool, { ...usual, ...change });
  return verdict.allowed ? '' : verdict.reason;
}

describe('who may use a tool by default', () => {
  it('everybody who is known may read and, where they may write, write', () => {
    assert.equal(reason(reading), '');
    assert.equal(reason(writing), '');
    const mute = { ...room, mayWrite: () => false };
    assert.match(reason(writing, { room: mute }), /may write in the text channel.*not "Anna"/);
    assert.equal(reason(reading, { room: mute }), '');
  });

  it('nobody may use a dangerous one until a manager says so, not even with the permission in Discord', () => {
    assert.match(reason(muting), /dangerous, so nobody may use it until .*\/tools allow/);
    assert.equal(reason(muting, { rules: [rule(muting, 'role', MODS, true)] }), '');
  });

  it('nobody may use one that is switched off', () => {
    const rules = [rule(reading, 'person', anna.userId, true)];
    assert.match(reason(reading, { disabled: ['look'], rules }), /look is switched off/);
  });
});

describe('who may use a tool under a policy', () => {
  it('a person goes before their roles, and these before everyone', () => {
    const noOne = rule(reading, 'everyone', '10', false);
    const mods = rule(reading, 'role', MODS, true);
    const notAnna = rule(reading, 'person', anna.userId, false);
    assert.match(reason(reading, { rules: [noOne] }), /policy of this server.*not "Anna"/);
    assert.equal(reason(reading, { rules: [noOne, mods] }), '');
    assert.match(reason(reading, { rules: [noOne, mods], askers: [ben] }), /not "Ben"/);
    assert.match(reason(reading, { rules: [noOne, mods, notAnna] }), /not "Anna"/);
  });

  it('of two roles, the one that excludes counts', () => {
    const both = { ...room, rolesOf: () => [MODS, GUESTS] };
    const rules = [rule(reading, 'role', MODS, true), rule(reading, 'role', GUESTS, false)];
    assert.match(reason(reading, { rules, room: both }), /policy/);
  });

  it('an entry for another tool says nothing', () => {
    assert.match(reason(muting, { rules: [rule(posting, 'everyone', '10', true)] }), /dangerous/);
  });

  it("what Discord does not permit, no entry permits, and the refusal says it in Discord's words", () => {
    const rules = [rule(muting, 'everyone', '10', true)];
    assert.equal(reason(muting, { rules }), '');
    assert.match(reason(muting, { rules, askers: [ben] }), /the permission Mute Members in Discord.*not "Ben"/);
  });
});

describe('a reply to several people, or to nobody known', () => {
  it('has the rights that all of them share', () => {
    const rules = [rule(writing, 'person', ben.userId, false)];
    assert.equal(reason(writing, { rules }), '');
    assert.match(reason(writing, { rules, askers: [anna, ben] }), /not "Ben"\.$/);
  });

  it('may only read where somebody is unknown, and only what excludes nobody', () => {
    const unknown = { certain: false };
    assert.equal(reason(reading, unknown), '');
    assert.equal(reason(reading, { ...unknown, askers: [] }), '');
    for (const tool of [writing, posting, muting]) assert.match(reason(tool, unknown), /not certain who asked/);
    assert.match(reason({ ...reading, needs: 'mayWrite' }, unknown), /not certain/);
    const rules = [rule(reading, 'person', ben.userId, false)];
    assert.match(reason(reading, { ...unknown, rules }), /not certain/);
    assert.match(reason(writing, { askers: [] }), /not certain/);
  });

  it('never gains a right from more askers or from less certainty', () => {
    const ids = fc.uniqueArray(fc.constantFrom<string[]>('1', '2', '3', '4'), { maxLength: 4 });
    const rules = fc.array(
      fc.record({
        tool: fc.constantFrom('look', 'change', 'post', 'mute'),
        kind: fc.constantFrom('everyone' as const, 'role' as const, 'person' as const),
        id: fc.constantFrom('1', '2', '3', MODS, GUESTS),
        allowed: fc.boolean(),
      }),
      { maxLength: 6 },
    );
    const tools = fc.constantFrom(reading, writing, posting, muting);
    fc.assert(
      fc.property(ids, ids, ids, rules, tools, (askers, writers, mods, policy, tool) => {
        const world = {
          mayWrite: (id: string) => writers.includes(id),
          rolesOf: (id: string) => (mods.includes(id) ? [MODS] : [GUESTS]),
          permits: (id: string) => mods.includes(id),
        };
        const people = (list: readonly string[]) => list.map((userId) => ({ userId, name: userId }));
        const may = (list: readonly string[], certain = true) =>
          judge(tool, { disabled: [], rules: policy, askers: people(list), certain, room: world }).allowed;
        if (askers.length > 0 && may(askers)) for (const one of askers) assert.ok(may([one]));
        if (may(askers, false)) for (const one of askers) assert.ok(may([one]), 'the unknown may be any of them');
        if (tool.risk !== 'read') assert.ok(!may(askers, false));
        if (may(askers) && tool.needs === 'mayWrite') assert.ok(askers.every((one) => writers.includes(one)));
        const none = policy.every((one) => one.tool !== tool.name || !one.allowed);
        if (tool.risk === 'dangerous' && none) assert.ok(!may(askers), 'nobody until a manager says so');
      }),
      { numRuns: 400 },
    );
  });
});
