import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { SessionLostError } from '../../src/ports/errors.ts';
import { eventually } from '../support/time/eventually.ts';
import { quietFor } from '../support/time/quiet-for.ts';
import { ANNA, BEN, CLEO, OPTIONS, speak, tone } from './contract.ts';
import { Listener } from './listen.ts';
import { OTHER, says, toldIn, twoProviders } from './two-providers.ts';

/** Waits until this turn is answered and written down; gives the reply's id. */
async function answered(listener: Listener, turnId: number): Promise<string> {
  const { replyId } = await listener.next('reply-started', ({ turnIds }) => turnIds.includes(turnId));
  await listener.next('reply-done', (event) => event.replyId === replyId);
  await listener.next('turn-transcript', (event) => event.final && event.turnId === turnId);
  return replyId;
}

/** The turns that were written down, in order, each with its words. */
function record(listener: Listener): unknown[] {
  return listener
    .all('turn-transcript')
    .filter(({ final }) => final)
    .map(({ turnId, text }) => [turnId, text]);
}

for (const protocol of ['openai', 'gemini'] as const) {
  it(`tells what a tool brought with the request for its people, and no earlier, after ${protocol} was cut`, async (t) => {
    const knew: boolean[] = [];
    let called = false;
    const stage = await twoProviders(t, protocol, ({ instructions, context, text, toolResults, declaredTools }) => {
      if (declaredTools.length === 0) return { silent: true };
      if (!called) {
        called = true;
        return { calls: [{ name: 'get_weather', arguments: { place: 'Rome' } }] };
      }
      const given = [instructions, context, text, ...toolResults.map(({ output }) => output)].join();
      knew.push(given.includes('22 degrees'));
      return { ...says('Well.'), delayMs: 50 };
    });
    const { session, rate } = stage;
    const listener = new Listener(session);
    speak(session, ANNA, rate);
    const { call } = await listener.next('tool-call');
    await listener.next('turn-transcript', ({ final }) => final);
    session.sendToolResult({ callId: call.callId, name: call.name, ok: true, output: '22 degrees' });
    stage[protocol].dropAll();
    await listener.next('reply-done');
    await wait(300);
    session.appendText(BEN, 'Hello?');
    await listener.next('reply-done', ({ replyId }) => replyId !== call.replyId);
    const { replyId: last } = await listener.next(
      'reply-started',
      ({ turnIds, replyId }) => turnIds.includes(1) && replyId !== call.replyId,
    );
    await listener.next('reply-done', ({ replyId }) => replyId === last);
    const replies = listener.all('reply-started').filter(({ replyId }) => replyId !== call.replyId);
    const first = knew.indexOf(true);
    assert.ok(first >= 0, JSON.stringify([knew, listener.brief]));
    assert.ok(
      replies.slice(first, first + 1).every(({ turnIds }) => turnIds.includes(1)),
      JSON.stringify([knew, replies]),
    );
  });
}

for (const first of ['openai', 'gemini'] as const) {
  const second = OTHER[first];
  describe(`a conversation that goes from ${first} to ${second}`, () => {
    it('takes the history along, says so once, and closes the old connection only when the new one hears', async (t) => {
      const stage = await twoProviders(t, first, () => says('Yes.'));
      const { session, models, rate } = stage;
      const listener = new Listener(session);
      speak(session, ANNA, rate);
      await answered(listener, 1);
      const order: string[] = [];
      stage[first].onEvent(({ type }) => type === 'closed' && order.push('the old one closed'));
      stage[second].onEvent(({ type }) => type === 'connected' && order.push('the new one opened'));
      session.switchTo(models[second], { ...OPTIONS, instructions: 'Be kind.' });
      const changed = await listener.next('model-changed');
      assert.equal(changed.model, models[second]);
      assert.equal(changed.message, `I now use ${models[second].label}.`);
      speak(session, BEN, rate);
      await answered(listener, 2);
      // Closing takes a message there and back.
      await eventually('both connections are made', () => order.length >= 2);
      assert.deepEqual(order, ['the new one opened', 'the old one closed']);
      assert.match(toldIn(stage[second]), /Be kind\..*Anna.*said: .*words 6400.*Yes\./);
      assert.deepEqual(record(listener), [
        [1, 'words 6400'],
        [2, 'words 6400'],
      ]);
      assert.deepEqual([stage[first].turns.length, stage[second].turns.length], [1, 1]);
      assert.equal(listener.all('interrupted').length, 0);
    });

    it('waits until an answer is over, and until what is spoken is answered', async (t) => {
      const stage = await twoProviders(t, first, () => says('A long story.', 1_200));
      const { session, models, rate } = stage;
      const listener = new Listener(session);
      session.beginTurn(ANNA);
      session.appendAudio(tone(300, rate));
      session.switchTo(models[second], OPTIONS);
      await quietFor(200);
      assert.equal(stage[second].sessions.length, 0, 'somebody speaks');
      session.appendAudio(tone(300, rate));
      session.endTurn(true);
      await listener.next('audio');
      assert.equal(listener.all('model-changed').length, 0, 'the answer comes');
      await listener.next('model-changed');
      const { status } = await listener.next('reply-done');
      assert.equal(status, 'completed');
      assert.deepEqual([stage[first].turns.length, stage[second].turns.length], [1, 0]);
    });

    it('does not wait for ever, and gives the open turn whole to the new model at its own rate', async (t) => {
      const stage = await twoProviders(t, first, () => says('Yes.'), { patience: { switchMs: 300 } });
      const { session, models, rate } = stage;
      const listener = new Listener(session);
      session.beginTurn(ANNA);
      session.appendAudio(tone(300, rate));
      session.switchTo(models[second], OPTIONS);
      await listener.next('model-changed');
      session.appendAudio(tone(301, rate));
      session.endTurn(true);
      await answered(listener, 1);
      assert.equal(stage[first].turns.length, 0);
      const samples = (601 * models[second].inputRate) / 1_000;
      assert.deepEqual(
        stage[second].turns.map(({ pcm }) => pcm.length),
        [Math.ceil(samples)],
      );
    });

    it('takes the result of a tool along that the old model called', async (t) => {
      let calls = 0;
      const stage = await twoProviders(
        t,
        first,
        ({ text, toolResults, declaredTools }) => {
          if (declaredTools.length === 0) return { silent: true };
          if (text.includes('22 degrees') || toolResults.length > 0) return says('It is warm.');
          calls += 1;
          return { calls: [{ name: 'get_weather', arguments: { place: 'Rome' } }] };
        },
        { patience: { switchMs: 100 } },
      );
      const { session, models, rate } = stage;
      const listener = new Listener(session);
      speak(session, ANNA, rate);
      const { call } = await listener.next('tool-call');
      session.switchTo(models[second], OPTIONS);
      await listener.next('model-changed');
      session.sendToolResult({ callId: call.callId, name: call.name, ok: true, output: '22 degrees' });
      session.respond();
      const { turnIds } = await listener.next('reply-started', ({ replyId }) => replyId !== call.replyId);
      assert.deepEqual([turnIds, calls], [[1], 1]);
    });

    it('stays where it is when the new model cannot be had, says so, and loses nothing', async (t) => {
      const stage = await twoProviders(t, first, () => says('Yes.'));
      const { session, models, rate } = stage;
      stage[second].faults.refuse = 401;
      const listener = new Listener(session);
      session.switchTo(models[second], OPTIONS);
      const changed = await listener.next('model-changed');
      assert.equal(changed.model, models[first]);
      assert.match(changed.message, /rejected the API key.* I go on with /);
      speak(session, ANNA, rate);
      await answered(listener, 1);
      assert.equal(stage[first].sessions.length, 1, 'over the same connection');
    });

    it('falls back when the first model is lost for good, answers there what was asked, and says so', async (t) => {
      const stage = await twoProviders(t, first, () => says('Yes.'), {
        fallback: (models) => (failed) =>
          failed === models[first] ? { model: models[second], options: OPTIONS } : undefined,
      });
      const { session, models, rate } = stage;
      const listener = new Listener(session);
      stage[first].faults.refuse = 401;
      stage[first].dropAll();
      speak(session, ANNA, rate);
      await answered(listener, 1);
      const [changed, ...more] = listener.all('model-changed');
      assert.equal(changed?.model, models[second]);
      assert.match(changed?.message ?? '', /rejected the API key.*The conversation goes on with /);
      assert.deepEqual([more, record(listener)], [[], [[1, 'words 6400']]]);
    });

    it('tells the fallback the notes that the conversation knows now, and not those with which it began', async (t) => {
      const note = (text: string) => ({ text, by: { userId: '1', name: 'Mia' } });
      const stage = await twoProviders(t, first, () => says('Yes.'), {
        fallback: (models) => () => ({
          model: models[second],
          options: { ...OPTIONS, notes: [note('made in the hidden room')] },
        }),
      });
      const { session, rate } = stage;
      const listener = new Listener(session);
      speak(session, ANNA, rate);
      await answered(listener, 1);
      // The bot was moved to where others hear it.
      session.beginAnew(OPTIONS.instructions, [note('made for everybody')]);
      stage[first].faults.refuse = 401;
      speak(session, BEN, rate);
      await answered(listener, 2);
      const [changed] = listener.all('model-changed');
      assert.equal(changed?.model, stage.models[second]);
      assert.match(toldIn(stage[second]), /made for everybody/);
      assert.doesNotMatch(toldIn(stage[second]), /hidden room/);
    });

    it('ends when the fallback cannot be had either, with what was wrong first', async (t) => {
      const stage = await twoProviders(t, first, () => says('Yes.'), {
        fallback: (models) => () => ({ model: models[second], options: OPTIONS }),
      });
      const listener = new Listener(stage.session);
      stage[first].faults.refuse = 401;
      stage[second].faults.refuse = 401;
      stage[first].dropAll();
      const end = await listener.ended();
      const error = end?.error as SessionLostError | undefined;
      assert.match(error?.message ?? '', first === 'openai' ? /^OpenAI rejected/ : /^Google rejected the API key/);
    });
  });

  describe(`words that had not come when the line to ${first} broke`, () => {
    it('are written down all the same, once, though the turn was answered', async (t) => {
      let asked = 0;
      const stage = await twoProviders(t, first, ({ declaredTools }) => {
        if (declaredTools.length > 0) asked += 1;
        return says('Yes.');
      });
      const { session, rate } = stage;
      const server = stage[first];
      server.faults.lateTranscriptMs = 60_000;
      const listener = new Listener(session);
      speak(session, ANNA, rate);
      await listener.next('reply-done', ({ status }) => status === 'completed');
      server.faults.lateTranscriptMs = 0;
      server.dropAll();
      await listener.next('turn-transcript', ({ final }) => final);
      speak(session, BEN, rate);
      await answered(listener, 2);
      assert.deepEqual(record(listener), [
        [1, 'words 6400'],
        [2, 'words 6400'],
      ]);
      assert.equal(asked, 2, 'neither was asked twice');
      const answers = new Set(listener.all('reply-started').map(({ replyId }) => replyId));
      assert.equal(answers.size, 2);
    });

    it('leave a word in the record where nobody can write them down', async (t) => {
      const stage = await twoProviders(t, first, () => says('Yes.'), {
        openai: { hear: () => '' },
        gemini: { hear: () => '' },
      });
      const { session, rate } = stage;
      const server = stage[first];
      server.faults.lateTranscriptMs = 60_000;
      const listener = new Listener(session);
      speak(session, ANNA, rate);
      await listener.next('reply-done', ({ status }) => status === 'completed');
      // Every connection from now on is cut at its first message.
      server.faults.lateTranscriptMs = 0;
      server.dropAll();
      const told = setInterval(() => {
        if (server.sessions.length > 2) server.dropAll();
      }, 20);
      t.after(() => clearInterval(told));
      await listener.next('turn-transcript', ({ final }) => final);
      assert.deepEqual(record(listener), [[1, '(said something that could not be written down)']]);
    });
  });
}

describe('a Gemini session that its server restores', () => {
  it('knows what was said without being told, after a drop and after goAway', async (t) => {
    const stage = await twoProviders(t, 'gemini', ({ turn }) => says(`Answer ${turn}.`), {
      gemini: { playbackClock: true },
    });
    const { session, rate, gemini } = stage;
    const listener = new Listener(session);
    speak(session, ANNA, rate);
    await answered(listener, 1);
    await wait(50);
    gemini.dropAll();
    speak(session, BEN, rate);
    await answered(listener, 2);
    await wait(50);
    gemini.goAway(600);
    await quietFor(700);
    speak(session, CLEO, rate);
    await answered(listener, 3);
    assert.equal(gemini.sessions.length, 3);
    const newest = gemini.sessions.at(-1);
    assert.ok(newest?.setup?.sessionResumption?.handle);
    assert.deepEqual(
      newest.memory.filter((one) => !one.startsWith('Now ')),
      [
        '[6400 samples]',
        'I said: Answer 1.',
        '[6400 samples]',
        'I said: Answer 2.',
        '[6400 samples]',
        'I said: Answer 3.',
      ],
    );
    assert.doesNotMatch(JSON.stringify(newest.setup), /said: /, 'nothing of it in words');
    assert.equal(listener.all('interrupted').length, 0);
  });

  it('is not restored after somebody took back what it heard: the next one is told in words, without theirs', async (t) => {
    const stage = await twoProviders(t, 'gemini', () => says('Yes.'), {});
    const { session, rate, gemini } = stage;
    const listener = new Listener(session);
    speak(session, ANNA, rate);
    await answered(listener, 1);
    session.beginTurn(BEN);
    session.appendAudio(tone(400, rate));
    session.withdraw(BEN.userId ?? '', [BEN.id]);
    speak(session, CLEO, rate);
    await answered(listener, 3);
    await wait(50);
    gemini.dropAll();
    speak(session, { ...CLEO, id: 4 }, rate);
    await answered(listener, 4);
    const newest = gemini.sessions.at(-1);
    assert.equal(newest?.setup?.sessionResumption?.handle, undefined);
    assert.doesNotMatch(JSON.stringify(newest?.setup), /Anna|Ben/, 'with no more authority than what people say');
    const told = toldIn(gemini);
    assert.match(told, /"role":"user".*Anna/);
    assert.doesNotMatch(told, /Ben/);
  });

  it('is told in words what came after the handle, and keeps what it was told in words before', async (t) => {
    const stage = await twoProviders(t, 'openai', () => says('Yes.'));
    const { session, models, rate, gemini } = stage;
    const listener = new Listener(session);
    speak(session, ANNA, rate);
    await answered(listener, 1);
    session.switchTo(models.gemini, OPTIONS);
    await listener.next('model-changed');
    speak(session, BEN, rate);
    await answered(listener, 2);
    gemini.dropAll();
    speak(session, CLEO, rate);
    await answered(listener, 3);
    const newest = gemini.sessions.at(-1);
    assert.ok(newest?.setup?.sessionResumption?.handle);
    assert.match(newest.memory.join(), /Anna.*said: /, 'as its server still knows');
    assert.doesNotMatch(toldIn(gemini), /said: /, 'so nothing is told twice');
  });

  it('is told everything in words where the handle is refused', async (t) => {
    const stage = await twoProviders(t, 'gemini', () => says('Yes.'), { gemini: { handleMs: 1 } });
    const { session, rate, gemini } = stage;
    const listener = new Listener(session);
    speak(session, ANNA, rate);
    await answered(listener, 1);
    await wait(50);
    gemini.dropAll();
    speak(session, BEN, rate);
    await answered(listener, 2);
    const newest = gemini.sessions.at(-1);
    assert.equal(newest?.setup?.sessionResumption?.handle, undefined);
    assert.doesNotMatch(JSON.stringify(newest?.setup), /Anna/);
    assert.match(toldIn(gemini), /"role":"user".*Anna.*said: .*words 6400.*Yes\./);
    assert.equal(gemini.turns.length, 2, 'and hears no turn again');
  });

  it('is not asked for after a failure of the service itself', async (t) => {
    const stage = await twoProviders(t, 'gemini', () => says('Yes.'));
    const { session, rate, gemini } = stage;
    const listener = new Listener(session);
    speak(session, ANNA, rate);
    await answered(listener, 1);
    gemini.closeAll(1011, 'The service is currently unavailable.');
    speak(session, BEN, rate);
    await answered(listener, 2);
    assert.equal(gemini.sessions.at(-1)?.setup?.sessionResumption?.handle, undefined);
  });
});
