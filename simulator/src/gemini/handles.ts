import { randomUUID } from 'node:crypto';
import type { Wire } from '../shared/model-server.ts';

/** What a session knew when a handle was given for it. */
export interface GeminiState {
  /** Turns of people so far. */
  readonly turns: number;
  readonly promptChars: number;
  readonly heardSamples: number;
  /** What it was told, heard and said, in short, oldest first. */
  readonly memory: readonly string[];
}

/** One session over all its connections. */
interface Lineage {
  readonly model: string;
  wire: Wire;
}

const TWO_HOURS_MS = 2 * 60 * 60 * 1000;

/**
 * Handles by which sessions are restored: each is good for two hours (ai.google.dev/gemini-api/docs/live-session) and
 * for its own model. While an earlier connection of the session is open, a resumption is refused with 1011, as seen
 * on the live service (aicc2025/sip-to-ai#14).
 */
export class GeminiHandles {
  readonly #states = new Map<string, { readonly state: GeminiState; readonly lineage: Lineage; readonly at: number }>();
  readonly #lineageOf = new WeakMap<Wire, Lineage>();
  readonly #validMs: number;

  constructor(validMs = TWO_HOURS_MS) {
    this.#validMs = validMs;
  }

  /** The close frame that refuses this handle, or the state behind it. */
  look(handle: string, model: string): { readonly code: number; readonly reason: string } | GeminiState {
    const known = this.#states.get(handle);
    if (!known || performance.now() - known.at > this.#validMs) {
      return { code: 1008, reason: 'Requested entity was not found.' };
    }
    const { lineage, state } = known;
    if (lineage.model !== model) return { code: 1007, reason: 'Request contains an invalid argument.' };
    if (lineage.wire.isOpen()) return { code: 1011, reason: 'Internal error encountered.' };
    return state;
  }

  /** A session begins on this connection, or goes on. */
  begin(wire: Wire, model: string, handle: string | undefined): void {
    const lineage = this.#states.get(handle ?? '')?.lineage ?? { model, wire };
    lineage.wire = wire;
    this.#lineageOf.set(wire, lineage);
  }

  give(wire: Wire, state: GeminiState): string {
    const handle = randomUUID();
    const lineage = this.#lineageOf.get(wire);
    if (lineage) this.#states.set(handle, { state, lineage, at: performance.now() });
    return handle;
  }
}
