import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { judge } from '../../src/tools/policy.ts';
import { anna, ben } from './context.ts';

const reading = { name: 'look', risk: 'read', needs: null } as const;
const writing = { name: 'change', risk: 'write', needs: null } as const;
const posting = { name: 'post', risk: 'write', needs: 'mayWrite' } as const;
const usual = { disabled: [], askers: [anna], certain: true, mayWrite: () => true };

/** The reason of a refusal; empty where it is allowed. */
function reason(...args: Parameters<typeof judge>): string {
  const verdict = judge(...args);
  return verdict.allowed ? '' : verdict.reason;
}

test('a known person may use a tool that is switched on', () => {
  assert.deepEqual(judge(reading, usual), { allowed: true });
  assert.deepEqual(judge(writing, usual), { allowed: true });
});

test('a tool that is switched off is refused to everybody', () => {
  assert.match(reason(reading, { ...usual, disabled: ['look'] }), /look is switched off/);
});

test('where it is uncertain who asked, only reading is allowed', () => {
  assert.equal(reason(reading, { ...usual, certain: false }), '');
  assert.match(reason(writing, { ...usual, certain: false }), /not certain who asked/);
  assert.match(reason({ ...reading, needs: 'mayWrite' }, { ...usual, certain: false }), /not certain/);
  assert.match(reason(writing, { ...usual, askers: [] }), /not certain who asked/);
});

test('everybody who asked must have the right, and the refusal names who lacks it', () => {
  const request = { ...usual, askers: [anna, ben], mayWrite: (userId: string) => userId === anna.userId };
  assert.match(reason(posting, request), /not "Ben"/);
  assert.equal(reason(posting, { ...request, askers: [anna] }), '');
});

test('more askers and less certainty never give a right', () => {
  const people = fc.uniqueArray(fc.constantFrom<string[]>('1', '2', '3', '4'), { maxLength: 4 });
  fc.assert(
    fc.property(people, people, fc.constantFrom(reading, writing, posting), (askers, writers, tool) => {
      const request = (ids: string[], certain: boolean) => ({
        disabled: [],
        askers: ids.map((userId) => ({ userId, name: userId })),
        certain,
        mayWrite: (userId: string) => writers.includes(userId),
      });
      const allowed = (ids: string[], certain = true) => judge(tool, request(ids, certain)).allowed;
      if (askers.length > 0 && allowed(askers)) for (const one of askers) assert.ok(allowed([one]));
      if (tool.risk === 'write') assert.ok(!allowed(askers, false));
      if (tool === posting && allowed(askers)) assert.ok(askers.every((one) => writers.includes(one)));
    }),
  );
});
