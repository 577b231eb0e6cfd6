import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { GeminiReplies } from '../../src/model/gemini/replies/replies.ts';
import type { SessionEvent } from '../../src/ports/model.ts';

type Message =
  | { type: 'begin' }
  | { type: 'end'; turnId: number }
  | { type: 'call'; id: string; source: readonly number[] }
  | { type: 'sound' | 'generated' | 'interrupted' | 'complete' };

/** A Live API server reduced to turns and generations, with a line that delivers late, in order. */
class Server {
  readonly toServer: Message[] = [];
  readonly toClient: Message[] = [];
  readonly sources = new Map<string, readonly number[]>();
  #unanswered: number[] = [];
  #speaking = false;
  #generating: { source: readonly number[]; output: boolean } | undefined;
  #due = false;
  #calls = 0;

  /** Takes the next message of the client. */
  take(): void {
    const message = this.toServer.shift();
    if (message?.type === 'begin') {
      this.#speaking = true;
      if (!this.#generating) return;
      if (!this.#generating.output) this.#unanswered.push(...this.#generating.source);
      this.#generating = undefined;
      this.toClient.push({ type: 'interrupted' }, { type: 'complete' });
    }
    if (message?.type === 'end') {
      this.#speaking = false;
      this.#due = true;
      this.#unanswered.push(message.turnId);
    }
  }

  /** Does the next thing that a model may do. */
  work(choice: number): void {
    if (this.#speaking) return;
    if (!this.#generating) {
      if (!this.#due) return;
      this.#due = false;
      this.#generating = { source: this.#unanswered.splice(0), output: false };
      return;
    }
    const { source } = this.#generating;
    if (choice % 4 === 3) {
      this.toClient.push({ type: 'generated' }, { type: 'complete' });
      this.#generating = undefined;
      return;
    }
    this.#generating.output = true;
    if (choice % 4 !== 2) {
      this.toClient.push({ type: 'sound' });
      return;
    }
    const id = `call-${++this.#calls}`;
    this.sources.set(id, source);
    this.toClient.push({ type: 'call', id, source });
  }
}

describe('whom an answer of Gemini is for', () => {
  it('names every turn that a tool call may come from, whatever the timing', () => {
    let calls = 0;
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 63 }), { minLength: 150, maxLength: 250 }), (steps) => {
        const server = new Server();
        const events: SessionEvent[] = [];
        const generations = new GeminiReplies({
          emit: (event) => events.push(event),
          mute: () => {},
          caughtUpTo: () => Number.NEGATIVE_INFINITY,
          echo: () => {},
          nudge: () => server.toServer.push({ type: 'begin' }, { type: 'end', turnId: 0 }),
          unanswered: () => {},
          now: () => 0,
        });
        const client = new Client(generations, server, events);
        for (const step of steps) client.step(step);
        for (const event of events) {
          if (event.type !== 'tool-call') continue;
          calls += 1;
          const source = (server.sources.get(event.call.callId) ?? []).filter((id) => id > 0);
          assert.ok(
            source.every((id) => event.call.turnIds.includes(id)),
            `${event.call.callId} of ${source} was credited to ${event.call.turnIds}`,
          );
        }
      }),
      { numRuns: 1_500 },
    );
    assert.ok(calls > 500, `only ${calls} calls were passed on`);
  });
});

/** What the session does with the generations, driven by random steps. */
class Client {
  readonly #generations: GeminiReplies;
  readonly #server: Server;
  readonly #events: readonly SessionEvent[];
  #open = false;
  #turns = 0;

  constructor(generations: GeminiReplies, server: Server, events: readonly SessionEvent[]) {
    this.#generations = generations;
    this.#server = server;
    this.#events = events;
  }

  step(step: number): void {
    const kind = step % 8;
    const choice = step >> 3;
    if (kind === 0) this.#talk(choice);
    else if (kind === 1 && !this.#open && choice < 3) this.#generations.respond();
    else if (kind === 2 && choice < 2) this.#interrupt(choice);
    else if (kind <= 3) this.#server.take();
    else if (kind <= 5) this.#server.work(choice);
    else this.#receive();
  }

  #talk(choice: number): void {
    if (this.#open) {
      this.#generations.turnEnded(++this.#turns, choice % 2 === 0, false);
      this.#server.toServer.push({ type: 'end', turnId: this.#turns });
    } else {
      this.#generations.turnBegan();
      this.#server.toServer.push({ type: 'begin' });
    }
    this.#open = !this.#open;
  }

  #interrupt(heardMs: number): void {
    const started = this.#events.filter(({ type }) => type === 'reply-started').at(-1);
    if (started?.type !== 'reply-started') return;
    const { replyId } = started;
    this.#generations.interrupt([{ replyId, items: [{ itemId: `${replyId}.0`, heardMs }] }], replyId);
  }

  #receive(): void {
    const message = this.#server.toClient.shift();
    if (message?.type === 'sound') this.#generations.sound('AAAA', []);
    if (message?.type === 'call') {
      this.#generations.toolCall({ callId: message.id, name: 't', arguments: '{}' }, []);
    }
    if (message?.type === 'generated') this.#generations.generated();
    if (message?.type === 'interrupted') this.#generations.interrupted();
    if (message?.type === 'complete') this.#generations.turnComplete([]);
  }
}
