import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { Ticker } from '../../src/bridge/ticker.ts';
import { eventually } from '../support/time/eventually.ts';
import { makeUpTime } from '../support/time/made-up-time.ts';
import { quietFor } from '../support/time/quiet-for.ts';
import { audio, done, Scene, started } from '../support/world/bridge-scene.ts';

makeUpTime();

/** A clock that the test moves by hand. */
class ManualTicker extends Ticker {
  readonly #listeners = new Set<(now: number) => void>();
  override every(listener: (now: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
  tick(now: number): void {
    for (const listener of this.#listeners) listener(now);
  }
}

const BEN = { userId: 'ben', name: 'Ben' };
const cancelled = (replyId: string) => ({ ...done(replyId), status: 'cancelled' }) as const;
const call = (callId: string, replyId: string, turnId: number) =>
  ({ type: 'tool-call', call: { callId, replyId, turnIds: [turnId], name: 'x', arguments: '{}' } }) as const;

describe('Bridge, when things cross', () => {
  let scene: Scene;
  afterEach(() => scene.bridge.close({ kind: 'asked', by: null }));

  const typed = () => scene.session.calls.filter((one) => one.startsWith('text'));
  const answer = async (replyId: string, turnId: number) => {
    await scene.says(started(replyId, turnId), audio(replyId, 100), { type: 'audio-done', replyId }, done(replyId));
    scene.line.pull(10);
  };
  const ended = async (turns: number) => {
    await eventually('the turns ended', () => scene.of('turn-ended').length >= turns);
    assert.equal(scene.of('turn-ended').length, turns);
  };

  it('keeps waiting for the reply to an interruption when the end of the cut reply comes in late', async () => {
    scene = new Scene();
    await scene.speak('anna', 200);
    await ended(1);
    await scene.says(started('r1', 1), audio('r1', 1000));
    scene.line.pull(10);
    await scene.speak('ben', 140);
    await ended(2);
    await scene.says(cancelled('r1'));
    scene.bridge.ask(BEN, 'And then?');
    assert.deepEqual(typed(), [], 'the reply to Ben comes first');
    await answer('r2', 2);
    await scene.called('text 3 ben And then?');
    assert.equal(typed().length, 1);
  });

  it('keeps waiting for a reply when the one before, played to its end, is only now ended by the model', async () => {
    scene = new Scene();
    await scene.speak('anna', 200);
    await ended(1);
    await scene.says(started('r1', 1), audio('r1', 100), { type: 'audio-done', replyId: 'r1' });
    scene.line.pull(10);
    await scene.speak('ben', 140);
    await ended(2);
    await scene.says(done('r1'));
    scene.bridge.ask(BEN, 'And then?');
    assert.deepEqual(typed(), []);
  });

  it('keeps waiting for a reply when the provider says late that it broke off the one before', async () => {
    scene = new Scene();
    await scene.speak('anna', 200);
    await ended(1);
    await scene.says(started('r1', 1), audio('r1', 1000));
    scene.line.pull(10);
    await scene.speak('ben', 140);
    await ended(2);
    await scene.says({ type: 'interrupted' });
    scene.bridge.ask(BEN, 'And then?');
    assert.deepEqual(typed(), []);
  });

  it('lets a typed question wait for the reply that was asked for after a tool', async () => {
    scene = new Scene();
    scene.session.respond = () => {
      scene.session.calls.push('respond');
      queueMicrotask(() => scene.bridge.ask(BEN, 'And then?'));
    };
    await scene.speak('anna', 200);
    await ended(1);
    await scene.says(started('r1', 1), call('a', 'r1', 1), done('r1', true));
    scene.toolbox.calls[0]?.settle({ callId: 'a', name: 'x', ok: true, output: '' });
    await scene.called('respond');
    assert.deepEqual(typed(), []);
    await answer('r2', 1);
    await scene.called('text 2 ben And then?');
    assert.equal(typed().length, 1);
  });

  it('answers with a quick tool while a slow one of another reply still runs', async () => {
    scene = new Scene();
    await scene.speak('anna', 200);
    await ended(1);
    await scene.says(started('r1', 1), call('slow', 'r1', 1), done('r1', true));
    await scene.speak('ben', 200);
    await ended(2);
    await scene.says(started('r2', 2), call('quick', 'r2', 2), done('r2', true));
    scene.toolbox.calls[1]?.settle({ callId: 'quick', name: 'x', ok: true, output: '' });
    await scene.called('respond');
    assert.deepEqual(scene.session.results.length, 1);
  });

  it('holds the answer to a tool back while somebody has the floor, and gives it with the next', async () => {
    scene = new Scene();
    await scene.speak('anna', 200);
    await ended(1);
    await scene.says(started('r1', 1), call('a', 'r1', 1), done('r1', true));
    await scene.speak('ben', 200);
    scene.toolbox.calls[0]?.settle({ callId: 'a', name: 'x', ok: true, output: '' });
    await ended(2);
    await quietFor(60);
    assert.deepEqual(scene.session.calls.slice(2), ['begin 2 ben', 'result a', 'end respond']);
  });

  it('silences a reply that begins to sound while somebody has the floor', async () => {
    scene = new Scene();
    await scene.speak('anna', 200);
    await scene.says(started('r1', 1), audio('r1', 100));
    assert.deepEqual(scene.line.pull(5), []);
    assert.deepEqual(scene.session.calls, ['begin 1 anna', 'interrupt']);
    await scene.says(audio('r1', 100));
    assert.deepEqual(scene.line.pull(5), []);
  });

  it('gives up a reply that began and does not go on, and says so', async () => {
    const ticker = new ManualTicker();
    scene = new Scene({ interruptionMs: 0 }, ticker);
    scene.bridge.ask(BEN, 'Well?');
    await scene.says(started('r1', 1), audio('r1', 100));
    scene.line.pull(20);
    scene.bridge.ask(BEN, 'Hello?');
    ticker.tick(performance.now() + 29_000);
    assert.equal(typed().length, 1);
    ticker.tick(performance.now() + 31_000);
    assert.equal(scene.of('trouble').length, 1);
    assert.deepEqual(scene.session.calls, ['text 1 ben Well?', 'interrupt', 'text 2 ben Hello?']);
  });

  it('does not give up a reply that waits for our own tool', async () => {
    const ticker = new ManualTicker();
    scene = new Scene({}, ticker);
    scene.bridge.ask(BEN, 'Well?');
    await scene.says(started('r1', 1), audio('r1', 100), call('a', 'r1', 1));
    scene.line.pull(20);
    ticker.tick(performance.now() + 40_000);
    assert.deepEqual(scene.of('trouble'), []);
  });

  it('does not complain about a reply that has to wait for a long one before it', async () => {
    const ticker = new ManualTicker();
    scene = new Scene({}, ticker);
    scene.bridge.ask(BEN, 'Well?');
    await scene.says(started('r1', 1), call('a', 'r1', 1));
    scene.toolbox.calls[0]?.settle({ callId: 'a', name: 'x', ok: true, output: '' });
    await wait(1);
    ticker.tick(performance.now());
    assert.equal(scene.session.calls.at(-1), 'respond');
    ticker.tick(performance.now() + 16_000);
    assert.deepEqual(scene.of('trouble'), []);
  });

  it('says so when no reply comes, and is free for the next question', async () => {
    const ticker = new ManualTicker();
    scene = new Scene({}, ticker);
    scene.bridge.ask(BEN, 'Well?');
    scene.bridge.ask(BEN, 'Hello?');
    ticker.tick(performance.now() + 14_000);
    assert.equal(typed().length, 1);
    ticker.tick(performance.now() + 15_100);
    assert.match(scene.of('trouble')[0]?.message ?? '', /15 s/);
    assert.equal(typed().length, 2);
  });
});
