import { KeyedQueue } from '../lib/keyed-queue.ts';
import type { Log } from '../lib/log.ts';
import type { BridgeEvent } from '../ports/bridge-events.ts';
import type { Hit, RuleCard } from '../ports/rules.ts';
import type { StorageHealth } from '../ports/storage.ts';
import type { Turn, UserId } from '../ports/voice.ts';
import { RecordedReply } from '../record/recorded-reply.ts';
import { LateWork } from '../store/database/late-work.ts';
import type { GuildRules } from './guild-rules.ts';

/** Where something is said. */
export interface SpokenAt {
  readonly guildId: string;
  readonly channelId: string;
}
/** What a hit is made into. */
export type Flagged = Pick<
  RuleCard,
  'guildId' | 'channelId' | 'userId' | 'name' | 'text' | 'rules' | 'key' | 'at' | 'endedAt'
>;
type Said = Omit<Flagged, 'rules'> & { readonly by: 'person' | 'model'; readonly conversation: string };

/** Turns and replies that are remembered, in all guilds together. */
const REMEMBERED = 1_000;
/** Sentences of a guild that wait to be looked at; the oldest past it are looked at all the same, new ones are not. */
const WAITING = 200;

/** The record may put the beginning of a sound a little earlier; nobody begins two sentences in so short a time. */
const ROUNDED_MS = 100;

/** What it needs. */
export interface RuleScannerDeps {
  readonly rules: Pick<GuildRules, 'settings' | 'test' | 'count'>;
  /** Told of hits where the guild wants cards. */
  readonly flag: (flagged: Flagged) => Promise<void>;
  /** Told that a person's words from `since` on (ms since 1970) are taken back. */
  readonly withdraw: (words: {
    readonly guildId: string;
    readonly userId: UserId;
    readonly since: number;
  }) => Promise<void>;
  readonly botName: (guildId: string) => string;
  readonly now: () => number;
  readonly log: Pick<Log, 'info' | 'warn'>;
  /** Says when rules that could not be read are tried again. */
  readonly health?: StorageHealth | undefined;
}

/**
 * Holds every final sentence against the rules of its guild, one after the other; no guild waits for another. Never throws
 * or holds up who speaks.
 */
export class RuleScanner {
  readonly #deps: RuleScannerDeps;
  /** With the channel in which each began, as the record has it: the bot may be moved before the words come. */
  readonly #sounds = new Map<string, { at: number; endedAt: number | undefined; channelId: string }>();
  readonly #replies = new Map<string, { readonly reply: RecordedReply; readonly channelId: string }>();
  /** How many conversations of a guild have ended: each counts its turns anew. */
  readonly #ended = new Map<string, number>();
  /** By conversation and key: the rules that a sentence has hit already, since late words bring it again. */
  readonly #hit = new Map<string, ReadonlySet<number>>();
  /** Turns that were taken back, as in #hit. */
  readonly #withdrawn = new Map<string, true>();
  readonly #looking = new KeyedQueue();
  readonly #waiting = new Map<string, number>();
  readonly #checks: LateWork<Said>;

  constructor(deps: RuleScannerDeps) {
    this.#deps = deps;
    this.#checks = new LateWork({
      what: 'sentences that were to be held against the rules',
      act: (said) => this.#check(said),
      most: REMEMBERED,
      lost: ({ guildId }, error) => this.#unchecked(guildId, error),
      health: deps.health,
    });
  }

  observe(event: BridgeEvent, place: SpokenAt): void {
    const { guildId } = place;
    switch (event.type) {
      case 'turn-began':
        put(this.#sounds, `${this.#conversation(guildId)} ${event.turn.id}`, {
          at: event.soundStart ?? this.#deps.now(),
          endedAt: undefined,
          channelId: place.channelId,
        });
        return;
      case 'turn-ended': {
        const sound = this.#sounds.get(`${this.#conversation(guildId)} ${event.turn.id}`);
        if (sound) sound.endedAt = event.soundEnd ?? this.#deps.now();
        return;
      }
      case 'turn-transcript':
        if (event.final) this.#person(event, place);
        return;
      case 'turn-withdrawn':
        this.#withdraw(event.turn, guildId);
        return;
      case 'reply-started':
      case 'reply-audible':
      case 'reply-transcript':
      case 'reply-ended':
        this.#model(event, place);
        return;
      case 'ended':
        this.#ended.set(guildId, (this.#ended.get(guildId) ?? 0) + 1);
        return;
      default:
    }
  }

  /** Resolves when everything said so far was looked at. */
  async settled(): Promise<void> {
    await this.#looking.settled();
  }

  #withdraw({ id, userId }: Turn, guildId: string): void {
    const conversation = this.#conversation(guildId);
    put(this.#withdrawn, `${conversation} turn:${id}`, true);
    const began = this.#sounds.get(`${conversation} ${id}`)?.at;
    if (userId === null || began === undefined) return;
    const since = Math.floor(began) - ROUNDED_MS;
    this.#looking
      .run(guildId, () => this.#deps.withdraw({ guildId, userId, since }))
      .catch((error: unknown) => {
        this.#deps.log.warn({ err: error, guildId }, 'the card of words that were taken back could not be deleted');
      });
  }

  #person({ turn, text }: Extract<BridgeEvent, { type: 'turn-transcript' }>, place: SpokenAt): void {
    const conversation = this.#conversation(place.guildId);
    const sound = turn ? this.#sounds.get(`${conversation} ${turn.id}`) : undefined;
    const now = this.#deps.now();
    this.#look({
      guildId: place.guildId,
      channelId: sound?.channelId ?? place.channelId,
      conversation,
      by: 'person',
      userId: turn?.userId ?? null,
      name: turn?.name ?? '',
      text,
      key: turn ? `turn:${turn.id}` : '',
      at: sound?.at ?? now,
      endedAt: sound?.endedAt ?? now,
    });
  }

  #model(
    event: Extract<BridgeEvent, { type: 'reply-started' | 'reply-audible' | 'reply-transcript' | 'reply-ended' }>,
    place: SpokenAt,
  ): void {
    const conversation = this.#conversation(place.guildId);
    const known = `${conversation} ${event.replyId}`;
    const { reply, channelId } = this.#replies.get(known) ?? {
      reply: new RecordedReply(''),
      channelId: place.channelId,
    };
    put(this.#replies, known, { reply, channelId });
    const said = reply.observe(event, this.#deps.now());
    if (said?.state !== 'final') return;
    const { text, startedAt: at, endedAt } = said;
    const name = this.#deps.botName(place.guildId);
    const key = `reply:${event.replyId}`;
    this.#look({
      guildId: place.guildId,
      channelId,
      conversation,
      by: 'model',
      userId: null,
      name,
      text,
      key,
      at,
      endedAt,
    });
  }

  #conversation(guildId: string): string {
    return `${guildId}/${this.#ended.get(guildId) ?? 0}`;
  }

  #look(said: Said): void {
    if (said.text.trim() === '') return;
    const { guildId } = said;
    const waiting = this.#waiting.get(guildId) ?? 0;
    if (waiting >= WAITING) {
      this.#deps.log.warn({ guildId }, 'too much is said at once: a sentence was not held against the rules');
      return;
    }
    this.#waiting.set(guildId, waiting + 1);
    this.#looking
      .run(guildId, () => this.#checks.run(said))
      .catch((error: unknown) => this.#unchecked(guildId, error))
      .finally(() => {
        const left = (this.#waiting.get(guildId) ?? 1) - 1;
        if (left > 0) this.#waiting.set(guildId, left);
        else this.#waiting.delete(guildId);
      });
  }

  #unchecked(guildId: string, error: unknown): void {
    this.#deps.log.warn({ err: error, guildId }, 'a sentence could not be held against the rules');
  }

  async #check({ by, conversation, ...said }: Said): Promise<void> {
    const { rules, log, flag } = this.#deps;
    const { guildId, channelId, userId } = said;
    const { mode, watchModel } = await rules.settings(guildId);
    if (by === 'model' && !watchModel) return;
    const key = `${conversation} ${said.key}`;
    const before = said.key === '' ? new Set<number>() : (this.#hit.get(key) ?? new Set());
    const hits: readonly Hit[] = (await rules.test(guildId, said.text)).filter(({ rule }) => !before.has(rule.id));
    if (hits.length === 0 || this.#withdrawn.has(key)) return;
    const hit = hits.map(({ rule }) => rule);
    put(this.#hit, key, new Set([...before, ...hit.map(({ id }) => id)]));
    await rules.count(hits).catch((error: unknown) => {
      log.warn({ err: error, guildId }, 'a hit could not be counted');
    });
    // Not the words: whoever reads the log need not be a moderator.
    log.info({ guildId, channelId, userId, by, rules: hit.map(({ id }) => id) }, 'a rule was hit');
    if (mode === 'card') await flag({ ...said, rules: hit });
  }
}

/** Puts, and forgets the oldest past the limit. */
function put<T>(known: Map<string, T>, key: string, value: T): void {
  known.set(key, value);
  if (known.size > REMEMBERED) known.delete(known.keys().next().value as string);
}
