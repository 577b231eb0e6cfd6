import { KeyedQueue } from '../lib/keyed-queue.ts';
import type { Log } from '../lib/log.ts';
import { escapeName } from '../lib/markdown.ts';
import { ContentRefusedError, PlaceRefusedError, wordsOf } from '../ports/errors.ts';
import type { Moderation } from '../ports/guild.ts';
import type { PostedIn, RecordedLine, RecordReader } from '../ports/record.ts';
import type { MessageButton } from '../ports/room.ts';
import type { CardDeed, CardLine, RuleCard } from '../ports/rules.ts';
import type { Person, UserId } from '../ports/voice.ts';
import { SOMEBODY } from '../store/personal/tables.ts';
import type { RuleCardStore } from '../store/rule-cards.ts';
import { floodText, forgottenCardText, ruleCardText, withdrawnCardText, withoutWords } from './card-text.ts';
import type { GuildRules } from './guild-rules.ts';
import type { Flagged } from './rule-scanner.ts';

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
/**
 * Cards a guild and minute, and of them one person's: past it hits are logged and counted only, so that nobody floods the
 * moderators, and nobody hides behind somebody who does.
 */
const MOST_CARDS = 20;
const MOST_OF_ONE = 10;
const MINUTE_MS = 60_000;
const TIMEOUT_MINUTES = 10;
/** Two moderators press at once, or one twice. */
const AGAIN_MS = 10_000;
/** A card that could not be posted is tried again after this. */
const AGAIN_AFTER_MS = 60_000;

/**
 * Posts into a guild's channel and edits there; a message that is gone needs no edit. Rejects with an Error whose message
 * a person can read.
 */
export interface ModeratorPosts {
  post(
    /** `key`: what is tried again under it, with other words even, is posted once. */
    at: { guildId: string; channelId: string; key?: string },
    content: string,
    buttons: readonly MessageButton[],
    files?: readonly { name: string; bytes: Uint8Array }[],
  ): Promise<PostedIn>;
  edit(guildId: string, at: PostedIn, content: string, buttons: readonly MessageButton[]): Promise<void>;
}

/** What it needs. `now` in ms since 1970. */
export interface RuleCardsDeps {
  readonly store: RuleCardStore;
  readonly rules: Pick<GuildRules, 'settings'>;
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
  readonly #deps: RuleCardsDeps;
  readonly #contextMs: number;
  readonly #timers = new Map<number, NodeJS.Timeout>();
  readonly #times = new Map<string, readonly { readonly at: number; readonly userId: UserId | null }[]>();
  /** When a guild was last told that hits have no cards. */
  readonly #told = new Map<string, number>();
  /** One change of cards at a time: two moderators may press at once. */
  readonly #changing = new KeyedQueue();
  /** Cards that Discord did not take, and may take another time. */
  readonly #passing = new Set<number>();
  #closed = false;

  constructor(deps: RuleCardsDeps) {
    this.#deps = deps;
    this.#contextMs = deps.contextMs ?? CONTEXT_MS;
  }

  /** Cards that an earlier process left unfinished, or that Discord did not take, are finished. Rejects with StoreError. */
  async start(): Promise<void> {
    for (const { guildId, id, endedAt } of await this.#deps.store.unfinished())
      if (!this.#timers.has(id)) this.#finishLater(guildId, id, endedAt);
  }

  /** Posts the newest cards that were made while no channel was set; gives how many. Rejects with StoreError. */
  async bring(guildId: string): Promise<number> {
    let brought = 0;
    for (const { id } of await this.#deps.store.unposted(guildId)) {
      await this.#change(guildId, id, async (card) => {
        if (card.posted) return undefined;
        const around = await this.#around(card);
        const now = await this.#posted(around.context.length > 0 ? { ...card, ...around } : card);
        if (now.posted) brought += 1;
        return now;
      });
    }
    return brought;
  }

  /** Resolves when nothing is under way. What is unfinished is finished after the next start. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    await this.#changing.settled();
  }

  /** Makes the card of a hit; it is posted meanwhile. Rejects with StoreError. */
  async open(flagged: Flagged): Promise<void> {
    const { store, log } = this.#deps;
    if (!this.#roomFor(flagged)) return;
    const { at, userId } = flagged;
    const bare = { ...flagged, context: [], complete: false, said: null, posted: null, deeds: [] };
    const { id, guildId, endedAt } = await store.add(bare);
    this.#times.set(guildId, [...(this.#times.get(guildId) ?? []), { at, userId }]);
    this.#change(guildId, id, async (card) => this.#posted({ ...card, ...(await this.#around(card)) })).catch(
      (error: unknown) => log.warn({ err: error, guildId }, 'the card of a rule could not be made'),
    );
    this.#finishLater(guildId, id, endedAt);
  }

  /** Whether there may be one more; moderators are told, once a minute, where there may not. */
  #roomFor({ guildId, userId, at: saidAt }: Flagged): boolean {
    const { log, posts, rules } = this.#deps;
    // By when it was said: cards may be made later, many at once.
    const times = (this.#times.get(guildId) ?? []).filter(({ at }) => Math.abs(saidAt - at) < MINUTE_MS);
    this.#times.set(guildId, times);
    const own = times.filter((one) => one.userId === userId);
    if (times.length < MOST_CARDS && own.length < MOST_OF_ONE) return true;
    const now = performance.now();
    if (now - (this.#told.get(guildId) ?? Number.NEGATIVE_INFINITY) < MINUTE_MS) return false;
    this.#told.set(guildId, now);
    log.warn({ guildId }, 'rules are hit too often for cards: some hits are only counted');
    const tell = async (): Promise<void> => {
      const { channelId } = await rules.settings(guildId);
      if (channelId !== null) await posts.post({ guildId, channelId }, floodText, []);
    };
    this.#changing.run(guildId, tell).catch((error: unknown) => {
      log.warn({ err: error, guildId }, 'moderators could not be told that hits have no cards');
    });
    return false;
  }

  /** Does what a moderator wants, and gives a sentence for them. `by` may press buttons here; acts are checked. */
  async act(guildId: string, id: number, wish: CardWish, by: Person): Promise<string> {
    let answer = 'This card is too old: what it was about has been deleted.';
    let done = false;
    const change = async (card: RuleCard): Promise<RuleCard | undefined> => {
      const dismissed = card.deeds.find(({ kind }) => kind === 'dismissed');
      if (dismissed) {
        answer = 'Somebody dismissed this card already.';
        return this.#posted(card);
      }
      const again = sameDeed(card.deeds, wish, this.#deps.now() - AGAIN_MS);
      if (again) {
        answer = `**${escapeName(again.by.name)}** did that a moment ago.`;
        return undefined;
      }
      try {
        const { deed, said } = await this.#deed(card, wish, by);
        answer = said;
        done = true;
        return await this.#posted({ ...card, deeds: [...card.deeds, deed] });
      } catch (error) {
        // What Discord does not let them do is said by moderation.ts in words for people.
        answer = wordsOf(error, 'It could not be done.');
        return undefined;
      }
    };
    try {
      await this.#change(guildId, id, change);
    } catch (error) {
      if (!done) throw error;
      this.#deps.log.warn({ err: error, guildId, card: id }, 'what was done about a card could not be written');
      answer +=
        ' **But I could not write it down**, so the card may not show it for long. Please tell whoever runs me.';
    }
    return answer;
  }

  /** Takes what a person said, and their notes, out of every card of a guild and out of their posts. Rejects with StoreError. */
  erase(guildId: string, userId: UserId): Promise<void> {
    return this.#changing.run(guildId, () => this.#takeOut({ guildId, userId, since: 0 }, forgottenCardText));
  }

  /** Takes out what a person said since then, since they do not want to be heard. Rejects with StoreError. */
  withdraw(words: { readonly guildId: string; readonly userId: UserId; readonly since: number }): Promise<void> {
    return this.#changing.run(words.guildId, () => this.#takeOut(words, withdrawnCardText));
  }

  /** What the record still has of a card that shows words of the model: it knows whose its answers are. */
  async #kept(card: RuleCard, userId: UserId): Promise<readonly CardLine[] | undefined> {
    const lines = [card, ...card.context];
    if (card.userId === userId || !lines.some((line) => line.userId === null)) return undefined;
    return (await this.#around(card)).context;
  }

  async #takeOut(
    { guildId, userId, since }: { readonly guildId: string; readonly userId: UserId; readonly since: number },
    instead: string,
  ): Promise<void> {
    const { store, posts, log } = this.#deps;
    for (const card of await store.since(guildId, since - LONGEST_LINE_MS)) {
      const kept = since === 0 ? await this.#kept(card, userId) : undefined;
      const answer = card.key.startsWith('reply:') && kept?.some(({ hit }) => hit) === false;
      if (answer || (card.userId === userId && card.at >= since)) {
        // First the post: where it cannot be edited now, that it has to be is written down with the deletion.
        const left = card.posted && (await edited(posts.edit(guildId, card.posted, instead, [])));
        if (left) log.warn({ err: left, guildId }, 'the card of a rule could not be emptied; trying again');
        await store.remove(card, left ? userId : null);
        continue;
      }
      const context = card.context.filter((line) => {
        if (line.userId === null && kept) return kept.some(({ at, userId: by }) => at === line.at && by === null);
        return line.userId !== userId || line.at < since;
      });
      const deeds = since > 0 ? card.deeds : deedsWithout(card.deeds, userId);
      const same = context.length === card.context.length && deeds === card.deeds;
      if (!same) await store.put(await this.#posted({ ...card, context, deeds }));
    }
  }

  async #deed(card: RuleCard, wish: CardWish, by: Person): Promise<{ readonly deed: CardDeed; readonly said: string }> {
    const at = this.#deps.now();
    switch (wish.kind) {
      case 'dismiss':
        return { deed: { kind: 'dismissed', by, at }, said: 'Dismissed.' };
      case 'note':
        return { deed: { kind: 'noted', by, at, text: wish.text }, said: 'Noted on the card.' };
      case 'mute':
      case 'timeout': {
        if (card.userId === null) throw new Error('Nobody knows who said it.');
        const mute = wish.kind === 'mute';
        await this.#deps.moderation.act({
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
    const waitMs = this.#contextMs + Math.min(WORDS_MS, this.#contextMs);
    // No longer than that, whatever the clock said when it was noted.
    this.#finishIn(guildId, id, Math.min(waitMs, Math.max(0, endedAt + waitMs - this.#deps.now())));
  }

  #finishIn(guildId: string, id: number, ms: number): void {
    if (this.#closed) return;
    const finish = async (card: RuleCard) => this.#posted({ ...card, ...(await this.#around(card)), complete: true });
    const timer = setTimeout(() => {
      this.#timers.delete(id);
      this.#change(guildId, id, finish)
        .catch((error: unknown) => {
          this.#deps.log.warn({ err: error, guildId }, 'the card of a rule could not be completed');
        })
        .finally(() => {
          if (this.#passing.delete(id)) this.#finishIn(guildId, id, AGAIN_AFTER_MS);
        });
    }, ms).unref();
    this.#timers.set(id, timer);
  }

  /** What was said around it, and where that can be read. */
  async #around({ guildId, channelId, key, at, endedAt }: RuleCard): Promise<Pick<RuleCard, 'context' | 'said'>> {
    const context: CardLine[] = [];
    let said: PostedIn | null = null;
    const since = at - this.#contextMs - LONGEST_LINE_MS;
    const until = endedAt + this.#contextMs;
    for await (const line of this.#deps.reader.lines({ guildId, channelId, since, until })) {
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

  /** The card with its post as it is now; where that fails the log says so, and it is tried again until it is complete. */
  async #posted(card: RuleCard): Promise<RuleCard> {
    const { log } = this.#deps;
    const { guildId } = card;
    this.#passing.delete(card.id);
    try {
      try {
        return await this.#shown(card, ruleCardText(card));
      } catch (error) {
        if (!(error instanceof ContentRefusedError)) throw error;
        // The server's AutoMod may keep the very words out, also of its moderators' channel.
        return await this.#shown(card, ruleCardText(withoutWords(card)));
      }
    } catch (error) {
      log.warn({ err: error, guildId, card: card.id }, 'the card of a rule could not be posted');
      const forGood = error instanceof ContentRefusedError || error instanceof PlaceRefusedError;
      if (!forGood) this.#passing.add(card.id);
      return { ...card, complete: false };
    }
  }

  async #shown(card: RuleCard, text: string): Promise<RuleCard> {
    const { posts, rules, buttons } = this.#deps;
    const { guildId, id } = card;
    if (card.posted) {
      await posts.edit(guildId, card.posted, text, buttons(card));
      return card;
    }
    const { channelId } = await rules.settings(guildId);
    if (channelId === null) return card;
    return { ...card, posted: await posts.post({ guildId, channelId, key: `card:${id}` }, text, buttons(card)) };
  }

  /** Changes a card that is still there; undefined: it stays as it is. */
  async #change(guildId: string, id: number, change: (card: RuleCard) => Promise<RuleCard | undefined>): Promise<void> {
    const { store } = this.#deps;
    await this.#changing.run(guildId, async () => {
      const card = await store.find(guildId, id);
      const changed = card && (await change(card));
      if (changed) await store.put(changed);
    });
  }
}

/** Why an edit failed; undefined: it did not. */
async function edited(editing: Promise<void>): Promise<unknown> {
  try {
    await editing;
    return undefined;
  } catch (error) {
    return error;
  }
}

/** What somebody did of this kind since then; notes may be many. */
/** What moderators did, without the notes of one of them, and without saying that it was they who did the rest. */
function deedsWithout(deeds: readonly CardDeed[], userId: UserId): readonly CardDeed[] {
  if (!deeds.some(({ by }) => by.userId === userId)) return deeds;
  return deeds
    .filter(({ kind, by }) => kind !== 'noted' || by.userId !== userId)
    .map((deed) => (deed.by.userId === userId ? { ...deed, by: { userId: '', name: SOMEBODY } } : deed));
}

function sameDeed(deeds: readonly CardDeed[], { kind }: CardWish, since: number): CardDeed | undefined {
  const done = kind === 'mute' ? 'muted' : kind === 'timeout' ? 'timed-out' : undefined;
  return deeds.findLast((deed) => deed.kind === done && deed.at > since);
}

function keyOf(line: RecordedLine): string {
  if (line.kind !== 'utterance') return '';
  return line.turnId === null ? `reply:${line.replyId}` : `turn:${line.turnId}`;
}
