import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { LineLostError, SessionLostError } from '../../src/ports/errors.ts';
import { eventually } from '../support/time/eventually.ts';
import { makeUpTime } from '../support/time/made-up-time.ts';
import { quietFor } from '../support/time/quiet-for.ts';
import { audio, done, Scene, settings, started } from '../support/world/bridge-scene.ts';

makeUpTime();

describe('Bridge', () => {
  let scene: Scene;
  afterEach(() => scene.bridge.close({ kind: 'asked', by: null }));

  it('sends a turn, plays the reply, and tells who was answered and how fast', async () => {
    scene = new Scene();
    await scene.speak('anna', 200);
    await scene.called('end respond');
    assert.deepEqual(scene.session.calls, ['begin 1 anna', 'end respond']);
    assert.equal(scene.session.turnSamples[0], 200 * 24);
    await scene.says(started('r1', 1), audio('r1', 50), { type: 'audio-done', replyId: 'r1' }, done('r1'));
    assert.equal(scene.bridge.status().speaking, false, 'not before a packet left');
    assert.equal(scene.line.pull(10).length, 3, 'the last 10 ms are padded and played');
    assert.deepEqual(scene.of('reply-started')[0]?.turns, [{ id: 1, userId: 'anna', name: 'Anna' }]);
    assert.equal(scene.of('reply-audible').length, 1);
    const [ended] = scene.of('reply-ended');
    assert.deepEqual([ended?.heardMs, ended?.producedMs, ended?.interrupted], [50, 50, false]);
    assert.equal(scene.bridge.status().replyLatenciesMs.length, 1);
  });

  it('cuts the bot off after 120 ms of speech, tells the model what was heard, and drops the rest', async () => {
    scene = new Scene();
    await scene.speak('anna', 200);
    await scene.called('end respond');
    await scene.says(started('r1', 1), audio('r1', 1000));
    scene.line.pull(10);
    await scene.speak('ben', 100);
    assert.deepEqual(scene.session.calls.slice(2), [], 'a cough does not cut');
    assert.equal(scene.of('ducked')[0]?.by.name, 'Ben');
    await scene.speak('ben', 40);
    assert.deepEqual(scene.session.calls.slice(2), ['interrupt', 'begin 2 ben']);
    assert.deepEqual(scene.session.heard[0], [{ replyId: 'r1', items: [{ itemId: 'r1-item', heardMs: 200 }] }]);
    await scene.says(audio('r1', 500));
    assert.deepEqual(scene.line.pull(5), [], 'late sound of the old reply is not played');
    assert.equal(scene.of('interrupted')[0]?.by.name, 'Ben');
    assert.deepEqual(scene.of('reply-ended')[0], {
      type: 'reply-ended',
      replyId: 'r1',
      heardMs: 200,
      producedMs: 1000,
      interrupted: true,
      itemIds: ['r1-item'],
    });
  });

  it('gives way when somebody takes the floor before the reply is heard, and does not talk over them', async () => {
    scene = new Scene();
    await scene.speak('anna', 200);
    await scene.called('end respond');
    await scene.says(started('r1', 1));
    await scene.speak('ben', 100);
    assert.deepEqual(scene.session.calls.slice(2), ['interrupt', 'begin 2 ben']);
    await scene.says(audio('r1', 100));
    assert.deepEqual(scene.line.pull(5), []);
    assert.deepEqual(scene.of('interrupted'), [], 'nobody was cut off who had not begun');
  });

  it('says something of its own accord when the floor is quiet, with the rights of nobody', async () => {
    scene = new Scene();
    await scene.speak('anna', 200);
    await scene.called('end respond');
    const heard = scene.bridge.announce({ name: 'Reminder', text: 'Tell Ben: tea.' });
    await scene.says(started('r1', 1), audio('r1', 20), { type: 'audio-done', replyId: 'r1' }, done('r1'));
    scene.line.pull(5);
    await scene.called('text 2 null Tell Ben: tea.');
    const call = { callId: 'c1', replyId: 'r2', turnIds: [2], name: 'get_weather', arguments: '{}' };
    await scene.says(started('r2', 2), { type: 'tool-call', call }, audio('r2', 20));
    assert.deepEqual(scene.toolbox.calls[0]?.context.askers, []);
    assert.equal(scene.toolbox.calls[0]?.context.certain, false);
    scene.line.pull(1);
    assert.equal(await heard, true);
    assert.deepEqual(scene.of('reply-started')[1]?.turns, [{ id: 2, userId: null, name: 'Reminder' }]);
  });

  it('does not claim that something was said which the end of the conversation cut off', async () => {
    scene = new Scene();
    const heard = scene.bridge.announce({ name: 'Reminder', text: 'Tell Ben: tea.' });
    await scene.called('text 1 null Tell Ben: tea.');
    await scene.bridge.close({ kind: 'asked', by: null });
    assert.equal(await heard, false);
    assert.equal(await scene.bridge.announce({ name: 'Reminder', text: 'x' }), false);
  });

  it('runs a tool for the people behind the reply and asks for the answer when the floor is quiet', async () => {
    scene = new Scene();
    await scene.speak('anna', 200);
    await scene.called('end respond');
    const call = { callId: 'c1', replyId: 'r1', turnIds: [1], name: 'get_weather', arguments: '{}' };
    await scene.says(started('r1', 1), { type: 'tool-call', call }, done('r1', true));
    assert.deepEqual(scene.toolbox.calls[0]?.context.askers, [{ userId: 'anna', name: 'Anna' }]);
    assert.equal(scene.toolbox.calls[0]?.context.certain, true);
    scene.toolbox.calls[0]?.settle({ callId: 'c1', name: 'get_weather', ok: true, output: '{}' });
    await scene.called('respond');
    assert.deepEqual(scene.session.calls.slice(2), ['result c1', 'respond']);
  });

  it('waits for all parallel calls before it asks for the answer', async () => {
    scene = new Scene();
    await scene.speak('anna', 200);
    await scene.called('end respond');
    const call = (callId: string) => ({ callId, replyId: 'r1', turnIds: [1], name: 'x', arguments: '{}' });
    await scene.says(started('r1', 1), { type: 'tool-call', call: call('a') }, { type: 'tool-call', call: call('b') });
    scene.toolbox.calls[1]?.settle({ callId: 'b', name: 'x', ok: true, output: '' });
    await scene.says(done('r1', true));
    await quietFor(60);
    assert.equal(scene.session.calls.includes('respond'), false);
    scene.toolbox.calls[0]?.settle({ callId: 'a', name: 'x', ok: false, output: '' });
    await scene.called('respond');
    assert.equal(scene.session.calls.filter((one) => one === 'respond').length, 1);
  });

  it('calls nobody certain where a turn is unknown, and names both where a reply answers two', async () => {
    scene = new Scene();
    await scene.speak('anna', 200);
    await scene.called('end respond');
    const call = (callId: string, turnIds: number[]) => ({
      callId,
      replyId: 'r1',
      turnIds,
      name: 'x',
      arguments: '{}',
    });
    await scene.says(
      started('r1', 1),
      { type: 'tool-call', call: call('a', []) },
      { type: 'tool-call', call: call('b', [1, 99]) },
    );
    assert.deepEqual(
      scene.toolbox.calls.map(({ context }) => [context.askers.length, context.certain]),
      [
        [0, false],
        [1, false],
      ],
    );
  });

  it('aborts a call that the model takes back and does not answer it', async () => {
    scene = new Scene();
    await scene.speak('anna', 200);
    await scene.called('end respond');
    const call = { callId: 'c1', replyId: 'r1', turnIds: [1], name: 'x', arguments: '{}' };
    await scene.says(started('r1', 1), { type: 'tool-call', call }, { type: 'tool-cancelled', callIds: ['c1'] });
    assert.equal(scene.toolbox.calls[0]?.context.signal.aborted, true);
    scene.toolbox.calls[0]?.settle({ callId: 'c1', name: 'x', ok: true, output: '' });
    await quietFor(60);
    assert.deepEqual(scene.session.calls.slice(2), []);
  });

  it('flushes what plays when the provider says interrupted', async () => {
    scene = new Scene();
    await scene.speak('anna', 200);
    await scene.called('end respond');
    await scene.says(started('r1', 1), audio('r1', 1000));
    scene.line.pull(5);
    await scene.says({ type: 'interrupted' });
    assert.deepEqual(scene.line.pull(5), []);
    assert.equal(scene.session.heard[0]?.[0]?.items[0]?.heardMs, 100);
  });

  it('types a question into the conversation under the name of who typed it', async () => {
    scene = new Scene();
    scene.bridge.ask({ userId: 'ben', name: 'Ben' }, 'What is up?');
    assert.deepEqual(scene.session.calls, ['text 1 ben What is up?']);
    assert.equal(scene.of('turn-transcript')[0]?.turn?.name, 'Ben');
  });

  it('goes once the last words are there, and waits for them only so long', async () => {
    scene = new Scene();
    await scene.speak('anna', 400);
    await scene.called('end respond');
    const leaving = scene.bridge.close({ kind: 'asked', by: 'anna' });
    await scene.says({ type: 'turn-transcript', turnId: 1, text: 'Goodbye.', final: true });
    await leaving;
    assert.deepEqual(
      scene.of('turn-transcript').map(({ text }) => text),
      ['Goodbye.'],
    );

    scene = new Scene();
    await scene.speak('ben', 400);
    await scene.called('end respond');
    await scene.bridge.close({ kind: 'asked', by: 'ben' });
    assert.equal(scene.of('ended').length, 1);
  });

  it('leaves when everybody has gone for as long as the setting says', async () => {
    scene = new Scene({ aloneMs: 0 });
    scene.people = [];
    await eventually('the end', () => scene.of('ended').length > 0);
    assert.deepEqual(scene.of('ended')[0]?.reason, { kind: 'alone' });
    assert.equal(scene.line.closed, true);
  });

  it('leaves when nobody spoke for as long as the setting says', async () => {
    scene = new Scene({ idleMs: 0 });
    await eventually('the end', () => scene.of('ended').length > 0);
    assert.deepEqual(scene.of('ended')[0]?.reason, { kind: 'idle' });
  });

  it('closes both legs and says why when either is lost', async () => {
    scene = new Scene();
    scene.session.events.fail(new SessionLostError('quota', 'No credit left.', { retryable: false }));
    await eventually('the end', () => scene.of('ended').length > 0);
    assert.deepEqual(scene.of('ended')[0]?.reason, { kind: 'session-lost', message: 'No credit left.' });
    assert.equal(scene.line.closed, true);
    scene = new Scene();
    scene.line.events.fail(new LineLostError('Kicked.', { retryable: false }));
    await eventually('the end', () => scene.of('ended').length > 0);
    assert.deepEqual(scene.of('ended')[0]?.reason, { kind: 'line-lost', message: 'Kicked.' });
    assert.ok(scene.session.calls.includes('close'));
  });

  it('closes once, whatever is asked how often', async () => {
    scene = new Scene();
    await Promise.all([1, 2, 3].map(() => scene.bridge.close({ kind: 'asked', by: 'Anna' })));
    assert.equal(scene.of('ended').length, 1);
    assert.deepEqual(scene.session.calls, ['close']);
  });

  it('takes on settings and names those that wait for the next join', () => {
    scene = new Scene();
    const waits = scene.bridge.apply({ ...settings, voice: 'cedar', persona: 'Be brief.', silenceMs: 400 });
    assert.deepEqual(waits, ['voice']);
    assert.deepEqual(scene.bridge.apply({ ...settings, voice: 'cedar' }), ['voice'], 'it still waits');
    assert.deepEqual(scene.bridge.apply(settings), [], 'back to what the session has');
    assert.match(scene.session.options[0]?.instructions ?? '', /Be brief\./);
  });

  it('tells whom a report of usage is for, and estimates where there is none', async () => {
    scene = new Scene();
    await scene.speak('anna', 200);
    await scene.called('end respond');
    const tokens = { textIn: 5, cachedTextIn: 0, audioIn: 2, cachedAudioIn: 0, textOut: 1, audioOut: 3 };
    const reported = { inputTokens: 7, outputTokens: 4, tokens, estimated: false };
    await scene.says(started('r1', 1), audio('r1', 100), { ...done('r1'), usage: reported });
    // A second of the model is 20 tokens, a second of a person 10.
    await scene.says(started('r2', 1), audio('r2', 1000), done('r2'));
    await scene.says(done('never-began'));
    await scene.says(started('r3', 1), audio('r3', 500));
    await scene.bridge.close({ kind: 'asked', by: null });
    assert.deepEqual(
      scene.of('usage').map(({ replyId, turns, usage }) => {
        const { audioIn, audioOut } = usage.tokens;
        return [replyId, turns.map(({ userId }) => userId), audioIn, audioOut, usage.estimated];
      }),
      [
        ['r1', ['anna'], 2, 3, false],
        ['r2', ['anna'], 2, 20, true],
        ['r3', ['anna'], 2, 10, true],
      ],
    );
  });
});
