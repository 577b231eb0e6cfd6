import { type REST, Routes } from 'discord.js';
import { likeness } from './words.ts';

/** A line of the transcript as the channel shows it. */
export interface PostedLine {
  readonly name: string;
  readonly text: string;
}

/** A sentence in the posts: the line that is most like it. `seenAt`: performance.now(); null: never like enough. */
export interface FoundSentence {
  readonly likeness: number;
  readonly line: PostedLine | null;
  readonly seenAt: number | null;
}

/** From here on a line counts as the sentence: what writes down may well mistake a word. */
export const LIKE_ENOUGH = 0.7;

const EVERY_MS = 1_000;
const MOST = 100;
const LINE = /^\*\*(.+?)(?::\*\*|\*\* \(more\):) ?(.*)$/;

interface Message {
  readonly id: string;
  readonly content: string;
  readonly author: { readonly id: string };
}

/**
 * Reads what the bot posts, with the bot's own token: others get its posts without their content unless they have the
 * message content intent (docs.discord.com/developers/resources/message). Close it.
 */
export class Posts {
  readonly #rest: REST;
  readonly #channelId: string;
  #after = '0';
  readonly #sentences: readonly string[];
  readonly #seen = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #messages: readonly Message[] = [];
  #reading: Promise<void> | undefined;
  /** Why the last reading failed; undefined: it did not. */
  failure: string | undefined;

  constructor(options: { readonly rest: REST; readonly channelId: string; readonly sentences: readonly string[] }) {
    this.#rest = options.rest;
    this.#channelId = options.channelId;
    this.#sentences = options.sentences;
  }

  /** Takes in what is posted from now on. Rejects where the channel cannot be read. */
  async begin(): Promise<void> {
    const newest = await messagesOf(this.#rest, this.#channelId, new URLSearchParams({ limit: '1' }));
    this.#after = newest[0]?.id ?? this.#after;
    this.#timer = setInterval(() => void this.read(), EVERY_MS);
  }

  /** How many messages there are. */
  get count(): number {
    return this.#messages.length;
  }

  get ids(): ReadonlySet<string> {
    return new Set(this.#messages.map(({ id }) => id));
  }

  get lines(): readonly PostedLine[] {
    return this.#messages.flatMap(({ content }) => content.split('\n').flatMap((line) => lineOf(line) ?? []));
  }

  find(sentence: string): FoundSentence {
    const [best] = this.lines
      .map((line) => ({ line, likeness: likeness(sentence, line.text) }))
      .sort((one, other) => other.likeness - one.likeness);
    return { line: best?.line ?? null, likeness: best?.likeness ?? 0, seenAt: this.#seen.get(sentence) ?? null };
  }

  /** Reads them now; never rejects. */
  async read(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #read(): Promise<void> {
    try {
      const query = new URLSearchParams({ after: this.#after, limit: String(MOST) });
      this.#messages = (await messagesOf(this.#rest, this.#channelId, query)).toReversed();
      this.failure = undefined;
    } catch (error) {
      this.failure = error instanceof Error ? error.message : String(error);
    }
    const now = performance.now();
    for (const sentence of this.#sentences) {
      if (!this.#seen.has(sentence) && this.find(sentence).likeness >= LIKE_ENOUGH) this.#seen.set(sentence, now);
    }
  }
}

async function messagesOf(rest: REST, channelId: string, query: URLSearchParams): Promise<readonly Message[]> {
  return (await rest.get(Routes.channelMessages(channelId), { query })) as Message[];
}

/** Somebody's line; undefined: a note, a card or the greeting. */
function lineOf(line: string): PostedLine | undefined {
  const [, name, text] = LINE.exec(line) ?? [];
  return name === undefined || text === undefined ? undefined : { name: shown(name), text: shown(text) };
}

/** Without the backslashes that Discord does not show. */
function shown(markdown: string): string {
  return markdown.replace(/\\([^\p{L}\p{N}\s])/gu, '$1');
}
