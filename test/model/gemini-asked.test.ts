import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { SessionEvent } from '../../src/bridge/ports.ts';
import { GeminiGenerations } from '../../src/model/gemini-generations.ts';

it('keeps the people behind a silent result, of which an answer that just begins may not know', () => {
  const events: SessionEvent[] = [];
  const g = new GeminiGenerations({ emit: (e) => events.push(e), mute: () => {}, nudge: () => {} });
  g.turnEnded(1, true, false, 0);
  g.toolCall({ callId: 'c', name: 'x', arguments: '{}' }, []);
  g.acknowledged('c', true);
  g.turnComplete([]);
  g.turnEnded(2, true, false, 10);
  g.takeLater('c');
  g.told([1]);
  g.said('to 2, which had begun before the result came', []);
  g.turnComplete([]);
  g.turnEnded(3, true, false, 20);
  g.said('to 3, with the result', []);
  g.turnComplete([]);
  g.turnEnded(4, true, false, 30);
  g.said('to 4', []);
  const started = events.flatMap((e) => (e.type === 'reply-started' ? [e.turnIds] : []));
  assert.deepEqual(started, [[1], [1, 2], [1, 3], [4]]);
});

it('keeps the people behind a result that overtook nobody: the second answer may be the one to it', () => {
  const events: SessionEvent[] = [];
  const g = new GeminiGenerations({ emit: (e) => events.push(e), mute: () => {}, nudge: () => {} });
  g.turnEnded(1, true, false, 0);
  g.toolCall({ callId: 'c', name: 'x', arguments: '{}' }, []);
  g.turnComplete([]);
  g.turnBegan();
  g.turnEnded(2, true, false, 10);
  g.resultSent('c', 11);
  g.said('to 2', []);
  g.turnComplete([]);
  g.said('to the result', []);
  const started = events.flatMap((e) => (e.type === 'reply-started' ? [e.turnIds] : []));
  assert.ok(started.at(-1)?.includes(1), JSON.stringify(started));
});
