import type { Moderation } from './bridge/guild-ports.ts';
import type { Person, UserId } from './bridge/ports.ts';
import type { PostedIn, RecordedLine, RecordReader } from './bridge/record-ports.ts';
import type { MessageButton } from './bridge/room-ports.ts';
import type { CardDeed, CardLine, RuleCard } from './bridge/rule-ports.ts';
import type { KnownRules } from './known-rules.ts';
import type { Log } from './log.ts';
import type { Flagged } from './rule-watch.ts';
import type { RuleCardStore } from './store/rule-cards.ts';
import { forgottenCardText, ruleCardText, takenBackCardText } from './transcript/rule-card-text.ts';

/** The time around a hit that moderators see. */
const CONTEXT_MS = 30_000;
/** Words of what was said last come so much later, at most, and are on disk. */
const WORDS_MS = 2_000;
/** A line that began before the context may reach into it. */
const LONGEST_LINE_MS = 60_000;
/** What was said then and no other time. */
const SAME_MS = 5_000;
const MOST_LINES = 60;
const LONGEST_TEXT = 300;
/** Cards a guild and minute: past it hits are logged and counted only, so that nobody floods the moderators. */
const MOST_CARDS = 20;
const MINUTE_MS = 60_000;
const TIMEOUT_MINUTES = 10;

/** Posts into a guild's channel and edits there. Rejects with an Error whose message a person can read. */
export interface ModeratorPosts {
  post(
    at: { guildId: string; channelId: string },
    content: string,
    buttons: readonly MessageButton[],
    files?: readonly { name: string; bytes: Uint8Array }[],
  ): Promise<PostedIn>;
  edit(guildId: string, at: PostedIn, content: string, buttons: readonly MessageButton[]): Promise<void>;
}

/** What it needs. `now` in ms since 1970. */
export interface RuleCardsParts {
  readonly store: RuleCardStore;
  readonly rules: Pick<KnownRules, 'settings'>;
  readonly reader: Pick<RecordReader, 'lines'>;
  readonly posts: ModeratorPosts;
  readonly moderation: Pick<Moderation, 'act'>;
  readonly buttons: (card: RuleCard) => readonly MessageButton[];
  readonly now: () => number;
  readonly log: Pick<Log, 'warn'>;
  /** Default 30 s; only tests need another. */
  readonly contextMs?: number;
}

/** What a moderator wants done about a card. */
export type CardWish =
  | { readonly kind: 'dismiss' | 'mute' | 'timeout' }
  | { readonly kind: 'note'; readonly text: string };

/**
 * The cards in the moderators' channels: posted at once with what was said before, completed 30 s later. What is known
 * of a card stands in the database, so a restart loses none. Whoever made it closes it.
 */
export class RuleCards {
  readonly #parts: RuleCardsParts;
  readonly #contextMs: number;
  readonly #timers = new Map<number, NodeJS.Timeout>();
  readonly #times = new Map<string, readonly number[]>();
  /** One change of cards at a time: two moderators may press at once. */
  #changing: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(parts: RuleCardsParts) {
    this.#parts = parts;
    this.#contextMs = parts.contextMs ?? CONTEXT_MS;
  }

  /** Cards that an earlier process left unfinished are finished. */
  async start(): Promise<void> {
    for (const { guildId, id, endedAt } of await this.#parts.store.unfinished())
      this.#finishLater(guildId, id, endedAt);
  }

  /** Resolves when nothing is under way. What is unfinished is finished after the next start. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    await this.#changing;
  }

  /** Makes the card of a hit, and posts it. Rejects with StoreError. */
  async open(flagged: Flagged): Promise<void> {
    const { store, log, now } = this.#parts;
    const times = (this.#times.get(flagged.guildId) ?? []).filter((at) => at > now() - MINUTE_MS);
    if (times.length >= MOST_CARDS) {
      log.warn({ guildId: flagged.guildId }, 'rules are hit too often for cards: some hits are only counted');
      return;
    }
    this.#times.set(flagged.guildId, [...times, now()]);
    const bare = { ...flagged, context: [], complete: false, said: null, posted: null, deeds: [] };
    const { id, guildId, endedAt } = await store.add(bare);
    await this.#change(guildId, id, async (card) => this.#posted({ ...card, ...(await this.#around(card)) }));
    this.#finishLater(guildId, id, endedAt);
  }

  /** Does what a moderator wants, and gives a sentence for them. `by` may press buttons here; acts are checked. */
  async act(guildId: string, id: number, wish: CardWish, by: Person): Promise<string> {
    let answer = 'This card is too old: what it was about has been deleted.';
    await this.#change(guildId, id, async (card) => {
      const dismissed = card.deeds.find(({ kind }) => kind === 'dismissed');
      if (dismissed) {
        answer = 'Somebody dismissed this card already.';
        return this.#posted(card);
      }
      try {
        const { deed, said } = await this.#deed(card, wish, by);
        answer = said;
        return await this.#posted({ ...card, deeds: [...card.deeds, deed] });
      } catch (error) {
        // What Discord does not let them do is said by moderation.ts in words for people.
        answer = error instanceof Error ? error.message : 'It could not be done.';
        return undefined;
      }
    });
    return answer;
  }

  /**
   * Takes what a person said, and what the model answered to them alone, out of every card of a guild, and out of their
   * posts. To be called once the record has forgotten it. Rejects with StoreError.
   */
  forget(guildId: string, userId: UserId): Promise<void> {
    return this.#next(async () => {
      for await (const card of this.#parts.store.all(guildId)) {
        if (card.userId === userId) await this.#remove(card, userId, forgottenCardText);
        else await this.#forgetIn(card, userId);
      }
    });
  }

  /** Its speaker took back what they were just saying: it goes from every card. Rejects with StoreError. */
  takeBack(said: Pick<RuleCard, 'guildId' | 'key' | 'at'> & { readonly userId: UserId }): Promise<void> {
    const { guildId, userId, key, at } = said;
    const since = at - LONGEST_LINE_MS - this.#contextMs;
    return this.#next(async () => {
      for await (const card of this.#parts.store.all(guildId, since)) {
        const own = card.userId === userId && card.key === key && card.at === at;
        if (own) await this.#remove(card, userId, takenBackCardText);
        else await this.#keep(card, (line) => line.userId !== userId || line.at !== at);
      }
    });
  }

  async #forgetIn(card: RuleCard, userId: UserId): Promise<void> {
    // Whose an answer of the model was, the record knows: what it has no more goes.
    if (card.userId !== null && !card.context.some((line) => line.userId === userId || line.userId === null)) return;
    const kept = (await this.#around(card)).context.filter((line) => line.userId !== userId);
    if (card.key.startsWith('reply:') && !kept.some(({ hit }) => hit)) {
      await this.#remove(card, userId, forgottenCardText);
      return;
    }
    await this.#keep(card, (line) => kept.some((one) => one.at === line.at && one.userId === line.userId));
  }

  /** Takes the other lines out of its context. */
  async #keep(card: RuleCard, stays: (line: CardLine) => boolean): Promise<void> {
    const { store, posts, buttons, log } = this.#parts;
    const context = card.context.filter(stays);
    if (context.length === card.context.length) return;
    const left = { ...card, context };
    await store.put(left);
    if (!card.posted) return;
    try {
      await posts.edit(card.guildId, card.posted, ruleCardText(left), buttons(left));
    } catch (error) {
      log.warn(
        { err: error, guildId: card.guildId },
        'the card of a rule could not be edited; the next start tries again',
      );
      await store.put({ ...left, complete: false });
    }
  }

  async #remove(card: RuleCard, userId: UserId, content: string): Promise<void> {
    const { store, posts, log } = this.#parts;
    await store.remove(card, userId);
    if (!card.posted) return;
    try {
      await posts.edit(card.guildId, card.posted, content, []);
      await store.cleared(card, userId);
    } catch (error) {
      log.warn({ err: error, guildId: card.guildId }, 'the post of a card could not be edited; it is tried again');
    }
  }

  async #deed(card: RuleCard, wish: CardWish, by: Person): Promise<{ readonly deed: CardDeed; readonly said: string }> {
    const at = this.#parts.now();
    switch (wish.kind) {
      case 'dismiss':
        return { deed: { kind: 'dismissed', by, at }, said: 'Dismissed.' };
      case 'note':
        return { deed: { kind: 'noted', by, at, text: wish.text }, said: 'Noted on the card.' };
      case 'mute':
      case 'timeout': {
        if (card.userId === null) throw new Error('Nobody knows who said it.');
        const mute = wish.kind === 'mute';
        await this.#parts.moderation.act({
          guildId: card.guildId,
          target: { userId: card.userId, name: card.name },
          act: mute ? { kind: 'mute', muted: true } : { kind: 'timeout', minutes: TIMEOUT_MINUTES },
          by: [by],
          pressed: true,
        });
        const deed = { kind: mute ? 'muted' : 'timed-out', by, at } as const;
        return { deed, said: mute ? 'Muted for everybody in voice.' : `Timed out for ${TIMEOUT_MINUTES} minutes.` };
      }
      default:
        return wish satisfies never;
    }
  }

  #finishLater(guildId: string, id: number, endedAt: number): void {
    if (this.#closed) return;
    const due = endedAt + this.#contextMs + Math.min(WORDS_MS, this.#contextMs);
    const timer = setTimeout(
      () => {
        this.#timers.delete(id);
        const finish = async (card: RuleCard) =>
          this.#posted({ ...card, ...(await this.#around(card)), complete: true });
        this.#change(guildId, id, finish).catch((error: unknown) => {
          this.#parts.log.warn({ err: error, guildId }, 'the card of a rule could not be completed');
        });
      },
      Math.max(0, due - this.#parts.now()),
    ).unref();
    this.#timers.set(id, timer);
  }

  /** What was said around it, and where that can be read. */
  async #around({ guildId, channelId, key, at, endedAt }: RuleCard): Promise<Pick<RuleCard, 'context' | 'said'>> {
    const context: CardLine[] = [];
    let said: PostedIn | null = null;
    const since = at - this.#contextMs - LONGEST_LINE_MS;
    const until = endedAt + this.#contextMs;
    for await (const line of this.#parts.reader.lines({ guildId, channelId, since, until })) {
      if (line.kind !== 'utterance' || line.text === '' || line.endedAt < at - this.#contextMs) continue;
      // The next conversation has a turn of the same number; words may still change.
      const hit = key !== '' && key === keyOf(line) && Math.abs(line.startedAt - at) < SAME_MS;
      if (hit) said = line.posts[0] ?? null;
      const shown = [...line.text].slice(0, LONGEST_TEXT).join('');
      context.push({ userId: line.userId, name: line.name, text: shown, at: line.startedAt, ...(hit && { hit }) });
    }
    const near = context.toSorted((one, other) => Math.abs(one.at - at) - Math.abs(other.at - at)).slice(0, MOST_LINES);
    return { context: context.filter((line) => near.includes(line)), said };
  }

  /** The card with its post as it is now; where it cannot be posted the log says so, and a press or the end tries again. */
  async #posted(card: RuleCard): Promise<RuleCard> {
    const { posts, rules, buttons, log } = this.#parts;
    const { guildId } = card;
    try {
      if (card.posted) {
        await posts.edit(guildId, card.posted, ruleCardText(card), buttons(card));
        return card;
      }
      const { channelId } = await rules.settings(guildId);
      if (channelId === null) return card;
      return { ...card, posted: await posts.post({ guildId, channelId }, ruleCardText(card), buttons(card)) };
    } catch (error) {
      log.warn({ err: error, guildId, card: card.id }, 'the card of a rule could not be posted');
      return card;
    }
  }

  /** Changes a card that is still there; undefined: it stays as it is. */
  async #change(guildId: string, id: number, change: (card: RuleCard) => Promise<RuleCard | undefined>): Promise<void> {
    const { store } = this.#parts;
    await this.#next(async () => {
      const card = await store.find(guildId, id);
      const changed = card && (await change(card));
      if (changed) await store.put(changed);
    });
  }

  async #next(act: () => Promise<void>): Promise<void> {
    const changing = this.#changing.then(act);
    this.#changing = changing.catch(() => {});
    await changing;
  }
}

function keyOf(line: RecordedLine): string {
  if (line.kind !== 'utterance') return '';
  return line.turnId === null ? `reply:${line.replyId}` : `turn:${line.turnId}`;
}
