import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { Script } from '@parley/simulator/models';
import type { ToolCall } from '../../src/ports/tool-calls.ts';
import { eventually } from '../support/time/eventually.ts';
import { ANNA, BEN, OPTIONS, tone } from './contract.ts';
import { Listener } from './listen.ts';
import { OTHER, type Protocol, says, type TwoProviders, twoProviders } from './two-providers.ts';

/** Two hours in 18 s. */
const SCALE = 400;
const MINUTE_MS = 60_000 / SCALE;
const LENGTH_MS = 120 * MINUTE_MS;
const DROPS = 30;
const SEED = Number(process.env.TWO_HOURS_SEED ?? 11);
/** Scaled as the clocks are, as far as the machine's own noise allows. */
const PATIENCE = {
  firstMs: 10,
  longestMs: 40,
  quietMs: 5 * MINUTE_MS,
  forcedMs: 60,
  renewalMs: MINUTE_MS / 2,
  life: { shortestMs: MINUTE_MS, longestMs: 120 * MINUTE_MS },
  switchMs: 1_500,
};
const TIMING = { connectMs: 300, pingMs: 60, silentMs: 240 };
const HALF_OPEN_MS = 400;

/** Every turn has a length of its own, so that its words tell which turn was heard, and whether whole. */
const msOf = (id: number): number => 200 + 5 * id;
const wordsOf = (id: number): string => `words ${msOf(id) * 16}`;
const idOf = (samples: number, rate: number): number => ((samples * 1_000) / rate - 200) / 5;

/** Numbers from 0 to 1, the same in every run (mulberry32). */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Every fourth turn wants a tool; every answer names the turns that it is for. */
const script: Script = ({ unanswered, text, toolResults, sampleRate, declaredTools }) => {
  if (declaredTools.length === 0) return { silent: true };
  const results = toolResults.map(({ output }) => output).join();
  const asked = unanswered.filter(({ pcm }) => pcm.length > 0).map(({ pcm }) => idOf(pcm.length, sampleRate));
  const behind = [...`${text} ${results}`.matchAll(/turn (\d+)/g)].map(([, id]) => Number(id));
  const wanting = asked.filter((id) => id % 4 === 0 && !behind.includes(id));
  if (wanting.length > 0) {
    return { calls: wanting.map((id) => ({ name: 'get_weather', arguments: { place: `${id}` } })), delayMs: 10 };
  }
  return { ...says(`For ${[...new Set([...asked, ...behind])].join(',')}.`), delayMs: 10 };
};

class TwoHours {
  readonly #stage: TwoProviders;
  readonly #listener: Listener;
  readonly #startedAt = performance.now();
  readonly calls: ToolCall[] = [];
  /** Connections to the Live API that are open, by their numbers. */
  readonly #open = new Set<number>();
  drops = 0;

  constructor(stage: TwoProviders, listener: Listener) {
    this.#stage = stage;
    this.#listener = listener;
    stage.gemini.onEvent(({ type, session }) => {
      if (type === 'connected') this.#open.add(session);
      if (type === 'closed') this.#open.delete(session);
    });
  }

  /** Whether a session is only being set up: a close code would say something about the setup then. */
  get #opening(): boolean {
    return [...this.#open].some((number) => this.#stage.gemini.sessions[number - 1]?.setup === undefined);
  }

  get #nowMs(): number {
    return performance.now() - this.#startedAt;
  }

  /** Cuts lines at random instants all the time, and leaves one dead but open. */
  async weather(random: () => number): Promise<void> {
    const slotMs = LENGTH_MS / DROPS;
    for (let i = 0; i < DROPS; i += 1) {
      await wait(Math.max(0, (i + random()) * slotMs - this.#nowMs));
      if (i === DROPS / 2) await this.#deadLine();
      await eventually('the session is open', () => !this.#opening, { everyMs: 2 });
      for (const server of [this.#stage.openai, this.#stage.gemini]) {
        const code = [1006, 1008, 1011][i % 3] as number;
        if (code === 1006) server.dropAll();
        else server.closeAll(code, code === 1008 ? 'Policy violation.' : 'The operation was aborted.');
      }
      this.drops += 1;
    }
  }

  async #deadLine(): Promise<void> {
    const servers = [this.#stage.openai, this.#stage.gemini];
    for (const { faults } of servers) faults.halfOpen = true;
    await wait(HALF_OPEN_MS);
    for (const { faults } of servers) faults.halfOpen = false;
  }

  /** Runs tools as the bridge does: at once, and once a call. */
  async tools(): Promise<void> {
    for (let seen = 0; this.#listener.end === undefined; await wait(3)) {
      const found = this.#listener.all('tool-call').slice(seen);
      seen += found.length;
      for (const { call } of found) {
        this.calls.push(call);
        void wait(20).then(() => {
          const output = `weather for turn ${JSON.parse(call.arguments).place}`;
          this.#stage.session.sendToolResult({ callId: call.callId, name: call.name, ok: true, output });
          this.#stage.session.respond();
        });
      }
    }
  }

  /** People speak one after the other until the time is over; gives how many turns there were. */
  async speak(switchAtMs: number, second: Protocol): Promise<number> {
    const { session, rate, models } = this.#stage;
    let turns = 0;
    for (let switched = false; this.#nowMs < LENGTH_MS; ) {
      turns += 1;
      const id = turns;
      const pcm = tone(msOf(id), rate);
      session.beginTurn({ ...(id % 2 === 0 ? ANNA : BEN), id });
      for (let at = 0; at < pcm.length; at += rate / 10) {
        session.appendAudio(pcm.subarray(at, at + rate / 10));
        await wait(4);
      }
      session.endTurn(true);
      await this.#listener.next('reply-done', (done) => done.status === 'completed' && this.#saidFor(done.replyId, id));
      if (id % 2 === 0) await this.#listener.next('turn-transcript', (event) => event.final && event.turnId === id);
      if (!switched && this.#nowMs > switchAtMs) {
        switched = true;
        session.switchTo(models[second], OPTIONS);
      }
      await wait(30);
    }
    for (let id = 1; id <= turns; id += 1) {
      await this.#listener.next('turn-transcript', (event) => event.final && event.turnId === id);
    }
    return turns;
  }

  /** What the replies said, each with the turns that it was credited to. */
  replies(): { readonly text: string; readonly turnIds: readonly number[] }[] {
    return this.#listener.all('reply-started').map(({ replyId, turnIds }) => ({ text: this.#text(replyId), turnIds }));
  }

  #saidFor(replyId: string, id: number): boolean {
    return namedIn(this.#text(replyId)).includes(id);
  }

  #text(replyId: string): string {
    const pieces = this.#listener.all('reply-transcript').filter((event) => event.replyId === replyId);
    return pieces.map(({ delta }) => delta).join('');
  }
}

function namedIn(text: string): number[] {
  return [...text.matchAll(/\d+/g)].map(([id]) => Number(id));
}

describe('two hours of conversation, on scaled clocks', { concurrency: 2 }, () => {
  for (const first of ['openai', 'gemini'] as const) {
    const second = OTHER[first];
    it(`from ${first} to ${second}: every word once, every reply for the right turns, no tool twice`, async (t) => {
      const stage = await twoProviders(t, first, script, {
        patience: PATIENCE,
        timing: TIMING,
        openai: { sessionMs: 60 * MINUTE_MS, frameLimit: 50_000 },
        gemini: { connectionMs: 10 * MINUTE_MS, goAwayMs: MINUTE_MS, handleMs: LENGTH_MS, frameLimit: 50_000 },
      });
      const listener = new Listener(stage.session);
      const hours = new TwoHours(stage, listener);
      void hours.tools();
      const weather = hours.weather(dice(first === 'openai' ? SEED : SEED + 1));
      const turns = await hours.speak(LENGTH_MS / 2, second);
      await weather;
      const finals = listener.all('turn-transcript').filter(({ final }) => final);
      assert.deepEqual(
        finals.map(({ turnId, text }) => [turnId, text]).sort(([a], [b]) => Number(a) - Number(b)),
        Array.from({ length: turns }, (_, i) => [i + 1, wordsOf(i + 1)]),
      );
      for (const { text, turnIds } of hours.replies()) {
        assert.deepEqual(
          namedIn(text).filter((id) => !turnIds.includes(id)),
          [],
          `"${text}" was credited to ${turnIds}`,
        );
      }
      const wanted = Array.from({ length: Math.floor(turns / 4) }, (_, i) => `${4 * (i + 1)}`);
      assert.deepEqual(
        hours.calls.map((call) => JSON.parse(call.arguments).place).sort((a, b) => a - b),
        wanted,
      );
      assert.equal(hours.drops, DROPS);
      assert.equal(listener.all('model-changed').length, 1);
      const refused = stage.openai.frames.filter(({ message }) => 'type' in message && message.type === 'error');
      assert.deepEqual(refused, []);
      const resumed = stage.gemini.sessions.filter(({ setup }) => setup?.sessionResumption?.handle).length;
      t.diagnostic(
        `${turns} turns, ${stage.openai.sessions.length} + ${stage.gemini.sessions.length} connections, ${resumed} restored`,
      );
      assert.ok(resumed > 3, `${resumed} restored`);
    });
  }
});
