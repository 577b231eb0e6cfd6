import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BUTTON_KINDS, buttonId, routeOf } from '../../../src/discord/interactions/buttons.ts';
import { forgetButton } from '../../../src/discord/interactions/forget-buttons.ts';
import { reminderButtons } from '../../../src/discord/interactions/reminder-buttons.ts';
import { ruleButtons } from '../../../src/discord/interactions/rule-buttons.ts';
import { ToolButtons } from '../../../src/discord/interactions/tool-buttons.ts';

test('keeps every kind as it stands below posts that are already there', () => {
  assert.deepEqual(BUTTON_KINDS, [
    'confirm',
    'page',
    'privacy-forget',
    'privacy-forget-on',
    'private-answer',
    'reminder-end',
    'rule',
    'tool-again',
    'tool-cancel',
  ]);
});

test('keeps the ids of buttons that outlive the process', () => {
  assert.equal(forgetButton('7').id, 'privacy-forget/7');
  assert.equal(forgetButton('7', { guildId: '9', label: 'All' }).id, 'privacy-forget-on/7/9');
  const [end] = reminderButtons({ id: 3, person: { userId: '7', name: 'Anna' } });
  assert.equal(end?.id, 'reminder-end/7/3');
  const card = { id: 5, deeds: [], userId: '7' } as unknown as Parameters<typeof ruleButtons>[0];
  const ids = ruleButtons(card).map(({ id }) => id);
  assert.deepEqual(ids, ['rule/dismiss/5', 'rule/note/5', 'rule/mute/5', 'rule/timeout/5']);
  assert.match(new ToolButtons().cancel('c1').id, /^tool-cancel\/[0-9a-f]{12}\/c1$/);
});

test('hands the row of a kind the other parts of the id', () => {
  const rule = { press: () => 'pressed' };
  const { route, parts } = routeOf({ rule }, buttonId('rule', 'mute', '5'));
  assert.equal(route, rule);
  assert.deepEqual(parts, ['mute', '5']);
});

test('has an empty row for a kind without one, and for none that it knows', () => {
  for (const id of ['rule/mute/5', 'constructor/x', '__proto__', '', 'else']) {
    assert.deepEqual(routeOf({}, id).route, {}, id);
  }
});
