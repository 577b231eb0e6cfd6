import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { scriptedModel } from '../support/doubles/session.ts';
import { makeUpTime } from '../support/time/made-up-time.ts';
import { done, Scene, settings, started } from '../support/world/bridge-scene.ts';

makeUpTime();

const other = { ...scriptedModel, provider: 'gemini', name: 'other', label: 'Other (test)' } as const;
const chosen = { ...settings, provider: 'gemini', model: 'other' } as const;
const switches = ({ session }: Scene): number => session.calls.filter((call) => call === 'switch other').length;

describe('a bridge whose guild chooses another model', () => {
  let scene: Scene;
  afterEach(() => scene.bridge.close({ kind: 'asked', by: null }));

  it('asks the session to go on there, and is on the old one until the session says so', async () => {
    scene = new Scene();
    assert.deepEqual(scene.bridge.apply({ ...chosen, voice: 'cedar' }, ['model']), []);
    assert.equal(switches(scene), 1);
    assert.equal(scene.session.options.at(-1)?.voice, 'cedar');
    assert.equal(scene.bridge.status().model, 'Scripted (test)');
    await scene.says({ type: 'model-changed', model: other, message: 'I now use Other.' });
    assert.equal(scene.bridge.status().model, 'Other (test)');
    assert.deepEqual(
      scene.of('model-changed').map(({ message }) => message),
      ['I now use Other.'],
    );
  });

  it('does not ask again for a change of something else', async () => {
    scene = new Scene();
    scene.bridge.apply(chosen, ['model']);
    await scene.says({ type: 'model-changed', model: other, message: '' });
    assert.deepEqual(scene.bridge.apply({ ...chosen, silenceMs: 700 }), []);
    assert.equal(switches(scene), 1);
  });

  it('takes what is set before the other model is there to that model', async () => {
    scene = new Scene();
    scene.bridge.apply(chosen, ['model']);
    assert.deepEqual(scene.bridge.apply({ ...chosen, voice: 'marin' }), []);
    assert.equal(scene.session.options.at(-1)?.voice, 'marin');
    assert.equal(switches(scene), 2);
  });

  it('stays with the model it has when the other one failed, and tries it again only when it is chosen again', async () => {
    scene = new Scene();
    scene.bridge.apply({ ...chosen, persona: 'Be brief.' }, ['model']);
    await scene.says({ type: 'model-changed', model: scriptedModel, message: 'Other cannot be had.' });
    assert.equal(scene.bridge.status().model, 'Scripted (test)');
    assert.match(scene.session.options.at(-1)?.instructions ?? '', /Be brief\./);
    scene.bridge.apply({ ...chosen, persona: 'Be long.' }, ['persona']);
    assert.equal(switches(scene), 1);
    assert.match(scene.session.options.at(-1)?.instructions ?? '', /Be long\./);
    scene.bridge.apply(chosen, ['model']);
    assert.equal(switches(scene), 2);
  });

  it('stays on its connection when the model that it has is chosen after another one failed', async () => {
    scene = new Scene();
    scene.bridge.apply(chosen, ['model']);
    await scene.says({ type: 'model-changed', model: scriptedModel, message: 'Other cannot be had.' });
    assert.deepEqual(scene.bridge.apply({ ...settings, persona: 'Be brief.' }, ['model']), []);
    assert.equal(scene.session.calls.filter((call) => call.startsWith('switch')).length, 1);
    assert.match(scene.session.options.at(-1)?.instructions ?? '', /Be brief\./);
  });

  it('goes by the fallback that the session went to, and back when the model is chosen again', async () => {
    scene = new Scene();
    await scene.says({
      type: 'model-changed',
      model: { ...other, capabilities: { ...other.capabilities, voices: [] } },
      message: '',
    });
    assert.deepEqual(scene.bridge.apply({ ...settings, voice: 'marin' }, ['voice']), ['voice']);
    assert.deepEqual(scene.session.calls, []);
    scene.bridge.apply(settings, ['provider', 'model']);
    assert.deepEqual(scene.session.calls, ['switch scripted']);
  });

  it('estimates what a reply used by the rates of the model that gave it', async () => {
    scene = new Scene();
    const second = (replyId: string) =>
      ({ type: 'audio', replyId, itemId: `${replyId}-item`, pcm: new Int16Array(24_000).fill(1000) }) as const;
    await scene.says(started('r1'), second('r1'), done('r1'));
    await scene.says({ type: 'model-changed', model: other, message: '' });
    await scene.says(started('r2'), second('r2'), done('r2'));
    assert.deepEqual(
      scene.of('usage').map(({ usage }) => usage.tokens.audioOut),
      [20, 25],
    );
  });

  it('answers whoever is meant while another model writes down, and everybody while that is away', async () => {
    scene = new Scene({ answer: 'addressed' }, undefined, undefined, { unprompted: null });
    scene.session.transcribes = true;
    await scene.speak('anna', 200);
    await scene.called('end');
    scene.session.transcribes = false;
    await scene.speak('anna', 200);
    await scene.called('end respond');
    assert.deepEqual(
      scene.of('turn-began').map(({ audience }) => audience),
      ['some', 'untold'],
    );
  });

  it('answers nobody at once in never where the model waits to be asked, and everybody where it cannot be kept from it', async () => {
    scene = new Scene({}, undefined, undefined, { unprompted: null });
    assert.deepEqual(scene.bridge.apply({ ...settings, answer: 'never' }, ['answer']), []);
    await scene.speak('anna', 200);
    await scene.called('pass 1');
    await scene.bridge.close({ kind: 'asked', by: null });
    const own = { unprompted: 'answers', turnDetection: ['manual', 'server'] } as const;
    scene = new Scene({ turnDetection: 'server' }, undefined, undefined, own);
    for (const answer of ['never', 'addressed'] as const) {
      const changed = { ...settings, turnDetection: 'server', answer } as const;
      assert.deepEqual(scene.bridge.apply(changed, ['answer']), ['turnDetection', 'answer']);
    }
    scene.bridge.apply({ ...settings, turnDetection: 'server', answer: 'never' }, ['answer']);
    await scene.speak('anna', 200);
    await scene.called('begin 1 anna');
    assert.deepEqual(
      scene.of('turn-began').map(({ audience }) => audience),
      ['untold'],
    );
    assert.deepEqual(scene.of('answer-decided'), []);
  });
});
