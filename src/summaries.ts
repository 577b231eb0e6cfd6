import { WritingFailedError } from './bridge/errors.ts';
import type { Person, Usage } from './bridge/ports.ts';
import type { Statement, Summaries, TextModel, WritingOrder } from './bridge/reading-ports.ts';
import type { Spending } from './spending.ts';
import { type DraftStatement, draftsOf, mergeOrders, pieceOrder, piecesOf, statementsOf } from './summary-pieces.ts';

/** Some twenty hours of talk. */
const MOST_PIECES = 40;
const AT_ONCE = 3;
/** A model that does not make it shorter is not asked forever. */
const MOST_ROUNDS = 4;

type Order = Parameters<Summaries['sumUp']>[0];

/** Sums up what was said with a text model, a long conversation piece by piece; what it costs goes to the usage. */
export class WrittenSummaries implements Summaries {
  readonly #model: TextModel | undefined;
  readonly #spending: Pick<Spending, 'note' | 'exhausted'>;

  constructor(parts: { model: TextModel | undefined; spending: Pick<Spending, 'note' | 'exhausted'> }) {
    this.#model = parts.model;
    this.#spending = parts.spending;
  }

  get label(): string | null {
    return this.#model?.label ?? null;
  }

  async sumUp(order: Order, signal: AbortSignal): Promise<readonly Statement[]> {
    const pieces = piecesOf(order.lines);
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
      await this.#mindBudget(order.guildId);
      const some = orders.slice(at, at + AT_ONCE).map((one) => this.#write(order, one, signal));
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
  async #mindBudget(guildId: string): Promise<void> {
    const budget = await this.#spending.exhausted(guildId);
    if (budget !== undefined)
      throw new WritingFailedError(`Today's budget of $${budget} is spent. Try again tomorrow.`);
  }

  async #write({ guildId, channelId, by }: Order, order: WritingOrder, signal: AbortSignal) {
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

  async #charge(place: Parameters<Spending['note']>[0], by: Person, usage: Usage): Promise<void> {
    const turns = [{ id: 0, ...by }];
    await this.#spending.note(place, { type: 'usage', replyId: 'summary', turns, usage });
  }
}
