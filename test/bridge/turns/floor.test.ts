import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Floor } from '../../../src/bridge/turns/floor.ts';
import type { FloorDecision } from '../../../src/bridge/turns/floor-decision.ts';
import type { Turn } from '../../../src/ports/voice.ts';
import { share, tone } from '../../support/sound/sound.ts';

const RATE = 24000;
const HZ: Record<string, number> = { anna: 300, ben: 700, carl: 1100 };

/** A floor on a made clock, with people who speak tones of their own. */
class Scene {
  now = 1000;
  readonly decisions: FloorDecision[] = [];
  readonly floor: Floor;
  readonly #lastFrameAt = new Map<string, number>();
  constructor(
    settings: Partial<{ silenceMs: number; interruptionMs: number; turnDetection: 'manual' | 'server' }> = {},
  ) {
    this.floor = new Floor({
      rate: RATE,
      settings: { silenceMs: 600, interruptionMs: 120, turnDetection: 'manual', ...settings },
      nameOf: (userId) => userId.toUpperCase(),
    });
  }
  /** 20 ms in which these people send a frame. */
  step(...speaking: string[]): void {
    this.now += 20;
    for (const userId of speaking) {
      const gapMs = Math.max(0, this.now - (this.#lastFrameAt.get(userId) ?? this.now - 20) - 20);
      this.#lastFrameAt.set(userId, this.now);
      const pcm = tone({ hz: HZ[userId] as number, ms: 20, rate: RATE, offset: (this.now * RATE) / 1000 });
      const frame = { type: 'frame', userId, pcm, gapMs, receivedAt: this.now, concealed: false } as const;
      this.decisions.push(...this.floor.hear(frame, this.now));
    }
    this.decisions.push(...this.floor.tick(this.now));
  }
  speak(ms: number, ...speaking: string[]): void {
    for (let t = 0; t < ms; t += 20) this.step(...speaking);
  }
  silence(ms: number): void {
    this.speak(ms);
  }
  bot(state: 'silent' | 'preparing' | 'speaking'): void {
    this.decisions.push(...this.floor.setBot(state, this.now));
  }
  /** Everything but sound and levels, in short. */
  get story(): string[] {
    return this.decisions.flatMap((decision) => {
      switch (decision.type) {
        case 'begin':
          return `begin ${decision.turn.userId}`;
        case 'end':
          return `end ${decision.turn.userId}${decision.respond ? ' respond' : ''}`;
        case 'text':
          return `text ${decision.turn.userId} ${decision.text}`;
        case 'interrupt':
        case 'duck':
          return `${decision.type} ${decision.userId}`;
        case 'unduck':
          return 'unduck';
        case 'dropped':
          return `dropped ${decision.userId}`;
        default:
          return [];
      }
    });
  }
  /** The sound of each turn, in order of the turns. */
  get turns(): { userId: string | null; pcm: Int16Array }[] {
    const turns: { userId: string | null; parts: Int16Array[] }[] = [];
    for (const decision of this.decisions) {
      if (decision.type === 'begin') turns.push({ userId: decision.turn.userId, parts: [] });
      if (decision.type === 'audio') turns.at(-1)?.parts.push(decision.pcm);
    }
    return turns.map(({ userId, parts }) => ({ userId, pcm: Int16Array.from(parts.flatMap((part) => [...part])) }));
  }
}

const ms = (pcm: Int16Array): number => (pcm.length * 1000) / RATE;

/** Anna asks something; gives her turn, which has ended. */
function question(scene: Scene): Turn {
  scene.speak(600, 'anna');
  scene.silence(800);
  const ended = scene.decisions.find((one) => one.type === 'end');
  assert.ok(ended?.type === 'end');
  return ended.turn;
}

describe('Floor', () => {
  it('gives a single speaker the floor within 60 ms and ends the turn after 600 ms without speech', () => {
    const scene = new Scene();
    scene.speak(40, 'anna');
    assert.deepEqual(scene.story, []);
    scene.speak(20, 'anna');
    assert.deepEqual(scene.story, ['begin anna']);
    scene.speak(940, 'anna');
    scene.silence(580);
    assert.deepEqual(scene.story, ['begin anna']);
    scene.silence(40);
    assert.deepEqual(scene.story, ['begin anna', 'end anna respond']);
    assert.equal(
      ms(scene.turns[0]?.pcm as Int16Array),
      1000,
      'from the first frame, nothing lost, no trailing silence',
    );
  });

  it('takes three typed questions of a person at a time, and answers others in between', () => {
    const scene = new Scene();
    scene.bot('speaking');
    let taken = 0;
    for (let i = 1; i <= 100; i += 1) {
      if (scene.floor.hasTypedEnough('anna')) continue;
      scene.decisions.push(...scene.floor.type('anna', `${i}`, scene.now));
      taken += 1;
    }
    scene.decisions.push(...scene.floor.type('ben', 'me', scene.now));
    assert.equal(taken, 3);
    for (let i = 0; i < 5; i += 1) scene.bot('silent');
    assert.deepEqual(
      scene.story,
      ['text ANNA 1', 'text BEN me', 'text ANNA 2', 'text ANNA 3'].map((one) => one.toLowerCase()),
    );
    assert.equal(scene.floor.hasTypedEnough('anna'), false);
  });

  it('lets what others typed in between many reminders of one person', () => {
    const scene = new Scene();
    scene.bot('speaking');
    for (let i = 1; i <= 20; i += 1) {
      scene.decisions.push(...scene.floor.announce({ name: 'Reminder', text: `${i}`, about: 'anna' }, scene.now));
    }
    scene.decisions.push(...scene.floor.type('ben', 'me', scene.now));
    for (let i = 0; i < 3; i += 1) scene.bot('silent');
    assert.deepEqual(scene.story, ['text null 1', 'text ben me', 'text null 2']);
  });

  it('has what somebody keeps saying bit by bit in few turns, and loses nothing of it', () => {
    const scene = new Scene();
    scene.speak(100, 'anna');
    for (let i = 0; i < 20; i += 1) {
      for (let ms = 0; ms < 800; ms += 20) scene.step(...(ms < 100 ? ['anna', 'ben'] : ['anna']));
    }
    scene.silence(1_000);
    const bens = scene.turns.filter(({ userId }) => userId === 'ben');
    assert.equal(bens.length, 5);
    const saidMs = bens.reduce((sum, { pcm }) => sum + ms(pcm), 0);
    assert.ok(saidMs >= 20 * 100, `${saidMs} ms`);
  });

  it('keeps up to 300 ms from before the decision, quiet beginnings of words included', () => {
    const scene = new Scene();
    const quiet = new Int16Array(480).fill(3);
    for (let i = 0; i < 30; i += 1) {
      scene.now += 20;
      const frame = {
        type: 'frame',
        userId: 'anna',
        pcm: quiet,
        gapMs: 0,
        receivedAt: scene.now,
        concealed: false,
      } as const;
      scene.decisions.push(...scene.floor.hear(frame, scene.now));
    }
    scene.speak(60, 'anna');
    assert.equal(ms(scene.turns[0]?.pcm as Int16Array), 360);
  });

  it('fills a pause within a turn with the silence that was there', () => {
    const scene = new Scene();
    scene.speak(200, 'anna');
    scene.silence(300);
    scene.speak(200, 'anna');
    scene.silence(700);
    assert.deepEqual(scene.story, ['begin anna', 'end anna respond']);
    assert.equal(ms(scene.turns[0]?.pcm as Int16Array), 700);
  });

  it('does not let a click of 40 ms take the floor', () => {
    const scene = new Scene();
    scene.speak(40, 'anna');
    scene.silence(1000);
    assert.deepEqual(scene.story, []);
  });

  it('queues whoever speaks meanwhile, whole, and asks for one reply after the last', () => {
    const scene = new Scene();
    scene.speak(200, 'anna');
    scene.speak(400, 'anna', 'ben');
    scene.speak(200, 'anna');
    scene.silence(700);
    assert.deepEqual(scene.story, ['begin anna', 'end anna', 'begin ben', 'end ben respond']);
    const [anna, ben] = scene.turns;
    assert.equal(ms(anna?.pcm as Int16Array), 800);
    assert.equal(ms(ben?.pcm as Int16Array), 400);
    assert.ok(share(anna?.pcm as Int16Array, 300, RATE) > 0.95 && share(ben?.pcm as Int16Array, 700, RATE) > 0.95);
  });

  it('streams somebody live who still speaks when the floor comes to them', () => {
    const scene = new Scene();
    scene.speak(200, 'anna');
    scene.speak(200, 'anna', 'ben');
    scene.speak(1000, 'ben');
    assert.deepEqual(scene.story, ['begin anna', 'end anna', 'begin ben']);
    scene.silence(700);
    assert.deepEqual(scene.story.at(-1), 'end ben respond');
    assert.equal(ms(scene.turns[1]?.pcm as Int16Array), 1200);
  });

  it('cuts a turn at 30 s, lets the others come first and goes on in another turn', () => {
    const scene = new Scene();
    scene.speak(29_000, 'anna');
    scene.speak(400, 'anna', 'ben');
    scene.speak(2_000, 'anna');
    scene.silence(700);
    assert.deepEqual(scene.story, ['begin anna', 'end anna', 'begin ben', 'end ben', 'begin anna', 'end anna respond']);
    const [first, , last] = scene.turns;
    assert.equal(ms(first?.pcm as Int16Array) + ms(last?.pcm as Int16Array), 31_400);
  });

  it('ducks at the first voiced frame, cuts at 120 ms of speech, and the words before the cut are in the turn', () => {
    const scene = new Scene();
    scene.bot('speaking');
    scene.speak(20, 'anna');
    assert.deepEqual(scene.story, ['duck anna']);
    scene.speak(80, 'anna');
    assert.deepEqual(scene.story, ['duck anna']);
    scene.speak(20, 'anna');
    assert.deepEqual(scene.story, ['duck anna', 'interrupt anna', 'begin anna']);
    assert.equal(ms(scene.turns[0]?.pcm as Int16Array), 120);
  });

  it('brings the voice back after a cough, which becomes no turn', () => {
    const scene = new Scene();
    scene.bot('speaking');
    scene.speak(100, 'anna');
    scene.silence(400);
    assert.deepEqual(scene.story, ['duck anna', 'unduck']);
  });

  it('does not add two coughs with a pause between them up to an interruption', () => {
    const scene = new Scene();
    scene.bot('speaking');
    scene.speak(80, 'anna');
    scene.silence(300);
    scene.speak(80, 'anna');
    scene.silence(300);
    assert.deepEqual(scene.story, ['duck anna', 'unduck', 'duck anna', 'unduck']);
  });

  it('hears a sentence out though somebody waits too long for an answer, and stops who goes on and on', () => {
    const scene = new Scene();
    const turn = question(scene);
    scene.floor.owe(turn, scene.now);
    scene.silence(2_500);
    scene.speak(1_500, 'ben');
    scene.silence(800);
    const heardOut = ['begin anna', 'end anna respond', 'interrupt ben', 'begin ben', 'end ben respond'];
    assert.deepEqual(scene.story, heardOut);
    const other = new Scene();
    other.floor.owe(turn, other.now);
    other.speak(5_000, 'ben');
    assert.deepEqual(other.story, ['begin ben', 'end ben respond']);
    // Nobody is let first for an answer that cannot come.
    const away = new Scene();
    away.floor.setAnswerable(false);
    away.floor.owe(turn, away.now);
    away.speak(5_000, 'ben');
    assert.deepEqual(away.story, ['begin ben']);
  });

  it('lets nobody wait for an answer that nobody makes any more', () => {
    const scene = new Scene();
    const turn = question(scene);
    // Her answer broke off, and none is awaited.
    scene.floor.owe(turn, scene.now);
    scene.bot('silent');
    scene.silence(3_700);
    const before = scene.decisions.length;
    scene.decisions.push(...scene.floor.type('ben', 'Hello?', scene.now));
    scene.silence(2_000);
    assert.deepEqual(
      scene.decisions.slice(before).map(({ type }) => type),
      ['text'],
    );
  });

  it('lets nobody interrupt at the setting 0: what was said waits and comes when the bot is done', () => {
    const scene = new Scene({ interruptionMs: 0 });
    scene.bot('speaking');
    scene.speak(500, 'anna');
    scene.silence(700);
    assert.deepEqual(scene.story, []);
    scene.bot('silent');
    assert.deepEqual(scene.story, ['begin anna', 'end anna respond']);
    assert.equal(ms(scene.turns[0]?.pcm as Int16Array), 500);
  });

  it('lets anybody take the floor from a reply that nobody heard yet', () => {
    const scene = new Scene();
    scene.speak(200, 'anna');
    scene.silence(620);
    scene.speak(60, 'ben');
    assert.deepEqual(scene.story, ['begin anna', 'end anna respond', 'interrupt ben', 'begin ben']);
  });

  it('keeps a typed turn until nobody speaks, the bot included', () => {
    const scene = new Scene();
    scene.speak(200, 'anna');
    scene.decisions.push(...scene.floor.type('ben', 'hello', scene.now));
    scene.silence(700);
    assert.deepEqual(scene.story, ['begin anna', 'end anna', 'text ben hello']);
    scene.bot('speaking');
    scene.decisions.push(...scene.floor.type('carl', 'and me', scene.now));
    scene.silence(100);
    assert.equal(scene.story.length, 3);
    scene.bot('silent');
    assert.equal(scene.story.at(-1), 'text carl and me');
  });

  it('ends the turn of somebody who leaves in the middle of a word', () => {
    const scene = new Scene();
    scene.speak(200, 'anna');
    scene.decisions.push(...scene.floor.left('anna', scene.now));
    assert.deepEqual(scene.story, ['begin anna', 'end anna respond']);
  });

  it('queues everybody while the bot may not be cut off, at most 60 s each, and says what it dropped', () => {
    const scene = new Scene({ interruptionMs: 0 });
    scene.decisions.push(...scene.floor.setBot('speaking', scene.now));
    scene.speak(61_000, 'anna');
    assert.ok(scene.story.every((line) => line === 'dropped anna') && scene.story.length === 50);
    scene.decisions.length = 0;
    scene.decisions.push(...scene.floor.setBot('silent', scene.now));
    assert.equal(scene.story[0], 'begin anna');
    const total = scene.turns.reduce((sum, turn) => sum + ms(turn.pcm), 0);
    assert.equal(total, 60_000);
  });

  it('sends the silence that a provider detector needs, and splits where that detector closes a turn', () => {
    const scene = new Scene({ turnDetection: 'server' });
    scene.speak(200, 'anna');
    scene.silence(1000);
    assert.deepEqual(scene.story, ['begin anna']);
    assert.ok(Math.abs(ms(scene.turns[0]?.pcm as Int16Array) - 1200) <= 60);
    scene.decisions.push(...scene.floor.closeTurn(1, scene.now));
    assert.deepEqual(scene.story, ['begin anna', 'end anna respond']);
  });

  it('never mixes two people in one turn and loses no frame, whoever speaks when', () => {
    const who = fc.subarray(['anna', 'ben', 'carl']);
    const stretch = fc.record({ who, ms: fc.integer({ min: 5, max: 60 }).map((n) => n * 20) });
    fc.assert(
      fc.property(fc.array(stretch, { minLength: 1, maxLength: 12 }), (stretches) => {
        const scene = new Scene();
        const spoken = { anna: 0, ben: 0, carl: 0 } as Record<string, number>;
        for (const { who: people, ms: length } of stretches) {
          scene.speak(length, ...people);
          for (const userId of people) spoken[userId] = (spoken[userId] ?? 0) + length;
        }
        scene.silence(5_000);
        const voiced = { anna: 0, ben: 0, carl: 0 } as Record<string, number>;
        for (const turn of scene.turns) {
          const own = HZ[turn.userId as string] as number;
          for (let at = 0; at < turn.pcm.length; at += 480) {
            const frame = turn.pcm.subarray(at, at + 480);
            if (frame.every((sample) => sample === 0)) continue;
            assert.ok(share(frame, own, RATE) > 0.9, `a frame of somebody else in a turn of ${turn.userId}`);
            voiced[turn.userId as string] = (voiced[turn.userId as string] ?? 0) + 20;
          }
        }
        assert.deepEqual(voiced, spoken);
        const open = scene.story.reduce((depth, line) => {
          if (line.startsWith('begin')) assert.equal(depth, 0, 'two turns open at once');
          return depth + (line.startsWith('begin') ? 1 : line.startsWith('end') ? -1 : 0);
        }, 0);
        assert.equal(open, 0);
      }),
      { numRuns: 60 },
    );
  });
});
