import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { SimulatedPerson } from '@parley/simulator/discord';
import pino from 'pino';
import { LinkStage, type Listener } from '../../../support/doubles/link.ts';
import { Pitches } from '../../../support/sound/pitches.ts';
import { eventually } from '../../../support/time/eventually.ts';

const PITCHES = new Pitches(['Anna', 'Ben']);
const SPEECH_MS = 4_000;
const RATE = 24_000;

describe('the end-to-end group is renewed', () => {
  let stage: LinkStage;
  let anna: SimulatedPerson;
  let ben: SimulatedPerson;
  /** When each renewal began. */
  let renewedAt: number[];
  const begin = async (): Promise<void> => {
    stage = await LinkStage.start();
    anna = await stage.person('Anna');
    ben = stage.guild.addPerson({ name: 'Ben' });
    renewedAt = [];
  };
  beforeEach(begin);
  afterEach(() => stage.close());

  function join(renewCommits: number): Promise<Listener> {
    const write = (line: string): void => {
      if (line.includes('to free its memory')) renewedAt.push(performance.now());
    };
    return stage.join({ patience: { renewCommits }, log: pino({ level: 'debug' }, { write }) });
  }

  /** Anna speaks without a pause while Ben comes and goes. Gives when she had ended. */
  async function speakAmidComing(): Promise<number> {
    const speech = anna.voice.speak(PITCHES.sound('Anna', SPEECH_MS));
    for (let i = 0; i < 4; i += 1) {
      await ben.join(stage.channelId);
      await wait(300);
      await ben.leave();
      await wait(200);
    }
    await speech;
    return performance.now();
  }

  function heard(ear: Listener, { userId, name }: SimulatedPerson): number {
    const frames = ear.frames.filter((frame) => frame.userId === userId && !frame.concealed);
    return frames.flatMap(({ pcm }) => PITCHES.read(pcm, RATE)).filter((mark) => mark === name).length;
  }

  it('when enough people came and went, in a quiet moment, and nobody loses a word', async () => {
    const ear = await join(4);
    const endedAt = await speakAmidComing();
    await eventually('the group is renewed', () => renewedAt.length !== 0);
    await ben.join(stage.channelId);
    await ben.voice.speak(PITCHES.sound('Ben', 1_000));
    await anna.voice.speak(PITCHES.sound('Anna', 1_000));
    await wait(300);
    await ear.line.close();
    assert.equal(renewedAt.length, 1);
    assert.ok((renewedAt[0] ?? 0) > endedAt, 'while somebody spoke');
    const { recoveries, undecryptable } = ear.line.counts;
    assert.deepEqual({ recoveries, undecryptable }, { recoveries: 0, undecryptable: 0 });
    assert.ok(heard(ear, anna) >= (SPEECH_MS + 1_000) / 20 - 2, `${heard(ear, anna)} frames of Anna`);
    assert.ok(heard(ear, ben) >= 48, `${heard(ear, ben)} frames of Ben`);
  });

  it('at the latest after four times as many, while somebody speaks: a few frames of theirs at most', async () => {
    const ear = await join(1);
    const endedAt = await speakAmidComing();
    await wait(300);
    await ear.line.close();
    assert.ok((renewedAt[0] ?? Number.POSITIVE_INFINITY) < endedAt, 'not while somebody spoke');
    assert.equal(ear.line.counts.recoveries, 0, 'taken for a failure');
    const lost = ear.line.counts.undecryptable;
    assert.ok(lost <= 6 * renewedAt.length, `${lost} packets lost by ${renewedAt.length} renewals`);
  });
});
