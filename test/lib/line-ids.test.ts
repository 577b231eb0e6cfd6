import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstLineId, knowConversation, newConversationId } from '../../src/lib/line-ids.ts';

const HOUR_MS = 3_600_000;

test('a conversation comes behind all before it, also where the clock was set back since', () => {
  const at = Date.parse('2026-11-25T12:00:00Z');
  const first = newConversationId(at);
  assert.ok(first >= firstLineId(at));
  const second = newConversationId(at - HOUR_MS);
  assert.ok(second > first);
  assert.ok(newConversationId(at - HOUR_MS / 2) > second);
  // A clock that was forty years ahead does not keep the order for forty years.
  knowConversation(firstLineId(at + 40 * 365 * 24 * HOUR_MS));
  assert.ok(newConversationId(at + HOUR_MS) < firstLineId(at + 2 * HOUR_MS));
});
