import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type NoisyPlan, playNoisyRoom, type Question } from '../support/sound/noisy-room.ts';

const LATEST_MS = 8_000;
const usual = { minutes: 2, firstAt: { anna: 5_000, ben: 14_000 }, everyMs: 20_000, questionMs: 2_000 };
const always = (): boolean => true;
/** Half a second of noise in each of these. */
const burst =
  (everyMs: number, from = 0) =>
  (ms: number): boolean =>
    ms >= from && (ms - from) % everyMs < 500;

const late = (questions: readonly Question[]): string[] =>
  questions
    .filter(({ endedAt, answeredAt }) => answeredAt === undefined || answeredAt - endedAt > LATEST_MS)
    .map(({ by, endedAt, answeredAt }) => `${by}, who ended at ${endedAt}: ${answeredAt ?? 'never'}`);

/** Name, what goes on. */
const rooms: readonly (readonly [string, NoisyPlan])[] = [
  ['one member makes noise for ten minutes', { ...usual, minutes: 10, noisy: { tv: always } }],
  ['one member coughs every 1.5 s', { ...usual, noisy: { tv: burst(1_500) } }],
  ['one member coughs every 0.9 s, so that their turns never end', { ...usual, noisy: { tv: burst(900) } }],
  ['two members make noise', { ...usual, noisy: { tv: always, drill: burst(1_700, 300) } }],
  ['both ask at once', { ...usual, firstAt: { anna: 5_000, ben: 5_000 }, noisy: { tv: always } }],
  ['the second asks right behind the first', { ...usual, firstAt: { anna: 5_000, ben: 7_200 }, noisy: { tv: always } }],
  [
    'answers are long, and the second asks right behind the first',
    { ...usual, firstAt: { anna: 5_000, ben: 7_200 }, answerMs: 12_000, noisy: { tv: always } },
  ],
  ['every answer needs a tool', { ...usual, tools: true, noisy: { tv: always } }],
  ['every answer needs a tool, and one coughs', { ...usual, tools: true, noisy: { tv: burst(1_500) } }],
  ['questions are short', { ...usual, questionMs: 700, noisy: { tv: always } }],
  ['only who speaks to the bot is answered', { ...usual, settings: { answer: 'addressed' }, noisy: { tv: always } }],
  [
    'the provider draws the ends of turns',
    {
      ...usual,
      settings: { turnDetection: 'server' },
      own: { turnDetection: ['manual', 'server'] },
      noisy: { tv: always },
    },
  ],
  ['the bot cannot be interrupted', { ...usual, settings: { interruptionMs: 0 }, noisy: { tv: always } }],
];

describe('A noisy member', () => {
  it('does not keep the model from speaking about what a tool brought later', async () => {
    // Nobody asks anything more behind which it could come in.
    const once = { ...usual, minutes: 1, everyMs: 120_000, firstAt: { anna: 5_000, ben: 30_000 } };
    const { laterMs } = await playNoisyRoom({ ...once, tools: true, later: true, noisy: { tv: always } });
    assert.ok(laterMs.length >= 2, `${laterMs.length} results`);
    assert.deepEqual(
      laterMs.filter((ms) => ms > LATEST_MS),
      [],
    );
  });

  for (const [name, plan] of rooms) {
    it(`does not keep the others from their answers within ${LATEST_MS / 1_000} s: ${name}`, async () => {
      const { questions } = await playNoisyRoom(plan);
      assert.ok(questions.length >= plan.minutes * 5, `only ${questions.length} questions`);
      assert.deepEqual(late(questions), []);
    });
  }
});
