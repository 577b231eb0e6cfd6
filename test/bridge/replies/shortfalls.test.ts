import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Shortfalls } from '../../../src/bridge/replies/shortfalls.ts';
import type { Shortfall } from '../../../src/ports/model.ts';
import type { Turn } from '../../../src/ports/voice.ts';

const turn = (id: number): Turn => ({ id, userId: 'anna', name: 'Anna' });
const EMPTY: Shortfall = { empty: true, reason: null, said: 'nothing' };
const FILTERED: Shortfall = { empty: true, reason: 'The filter stopped it.', said: 'content_filter' };

/** What becomes of answers that are none; `chosen`: turns about which the model may keep silent. */
class Play {
  readonly told: string[] = [];
  readonly passed: number[] = [];
  asked = 0;
  logged = 0;
  unwritten = false;
  chosen: number[] = [];
  readonly shortfalls = new Shortfalls({
    guildId: 'g',
    unwritten: () => this.unwritten,
    mayStaySilent: (id) => this.chosen.includes(id),
    ask: () => {
      this.asked += 1;
      this.shortfalls.asked();
    },
    pass: (ids) => this.passed.push(...ids),
    tell: (message) => this.told.push(message),
    log: {
      warn: () => {
        this.logged += 1;
      },
    } as never,
  });
  ended(id: number, shortfall: Shortfall, at: number): boolean {
    return this.shortfalls.ended([turn(id)], shortfall, at);
  }
}

describe('answers that are none', () => {
  it('are asked for once more when nobody speaks, and then people are told, once', () => {
    const play = new Play();
    play.shortfalls.heard(1, { text: 'What is it?', final: true });
    assert.equal(play.ended(1, EMPTY, 0), true);
    play.shortfalls.tick(0, false);
    assert.equal(play.asked, 0, 'somebody speaks');
    play.shortfalls.tick(10, true);
    play.shortfalls.tick(20, true);
    assert.equal(play.asked, 1);
    assert.equal(play.ended(1, EMPTY, 30), false);
    play.shortfalls.tick(40, true);
    assert.deepEqual([play.asked, play.passed, play.told.length], [1, [1], 1]);
    assert.match(play.told[0] ?? '', /had no answer, although I asked it twice/);
  });

  it('are told in the service’s reason at once, once a question, and asked for after the time it wants', () => {
    const play = new Play();
    play.shortfalls.typed(1);
    play.ended(1, { ...FILTERED, againInMs: 2_000 }, 0);
    assert.deepEqual(play.told, ['The filter stopped it.']);
    play.shortfalls.tick(1_900, true);
    assert.equal(play.asked, 0);
    play.shortfalls.tick(2_000, true);
    assert.equal(play.asked, 1);
    play.ended(1, FILTERED, 2_100);
    assert.equal(play.told.length, 1);
    play.shortfalls.typed(2);
    play.ended(2, { ...FILTERED, againInMs: 9_999_000 }, 3_000);
    play.shortfalls.tick(13_000, true);
    assert.deepEqual([play.told.length, play.asked], [2, 2], 'no service is waited for without end');
  });

  it('are nothing where nobody asked: noise, and turns about which the model may choose', () => {
    const play = new Play();
    play.shortfalls.heard(1, { text: '', final: true });
    assert.equal(play.ended(1, EMPTY, 0), false);
    play.chosen = [2];
    play.shortfalls.heard(2, { text: 'and then we went home', final: true });
    assert.equal(play.ended(2, EMPTY, 0), false);
    play.shortfalls.tick(60_000, true);
    assert.deepEqual([play.asked, play.told, play.passed, play.logged], [0, [], [1, 2], 0]);
  });

  it('are told of once the words show that it was a question, or where no words come', () => {
    const play = new Play();
    for (const id of [1, 2, 3]) {
      play.ended(id, EMPTY, 0);
      play.ended(id, EMPTY, 10);
    }
    assert.deepEqual(play.told, []);
    play.shortfalls.heard(1, { text: 'What is it?', final: true });
    play.shortfalls.heard(2, { text: '', final: true });
    assert.equal(play.told.length, 1);
    play.shortfalls.tick(60_000, false);
    assert.equal(play.told.length, 2, 'the second was noise, the third nobody can tell');
    const unheard = new Play();
    unheard.unwritten = true;
    unheard.ended(1, FILTERED, 0);
    assert.equal(unheard.told.length, 1);
  });

  it('are not asked for where another answer is on its way, nor for what was taken back', () => {
    const play = new Play();
    play.shortfalls.typed(1);
    play.ended(1, EMPTY, 0);
    play.shortfalls.asked();
    play.shortfalls.tick(10, true);
    play.shortfalls.withdraw([2]);
    play.ended(2, FILTERED, 20);
    play.shortfalls.tick(30, true);
    assert.deepEqual([play.asked, play.told], [0, []]);
  });

  it('that said something are explained, and not asked for again', () => {
    const play = new Play();
    play.shortfalls.typed(1);
    assert.equal(play.ended(1, { ...FILTERED, empty: false }, 0), false);
    play.shortfalls.tick(10, true);
    assert.deepEqual([play.asked, play.told.length, play.passed], [0, 1, []]);
  });
});
