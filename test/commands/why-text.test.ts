import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { storyWords } from '../../commands/why-text.ts';
import { TurnLog } from '../../src/conversation/turn-log.ts';
import type { BridgeEvent } from '../../src/ports/bridge-events.ts';

const anna = { id: 1, userId: 'anna', name: 'Anna' };
const began = (audience: 'everybody' | 'some' | 'untold' | 'listens', turn = anna): BridgeEvent => ({
  type: 'turn-began',
  turn,
  queuedMs: 0,
  soundStart: 1_000,
  audience,
});
const ended = (turn = anna): BridgeEvent => ({
  type: 'turn-ended',
  turn,
  speechMs: 400,
  respond: false,
  soundStart: 1_000,
  soundEnd: 1_400,
});

/** What `/why` says of each turn after these events, each 100 ms after the one before, from 2,000 on. */
function told(...events: readonly BridgeEvent[]): string[] {
  const log = new TurnLog();
  for (const [i, event] of events.entries()) log.observe(event, 2_000 + 100 * i);
  return log.stories.map(storyWords);
}

describe('what /why says of a turn', () => {
  it('is that nobody is answered where the bot only listens', () => {
    assert.deepEqual(told(began('listens'), ended()), [
      '**Anna** spoke for 400 ms. I only write down what is said, and answer nobody. After the end of speech: turn over 700 ms.',
    ]);
  });

  it('is that it is not known yet, while that is so', () => {
    assert.deepEqual(told(began('some')), [
      '**Anna** is speaking. Whether it is meant for me I know when I have the words.',
    ]);
    assert.match(
      told(began('some'), ended())[0] ?? '',
      /I wait for the words of it, to know whether it was meant for me\./,
    );
  });

  it('is that everybody was answered, and why where that was not chosen', () => {
    assert.match(told(began('everybody'), ended())[0] ?? '', /I answered everybody then\./);
    assert.match(
      told(began('untold'), ended())[0] ?? '',
      /I could not tell in time who speaks to me, so I answered everybody\./,
    );
  });

  it('is what a model that may choose chose, once it shows', () => {
    const left: BridgeEvent = { type: 'answer-decided', turn: anna, answered: true, reason: { kind: 'model' } };
    const started: BridgeEvent = { type: 'reply-started', replyId: 'r1', turns: [anna] };
    const over = (producedMs: number): BridgeEvent => ({
      type: 'reply-ended',
      replyId: 'r1',
      heardMs: producedMs,
      producedMs,
      interrupted: false,
    });
    const before = [began('some'), left, ended()];
    assert.match(told(...before)[0] ?? '', /It is left to the model whether it was meant for me\./);
    assert.match(
      told(...before, started, over(0))[0] ?? '',
      /The model decided that it was not meant for me, and stayed silent\./,
    );
    assert.match(
      told(...before, started, { type: 'reply-audible', replyId: 'r1', sinceTurnMs: 5 }, over(800))[0] ?? '',
      /The model decided that it was meant for me\. .*My answer of 800 ms was heard to its end\.$/,
    );
  });

  it('has no time of words that nobody wrote down', () => {
    const nothing: BridgeEvent = { type: 'turn-transcript', turn: anna, text: '', final: true };
    const none: BridgeEvent = { type: 'answer-decided', turn: anna, answered: false, reason: { kind: 'no-words' } };
    assert.deepEqual(told(began('some'), ended(), nothing, none), [
      '**Anna** spoke for 400 ms. No words of it were written down, so I did not answer. After the end of speech: turn over 700 ms.',
    ]);
  });

  it('names nobody for what was typed', () => {
    assert.deepEqual(told({ type: 'turn-began', turn: anna, queuedMs: 0 }), ['**Anna** wrote to me.']);
  });

  it('bears names full of markdown, mentions and marks that turn the writing around', () => {
    const name = '**@everyone** \u202e<@1> [x](https://x.example) 🦜';
    const [words] = told(began('some', { ...anna, name }), {
      type: 'answer-decided',
      turn: { ...anna, name },
      answered: true,
      reason: { kind: 'name', word: '_*Parley*_ `', place: 'start' },
    });
    assert.equal(
      words,
      '**\\*\\*\\@everyone\\*\\* \\<\\@1\\> \\[x\\]\\(https\\:\\/\\/x\\.exampl…** is speaking. I heard my name: “\\_\\*Parley\\*\\_ \\`” at the start.',
    );
  });
});
