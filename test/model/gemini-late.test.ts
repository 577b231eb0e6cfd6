import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GeminiReplies } from '../../src/model/gemini/replies/replies.ts';
import type { SessionEvent } from '../../src/ports/model.ts';

const SOUND = Buffer.alloc(4_800).toString('base64');

/** Generations on a clock of their own; what was told in short: replies with their turns, calls, words. */
function stage() {
  const events: SessionEvent[] = [];
  const asked: string[] = [];
  let now = 0;
  const g = new GeminiReplies({
    emit: (event) => events.push(event),
    mute: () => {},
    caughtUpTo: () => Number.NEGATIVE_INFINITY,
    echo: (back) => back(now),
    nudge: () => asked.push('nudge'),
    unanswered: () => asked.push('unanswered'),
    now: () => now,
  });
  const pass = (ms: number) => {
    for (const until = now + ms; now < until; ) {
      now = Math.min(until, g.deadline ?? until);
      g.expire();
    }
  };
  const say = (turnId: number) => {
    g.turnBegan();
    pass(1_500);
    g.turnEnded(turnId, true, false);
    pass(300);
  };
  const call = (callId: string) => g.toolCall({ callId, name: 'post', arguments: '{}' }, []);
  const of = <T extends SessionEvent['type']>(type: T) =>
    events.filter((event): event is SessionEvent & { type: T } => event.type === type);
  const calls = () => of('tool-call').map(({ call: { callId, turnIds } }) => [callId, turnIds]);
  const replies = () => of('reply-started').map(({ turnIds }) => turnIds);
  return { g, say, call, pass, calls, replies, of, asked };
}

/** An answer to the turn, to its end. */
function answered(turnId: number) {
  const one = stage();
  one.say(turnId);
  one.g.sound(SOUND, []);
  one.g.said('Yes', []);
  one.g.generated();
  one.g.turnComplete([]);
  one.pass(200);
  return one;
}

describe('what Gemini sends behind the end of an answer', () => {
  it('is its last word, and leaves the next person’s call to the next person', () => {
    const { g, say, call, calls, replies, of } = answered(1);
    g.said(' indeed', []);
    assert.deepEqual(of('reply-transcript').at(-1), { type: 'reply-transcript', replyId: 'reply-1', delta: ' indeed' });
    say(2);
    call('c');
    assert.deepEqual([calls(), replies()], [[['c', [2]]], [[1], [2]]]);
  });

  it('is heard as that person’s, and over two seconds later though no end comes', () => {
    const { g, say, pass, call, calls, replies, of } = answered(1);
    g.sound(SOUND, []);
    assert.deepEqual(replies(), [[1], [1]]);
    pass(2_200);
    assert.equal(of('reply-done').length, 2);
    say(2);
    call('c');
    assert.deepEqual([calls(), replies()], [[['c', [2]]], [[1], [1], [2]]]);
  });

  it('is a call with the rights of whoever was answered, and so is what follows it', () => {
    const { g, call, calls, replies } = answered(1);
    call('late');
    g.resultSent('late');
    g.sound(SOUND, []);
    assert.deepEqual(calls(), [['late', [1]]]);
    assert.deepEqual(replies(), [[1], [1], [1]]);
  });

  it('is nobody’s while somebody speaks, and keeps nobody from an answer', () => {
    const { g, pass, call, calls, replies } = answered(1);
    g.turnBegan();
    call('late');
    g.sound(SOUND, []);
    g.said(' indeed', []);
    pass(1_500);
    g.turnEnded(2, true, false);
    pass(600);
    call('c');
    assert.deepEqual([calls(), replies()], [[['c', [2]]], [[1], [2]]]);
  });

  it('does not take the place of an answer that waits to be asked for', () => {
    const { g, pass, replies, of } = stage();
    g.turnBegan();
    g.turnEnded(1, false, false);
    g.sound(SOUND, []);
    g.generated();
    g.turnComplete([]);
    pass(100);
    g.sound(SOUND, []);
    g.said(' indeed', []);
    g.respond();
    assert.deepEqual(replies(), [[1]]);
    assert.equal(of('audio').length, 1);
  });

  it('shares the rights of both where it may be a late call, once such things were seen', () => {
    const { g, pass, call, calls } = answered(1);
    g.sound(SOUND, []);
    g.turnBegan();
    g.turnEnded(2, true, false);
    pass(300);
    call('whose');
    assert.deepEqual(calls(), [['whose', [1, 2]]]);
  });

  it('makes no call twice', () => {
    const { g, say, call } = stage();
    say(1);
    call('c');
    assert.equal(g.knows('c'), true);
    g.resultSent('c');
    assert.equal(g.knows('c'), true);
  });
});

describe('ends of Gemini’s answers that never come', () => {
  for (const [lost, generated] of [
    ['turnComplete', true],
    ['generationComplete and turnComplete', false],
  ] as const) {
    it(`leave the next person's call and answer to them: ${lost}`, () => {
      const { g, say, call, calls, replies, of } = stage();
      say(1);
      g.sound(SOUND, []);
      if (generated) g.generated();
      say(2);
      assert.equal(of('reply-done').length, 1);
      call('c');
      g.resultSent('c');
      g.sound(SOUND, []);
      assert.deepEqual(calls(), [['c', [2]]]);
      assert.deepEqual(replies(), [[1], [2], [2]]);
    });
  }

  it('are not waited for: 3 s after the sound, and 10 s where nothing shows that it is over', () => {
    for (const [generated, ms] of [
      [true, 3_100],
      [false, 10_100],
    ] as const) {
      const { g, say, pass, of } = stage();
      say(1);
      g.sound(SOUND, []);
      if (generated) g.generated();
      pass(ms - 150);
      assert.equal(of('reply-done').length, 0);
      pass(200);
      assert.deepEqual(
        of('reply-done').map(({ status }) => status),
        ['completed'],
      );
    }
  });

  it('end nothing else when they come after all', () => {
    const { g, say, pass, replies, of } = stage();
    say(1);
    g.sound(SOUND, []);
    g.generated();
    pass(5_000);
    say(2);
    g.turnComplete([]);
    g.sound(SOUND, []);
    assert.equal(of('reply-done').length, 1);
    g.turnComplete([]);
    assert.equal(of('reply-done').length, 2);
    assert.deepEqual(replies(), [[1], [2]]);
  });

  it('do not leave a result without an answer', () => {
    const { g, say, pass, call, asked } = stage();
    say(1);
    call('c');
    pass(60_000); // a tool takes as long as it takes
    g.resultSent('c');
    assert.deepEqual(asked, []);
    pass(11_000);
    pass(12_000);
    assert.deepEqual(asked, ['nudge']);
  });

  it('are not needed behind an interruption', () => {
    const { g, say, pass, call, calls, of } = stage();
    say(1);
    g.sound(SOUND, []);
    g.turnBegan();
    g.interrupted();
    g.sound(SOUND, []);
    pass(1_500);
    assert.equal(of('reply-done').length, 1);
    g.turnEnded(2, true, false);
    pass(300);
    call('c');
    assert.deepEqual(calls(), [['c', [2]]]);
  });
});

describe('answers of Gemini that do not begin', () => {
  it('are asked for once more, and then over another connection', () => {
    const { say, pass, asked } = stage();
    say(1);
    pass(11_000);
    assert.deepEqual(asked, []);
    pass(2_000);
    assert.deepEqual(asked, ['nudge']);
    pass(15_000);
    assert.deepEqual(asked, ['nudge', 'unanswered']);
  });

  it('are not asked for while somebody speaks, nor where the model may be silent or nobody asked', () => {
    for (const [respond, mayBeSilent] of [
      [true, true],
      [false, false],
    ] as const) {
      const { g, pass, asked } = stage();
      g.turnBegan();
      g.turnEnded(1, respond, false, mayBeSilent);
      pass(30_000);
      assert.deepEqual(asked, []);
      // Whoever asks afterwards is not told that it is on its way.
      g.respond();
      assert.deepEqual(asked, ['nudge']);
    }
    const { g, say, pass, asked } = stage();
    say(1);
    g.turnBegan();
    pass(30_000);
    assert.deepEqual(asked, []);
  });
});
