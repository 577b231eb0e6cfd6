import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ResponsePolicy } from '../../../src/bridge/addressing/response-policy.ts';
import type { UnpromptedBehavior } from '../../../src/ports/capabilities.ts';
import type { AnswerMode } from '../../../src/ports/settings.ts';
import type { Turn } from '../../../src/ports/voice.ts';

/** Decisions on turns that the test plays by hand; times in ms. */
class Play {
  readonly decided: string[] = [];
  readonly passed: number[] = [];
  mode: AnswerMode = 'addressed';
  names: string[] = [];
  people = 2;
  unprompted: UnpromptedBehavior | null = 'waits';
  readonly answering = new ResponsePolicy({
    settings: () => ({ answer: this.mode, names: this.names }),
    ownName: () => 'Parley',
    people: () => this.people,
    isBot: (userId) => userId.startsWith('bot'),
    unprompted: () => this.unprompted,
    decided: (turn, answered, reason) => this.decided.push(`${turn.id} ${answered ? 'yes' : 'no'} ${reason.kind}`),
    pass: (turnId) => this.passed.push(turnId),
  });
  readonly #who = new Map<number, string>();
  began(id: number, userId: string, at = 0): Turn {
    this.#who.set(id, userId);
    return this.answering.began({ id, userId, name: userId }, at);
  }
  /** A turn without a pause: gives whether its end asks for a reply. */
  turn(id: number, userId: string, at = 0, quiet = true): boolean {
    this.began(id, userId, at);
    return this.answering.ended(id, quiet, at + 1_000).respond;
  }
  heard(id: number | null, text: string, final: boolean, more: { exact?: true; missing?: true } = {}): void {
    const turn = id === null ? null : { id, userId: this.#who.get(id) ?? null, name: '' };
    this.answering.heard(turn, { text, final, ...more });
  }
  says(id: number | null, text: string, final = true): boolean {
    this.heard(id, text, final);
    return this.answering.takeDue(true) !== undefined;
  }
  /** An answer sounds from … to. */
  answers(replyId: string, turns: readonly [number, string][], to: number): void {
    this.answering.audible(
      replyId,
      turns.map(([id, userId]) => ({ id, userId, name: userId })),
    );
    this.answering.soundEnded(replyId, to);
  }
}

describe('whether a turn is answered', () => {
  it('is settled at its end where everybody is answered', () => {
    const play = new Play();
    play.mode = 'always';
    assert.equal(play.turn(1, 'anna'), true);
    assert.equal(play.turn(2, 'ben', 0, false), false);
    assert.deepEqual(play.decided, []);
  });

  for (const mode of ['always', 'addressed', 'auto'] as const) {
    it(`is never so twice in a row for bots, until a person speaks, with ${mode}`, () => {
      const play = new Play();
      play.mode = mode;
      const asks = (id: number, userId: string): boolean => {
        const respond = play.turn(id, userId);
        return mode === 'always' ? respond : play.says(id, 'Parley, hello.') || respond;
      };
      assert.deepEqual([asks(1, 'bot A'), asks(2, 'bot A'), asks(3, 'bot B')], [true, false, false]);
      assert.deepEqual([asks(4, 'anna'), asks(5, 'bot B'), asks(6, 'bot A')], [true, true, false]);
      assert.deepEqual(
        play.decided.filter((line) => line.includes('bot-again')),
        ['2 no bot-again', '3 no bot-again', '6 no bot-again'],
      );
    });
  }

  it('does not forget a person over a bot that is not answered', () => {
    const play = new Play();
    play.mode = 'always';
    assert.equal(play.turn(1, 'bot A'), true);
    assert.equal(play.turn(2, 'bot B', 0, false), false);
    assert.equal(play.turn(3, 'anna', 0, false), false);
    assert.equal(play.turn(4, 'bot A', 0, false), false);
    assert.equal(play.turn(5, 'bot A'), true, 'for Anna');
    play.answering.withdraw([3]);
    assert.equal(play.turn(6, 'bot A'), false);
  });

  it('is settled by a name, as early as the words allow it', () => {
    const play = new Play();
    assert.equal(play.turn(1, 'anna'), false);
    assert.equal(play.says(1, 'Parley', false), false, 'it might be the beginning of another word');
    assert.equal(play.says(1, 'Parley what', false), true);
    assert.equal(play.says(1, 'Parley what time is it'), false, 'only once');
    assert.equal(play.turn(2, 'ben'), false);
    assert.equal(play.says(2, 'what do you think, Parley', false), false, 'more words may come');
    assert.equal(play.says(2, 'what do you think, Parley'), true);
    assert.equal(play.turn(3, 'cara'), false);
    assert.equal(play.says(3, 'bananas'), false);
    assert.deepEqual(play.decided, ['1 yes name', '2 yes name', '3 no not-addressed']);
    assert.deepEqual(play.passed, [3]);
  });

  it('is settled at the end where the words are there before it', () => {
    const play = new Play();
    play.began(1, 'anna');
    play.heard(1, 'Parley, what', false);
    assert.equal(play.answering.takeDue(true), undefined, 'the turn is open');
    assert.deepEqual(play.answering.ended(1, true, 1_000), { respond: true, passed: false });
    play.began(2, 'ben');
    play.heard(2, 'is it so, Parley', true);
    assert.deepEqual(play.answering.ended(2, true, 1_000), { respond: true, passed: false });
    play.began(3, 'cara');
    play.heard(3, 'bananas', true);
    assert.deepEqual(play.answering.ended(3, true, 1_000), { respond: false, passed: true });
  });

  it('is yes for all turns whose words a name may be among, where the words of turns run together', () => {
    const play = new Play();
    play.unprompted = 'answers';
    for (const id of [1, 2]) play.turn(id, 'anna');
    play.turn(3, 'ben');
    assert.equal(play.says(1, 'bananas Parley what time is it', false), true);
    assert.deepEqual(play.decided, ['2 yes name', '1 yes name'].toSorted());
    play.turn(4, 'cara');
    assert.equal(play.says(null, 'and so, Parley, what', true), true);
    assert.deepEqual(play.decided.slice(2), ['3 yes name', '4 yes name']);
    const exact = new Play();
    for (const id of [1, 2]) exact.turn(id, 'anna');
    assert.equal(exact.says(1, 'I asked Parley about it'), false);
  });

  it('is that of its own words, where another model writes each turn down beside one whose words run together', () => {
    const play = new Play();
    play.unprompted = 'answers';
    for (const id of [1, 2]) play.turn(id, 'anna');
    play.heard(1, 'I asked Parley about it', true, { exact: true });
    play.heard(2, 'and what do you think', true, { exact: true });
    for (const id of [3, 4]) play.turn(id, 'anna');
    play.heard(3, 'Parley, what time is it', true, { exact: true });
    play.heard(4, 'no, I meant Ben', true, { exact: true });
    assert.deepEqual(play.decided, ['1 no not-addressed', '2 no not-addressed', '3 yes name', '4 no not-addressed']);
  });

  it('is no for want of words, where nobody could write them down', () => {
    const play = new Play();
    play.turn(1, 'anna');
    play.heard(1, '(said something that could not be written down)', true, { missing: true });
    assert.deepEqual(play.decided, ['1 no no-words']);
  });

  it('is settled by nobody in never, also where nothing writes down', () => {
    const play = new Play();
    play.mode = 'never';
    play.unprompted = null;
    assert.equal(play.answering.chooses, true);
    assert.equal(play.turn(1, 'anna'), false);
  });

  it('goes by the names of the moment', () => {
    const play = new Play();
    play.turn(1, 'anna');
    assert.equal(play.says(1, 'Computer, stop'), false);
    play.names = ['Computer'];
    play.turn(2, 'anna');
    assert.equal(play.says(2, 'Computer, stop'), true);
  });

  it('follows from an answer to the same person until 20 s after its sound', () => {
    const play = new Play();
    play.turn(1, 'anna');
    play.turn(2, 'ben');
    play.says(2, 'bananas');
    play.says(1, 'Parley, hello');
    play.answers(
      'r1',
      [
        [1, 'anna'],
        [2, 'ben'],
      ],
      5_000,
    );
    assert.equal(play.turn(3, 'ben', 6_000), false, 'he was only heard meanwhile');
    assert.equal(play.turn(4, 'anna', 25_000), true);
    assert.equal(play.turn(5, 'anna', 25_001), false);
  });

  it('follows from an answer that still sounds, and from one that was cut', () => {
    const play = new Play();
    play.turn(1, 'anna');
    play.says(1, 'Parley, hello');
    play.answering.audible('r1', [{ id: 1, userId: 'anna', name: 'Anna' }]);
    assert.equal(play.turn(2, 'anna', 90_000), true);
    play.answering.soundEnded('r1', 100_000);
    assert.equal(play.turn(3, 'anna', 119_000), true);
  });

  it('is yes for who is alone when the turn begins, in auto, whoever comes or goes before it ends', () => {
    const play = new Play();
    play.mode = 'auto';
    play.people = 1;
    play.began(1, 'anna');
    play.people = 2;
    assert.equal(play.answering.ended(1, true, 1_000).respond, true);
    play.began(2, 'anna', 60_000);
    play.people = 1;
    assert.equal(play.answering.ended(2, true, 61_000).respond, false);
    assert.equal(play.says(2, 'bye Ben'), false);
    assert.deepEqual(play.decided, ['1 yes alone', '2 no not-addressed']);
  });

  it('is no for every turn in never, and yes for what is typed', () => {
    const play = new Play();
    play.mode = 'never';
    play.began(1, 'anna');
    assert.deepEqual(play.answering.ended(1, true, 1_000), { respond: false, passed: true });
    play.answering.wrote({ id: 2, userId: 'anna', name: 'Anna' }, 0);
    play.answers('r1', [[2, 'anna']], 2_000);
    assert.equal(play.turn(3, 'anna', 3_000), false);
    assert.deepEqual(play.decided, ['1 no never', '3 no never']);
  });

  it('is no where the words do not come', () => {
    const play = new Play();
    play.turn(1, 'anna', 0);
    play.answering.tick(6_999);
    assert.deepEqual(play.decided, []);
    play.answering.tick(7_000);
    assert.deepEqual(play.decided, ['1 no no-words']);
    assert.deepEqual(play.passed, [1]);
    assert.equal(play.says(1, 'Parley, hello'), false, 'too late');
    play.turn(2, 'anna', 10_000);
    play.says(2, 'is it, Parley', false);
    play.answering.tick(17_000);
    assert.equal(play.decided[1], '2 yes name', 'what came of them counts');
  });

  it('is yes for everybody where nobody writes down what people say', () => {
    const play = new Play();
    play.unprompted = null;
    assert.equal(play.turn(1, 'anna'), true);
  });

  it('is left to a model that can choose, which is told the names, but not in a follow-up', () => {
    const play = new Play();
    play.unprompted = 'chooses';
    play.names = ['Computer'];
    assert.deepEqual(play.began(1, 'anna').onlyIfCalled, ['Parley', 'Computer']);
    assert.equal(play.answering.ended(1, true, 1_000).respond, true);
    play.answers('r1', [[1, 'anna']], 2_000);
    assert.equal(play.began(2, 'anna', 3_000).onlyIfCalled, undefined);
    assert.deepEqual(play.decided, ['1 yes model', '2 yes follow-up']);
  });

  it('is not left to a model that somebody else waits for an answer of', () => {
    const play = new Play();
    play.unprompted = 'chooses';
    play.answering.wrote({ id: 1, userId: 'anna', name: 'Anna' }, 0);
    play.answering.cut();
    assert.equal(play.began(2, 'ben').onlyIfCalled, undefined);
  });
});

describe('an answer that somebody waits for', () => {
  const called = () => {
    const play = new Play();
    play.turn(1, 'anna');
    assert.equal(play.says(1, 'Parley, hello'), true);
    return play;
  };

  it('is asked for again when it was cut before it was heard, by speech that was not meant for the bot', () => {
    const play = called();
    play.answering.cut();
    assert.equal(play.turn(2, 'ben'), true);
    play.says(2, 'bananas');
    play.answers(
      'r2',
      [
        [1, 'anna'],
        [2, 'ben'],
      ],
      3_000,
    );
    play.answering.cut();
    assert.equal(play.turn(3, 'ben', 4_000), false, 'it was heard');
  });

  it('is asked for once nobody speaks or waits', () => {
    const play = new Play();
    play.turn(1, 'anna', 0, false);
    play.heard(1, 'Parley, hello', true);
    assert.equal(play.answering.takeDue(false), undefined);
    assert.equal(play.turn(2, 'ben'), true);
  });

  it('is not asked for again when the model had nothing to say', () => {
    const play = called();
    play.answering.over();
    play.answering.cut();
    assert.equal(play.turn(2, 'ben'), false);
  });

  it('is asked for again where it was typed', () => {
    const play = new Play();
    play.answering.wrote({ id: 1, userId: 'anna', name: 'Anna' }, 0);
    play.answering.cut();
    assert.equal(play.turn(2, 'ben'), true);
  });
});
