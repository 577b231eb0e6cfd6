import type { BridgeEvent } from '../ports/bridge-events.ts';
import type { Turn } from '../ports/voice.ts';
import type { Entry } from './entry.ts';
import { ownersOf, type Posting } from './posting.ts';

type TurnEntry = Extract<Entry, { kind: 'turn' }>;
type TurnEvent = Extract<BridgeEvent, { type: 'turn-began' | 'turn-ended' | 'turn-transcript' }>;

/** A turn whose words did not come this long after its end will stay without. */
const TRANSCRIPT_WAIT_MS = 30_000;

const NOBODYS_KEPT = 50;
/** Until then a line of somebody unknown may turn out to be a turn's, as when it is given to another connection. */
const NAMED_WITHIN_MS = 180_000;

/** What people said, each turn with its post. A turn stands where it began, whenever its words come. */
export class TurnPosts {
  readonly #posting: Posting;
  readonly #now: () => number;
  readonly #turns = new Map<number, TurnEntry>();
  #unknown = 0;
  /** Turns that ended without their words so far, with the instant of their end. */
  readonly #awaited = new Map<TurnEntry, number>();
  /** Words of somebody unknown that are not final yet. */
  #uncertain: TurnEntry | undefined;
  /** Lines of somebody unknown that may still turn out to be a turn's; the newest last. */
  #nobodys: { readonly entry: TurnEntry; readonly at: number }[] = [];

  /** `now` in ms of performance.now(). */
  constructor({ now, ...posting }: Posting & { readonly now: () => number }) {
    this.#posting = posting;
    this.#now = now;
  }

  observe(event: TurnEvent): void {
    switch (event.type) {
      case 'turn-began': {
        const { id } = event.turn;
        if (!this.#turns.has(id)) this.#turns.set(id, this.#begin(event.turn));
        break;
      }
      case 'turn-ended': {
        const entry = this.#turns.get(event.turn.id);
        if (entry?.state === 'listening') this.#awaited.set(entry, this.#now());
        break;
      }
      case 'turn-transcript':
        if (event.insteadOf !== undefined) this.#named(event.insteadOf);
        this.#heard(event.turn, event.text, event.final);
        break;
      default:
        event satisfies never;
    }
  }

  /** Its speaker took it back: what of it was posted goes. undefined: there is no such turn. */
  withdraw(turnId: number): TurnEntry | undefined {
    const entry = this.#turns.get(turnId);
    if (!entry) return undefined;
    this.#awaited.delete(entry);
    entry.text = '';
    entry.state = 'final';
    this.#posting.changed(entry, true);
    return entry;
  }

  /** Time passes: words that have not come by now are not waited for any more. */
  giveUpWaiting(): void {
    const since = this.#now() - TRANSCRIPT_WAIT_MS;
    for (const [entry, endedAt] of this.#awaited) if (endedAt <= since) this.#withoutWords(entry);
  }

  /** No words come any more. */
  stopWaiting(): void {
    for (const entry of this.#turns.values()) if (entry.state === 'listening') this.#withoutWords(entry);
    if (this.#uncertain) this.#withoutWords(this.#uncertain);
  }

  /** It is not shown any more: its words are not waited for. They may still come. */
  removed(entry: Entry): void {
    if (entry.kind === 'turn') this.#awaited.delete(entry);
  }

  /** These are not written any more. */
  evict(entries: ReadonlySet<Entry>): void {
    for (const [id, entry] of this.#turns) if (entries.has(entry)) this.#turns.delete(id);
    for (const entry of this.#awaited.keys()) if (entries.has(entry)) this.#awaited.delete(entry);
    this.#nobodys = this.#nobodys.filter(({ entry }) => !entries.has(entry));
  }

  /** Whether it is a line of somebody unknown that may still get a name, and then goes. */
  mayBeNamed(entry: Entry): boolean {
    const since = this.#now() - NAMED_WITHIN_MS;
    return this.#nobodys.some((one) => one.entry === entry && one.at > since);
  }

  /** Remembers the newest `most` alone. */
  keep(most: number): void {
    const [id, entry] = this.#turns.size > most ? (this.#turns.entries().next().value ?? []) : [];
    if (id === undefined || !entry) return;
    this.#turns.delete(id);
    this.#awaited.delete(entry);
  }

  #heard(turn: Turn | null, text: string, final: boolean): void {
    const known = turn ? this.#turns.get(turn.id) : this.#uncertain;
    const entry = known ?? this.#begin(turn);
    if (turn) this.#turns.set(turn.id, entry);
    else this.#uncertain = final ? undefined : entry;
    if (final) this.#awaited.delete(entry);
    entry.text = text;
    if (final) entry.state = 'final';
    if (final && !turn) this.#nobodys = [...this.#nobodys.slice(1 - NOBODYS_KEPT), { entry, at: this.#now() }];
    this.#posting.changed(entry, true);
  }

  /** It turned out who said it: the line goes. */
  #named(text: string): void {
    const found = this.#nobodys.findLast(({ entry }) => entry.text === text);
    if (!found) return;
    this.#nobodys = this.#nobodys.filter((one) => one !== found);
    found.entry.text = '';
    this.#posting.changed(found.entry, true);
  }

  #begin(turn: Turn | null): TurnEntry {
    if (!turn) this.#unknown += 1;
    const key = turn ? `turn:${turn.id}` : `unknown:${this.#unknown}`;
    const entry: TurnEntry = { kind: 'turn', name: turn?.name ?? '', text: '', state: 'listening' };
    this.#posting.begin(entry, key, ownersOf(turn ? [turn] : []));
    return entry;
  }

  #withoutWords(entry: TurnEntry): void {
    this.#awaited.delete(entry);
    entry.state = 'unknown';
    this.#posting.changed(entry, false);
  }
}
