import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rollDice } from '../../../src/tools/builtin/roll-dice.ts';
import { callTool } from '../call-tool.ts';
import { contextOf } from '../context.ts';

/** Dice that fall as told. */
function loaded(...falls: number[]) {
  const tool = rollDice(() => falls.shift()! - 1);
  return (args: object) => callTool(tool, args, contextOf());
}

test('every die is shown, and the sum', async () => {
  assert.deepEqual(await loaded(3, 5, 1, 4)({ dice: '3d6 + 2 - d4' }), {
    total: 7,
    rolls: [
      { term: '3d6', dice: [3, 5, 1] },
      { term: 'd4', dice: [4] },
    ],
  });
});

test('advantage and dropped dice show what counted', async () => {
  assert.deepEqual(await loaded(4, 17)({ dice: 'd20+5', advantage: 'advantage' }), {
    total: 22,
    rolls: [{ term: '2d20kh1', dice: [4, 17], counted: [17] }],
  });
  assert.equal((await loaded(4, 17)({ dice: '1d20', advantage: 'disadvantage' })).total, 4);
  assert.deepEqual(await loaded(1, 6, 3, 3)({ dice: '4d6dl1' }), {
    total: 12,
    rolls: [{ term: '4d6dl1', dice: [1, 6, 3, 3], counted: [3, 3, 6] }],
  });
  assert.equal((await loaded(2, 9)({ dice: '2d10dh' })).total, 2);
  assert.equal((await loaded(77)({ dice: 'd%' })).total, 77);
});

test('what is no roll is told how to write one', async () => {
  for (const dice of [
    'abc',
    '3d',
    'd1',
    '0d6',
    '101d6',
    'd1001',
    '2d6k3',
    '2d6dl2',
    '3d6++2',
    '1+',
    '9999999',
    '-',
    'd6d6',
  ]) {
    await assert.rejects(loaded(1, 1, 1)({ dice }), { name: 'ToolError' }, dice);
  }
  await assert.rejects(loaded(1)({ dice: '2d6', advantage: 'advantage' }), /single die/);
  await assert.rejects(loaded(1)({ dice: Array(11).fill('1').join('+') }), /At most 10 terms/);
});

test('real dice fall on every side and on no other', async () => {
  const seen = new Set<number>();
  const tool = rollDice();
  for (let round = 0; round < 20; round++) {
    const { rolls } = (await callTool(tool, { dice: '100d6' }, contextOf())) as { rolls: { dice: number[] }[] };
    for (const side of rolls[0]!.dice) seen.add(side);
  }
  assert.deepEqual([...seen].sort(), [1, 2, 3, 4, 5, 6]);
});
