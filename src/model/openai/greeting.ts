import type { WebSocket } from 'ws';
import { Deadline } from '../connection/deadline.ts';

/** session.created comes within a second; a server that is slow reads the settings when it can. */
const GREETING_MS = 3_000;

/**
 * When the settings of an OpenAI session are sent: at session.created, however late it comes, and without it after a
 * while, since a relay may keep it to itself. They are sent once.
 */
export class OpenAIGreeting {
  readonly #deadline = new Deadline();
  readonly #setUp: () => void;
  #sent = false;

  /** `setUp` sends the settings. */
  constructor(socket: WebSocket, setUp: () => void) {
    this.#setUp = setUp;
    socket.once('open', () => this.#deadline.set(GREETING_MS, () => this.came()));
  }

  came(): void {
    this.#deadline.clear();
    if (this.#sent) return;
    this.#sent = true;
    this.#setUp();
  }

  close(): void {
    this.#deadline.clear();
  }
}
