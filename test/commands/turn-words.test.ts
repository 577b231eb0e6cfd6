import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { storyWords } from '../../commands/turn-words.ts';
import type { BridgeEvent } from '../../src/bridge/bridge-ports.ts';
import { TurnLog } from '../../src/bridge/turn-log.ts';

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
