import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CLOSE_ORDER, STOP_ORDER } from '../../src/app/shutdown.ts';

test('refuses new commands first and closes the database last', () => {
  assert.deepEqual(STOP_ORDER, [
    'intake',
    'conversations-and-tools',
    'erasures',
    'answers',
    'gateway',
    'time',
    'late-answers',
    'database',
  ]);
});

test('ends reminders before conversations, and moderation after their last words', () => {
  assert.deepEqual(CLOSE_ORDER, [
    'new-work',
    'reminders',
    'watches',
    'conversations',
    'returns',
    'farewells',
    'moderation',
    'last-reminders',
  ]);
});
