import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import pino from 'pino';
import { LinkStage } from '../fakes/link.ts';
import { Pitches } from '../fakes/pitches.ts';

const PITCHES = new Pitches(['Anna', 'Ben']);
const SPEECH_MS = 4_000;
const RATE = 24_000;

/** What was debugged about renewals. */
function renewalLog() {
  const renewed: string[] = [];
  const write = (line: string): void => {
    const { msg } = JSON.parse(line) as { msg: string };
    if (msg.includes('to free its memory')) renewed.push(msg);
  };
  return { renewed, log: pino({ level: 'debug' }, { write }) };
}

describe('the end-to-end group is renewed', () => {
  let stage: LinkStage;
  before(async () => {
    stage = await LinkStage.start();
  });
  after(() => stage.close());

  it('after so many commits, and nobody who speaks meanwhile loses a word', async () => {
    const anna = await stage.person('Anna');
    const { renewed, log } = renewalLog();
    const ear = await stage.join({ patience: { renewCommits: 4 }, log });
    const ben = stage.guild.addPerson({ name: 'Ben' });
    const speech = anna.voice.speak(PITCHES.sound('Anna', SPEECH_MS));
    for (let i = 0; i < 4; i += 1) {
      await ben.join(stage.channelId);
      await wait(300);
      await ben.leave();
      await wait(200);
    }
    await speech;
    await ben.join(stage.channelId);
    await ben.voice.speak(PITCHES.sound('Ben', 1_000));
    await wait(300);
    await ear.line.close();

    assert.ok(renewed.length >= 1, 'never renewed');
    assert.equal(ear.line.counts.recoveries, 0, 'taken for a failure');
    const heard = (name: string, userId: string): number => {
      const frames = ear.frames.filter((frame) => frame.userId === userId && !frame.concealed);
      return frames.flatMap(({ pcm }) => PITCHES.read(pcm, RATE)).filter((mark) => mark === name).length;
    };
    assert.ok(heard('Anna', anna.userId) >= SPEECH_MS / 20 - 2, `${heard('Anna', anna.userId)} frames of Anna`);
    assert.ok(heard('Ben', ben.userId) >= 48, `${heard('Ben', ben.userId)} frames of Ben`);
  });
});
