import assert from 'node:assert/strict';
import { it } from 'node:test';
import { GeminiReplies } from '../../../../src/model/gemini/replies/replies.ts';
import type { SessionEvent } from '../../../../src/ports/model.ts';

const CALM = {
  mute: () => {},
  nudge: () => {},
  unanswered: () => {},
  now: () => 0,
  caughtUpTo: () => Number.NEGATIVE_INFINITY,
  echo: (back: (now: number) => void) => back(0),
};
it('keeps the people behind a silent result, of which an answer that just begins may not know', () => {
  const events: SessionEvent[] = [];
  const g = new GeminiReplies({ emit: (e) => events.push(e), ...CALM });
  g.turnEnded(1, true, false);
  g.toolCall({ callId: 'c', name: 'x', arguments: '{}' }, []);
  g.acknowledged('c', true);
  g.turnComplete([]);
  g.turnEnded(2, true, false);
  g.takeLater('c');
  g.told([1]);
  g.said('to 2, which had begun before the result came', []);
  g.turnComplete([]);
  g.turnEnded(3, true, false);
  g.said('to 3, with the result', []);
  g.turnComplete([]);
  g.turnEnded(4, true, false);
  g.said('to 4', []);
  const started = events.flatMap((e) => (e.type === 'reply-started' ? [e.turnIds] : []));
  assert.deepEqual(started, [[1], [1, 2], [1, 3], [4]]);
});

it('keeps the people behind a result that overtook nobody: the second answer may be the one to it', () => {
  const events: SessionEvent[] = [];
  const g = new GeminiReplies({ emit: (e) => events.push(e), ...CALM });
  g.turnEnded(1, true, false);
  g.toolCall({ callId: 'c', name: 'x', arguments: '{}' }, []);
  g.turnComplete([]);
  g.turnBegan();
  g.turnEnded(2, true, false);
  g.resultSent('c');
  g.said('to 2', []);
  g.turnComplete([]);
  g.said('to the result', []);
  const started = events.flatMap((e) => (e.type === 'reply-started' ? [e.turnIds] : []));
  assert.ok(started.at(-1)?.includes(1), JSON.stringify(started));
});

it("takes a server for done with what it owes only when the quiet was the server's own", () => {
  const asked = (wait: { readonly knownAt: number; readonly caughtUpTo: number }) => {
    const events: SessionEvent[] = [];
    const echoes: ((now: number) => void)[] = [];
    let caughtUpTo = Number.NEGATIVE_INFINITY;
    const g = new GeminiReplies({
      ...CALM,
      emit: (e) => events.push(e),
      caughtUpTo: () => caughtUpTo,
      echo: (back) => echoes.push(back),
    });
    g.turnEnded(1, true, false);
    g.turnEnded(2, true, false);
    for (const back of echoes.splice(0)) back(wait.knownAt);
    g.said('to 1', []);
    g.turnComplete([]);
    caughtUpTo = wait.caughtUpTo;
    g.turnEnded(3, true, false);
    g.said('to 2, or to 3', []);
    return events.flatMap((e) => (e.type === 'reply-started' ? [e.turnIds] : []));
  };
  // The server knew of the second turn for 4 s only when it sent the last thing that came: the line stalled.
  assert.deepEqual(asked({ knownAt: 5_000, caughtUpTo: 9_000 }), [
    [1, 2],
    [2, 3],
  ]);
  assert.deepEqual(asked({ knownAt: 5_000, caughtUpTo: 10_001 }), [[1, 2], [3]]);
});

it('counts a silent result until an answer that began when the server had it', () => {
  const events: SessionEvent[] = [];
  const echoes: ((now: number) => void)[] = [];
  const g = new GeminiReplies({ ...CALM, emit: (e) => events.push(e), echo: (back) => echoes.push(back) });
  g.turnEnded(1, true, false);
  // On its way while the server begins to answer.
  g.told([7]);
  g.said('to 1', []);
  for (const back of echoes.splice(0)) back(10);
  g.turnComplete([]);
  for (const id of [2, 3]) {
    g.turnEnded(id, true, false);
    g.said(`to ${id}`, []);
    g.turnComplete([]);
  }
  const started = events.flatMap((e) => (e.type === 'reply-started' ? [e.turnIds] : []));
  assert.deepEqual(started, [[1, 7], [2, 7], [3]]);
});

it('is done with a later result once it was answered, where the server had nothing else to do when it got it', () => {
  const answers = (busy: boolean) => {
    const events: SessionEvent[] = [];
    const echoes: ((now: number) => void)[] = [];
    const g = new GeminiReplies({ ...CALM, emit: (e) => events.push(e), echo: (back) => echoes.push(back) });
    const answer = (text: string) => {
      g.said(text, []);
      g.turnComplete([]);
    };
    g.turnEnded(1, true, false);
    answer('to 1');
    if (busy) g.turnEnded(2, true, false);
    g.told([1]);
    g.promptedFor([1]);
    // The proof that the server has it comes when it is at its answer already.
    g.said(busy ? 'to 2' : 'the result', []);
    for (const back of echoes.splice(0)) back(0);
    g.turnComplete([]);
    if (busy) answer('the result');
    g.turnEnded(3, true, false);
    answer('to 3');
    return events.flatMap((e) => (e.type === 'reply-started' ? [e.turnIds] : []));
  };
  assert.deepEqual(answers(false), [[1], [1], [3]]);
  assert.deepEqual(answers(true), [[1], [1, 2], [1], [3]]);
});
