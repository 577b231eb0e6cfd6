import type { BridgeEvent } from '../ports/bridge-events.ts';
import type { ServerWork } from '../ports/tool-calls.ts';
import type { Progress } from '../ports/tools.ts';
import type { Turn } from '../ports/voice.ts';
import type { Entry } from './entry.ts';
import { outcomeOf } from './tool-outcome.ts';
import type { Timer } from './write-throttle.ts';

type CallEntry = Extract<Entry, { kind: 'tool' }>;
type CallEvent = Extract<BridgeEvent, { type: 'tool-started' | 'tool-progress' | 'tool-ended' }>;

/** A tool that is done sooner is posted once, with its result. */
const HELD_MS = 1_000;
/** A call's progress is shown as often as this at most, and less often the more calls there are: edits are few. */
const PROGRESS_INTERVAL_MS = 2_500;

/** What the posts of calls need of the transcript. */
export interface CallPostsDeps {
  readonly now: () => number;
  readonly timer: Timer;
  /** Puts a new entry after all others. */
  readonly begin: (entry: CallEntry) => CallEntry;
  /** `alive`: it is a sign of life in the conversation. */
  readonly changed: (entry: CallEntry, alive: boolean) => void;
}

/** The calls of one conversation that have no result yet, each with its post. */
export class CallPosts {
  readonly #deps: CallPostsDeps;
  readonly #running = new Map<string, CallEntry>();
  /** The newest progress of each call, while it waits for its time. */
  readonly #progress = new Map<string, Progress>();
  readonly #shownAt = new Map<string, number>();

  constructor(deps: CallPostsDeps) {
    this.#deps = deps;
  }

  observe(event: CallEvent): void {
    switch (event.type) {
      case 'tool-started':
        this.#started(event);
        break;
      case 'tool-progress':
        this.#goesOn(event.callId, event.progress);
        break;
      case 'tool-ended':
        this.#ended(event);
        break;
      default:
        event satisfies never;
    }
  }

  /** A call that the provider made looks like one of our own. */
  observeHosted(replyId: string, turns: readonly Turn[], work: ServerWork & { kind: 'call' }): void {
    const { callId, server, result } = work;
    const name = `${server}: ${work.name}`;
    const call = { callId, replyId, turnIds: turns.map(({ id }) => id), name, arguments: work.arguments };
    const people = new Map(turns.map((turn) => [turn.userId, turn.name]));
    const askers = [...people].flatMap(([userId, asker]) => (userId === null ? [] : [{ userId, name: asker }]));
    const { now, begin } = this.#deps;
    const entry =
      this.#running.get(callId) ??
      begin({ kind: 'tool', call, askers, cancelId: null, held: false, startedAt: now(), ended: null });
    if (result === null) {
      this.#running.set(callId, entry);
      return;
    }
    const tookMs = now() - (entry.startedAt ?? now());
    this.#end(entry, outcomeOf({ call, result, tookMs }));
  }

  /** Shows every call that runs. */
  show(): void {
    for (const entry of this.#running.values()) this.#show(entry);
  }

  /** Nothing runs on after a conversation, and nobody can cancel it any more. */
  endAll(): void {
    const result = { ok: false, output: '{"error":"the conversation ended"}' };
    for (const entry of [...this.#running.values()]) {
      const tookMs = this.#deps.now() - (entry.startedAt ?? this.#deps.now());
      this.#end(entry, outcomeOf({ call: entry.call, result, tookMs }), false);
    }
  }

  #started(event: Extract<CallEvent, { type: 'tool-started' }>): void {
    const { call, askers, cancelId = null } = event;
    const { callId } = call;
    const { now, begin, timer } = this.#deps;
    if (this.#running.has(callId)) return;
    const entry = begin({ kind: 'tool', call, askers, cancelId, held: true, startedAt: now(), ended: null });
    this.#running.set(callId, entry);
    timer(() => this.#show(entry), HELD_MS);
  }

  #show(entry: CallEntry): void {
    if (!entry.held) return;
    entry.held = false;
    this.#deps.changed(entry, true);
  }

  #goesOn(callId: string, progress: Progress): void {
    if (!this.#running.has(callId)) return;
    const waits = this.#progress.has(callId);
    this.#progress.set(callId, progress);
    if (waits) return;
    const intervalMs = PROGRESS_INTERVAL_MS * this.#running.size;
    const since = this.#deps.now() - (this.#shownAt.get(callId) ?? Number.NEGATIVE_INFINITY);
    if (since >= intervalMs) this.#showProgress(callId);
    else this.#deps.timer(() => this.#showProgress(callId), intervalMs - since);
  }

  #showProgress(callId: string): void {
    const entry = this.#running.get(callId);
    const progress = this.#progress.get(callId);
    this.#progress.delete(callId);
    if (!entry || !progress) return;
    this.#shownAt.set(callId, this.#deps.now());
    entry.progress = progress;
    this.#deps.changed(entry, false);
  }

  #ended(event: Extract<CallEvent, { type: 'tool-ended' }>): void {
    const { call, askers, result, tookMs, extras, againId = null } = event;
    const entry =
      this.#running.get(call.callId) ??
      this.#deps.begin({ kind: 'tool', call, askers, cancelId: null, held: false, ended: null });
    entry.againId = againId;
    this.#end(entry, outcomeOf({ call, result, tookMs, extras }));
  }

  #end(entry: CallEntry, outcome: NonNullable<CallEntry['ended']>, alive = true): void {
    const { callId } = entry.call;
    this.#running.delete(callId);
    this.#progress.delete(callId);
    this.#shownAt.delete(callId);
    entry.held = false;
    entry.ended = outcome;
    this.#deps.changed(entry, alive);
  }
}
