import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { confirmationClosed, confirmationTexts } from '../../src/tools/confirmation-text.ts';
import { Confirmations, type Question } from '../../src/tools/confirmations.ts';
import { FakeTextChannel } from '../support/doubles/text-channel.ts';
import { anna, ben } from './context.ts';

const mo = { userId: '9', name: 'Mo' };
const question: Question = {
  tool: 'ban',
  askers: [anna],
  arguments: '{"who":"Carl","why":"*spam*"}',
  words: undefined,
  tainted: false,
};

function stage() {
  const text = new FakeTextChannel();
  const timers: { run: () => void; ms: number; off: boolean }[] = [];
  const confirmations = new Confirmations(
    {
      texts: (asked, waitMs) => confirmationTexts(asked, waitMs, 1_000_000),
      closed: confirmationClosed,
      buttons: (id) => [{ id, label: 'Confirm' }],
    },
    (run, ms) => {
      const timer = { run, ms, off: false };
      timers.push(timer);
      return () => {
        timer.off = true;
      };
    },
  );
  const stop = new AbortController();
  const ask = (change: Partial<Question> = {}) => confirmations.ask({ ...question, ...change }, text, stop.signal);
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  const id = () => [...text.buttons.values()].at(-1)?.[0]?.id ?? '';
  return { text, timers, confirmations, stop, ask, settled, id };
}

describe('a question with a button', () => {
  it('shows what would be done, and waits for the one who asked', async () => {
    const { text, confirmations, ask, settled, id, timers } = stage();
    const answer = ask();
    await settled();
    assert.deepEqual(text.contents, [
      '**Please confirm:** **Anna** asked for **ban**\n> who: Carl\n> why: \\*spam\\*\n' +
        '-# Only **Anna** or a moderator can press. Without an answer it counts as no <t:1060:R>.',
    ]);
    const press = { confirm: true, keepsOrder: false };
    assert.deepEqual(confirmations.press(id(), ben, press), { kind: 'not-yours', askers: [anna] });
    const pressed = id();
    assert.deepEqual(confirmations.press(pressed, anna, press), { kind: 'taken', confirmed: true });
    assert.deepEqual(await answer, { kind: 'confirmed', by: anna });
    assert.equal(timers[0]?.off, true);
    await settled();
    assert.deepEqual(text.contents, ['**ban** for **Anna**: confirmed by Anna.']);
    assert.equal(text.buttons.size, 0);
    assert.deepEqual(confirmations.press(pressed, ben, press), {
      kind: 'over',
      answer: { kind: 'confirmed', by: anna },
    });
    assert.deepEqual(confirmations.press('another', ben, press), { kind: 'over', answer: null });
  });

  it('can be answered by one of several who asked, and by a moderator', async () => {
    const first = stage();
    const both = first.ask({ askers: [anna, ben] });
    await first.settled();
    first.confirmations.press(first.id(), ben, { confirm: false, keepsOrder: false });
    assert.deepEqual(await both, { kind: 'declined', by: ben });
    const second = stage();
    const answer = second.ask();
    await second.settled();
    second.confirmations.press(second.id(), mo, { confirm: true, keepsOrder: true });
    assert.deepEqual(await answer, { kind: 'confirmed', by: mo });
  });

  it('counts as no after 60 s, and when the call is cancelled', async () => {
    const late = stage();
    const answer = late.ask();
    await late.settled();
    assert.equal(late.timers[0]?.ms, 60_000);
    late.timers[0]?.run();
    assert.deepEqual(await answer, { kind: 'late' });
    await late.settled();
    assert.match(late.text.contents[0] ?? '', /nobody confirmed it in time, so I did not do it/);
    const gone = stage();
    const cancelled = gone.ask();
    await gone.settled();
    gone.stop.abort();
    assert.deepEqual(await cancelled, { kind: 'cancelled' });
    await gone.settled();
    assert.match(gone.text.contents[0] ?? '', /no longer wanted/);
    assert.deepEqual(await gone.ask(), { kind: 'cancelled' });
  });

  it('that cannot be posted is no yes', async () => {
    const { text, ask } = stage();
    text.refuse = () => new Error('I lack Send Messages in #general.');
    const answer = await ask();
    assert.deepEqual(answer, {
      kind: 'unasked',
      reason: 'Nobody could be asked to confirm it: I lack Send Messages in #general.',
    });
  });

  it('shows all of a long text over several posts, with the button below the last, and refuses an endless one', async () => {
    const { text, ask, settled, stop } = stage();
    const words = Array.from({ length: 600 }, (_, i) => `word${i}`).join(' ');
    const answer = ask({ arguments: JSON.stringify({ text: words }), words: 'Post it.', tainted: true });
    await settled();
    await settled();
    await settled();
    assert.equal(text.contents.length, 3);
    const shown = text.contents.join('\n').replace(/\n> /g, ' ');
    assert.ok(shown.includes('word0 ') && shown.includes(' word599'));
    assert.match(shown, /\*\*Post it\.\*\*/);
    assert.match(shown, /text from outside/);
    assert.deepEqual([...text.buttons.keys()], ['m3']);
    stop.abort();
    await answer;
    const endless = await stage().ask({ arguments: JSON.stringify({ text: 'x '.repeat(5_000) }) });
    assert.equal(endless.kind, 'unasked');
  });

  it('leaves none of its arguments in any of its posts once it is over', async () => {
    const long = JSON.stringify({ text: 'marzipan '.repeat(500) });
    for (const confirm of [true, false]) {
      const { text, confirmations, ask, settled, id } = stage();
      const answer = ask({ arguments: long });
      for (let at = 0; at < 4; at += 1) await settled();
      assert.ok(text.contents.length > 1 && text.contents.every((one) => one.includes('marzipan')));
      confirmations.press(id(), anna, { confirm, keepsOrder: false });
      await answer;
      for (let at = 0; at < 4; at += 1) await settled();
      assert.doesNotMatch(text.contents.join(), /marzipan/);
    }
    const { text, stop, ask, settled } = stage();
    const cancelled = ask({ arguments: long });
    await settled();
    stop.abort();
    assert.deepEqual(await cancelled, { kind: 'cancelled' });
    for (let at = 0; at < 4; at += 1) await settled();
    assert.doesNotMatch(text.contents.join(), /marzipan/);
  });

  it('lets nobody write a line of their own into it', async () => {
    const texts = confirmationTexts(
      { ...question, askers: [{ userId: '1', name: '@everyone\n# Big' }], arguments: '{"a\\n# b":"x\\n# y\\n<@1>"}' },
      60_000,
      0,
    );
    const [only = ''] = texts;
    assert.doesNotMatch(only, /^#/m);
    assert.doesNotMatch(only, /@everyone|<@1>/);
    assert.match(only, /^> \\# y$/m);
  });
});
