import { randomBytes } from 'node:crypto';
import { type ButtonInteraction, ButtonStyle, ComponentType } from 'discord.js';
import { type ButtonRoutes, buttonId } from './buttons.ts';

/** One page of an answer; `more`: another one follows. */
interface ShownPage {
  readonly content: string;
  readonly more: boolean;
}

/** Gives a page by its number, from 0. A page is asked for only after the one before it, and again at every press. */
type Pages = (at: number) => Promise<ShownPage>;

interface Kept {
  readonly userId: string;
  readonly pages: Pages;
}

/** The oldest goes first: whoever turns its pages then has to ask again. */
const MOST = 500;
const GONE = 'I do not remember this list any more. Ask for it again.';

/** Answers that are longer than a message: Previous and Next below them, for the asker alone. They end with the process. */
export class PagedAnswers {
  readonly #process = randomBytes(6).toString('hex');
  readonly #kept = new Map<string, Kept>();
  #count = 0;

  /** The first page. */
  async open(userId: string, pages: Pages): Promise<ShownAnswer> {
    const first = await pages(0);
    if (!first.more) return { content: first.content, components: [] };
    this.#count += 1;
    const id = String(this.#count);
    this.#kept.set(id, { userId, pages });
    if (this.#kept.size > MOST) this.#kept.delete(this.#kept.keys().next().value as string);
    return { content: first.content, components: [row(`${this.#process}/${id}`, 0, first)] };
  }

  /** What its buttons do. */
  get routes(): Pick<ButtonRoutes, 'page'> {
    return { page: { turn: (pressed, ...parts) => this.#turning(pressed, ...parts) } };
  }

  #turning(pressed: ButtonInteraction, process?: string, id = '', number?: string): () => Promise<ShownAnswer> {
    return async () => {
      const kept = process === this.#process ? this.#kept.get(id) : undefined;
      const at = Number(number);
      // An ephemeral message has one reader; a custom id could be anybody's.
      if (!kept || kept.userId !== pressed.user.id || !Number.isSafeInteger(at) || at < 0) {
        return { content: GONE, components: [] };
      }
      const page = await kept.pages(at);
      return { content: page.content, components: [row(`${this.#process}/${id}`, at, page)] };
    };
  }
}

interface Row {
  readonly type: ComponentType.ActionRow;
  readonly components: readonly {
    readonly type: ComponentType.Button;
    readonly style: ButtonStyle.Secondary;
    readonly customId: string;
    readonly label: string;
    readonly disabled: boolean;
  }[];
}

/** What a message is made of. */
interface ShownAnswer {
  readonly content: string;
  readonly components: readonly Row[];
}

/** `key`: of this process and this answer. Two buttons of one message must not have the same id. */
function row(key: string, at: number, { more }: ShownPage): Row {
  const button = (label: string, to: number, disabled: boolean) => ({
    type: ComponentType.Button as const,
    style: ButtonStyle.Secondary as const,
    customId: buttonId('page', key, String(to)),
    label,
    disabled,
  });
  return {
    type: ComponentType.ActionRow,
    components: [button('Previous', at - 1, at === 0), button('Next', at + 1, !more)],
  };
}
