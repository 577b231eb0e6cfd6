import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { type Script, type ScriptedReply, SimulatedGemini, SimulatedOpenAI } from '@parley/simulator/models';
import { TIMING } from '../../../src/model/connection/model-socket.ts';
import { reconnecting } from '../../../src/model/durable/durable-model.ts';
import { backOffMs, RETRY_POLICY, type RetryPolicy } from '../../../src/model/durable/retry-policy.ts';
import { geminiModel } from '../../../src/model/gemini/model.ts';
import { openAIModel } from '../../../src/model/openai/model.ts';
import type { SessionLostError } from '../../../src/ports/errors.ts';
import type { SpeechSession } from '../../../src/ports/model.ts';
import type { Pcm } from '../../../src/ports/voice.ts';
import { quietFor } from '../../support/time/quiet-for.ts';
import { ANNA, BEN, OPTIONS, speak, tone } from '../contract.ts';
import { Listener } from '../listen.ts';

/** Connections of some seconds, which nobody would believe. */
const SHORT = { renewalMs: 100, life: { shortestMs: 200, longestMs: 60_000 } };
const HASTY: RetryPolicy = { ...RETRY_POLICY, ...SHORT, firstMs: 20, longestMs: 80, noticeMs: 60_000 };

interface Stage {
  readonly server: SimulatedOpenAI | SimulatedGemini;
  readonly session: SpeechSession;
  readonly rate: number;
  /** Attempts to reconnect that failed. */
  readonly failed: () => number;
}

function says(text: string, ms = 200): ScriptedReply {
  return { say: { text, pcm: new Int16Array((ms * 24_000) / 1000).fill(1000) } };
}

async function open(
  t: TestContext,
  protocol: 'openai' | 'gemini',
  script: Script,
  options: { patience?: Partial<RetryPolicy>; sessionMs?: number; silentMs?: number } = {},
): Promise<Stage> {
  const hear = ({ pcm }: { pcm: Pcm }) => `words ${pcm.length}`;
  const sessionMs = options.sessionMs === undefined ? {} : { sessionMs: options.sessionMs };
  const server =
    protocol === 'openai'
      ? await SimulatedOpenAI.start({ script, hear, ...sessionMs })
      : await SimulatedGemini.start({ script, hear, playbackClock: false });
  t.after(() => server.close());
  let failed = 0;
  const log = {
    debug: () => {},
    warn: (_: object, message: string) => {
      if (message.startsWith('could not reconnect')) failed += 1;
    },
  };
  const timing = {
    ...TIMING,
    ...(options.silentMs && { pingMs: options.silentMs / 3, silentMs: options.silentMs, connectMs: 200 }),
  };
  const endpoint = { apiKey: server.apiKey, baseUrl: server.url, log, timing };
  const model =
    protocol === 'openai'
      ? openAIModel({ ...endpoint, model: 'gpt-realtime-2.1' })
      : geminiModel({ ...endpoint, model: 'gemini-3.8-live' });
  const lasting = reconnecting(model, { log, patience: { ...HASTY, ...options.patience } });
  const session = await lasting.connect(OPTIONS, new AbortController().signal);
  t.after(() => session.close());
  return { server, session, rate: model.inputRate, failed: () => failed };
}

/** What the newest session knows of the time before it: told in words, or restored by its server. */
function historyOf(server: Stage['server']): string {
  if (server instanceof SimulatedGemini) {
    const session = server.sessions.at(-1);
    const instructions = session?.setup?.systemInstruction?.parts?.map(({ text }) => text).join('');
    return [...(session?.memory ?? []), instructions].join('\n');
  }
  const newest = server.frames.at(-1)?.session;
  const sent = server.frames.filter(({ direction, session }) => direction === 'client' && session === newest);
  return JSON.stringify(sent.map(({ message }) => message).filter((one) => !('realtimeInput' in one)));
}

function errorsOf(server: Stage['server']): object[] {
  return server.frames.map(({ message }) => message).filter((one) => 'type' in one && one.type === 'error');
}

describe('backOffMs', () => {
  it('doubles, is capped, and lies between half and the whole', () => {
    assert.deepEqual(
      [0, 1, 2, 20].map((attempt) => backOffMs('network', attempt, RETRY_POLICY, 1)),
      [250, 500, 1000, 8_000],
    );
    assert.equal(backOffMs('provider', 20, RETRY_POLICY, 1), 30_000);
    assert.equal(backOffMs('network', 0, RETRY_POLICY, 0), 125);
    assert.equal(backOffMs('provider', 0, RETRY_POLICY, 1), 1000);
  });
});

for (const protocol of ['openai', 'gemini'] as const) {
  describe(`a session that outlives its connections: ${protocol}`, () => {
    it('goes on after a drop in silence, and the model still knows what was said', async (t) => {
      const { server, session, rate } = await open(t, protocol, ({ turn }) => says(`Answer ${turn}.`));
      const listener = new Listener(session);
      speak(session, ANNA, rate);
      const first = await listener.next('reply-done');
      await listener.next('turn-transcript', ({ final, turnId }) => final && turnId === 1);
      server.dropAll();
      speak(session, BEN, rate);
      const second = await listener.next('reply-started', ({ turnIds }) => turnIds.includes(2));
      await listener.next('reply-done', ({ replyId }) => replyId === second.replyId);
      assert.deepEqual(second.turnIds, [2]);
      assert.notEqual(second.replyId, first.replyId);
      assert.equal(server.turns.length, 2);
      assert.match(
        historyOf(server),
        protocol === 'openai' ? /Anna.*said: .*words \d+.*Answer 1\./ : /Anna.*samples.*Answer 1\./s,
      );
      assert.deepEqual(errorsOf(server), []);
    });

    it('gives a turn that was open the whole of its sound, once', async (t) => {
      const { server, session, rate } = await open(t, protocol, () => says('Yes.'));
      const listener = new Listener(session);
      const pcm = tone(600, rate);
      session.beginTurn(ANNA);
      session.appendAudio(pcm.subarray(0, rate * 0.3));
      server.dropAll();
      await wait(20);
      session.appendAudio(pcm.subarray(rate * 0.3));
      session.endTurn(true);
      const { turnIds } = await listener.next('reply-started');
      assert.deepEqual(turnIds, [1]);
      await listener.next('turn-transcript', ({ final }) => final);
      assert.deepEqual(
        server.turns.map((turn) => turn.pcm.length),
        [pcm.length],
      );
      assert.deepEqual(server.turns[0]?.pcm, pcm);
    });

    for (const [code, reason] of [
      [1006, ''],
      [1011, 'Internal error encountered.'],
    ] as const) {
      it(`asks again for the answer that a ${code} kept back, and writes the words down once`, async (t) => {
        let asked = 0;
        const { server, session, rate } = await open(t, protocol, () => {
          asked += 1;
          return { ...says('Here.'), delayMs: asked === 1 ? 3_000 : 0 };
        });
        const listener = new Listener(session);
        speak(session, ANNA, rate);
        await listener.next('turn-transcript', ({ turnId, text }) => turnId === 1 && text.length > 0);
        if (code === 1006) server.dropAll();
        else server.closeAll(code, reason);
        const { replyId } = await listener.next('audio-done');
        const answer = await listener.next('reply-started', (event) => event.replyId === replyId);
        assert.deepEqual(answer.turnIds, [1]);
        await listener.next('turn-transcript', ({ final }) => final);
        await quietFor(100);
        assert.equal(listener.all('turn-transcript').filter(({ final }) => final).length, 1);
        assert.equal(listener.all('reply-done').filter(({ status }) => status === 'completed').length, 1);
      });
    }

    it('gives the turn again when nothing of the answer was heard', async (t) => {
      const { server, session, rate } = await open(t, protocol, () => ({ ...says('Long.', 4_000) }));
      const listener = new Listener(session);
      speak(session, ANNA, rate);
      const first = await listener.next('audio');
      server.dropAll();
      await listener.next('interrupted');
      await listener.next('reply-done', ({ replyId, status }) => replyId === first.replyId && status === 'cancelled');
      const again = await listener.next('reply-started', ({ replyId }) => replyId !== first.replyId);
      assert.deepEqual(again.turnIds, [1]);
      assert.equal(server.turns.length, 2, 'the same turn in both sessions');
      assert.doesNotMatch(historyOf(server), /" said: /, 'and not as history too');
    });

    it('lets the model go on where people lost it', async (t) => {
      const { server, session, rate } = await open(t, protocol, ({ text }) =>
        text.includes('Go on from there') ? says('and this is the end.') : says('This is the beginning', 4_000),
      );
      speak(session, ANNA, rate);
      let sound = 0;
      let first: { replyId: string; itemId: string } | undefined;
      for await (const event of session.events) {
        if (event.type === 'audio') {
          first = event;
          sound += event.pcm.length;
          if (sound >= 24_000) server.dropAll();
        }
        if (event.type === 'interrupted' && first) {
          const { replyId, itemId } = first;
          session.interrupt([{ replyId, items: [{ itemId, heardMs: 500 }] }]);
        }
        if (event.type !== 'reply-started' || !first) continue;
        assert.deepEqual(event.turnIds, [1], 'for the same person');
        break;
      }
      const spoken = server.turns.filter(({ pcm }) => pcm.length > 0);
      assert.equal(spoken.length, 1, 'the question is not put again');
    });

    it('gives the result of a tool in words when its session is gone, and calls no tool twice', async (t) => {
      let calls = 0;
      const texts: string[] = [];
      const { server, session, rate } = await open(t, protocol, ({ text, toolResults, declaredTools }) => {
        texts.push(text);
        // The one that only writes down what was said.
        if (declaredTools.length === 0) return { silent: true };
        if (text.includes('22 degrees') || toolResults.length > 0) return says('It is warm.');
        calls += 1;
        return { calls: [{ name: 'get_weather', arguments: { place: 'Rome' } }] };
      });
      const listener = new Listener(session);
      speak(session, ANNA, rate);
      const { call } = await listener.next('tool-call');
      await listener.next('turn-transcript', ({ text }) => text.length > 0);
      if (protocol === 'openai') await listener.next('reply-done');
      server.dropAll();
      await wait(150);
      session.sendToolResult({ callId: call.callId, name: call.name, ok: true, output: '22 degrees' });
      session.respond();
      const answer = await listener.next('reply-started', ({ replyId }) => replyId !== call.replyId);
      assert.deepEqual(answer.turnIds, [1], 'with the rights of who asked');
      await listener.next('reply-done', ({ replyId }) => replyId === answer.replyId);
      assert.equal(calls, 1);
      assert.deepEqual(errorsOf(server), []);
    });

    it('does not come back from a key that is rejected twice', async (t) => {
      const { server, session, failed } = await open(t, protocol, () => says('Yes.'));
      const listener = new Listener(session);
      server.faults.refuse = 401;
      server.dropAll();
      const end = await listener.ended();
      const error = end?.error as SessionLostError;
      assert.deepEqual([error.kind, error.retryable, failed()], ['authentication', false, 2]);
    });

    it('tells people about a long outage, and gives up in the end after few attempts', async (t) => {
      const patience = { firstMs: 10, longestMs: 100, noticeMs: 100, giveUpMs: 900 };
      const { server, session, failed } = await open(t, protocol, () => says('Yes.'), { patience });
      const listener = new Listener(session);
      server.faults.refuse = 503;
      const lostAt = performance.now();
      server.dropAll();
      const end = await listener.ended();
      const error = end?.error as SessionLostError;
      const tookMs = performance.now() - lostAt;
      assert.deepEqual([error.kind, listener.all('paused').length, listener.all('resumed').length], ['provider', 1, 0]);
      assert.ok(tookMs > 600 && tookMs < 1_500, `${tookMs} ms`);
      assert.ok(failed() >= 5 && failed() <= 25, `${failed()} attempts`);
    });

    it('says when it is back, having kept what was said', async (t) => {
      const { server, session, rate } = await open(t, protocol, () => says('Yes.'), { patience: { noticeMs: 50 } });
      const listener = new Listener(session);
      server.faults.refuse = 503;
      server.dropAll();
      speak(session, ANNA, rate);
      await listener.next('paused');
      speak(session, BEN, rate);
      server.faults.refuse = undefined;
      await listener.next('resumed');
      assert.deepEqual((await listener.next('reply-started')).turnIds, [1, 2]);
      assert.equal(server.turns.length, 2);
    });

    it('leaves a line that is dead but open', async (t) => {
      const { server, session, rate } = await open(t, protocol, () => says('Yes.'), { silentMs: 150 });
      const listener = new Listener(session);
      server.faults.halfOpen = true;
      speak(session, ANNA, rate);
      await wait(250);
      server.faults.halfOpen = false;
      assert.deepEqual((await listener.next('reply-started')).turnIds, [1]);
      assert.equal(server.turns.length, 1);
    });

    it('ends quietly when it is closed while it reconnects', async (t) => {
      const { server, session } = await open(t, protocol, () => says('Yes.'), { patience: { noticeMs: 20 } });
      const listener = new Listener(session);
      server.faults.refuse = 503;
      server.dropAll();
      await listener.next('paused');
      session.close();
      assert.equal(await listener.ended(), null);
    });
  });
}

describe('the replacement of connections that are about to end', () => {
  it('answers what is told again in words before what was typed after it', async (t) => {
    const { server, session, rate } = await open(t, 'openai', () => says('An answer.'));
    const listener = new Listener(session);
    const spoken = [1, 2, 3, 4, 5].map((id) => ({ id, userId: `u${id}`, name: `Person ${id}` }));
    for (const turn of spoken) speak(session, turn, rate, { respond: false });
    for (const { id } of spoken) await listener.next('turn-transcript', ({ final, turnId }) => final && turnId === id);
    session.appendText({ ...ANNA, id: 6 }, 'And what now?');
    server.dropAll();
    await listener.next('reply-done', () => answered(6) !== undefined);
    const [first, typed] = [answered(1), answered(6)];
    assert.ok(
      first !== undefined && typed !== undefined && first <= typed,
      JSON.stringify(listener.all('reply-started')),
    );
    function answered(turnId: number): number | undefined {
      const at = listener.all('reply-started').findIndex(({ turnIds }) => turnIds.includes(turnId));
      return at < 0 ? undefined : at;
    }
  });

  it('happens between the turns, before an OpenAI session expires', async (t) => {
    const patience = { quietMs: 2_500, forcedMs: 800, life: { shortestMs: 2_000, longestMs: 60_000 } };
    const { server, session, rate } = await open(t, 'openai', () => says('Yes.'), { sessionMs: 4_000, patience });
    const listener = new Listener(session);
    const until = performance.now() + 5_000;
    let turns = 0;
    while (performance.now() < until) {
      turns += 1;
      speak(session, { ...ANNA, id: turns }, rate);
      const id = turns;
      const { replyId } = await listener.next('reply-started', ({ turnIds }) => turnIds.includes(id));
      await listener.next('reply-done', (event) => event.replyId === replyId);
      await wait(150);
    }
    assert.ok(server.sessions.length >= 3, `${server.sessions.length} sessions`);
    assert.equal(server.turns.length, turns, 'every turn once');
    assert.equal(listener.all('interrupted').length, 0, 'no answer was cut');
    assert.deepEqual(errorsOf(server), []);
    const finals = listener.all('turn-transcript').filter(({ final }) => final);
    assert.deepEqual(
      finals.map(({ turnId }) => turnId),
      Array.from({ length: turns }, (_, i) => i + 1),
    );
  });

  it('waits for a quiet moment after goAway, and does not wait beyond the end', async (t) => {
    const patience = { life: { shortestMs: 600, longestMs: 60_000 } };
    const { server, session, rate } = await open(t, 'gemini', () => says('Yes.'), { patience });
    assert.ok(server instanceof SimulatedGemini);
    const listener = new Listener(session);
    session.beginTurn(ANNA);
    session.appendAudio(tone(300, rate));
    server.goAway(800);
    await quietFor(300);
    assert.equal(server.sessions.length, 1, 'somebody speaks');
    await wait(450);
    assert.equal(server.sessions.length, 2, 'it had to be');
    session.appendAudio(tone(300, rate));
    session.endTurn(true);
    assert.deepEqual((await listener.next('reply-started')).turnIds, [1]);
    assert.deepEqual(
      server.turns.map(({ pcm }) => pcm.length),
      [rate * 0.6],
    );
  });
});
