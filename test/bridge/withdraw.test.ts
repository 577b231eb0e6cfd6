import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { makeUpTime } from '../support/time/made-up-time.ts';
import { audio, done, Scene, started } from '../support/world/bridge-scene.ts';

makeUpTime();

const open: Scene[] = [];
afterEach(async () => {
  for (const scene of open.splice(0)) await scene.bridge.close({ kind: 'asked', by: null });
});

/** A scene in which these people can opt out. */
function consenting(silenceMs = 200, answer: 'always' | 'addressed' = 'always') {
  const out = new Set<string>();
  const scene = new Scene({ silenceMs, answer }, undefined, (userId) => !out.has(userId), { unprompted: 'waits' });
  open.push(scene);
  const optOut = (userId: string): void => {
    out.add(userId);
    scene.bridge.consentChanged(userId);
  };
  const optIn = (userId: string): void => {
    out.delete(userId);
    scene.bridge.consentChanged(userId);
  };
  return { scene, optOut, optIn };
}

const withdrawn = (scene: Scene): number[] => scene.of('turn-withdrawn').map(({ turn }) => turn.id);

describe('Bridge, of somebody who opts out', () => {
  it('takes back the open turn before the next person begins, and never ends it', async () => {
    // On a busy machine nobody may seem to fall silent.
    const { scene, optOut } = consenting(1_500);
    await scene.speak('ben', 400);
    await scene.called('begin 1 ben');
    await scene.speak('anna', 400);
    optOut('ben');
    await scene.called('end respond');
    assert.deepEqual(scene.session.calls.slice(0, 4), ['begin 1 ben', 'withdraw ben 1', 'begin 2 anna', 'end respond']);
    assert.deepEqual(withdrawn(scene), [1]);
    assert.deepEqual(
      scene.of('turn-ended').map(({ turn }) => turn.userId),
      ['anna'],
    );
  });

  it('gives the model nothing of theirs that waits to be said, and says at once that it was not', async () => {
    const { scene, optOut } = consenting(1_500);
    await scene.speak('anna', 400);
    await scene.called('begin 1 anna');
    const theirs = scene.bridge.announce({ name: 'Reminder', text: 'Tell Ben: tea.', about: 'ben' });
    void scene.bridge.announce({ name: 'Reminder', text: 'Tell Anna: cake.', about: 'anna' });
    optOut('ben');
    assert.equal(await theirs, false);
    await scene.called('text 2 null Tell Anna: cake.');
    assert.ok(!scene.session.calls.some((call) => call.includes('tea')));
  });

  it('throws away what they said while others had the floor', async () => {
    const { scene, optOut } = consenting(1_500);
    await scene.speak('anna', 400);
    await scene.speak('ben', 400);
    optOut('ben');
    await scene.called('end respond');
    await scene.speak('ben', 400);
    assert.deepEqual(
      scene.session.calls.filter((call) => call.startsWith('begin')),
      ['begin 1 anna'],
    );
  });

  it('passes on no words of theirs that come late, and no more of an answer to them', async () => {
    const { scene, optOut } = consenting();
    await scene.speak('ben', 400);
    await scene.called('end respond');
    optOut('ben');
    assert.deepEqual(scene.session.calls.slice(-2), ['interrupt', 'withdraw ben 1']);
    await scene.says({ type: 'turn-transcript', turnId: 1, text: 'My secret', final: true });
    await scene.says(started('r1', 1), audio('r1', 500));
    assert.equal(scene.session.calls.at(-1), 'interrupt');
    await scene.says(done('r1'));
    assert.deepEqual(scene.of('turn-transcript'), []);
    assert.deepEqual(scene.of('reply-started'), []);
    assert.deepEqual(scene.line.pull(5), []);
  });

  it('breaks off an answer that was faster than the words that it is about', async () => {
    const { scene, optOut } = consenting();
    await scene.speak('ben', 400);
    await scene.called('end respond');
    await scene.says(started('r1', 1), audio('r1', 500));
    assert.equal(scene.line.pull(2).length, 2);
    optOut('ben');
    assert.deepEqual(scene.session.calls.slice(-2), ['interrupt', 'withdraw ben 1']);
    assert.deepEqual(scene.line.pull(5), []);
  });

  it('keeps what was said and answered before', async () => {
    const { scene, optOut } = consenting();
    await scene.speak('ben', 400);
    await scene.called('end respond');
    await scene.says({ type: 'turn-transcript', turnId: 1, text: 'Hello.', final: true }, started('r1', 1), done('r1'));
    optOut('ben');
    assert.deepEqual(withdrawn(scene), []);
    assert.equal(scene.session.calls.at(-1), 'withdraw ben ');
  });

  it('keeps a finished sentence that was not for the bot', async () => {
    const { scene, optOut } = consenting(200, 'addressed');
    await scene.speak('ben', 400);
    await scene.called('end');
    await scene.says({ type: 'turn-transcript', turnId: 1, text: 'Lovely weather.', final: true });
    await scene.called('pass 1');
    optOut('ben');
    assert.deepEqual(withdrawn(scene), []);
    assert.equal(scene.session.calls.at(-1), 'withdraw ben ');
  });

  it('has the others answered who waited for the end of what is taken back', async () => {
    const { scene, optOut } = consenting();
    await scene.speak('anna', 400);
    await scene.speak('ben', 400);
    // Ben goes on, so Anna's turn ends without an answer.
    const speaking = setInterval(() => void scene.speak('ben', 40), 40);
    await scene.called('begin 2 ben');
    assert.ok(scene.session.calls.includes('end'));
    clearInterval(speaking);
    optOut('ben');
    assert.deepEqual(scene.session.calls.slice(-2), ['withdraw ben 2', 'respond']);
  });

  it('has what somebody typed answered, though the answer was to be for both', async () => {
    const { scene, optOut } = consenting();
    scene.bridge.ask({ userId: 'anna', name: 'Anna' }, 'What time is it?');
    await scene.called('text 1 anna What time is it?');
    await scene.speak('ben', 400);
    await scene.called('end respond');
    optOut('ben');
    assert.deepEqual(scene.session.calls.slice(-3), ['interrupt', 'withdraw ben 2', 'respond']);
    assert.deepEqual(withdrawn(scene), [2]);
  });

  it('keeps what they typed', async () => {
    const { scene, optOut } = consenting();
    scene.bridge.ask({ userId: 'ben', name: 'Ben' }, 'What time is it?');
    await scene.called('text 1 ben What time is it?');
    optOut('ben');
    await scene.says(started('r1', 1));
    assert.deepEqual(withdrawn(scene), []);
    assert.equal(scene.of('reply-started').length, 1);
  });

  it('hears them again when they say so', async () => {
    const { scene, optOut, optIn } = consenting();
    optOut('ben');
    await scene.speak('ben', 400);
    optIn('ben');
    await scene.speak('ben', 400);
    await scene.called('begin 1 ben');
    assert.equal(scene.session.turnSamples[0], 400 * 24);
  });
});

describe('Bridge, of somebody who is forgotten', () => {
  it('has others answered what a tool brought them, where only who speaks to the bot is answered', async () => {
    const scene = new Scene({ answer: 'addressed' });
    open.push(scene);
    await scene.speak('ben', 400);
    await scene.called('end');
    await scene.says({ type: 'turn-transcript', turnId: 1, text: 'Nice weather.', final: true });
    await scene.called('pass 1');
    scene.bridge.ask({ userId: 'anna', name: 'Anna' }, 'Look it up');
    await scene.called('text 2 anna Look it up');
    const call = { callId: 'c1', replyId: 'r1', turnIds: [2], name: 'look', arguments: '{}' };
    await scene.says(started('r1', 1, 2), audio('r1', 20), { type: 'audio-done', replyId: 'r1' });
    scene.line.pull(5);
    await scene.says({ type: 'tool-call', call }, done('r1', true));
    scene.toolbox.calls[0]?.settle({ callId: 'c1', name: 'look', ok: true, output: 'found' });
    await scene.called('respond');
    // Ben's turn is behind this answer, too: the model had heard it.
    await scene.says(started('r2', 1, 2), audio('r2', 500));
    scene.line.pull(2);
    scene.session.owes = true;
    scene.bridge.erase('ben');
    assert.deepEqual(scene.session.calls.slice(-3), ['interrupt', 'erase ben true', 'respond']);
  });
});
