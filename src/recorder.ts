import type { BridgeEvent, EndReason } from './bridge/bridge-ports.ts';
import type { Person, ServerWork, Turn, UserId } from './bridge/ports.ts';
import type {
  LiveRecord,
  PostedIn,
  RecordedConversation,
  RecordedLine,
  RecordedToolCall,
  RecordedTurn,
  RecordedUtterance,
  RecordWriter,
} from './bridge/record-ports.ts';
import type { Log } from './log.ts';
import { RecordedReply } from './recorded-reply.ts';
import { newLineId } from './store/line-ids.ts';

type EventOf<Type extends BridgeEvent['type']> = Extract<BridgeEvent, { type: Type }>;
type BareLine = RecordedLine extends infer L ? (L extends RecordedLine ? Omit<L, keyof Common> : never) : never;
type Common = Pick<RecordedLine, 'id' | 'conversationId' | 'guildId' | 'channelId' | 'startedAt' | 'posts'>;

/** What nobody posts is written this long after it happened at the latest. */
const WRITE_AFTER_MS = 500;
/** A write that failed is tried again after this. */
const RETRY_MS = 5_000;
/** Lines that are remembered, so that late words still find theirs. */
const REMEMBERED = 400;
/** While nothing can be written: past it the oldest line is dropped. Hours of talk. */
const WAITING_LIMIT = 10_000;

/** What a recorder is made with. `now` in ms since 1970. */
export interface RecorderParts {
  readonly writer: RecordWriter;
  readonly conversation: Omit<RecordedConversation, 'id' | 'startedAt' | 'endedAt' | 'endReason'>;
  /** The bot's name and the model that answers, as of now. */
  readonly botName: string;
  readonly modelName: () => string;
  /** The language that people are expected to speak; null: any. */
  readonly language: () => string | null;
  readonly now: () => number;
  readonly log: Pick<Log, 'error'>;
}

/**
 * Writes one conversation into the record while it happens: batches of what changed, one write at a time. A write that
 * fails is tried again, and nothing of it may be posted before. Fed with observe(); whoever made it closes it.
 */
export class Recorder implements LiveRecord {
  readonly #parts: RecorderParts;
  #conversation: RecordedConversation;
  /** The voice channel in which lines begin now. */
  #channelId: string;
  readonly #turns = new Map<number, RecordedTurn>();
  readonly #lines = new Map<string, RecordedLine>();
  readonly #replies = new Map<string, RecordedReply>();
  #dirtyTurns = new Set<number>();
  #dirtyLines = new Set<string>();
  /** Turns that have to be taken out of the database. */
  #withdrawn = new Set<number>();
  #dirty = true;
  #unknown = 0;
  #unknownOpen = false;
  #writing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failing = false;
  #closed = false;

  constructor(parts: RecorderParts) {
    this.#parts = parts;
    const startedAt = parts.now();
    this.#conversation = { ...parts.conversation, id: newLineId(startedAt), startedAt, endedAt: null, endReason: null };
    this.#channelId = this.#conversation.channelId;
    this.#wake();
  }

  /** Of the record. */
  get conversationId(): number {
    return this.#conversation.id;
  }

  /** Takes in what happened. Never throws or waits; nothing after close(). */
  observe(event: BridgeEvent): void {
    if (this.#closed) return;
    switch (event.type) {
      case 'turn-began':
      case 'turn-ended':
        this.#turn(event);
        break;
      case 'turn-transcript':
        this.#words(event);
        break;
      case 'turn-withdrawn':
        this.#withdraw(event.turn.id);
        break;
      case 'reply-started':
      case 'reply-audible':
      case 'reply-transcript':
      case 'reply-ended':
        this.#reply(event);
        break;
      case 'tool-started':
      case 'tool-ended':
        this.#call(event);
        break;
      case 'server-tool':
        if (event.work.kind === 'call') this.#hosted(event.replyId, event.turns, event.work);
        break;
      case 'joined':
      case 'left':
        this.#presence(event.type, event.person);
        break;
      case 'answer-decided':
        this.#answered(event);
        break;
      case 'ended':
        this.#end(event.reason);
        break;
      case 'moved':
        this.#channelId = event.channelId;
        break;
      case 'trouble':
      case 'recovered':
      case 'model-changed':
      case 'speech-dropped':
      case 'speaking':
      case 'level':
      case 'ducked':
      case 'unducked':
      case 'interrupted':
      case 'tool-progress':
      case 'decided':
      case 'usage':
      case 'transcription-usage':
        // What of these is told to people comes as a notice.
        break;
      default:
        event satisfies never;
    }
  }

  notice(key: string, text: string, about?: UserId): void {
    this.#put(key, this.#parts.now(), { kind: 'notice', text, ...(about !== undefined && { about }) });
  }

  posted(keys: readonly string[], messageId: string): void {
    const at = messageId.indexOf(':');
    const post: PostedIn = {
      channelId: at < 0 ? this.#conversation.transcriptChannelId : messageId.slice(0, at),
      messageId: messageId.slice(at + 1),
    };
    for (const key of keys) {
      const line = this.#lines.get(key);
      if (!line || line.posts.some((one) => one.messageId === post.messageId)) continue;
      this.#lines.set(key, { ...line, posts: [...line.posts, post] });
      this.#touch(key);
    }
  }

  async flush(): Promise<void> {
    // What is being written now may be older than what the caller is about to post.
    while (this.#writing) await this.#writing;
    if (!this.#dirty) return;
    this.#writing = this.#write().finally(() => {
      this.#writing = undefined;
    });
    await this.#writing;
  }

  /** The last write. Does not reject; what cannot be written then is lost, and the log says so. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.flush().catch(() => {
      this.#parts.log.error({ lines: this.#dirtyLines.size }, 'the end of a conversation could not be recorded');
    });
  }

  /**
   * Writes nothing any more of what this person said, asked for or was told alone, came or left so far. Resolves when no
   * write is under way: then what is in the database can be deleted. Whoever calls keeps late events of it away
   * (ForgottenTurns), or it comes back.
   */
  async forget(userId: UserId): Promise<void> {
    const turns = new Set([...this.#turns.values()].filter((one) => one.userId === userId).map(({ turnId }) => turnId));
    for (const [key, line] of this.#lines) {
      if (!concerns(line, userId, turns)) continue;
      this.#lines.delete(key);
      this.#dirtyLines.delete(key);
    }
    for (const id of turns) {
      this.#turns.delete(id);
      this.#dirtyTurns.delete(id);
    }
    await this.#writing?.catch(() => {});
  }

  /** The words of a turn that had ended show that the bot was spoken to. */
  #answered({ turn: { id }, answered }: EventOf<'answer-decided'>): void {
    const known = this.#turns.get(id);
    if (!known || known.endedAt === null || !answered) return;
    this.#turns.set(id, { ...known, answered });
    this.#dirtyTurns.add(id);
    this.#touch();
  }

  #turn(event: EventOf<'turn-began' | 'turn-ended'>): void {
    const { id, name, about } = event.turn;
    // A reminder's turn is nobody's, and yet its words are of whom it is for.
    const userId = event.turn.userId ?? about ?? null;
    const known = this.#turns.get(id);
    const startedAt = event.soundStart ?? known?.startedAt ?? this.#parts.now();
    if (event.type === 'turn-began') {
      const typed = event.soundStart === undefined;
      this.#turns.set(id, { turnId: id, userId, name, startedAt, endedAt: null, typed, answered: null });
      this.#words({ type: 'turn-transcript', turn: event.turn, text: '', final: false });
    } else if (known) {
      const endedAt = event.soundEnd ?? this.#parts.now();
      this.#turns.set(id, { ...known, endedAt, answered: event.respond });
      this.#change(`turn:${id}`, (line) => (line.kind === 'utterance' ? { ...line, endedAt } : line));
    } else return;
    this.#dirtyTurns.add(id);
    this.#touch();
    bound(this.#turns, this.#dirtyTurns);
  }

  #endTurn(turn: RecordedTurn, answered: boolean): void {
    this.#turns.set(turn.turnId, { ...turn, endedAt: this.#parts.now(), answered });
    this.#dirtyTurns.add(turn.turnId);
  }

  #words({ turn, text, final, itemIds = [] }: EventOf<'turn-transcript'>): void {
    if (turn === null && !this.#unknownOpen) this.#unknown += 1;
    if (turn === null) this.#unknownOpen = !final;
    const key = turn ? `turn:${turn.id}` : `unknown:${this.#unknown}`;
    const known = turn ? this.#turns.get(turn.id) : undefined;
    // Nothing else says that a typed turn is over; it is always answered.
    if (known?.typed && final && known.endedAt === null) this.#endTurn(known, true);
    const startedAt = known?.startedAt ?? this.#parts.now();
    if (turn?.userId === null) {
      // Nobody types without an account: it is of the bot's own making.
      const about = turn.about === undefined ? {} : { about: turn.about };
      if (text !== '') this.#put(key, startedAt, { kind: 'notice', text: `${turn.name}: ${text}`, ...about });
      return;
    }
    this.#put(key, startedAt, {
      ...UTTERANCE,
      by: 'person',
      userId: turn?.userId ?? null,
      name: turn?.name ?? '',
      endedAt: known?.endedAt ?? this.#parts.now(),
      text,
      language: this.#parts.language(),
      written: known?.typed ?? false,
      state: final ? 'final' : 'open',
      turnId: turn?.id ?? null,
      itemIds,
    });
  }

  /** Its speaker took it back: it is not written, or taken out where it was, without waiting for anything else. */
  #withdraw(turnId: number): void {
    const key = `turn:${turnId}`;
    this.#turns.delete(turnId);
    this.#dirtyTurns.delete(turnId);
    this.#lines.delete(key);
    this.#dirtyLines.delete(key);
    this.#withdrawn.add(turnId);
    this.#touch();
    this.flush().catch(() => {});
  }

  #reply(event: EventOf<'reply-started' | 'reply-audible' | 'reply-transcript' | 'reply-ended'>): void {
    const { replyId } = event;
    const reply = this.#replies.get(replyId) ?? new RecordedReply(this.#parts.modelName());
    this.#replies.set(replyId, reply);
    const said = reply.observe(event, this.#parts.now());
    if (!said) return;
    const { startedAt, ...rest } = said;
    this.#put(`reply:${replyId}`, startedAt, {
      ...UTTERANCE,
      ...rest,
      by: 'model',
      name: this.#parts.botName,
      replyId,
    });
    if (this.#replies.size > REMEMBERED) this.#replies.delete(this.#replies.keys().next().value as string);
  }

  #call({ call, askers, ...event }: EventOf<'tool-started' | 'tool-ended'>): void {
    const { callId, replyId, name } = call;
    const now = this.#parts.now();
    const ended = event.type === 'tool-ended' ? event : undefined;
    const known = this.#lines.get(`call:${callId}`);
    this.#put(`call:${callId}`, known?.startedAt ?? now - Math.round(ended?.tookMs ?? 0), {
      kind: 'tool-call',
      callId,
      replyId,
      askers,
      name,
      arguments: call.arguments,
      result: ended ? { ok: ended.result.ok, output: ended.result.output } : null,
      endedAt: ended ? now : null,
    });
  }

  /** A call that the provider made is recorded like one of our own. */
  #hosted(replyId: string, turns: readonly Turn[], work: ServerWork & { kind: 'call' }): void {
    const people = new Map(turns.flatMap(({ userId, name }) => (userId === null ? [] : [[userId, name] as const])));
    const call: Omit<RecordedToolCall, keyof Common> = {
      kind: 'tool-call',
      callId: work.callId,
      replyId,
      askers: [...people].map(([userId, name]) => ({ userId, name })),
      name: `${work.server}: ${work.name}`,
      arguments: work.arguments,
      result: work.result,
      endedAt: work.result && this.#parts.now(),
    };
    this.#put(`call:${work.callId}`, this.#parts.now(), call);
  }

  #presence(kind: 'joined' | 'left', { userId, name }: Person): void {
    const at = this.#parts.now();
    this.#put(`${kind}:${userId}:${newLineId(at)}`, at, { kind, userId, name });
  }

  #end(reason: EndReason): void {
    const endedAt = this.#parts.now();
    this.#conversation = { ...this.#conversation, endedAt, endReason: reason.kind };
    for (const turn of this.#turns.values()) if (turn.endedAt === null) this.#endTurn(turn, false);
    for (const [key, line] of this.#lines) {
      if (line.kind !== 'utterance' || line.state !== 'open') continue;
      const state = line.text === '' ? 'unknown' : 'final';
      this.#change(key, () => ({ ...line, state }));
    }
    this.#touch();
  }

  /** A line as it is now; where and when it began is as it was when it was first put. */
  #put(key: string, startedAt: number, bare: BareLine): void {
    const { id: conversationId, guildId } = this.#conversation;
    const began = { id: newLineId(startedAt), channelId: this.#channelId, startedAt, posts: [] };
    const { id, channelId, startedAt: since, posts } = this.#lines.get(key) ?? began;
    this.#lines.set(key, { ...bare, id, conversationId, guildId, channelId, startedAt: since, posts });
    this.#touch(key);
    bound(this.#lines, this.#dirtyLines);
  }

  #change(key: string, change: (line: RecordedLine) => RecordedLine): void {
    const line = this.#lines.get(key);
    if (!line) return;
    this.#lines.set(key, change(line));
    this.#touch(key);
  }

  #touch(key?: string): void {
    if (key !== undefined) this.#dirtyLines.add(key);
    this.#dirty = true;
    this.#wake();
  }

  #wake(afterMs = WRITE_AFTER_MS): void {
    if (this.#closed) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.flush().catch(() => {});
    }, afterMs).unref();
  }

  async #write(): Promise<void> {
    const turns = this.#dirtyTurns;
    const lines = this.#dirtyLines;
    const withdrawn = this.#withdrawn;
    this.#withdrawn = new Set();
    this.#dirtyTurns = new Set();
    this.#dirtyLines = new Set();
    this.#dirty = false;
    try {
      await this.#parts.writer.write({
        conversation: this.#conversation,
        turns: [...turns].flatMap((id) => this.#turns.get(id) ?? []),
        lines: [...lines].flatMap((key) => this.#lines.get(key) ?? []),
        ...(withdrawn.size > 0 && { withdrawn: [...withdrawn] }),
      });
      this.#failing = false;
    } catch (error) {
      for (const id of turns) this.#dirtyTurns.add(id);
      for (const key of lines) this.#dirtyLines.add(key);
      for (const id of withdrawn) this.#withdrawn.add(id);
      this.#dirty = true;
      const message = 'what is said cannot be recorded, so it is not posted either: is the disk full? Trying again';
      if (!this.#failing) this.#parts.log.error({ err: error, guildId: this.#conversation.guildId }, message);
      this.#failing = true;
      this.#wake(RETRY_MS);
      throw error;
    }
  }
}

const UTTERANCE = {
  kind: 'utterance',
  userId: null,
  language: null,
  model: null,
  cut: null,
  turnId: null,
  replyId: null,
  turnIds: [],
} as const satisfies Partial<RecordedUtterance>;

/** Whether the line is to go with this person, whose turns these are. */
function concerns(line: RecordedLine, userId: UserId, turns: ReadonlySet<number>): boolean {
  switch (line.kind) {
    case 'utterance':
      if (line.by === 'person') return line.userId === userId;
      return line.turnIds.length > 0 && line.turnIds.every((id) => turns.has(id));
    case 'tool-call':
      return line.askers.some((asker) => asker.userId === userId);
    case 'joined':
    case 'left':
      return line.userId === userId;
    case 'notice':
      return line.about === userId;
    default:
      return line satisfies never;
  }
}

/** Forgets the oldest that is written. */
function bound<K>(known: Map<K, unknown>, dirty: Set<K>): void {
  if (known.size <= REMEMBERED) return;
  for (const key of known.keys()) {
    if (dirty.has(key) && known.size <= WAITING_LIMIT) continue;
    known.delete(key);
    dirty.delete(key);
    return;
  }
}
