import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { Ticker } from '../../src/bridge/ticker.ts';
import { eventually } from '../support/time/eventually.ts';
import { makeUpTime } from '../support/time/made-up-time.ts';
import { quietFor } from '../support/time/quiet-for.ts';
import { settings as defaults, Scene } from '../support/world/bridge-scene.ts';

makeUpTime();

const LISTENS = { unprompted: 'waits', transcribeOnly: true, updates: ['language'], voices: [] } as const;
const ASKED = { kind: 'asked', by: null } as const;
const words = (turnId: number, text: string) => ({ type: 'turn-transcript', turnId, text, final: true }) as const;

describe('Bridge, where it only listens', () => {
  let scene: Scene;
  const open = () => {
    scene = new Scene({}, new Ticker(), undefined, LISTENS);
  };
  afterEach(() => scene.bridge.close(ASKED));
  const ended = async (turns: number) => {
    await eventually('the turns ended', () => scene.of('turn-ended').length >= turns);
  };

  it('asks for no answer, and waits for none', async () => {
    open();
    await Promise.all([scene.speak('anna', 200), scene.speak('ben', 300)]);
    await ended(2);
    assert.deepEqual(scene.session.calls, ['begin 1 anna', 'end', 'begin 2 ben', 'end']);
    assert.deepEqual(
      scene.of('turn-ended').map(({ respond }) => respond),
      [false, false],
    );
    await scene.says(words(1, 'Hello.'), words(2, 'Hi.'));
  });

  it('types nothing to the model and announces nothing: whoever reminds has to write', async () => {
    open();
    scene.bridge.ask({ userId: 'anna', name: 'Anna' }, 'Why?');
    assert.equal(await scene.bridge.announce({ name: 'Reminder', text: 'the oven' }), false);
    await quietFor(50);
    assert.deepEqual(scene.session.calls, []);
  });

  it('says that it only listens, and which settings wait until it talks again', () => {
    open();
    assert.equal(scene.bridge.status().mode, 'listen');
    assert.equal(scene.bridge.status().transcriber, null);
    const settings = { ...defaults, language: 'de', persona: 'Be rude.' };
    assert.deepEqual(scene.bridge.apply(settings, ['language']), []);
    assert.deepEqual(scene.bridge.apply(settings, ['persona']), ['persona']);
    assert.deepEqual(scene.session.options.at(-1)?.language, 'de');
    assert.deepEqual(scene.session.options.at(-1)?.instructions, '');
    assert.deepEqual(scene.session.options.at(-1)?.tools, []);
  });

  it('tells that it is deafened, and not that nobody hears it', async () => {
    open();
    scene.line.events.push({ type: 'hindered', by: 'mute', hindered: true });
    scene.line.events.push({ type: 'hindered', by: 'deaf', hindered: true });
    await wait(5);
    assert.deepEqual(
      scene.of('trouble').map(({ message }) => message),
      ['A moderator deafened me: I hear nothing until a moderator undeafens me.'],
    );
  });

  it('lets nobody in any more when it leaves, and goes once the last words are there', async () => {
    open();
    await scene.speak('anna', 200);
    let left = false;
    const leaving = scene.bridge.close(ASKED).then(() => {
      left = true;
    });
    await scene.speak('ben', 400);
    await quietFor(60);
    assert.equal(left, false);
    assert.deepEqual(scene.session.calls, ['begin 1 anna', 'end'], 'what she was saying ends here');
    await scene.says(words(1, 'Hello.'));
    await leaving;
    assert.deepEqual(
      scene.of('turn-transcript').map(({ turn, text }) => `${turn?.name}: ${text}`),
      ['Anna: Hello.'],
    );
  });

  it('takes back from somebody who opts out what has no words yet, and not what they said before', async () => {
    const out = new Set<string>();
    scene = new Scene({}, new Ticker(), (userId) => !out.has(userId), LISTENS);
    await scene.speak('ben', 200);
    await ended(1);
    await scene.says(words(1, 'Hello.'));
    await scene.speak('ben', 200);
    await ended(2);
    out.add('ben');
    scene.bridge.consentChanged('ben');
    assert.deepEqual(
      scene.of('turn-withdrawn').map(({ turn }) => turn.id),
      [2],
    );
  });

  it('does not wait for ever for words that do not come', async () => {
    open();
    await scene.speak('anna', 200);
    const startedAt = performance.now();
    await scene.bridge.close(ASKED);
    assert.ok(performance.now() - startedAt < 4_000);
    assert.equal(scene.of('ended').length, 1);
  });
});
