import { createHash } from 'node:crypto';
import { Cooldown } from '../lib/cooldown.ts';
import { FairQueue } from '../lib/fair-queue.ts';
import { WritingFailedError } from '../ports/errors.ts';
import type { Statement, Summaries, TextModel, WritingOrder } from '../ports/reading.ts';
import type { Usage } from '../ports/usage.ts';
import type { Person } from '../ports/voice.ts';
import type { UsageTracker } from '../usage/usage-tracker.ts';
import { type DraftStatement, draftsOf, mergeOrders, pieceOrder, piecesOf, statementsOf } from './summary-pieces.ts';

/** Some twenty hours of talk. */
const MOST_PIECES = 40;
const AT_ONCE = 3;
/** A model that does not make it shorter is not asked forever. */
const MOST_ROUNDS = 4;

/** Summaries of one person, and of one server, cost money each: so many in a row, then one in so many ms. */
const FOR_PERSON = { burst: 5, everyMs: 3 * 60_000 };
const FOR_GUILD = { burst: 15, everyMs: 60_000 };
/** A summary of the very same lines is given again for so long, and costs nothing. */
const KEPT_MS = 10 * 60_000;
const MOST_KEPT = 100;

type Order = Parameters<Summaries['sumUp']>[0];
interface Kept {
  readonly guildId: string;
  readonly at: number;
  readonly statements: Promise<readonly Statement[]>;
}

/** Sums up what was said with a text model, a long conversation piece by piece; what it costs goes to the usage. */
export class WrittenSummaries implements Summaries {
  readonly #model: TextModel | undefined;
  readonly #spending: Pick<UsageTracker, 'note' | 'spent'>;
  readonly #zoneOf: (guildId: string) => Promise<string | null>;
  readonly #queue = new FairQueue({
    atOnce: 4,
    atOnceForGuild: 2,
    mostForPerson: 1,
    mostForGuild: 6,
    mostWaiting: 100,
  });
  readonly #ofPerson = new Cooldown(FOR_PERSON);
  readonly #ofGuild = new Cooldown(FOR_GUILD);
  readonly #kept = new Map<string, Kept>();

  constructor(deps: {
    model: TextModel | undefined;
    spending: Pick<UsageTracker, 'note' | 'spent'>;
    /** The zone of a server; absent: UTC. */
    zoneOf?: (guildId: string) => Promise<string | null>;
  }) {
    this.#zoneOf = deps.zoneOf ?? (() => Promise.resolve(null));
    this.#model = deps.model;
    this.#spending = deps.spending;
  }

  get label(): string | null {
    return this.#model?.label ?? null;
  }

  sumUp(order: Order, signal: AbortSignal): Promise<readonly Statement[]> {
    const now = performance.now();
    for (const [key, one] of this.#kept) if (now - one.at > KEPT_MS) this.#kept.delete(key);
    const key = keyOf(order);
    const known = this.#kept.get(key);
    if (known) return known.statements;
    const statements = this.#inTurn(order, signal, now);
    this.#kept.set(key, { guildId: order.guildId, at: now, statements });
    // What failed is tried again by whoever asks next.
    statements.catch(() => this.#kept.get(key)?.statements === statements && this.#kept.delete(key));
    if (this.#kept.size > MOST_KEPT) this.#kept.delete(this.#kept.keys().next().value as string);
    return statements;
  }

  /** Nothing that was summed up of this server is given again: words of theirs may be in it. */
  erase(guildId: string): void {
    for (const [key, one] of this.#kept) if (one.guildId === guildId) this.#kept.delete(key);
  }

  async #inTurn(order: Order, signal: AbortSignal, now: number): Promise<readonly Statement[]> {
    const { guildId, by } = order;
    const person = `${guildId} ${by.userId}`;
    const waitMs = Math.max(this.#ofPerson.waitMs([person], now), this.#ofGuild.waitMs([guildId], now));
    if (waitMs > 0) {
      const minutes = Math.ceil(waitMs / 60_000);
      const when = minutes === 1 ? 'a minute' : `${minutes} minutes`;
      throw new WritingFailedError(`I made many summaries here just now, and each costs money. Try again in ${when}.`);
    }
    return this.#queue.run(
      { guildId, userId: by.userId },
      {
        signal,
        tooMany: () => new WritingFailedError('Another summary for you or this server is being written. Wait for it.'),
        work: () => {
          this.#ofPerson.take([person], performance.now());
          this.#ofGuild.take([guildId], performance.now());
          return this.#write(order, signal);
        },
      },
    );
  }

  async #write(order: Order, signal: AbortSignal): Promise<readonly Statement[]> {
    const pieces = piecesOf(order.lines, (await this.#zoneOf(order.guildId)) ?? 'UTC');
    if (pieces.length > MOST_PIECES) {
      throw new WritingFailedError('That conversation is too long to be summed up. Search it, or export it.');
    }
    let orders = pieces.map(pieceOrder);
    let drafts: readonly DraftStatement[] = [];
    for (let round = 0; round < MOST_ROUNDS && orders.length > 0; round++) {
      drafts = await this.#round(order, orders, signal);
      orders = orders.length > 1 ? [...mergeOrders(drafts)] : [];
    }
    return statementsOf(drafts, order.lines);
  }

  /** The statements of every piece, in order. */
  async #round(order: Order, orders: readonly WritingOrder[], signal: AbortSignal): Promise<readonly DraftStatement[]> {
    const drafts: DraftStatement[] = [];
    for (let at = 0; at < orders.length; at += AT_ONCE) {
      await this.#mindBudget(order);
      const some = orders.slice(at, at + AT_ONCE).map((one) => this.#writePiece(order, one, signal));
      // All of them, so that none is still under way, and unpaid, when one fails.
      const written = await Promise.allSettled(some);
      for (const one of written) {
        if (one.status === 'rejected') throw one.reason;
        drafts.push(...one.value);
      }
    }
    return drafts;
  }

  /** Before each few pieces: what the ones before took counts already. */
  async #mindBudget({ guildId, by }: Order): Promise<void> {
    const spent = await this.#spending.spent(guildId, by.userId);
    if (spent)
      throw new WritingFailedError(
        `That costs money, and ${spent.words} is spent. Try again <t:${Math.ceil(spent.until / 1_000)}:R>.`,
      );
  }

  async #writePiece({ guildId, channelId, by }: Order, order: WritingOrder, signal: AbortSignal) {
    const model = this.#model;
    if (!model)
      throw new WritingFailedError(
        'I have no text model: whoever runs me should set OPENAI_API_KEY or GEMINI_API_KEY.',
      );
    const { text, usage } = await model.write(order, signal);
    await this.#charge({ guildId, channelId, provider: model.provider, model: model.name }, by, usage);
    const drafts = draftsOf(text, order);
    if (drafts) return drafts;
    throw new WritingFailedError('The model wrote nothing that I can use. Try again.');
  }

  async #charge(place: Parameters<UsageTracker['note']>[0], by: Person, usage: Usage): Promise<void> {
    const turns = [{ id: 0, ...by }];
    await this.#spending.note(place, { type: 'usage', replyId: 'summary', turns, usage });
  }
}

/** By what is summed up, which is what this person may read: who may read less asks for something else. */
function keyOf({ guildId, lines }: Order): string {
  const hash = createHash('sha256');
  for (const { id, name, text } of lines) hash.update(JSON.stringify([id, name, text]));
  return `${guildId} ${hash.digest('base64')}`;
}
