import type { BridgeEvent } from './bridge/bridge-ports.ts';
import type { Turn, UserId } from './bridge/ports.ts';
import type { Hit, RuleCard } from './bridge/rule-ports.ts';
import type { KnownRules } from './known-rules.ts';
import type { Log } from './log.ts';
import { RecordedReply } from './recorded-reply.ts';

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
/** Sentences that wait to be looked at; the oldest past it are looked at all the same, new ones are not. */
const WAITING = 500;

/** What it needs. `flag` is told of hits where the guild wants cards. */
export interface RuleWatchParts {
  readonly rules: Pick<KnownRules, 'settings' | 'test' | 'count'>;
  readonly flag: (flagged: Flagged) => Promise<void>;
  /** Told of what was taken back, which may have been flagged. */
  readonly takeBack: (said: Pick<Flagged, 'guildId' | 'key' | 'at'> & { readonly userId: UserId }) => Promise<void>;
  readonly botName: (guildId: string) => string;
  readonly now: () => number;
  readonly log: Pick<Log, 'info' | 'warn'>;
}

/** Holds every final sentence against the rules of its guild, one after the other. Never throws or holds up who speaks. */
export class RuleWatch {
  readonly #parts: RuleWatchParts;
  readonly #sounds = new Map<string, { at: number; endedAt: number | undefined }>();
  readonly #replies = new Map<string, RecordedReply>();
  /** By conversation and key: their speakers opted out in the middle of them. */
  readonly #withdrawn = new Map<string, true>();
  /** How many conversations of a guild have ended: each counts its turns anew. */
  readonly #ended = new Map<string, number>();
  /** By conversation and key: the rules that a sentence has hit already, since late words bring it again. */
  readonly #hit = new Map<string, ReadonlySet<number>>();
  #looking: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(parts: RuleWatchParts) {
    this.#parts = parts;
  }

  observe(event: BridgeEvent, place: SpokenAt): void {
    const { guildId } = place;
    switch (event.type) {
      case 'turn-began':
        put(this.#sounds, `${this.#conversation(guildId)} ${event.turn.id}`, {
          at: event.soundStart ?? this.#parts.now(),
          endedAt: undefined,
        });
        return;
      case 'turn-ended': {
        const sound = this.#sounds.get(`${this.#conversation(guildId)} ${event.turn.id}`);
        if (sound) sound.endedAt = event.soundEnd ?? this.#parts.now();
        return;
      }
      case 'turn-transcript':
        if (event.final) this.#person(event, place);
        return;
      case 'turn-withdrawn':
        this.#takeBack(event.turn, guildId);
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
    await this.#looking;
  }

  #person({ turn, text }: Extract<BridgeEvent, { type: 'turn-transcript' }>, place: SpokenAt): void {
    const conversation = this.#conversation(place.guildId);
    const sound = turn ? this.#sounds.get(`${conversation} ${turn.id}`) : undefined;
    const now = this.#parts.now();
    this.#look({
      ...place,
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
    const reply = this.#replies.get(known) ?? new RecordedReply('');
    put(this.#replies, known, reply);
    const said = reply.observe(event, this.#parts.now());
    if (said?.state !== 'final') return;
    const { text, startedAt: at, endedAt } = said;
    const name = this.#parts.botName(place.guildId);
    const key = `reply:${event.replyId}`;
    this.#look({ ...place, conversation, by: 'model', userId: null, name, text, key, at, endedAt });
  }

  #conversation(guildId: string): string {
    return `${guildId}/${this.#ended.get(guildId) ?? 0}`;
  }

  #takeBack({ id, userId }: Turn, guildId: string): void {
    const turn = `${this.#conversation(guildId)} turn:${id}`;
    const sound = this.#sounds.get(`${this.#conversation(guildId)} ${id}`);
    put(this.#withdrawn, turn, true);
    if (userId === null || !sound) return;
    this.#then(guildId, () => this.#parts.takeBack({ guildId, userId, key: `turn:${id}`, at: sound.at }));
  }

  #look(said: Said): void {
    if (said.text.trim() === '') return;
    if (this.#waiting >= WAITING) {
      this.#parts.log.warn(
        { guildId: said.guildId },
        'too much is said at once: a sentence was not held against the rules',
      );
      return;
    }
    this.#waiting += 1;
    this.#then(said.guildId, () => this.#check(said));
    this.#then(said.guildId, async () => {
      this.#waiting -= 1;
    });
  }

  #then(guildId: string, act: () => Promise<void>): void {
    this.#looking = this.#looking.then(act).catch((error: unknown) => {
      this.#parts.log.warn({ err: error, guildId }, 'a sentence could not be held against the rules');
    });
  }

  async #check({ by, conversation, ...said }: Said): Promise<void> {
    const { rules, log, flag } = this.#parts;
    const { guildId, channelId, userId } = said;
    const { mode, watchModel } = await rules.settings(guildId);
    if (by === 'model' && !watchModel) return;
    const key = `${conversation} ${said.key}`;
    if (this.#withdrawn.has(key)) return;
    const before = said.key === '' ? new Set<number>() : (this.#hit.get(key) ?? new Set());
    const hits: readonly Hit[] = (await rules.test(guildId, said.text)).filter(({ rule }) => !before.has(rule.id));
    if (hits.length === 0) return;
    const hit = hits.map(({ rule }) => rule);
    put(this.#hit, key, new Set([...before, ...hit.map(({ id }) => id)]));
    await rules.count(hits);
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
