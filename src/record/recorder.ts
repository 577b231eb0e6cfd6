import { newConversationId, newLineId, privateCallId } from '../lib/line-ids.ts';
import type { Log } from '../lib/log.ts';
import type { BridgeEvent, EndReason } from '../ports/bridge-events.ts';
import type {
  LiveRecord,
  RecordedConversation,
  RecordedLine,
  RecordedToolCall,
  RecordedTurn,
  RecordedUtterance,
  RecordWriter,
} from '../ports/record.ts';
import type { StorageHealth } from '../ports/storage.ts';
import type { ServerWork } from '../ports/tool-calls.ts';
import type { Person, Turn, UserId } from '../ports/voice.ts';
import { type RecordNews, RecordOutbox } from './record-outbox.ts';
import { RecordedReply } from './recorded-reply.ts';

type EventOf<Type extends BridgeEvent['type']> = Extract<BridgeEvent, { type: Type }>;
type BareLine = RecordedLine extends infer L ? (L extends RecordedLine ? Omit<L, keyof Common> : never) : never;
type Common = Pick<RecordedLine, 'id' | 'conversationId' | 'guildId' | 'channelId' | 'startedAt' | 'posts'>;

/** Replies that are remembered, so that late words still find theirs. */
const REMEMBERED = 400;

/** What a recorder is made with. `now` in ms since 1970. */
export interface RecorderDeps {
  readonly writer: RecordWriter;
  readonly conversation: Omit<RecordedConversation, 'id' | 'startedAt' | 'endedAt' | 'endReason'>;
  /** The bot's name and the model that answers, as of now. */
  readonly botName: string;
  readonly modelName: () => string;
  /** The language that people are expected to speak; null: any. */
  readonly language: () => string | null;
  readonly now: () => number;
  readonly log: Pick<Log, 'error'>;
  /** Says when a write that failed has a chance again. */
  readonly health?: StorageHealth;
  /** Told when nothing can be written, and when that is over. */
  readonly tell?: (news: RecordNews) => void;
}

/**
 * Writes one conversation into the record while it happens: turns what happens into its turns and lines. Nothing of them
 * may be posted before flush() resolves. Fed with observe(); whoever made it closes it.
 */
export class Recorder implements LiveRecord {
  readonly #deps: RecorderDeps;
  readonly #outbox: RecordOutbox;
  /** The voice channel in which lines begin now. */
  #channelId: string;
  readonly #replies = new Map<string, RecordedReply>();
  #unknown = 0;
  #unknownOpen = false;
  #closed = false;

  constructor(deps: RecorderDeps) {
    this.#deps = deps;
    const { writer, log, health, tell } = deps;
    const startedAt = deps.now();
    const conversation = {
      ...deps.conversation,
      id: newConversationId(startedAt),
      startedAt,
      endedAt: null,
      endReason: null,
    };
    this.#channelId = conversation.channelId;
    this.#outbox = new RecordOutbox({ writer, conversation, log, ...(health && { health }), ...(tell && { tell }) });
  }

  /** Of the record. */
  get conversationId(): number {
    return this.#outbox.conversation.id;
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
        // Its speaker took it back.
        this.#outbox.withdraw(event.turn.id, `turn:${event.turn.id}`);
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
      case 'private-answer':
        this.#private(event);
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
    this.#put(key, this.#deps.now(), { kind: 'notice', text, ...(about !== undefined && { about }) });
  }

  posted(keys: readonly string[], messageId: string): void {
    const at = messageId.indexOf(':');
    this.#outbox.posted(keys, {
      channelId: at < 0 ? this.#outbox.conversation.transcriptChannelId : messageId.slice(0, at),
      messageId: messageId.slice(at + 1),
    });
  }

  flush(): Promise<void> {
    return this.#outbox.flush();
  }

  /** The last write. Does not reject. What cannot be written then is written later: see `written`. Idempotent. */
  close(): Promise<void> {
    this.#closed = true;
    return this.#outbox.close();
  }

  /** Resolves when nothing waits to be written any more after close(). */
  get written(): Promise<void> {
    return this.#outbox.written;
  }

  /**
   * Writes nothing any more of what this person said, asked for or was told alone, came or left so far. Resolves when no
   * write is under way: then what is in the database can be deleted. Whoever calls keeps late events of it away
   * (ForgottenTurns), or it comes back.
   */
  /** As RecordOutbox.dropLines(). */
  dropLines(ids: ReadonlySet<number>): void {
    this.#outbox.dropLines(ids);
  }

  erase(userId: UserId): Promise<void> {
    return this.#outbox.erase(userId);
  }

  /** The words of a turn that had ended show that the bot was spoken to. */
  #answered({ turn: { id }, answered }: EventOf<'answer-decided'>): void {
    const known = this.#outbox.turn(id);
    if (known && known.endedAt !== null && answered) this.#outbox.putTurn({ ...known, answered });
  }

  #turn(event: EventOf<'turn-began' | 'turn-ended'>): void {
    const { id, name, about } = event.turn;
    // A reminder's turn is nobody's, and yet its words are of whom it is for.
    const userId = event.turn.userId ?? about ?? null;
    const known = this.#outbox.turn(id);
    const startedAt = event.soundStart ?? known?.startedAt ?? this.#deps.now();
    if (event.type === 'turn-began') {
      const typed = event.soundStart === undefined;
      this.#outbox.putTurn({ turnId: id, userId, name, startedAt, endedAt: null, typed, answered: null });
      this.#words({ type: 'turn-transcript', turn: event.turn, text: '', final: false });
    } else if (known) {
      const endedAt = event.soundEnd ?? this.#deps.now();
      this.#outbox.putTurn({ ...known, endedAt, answered: event.respond });
      const line = this.#outbox.line(`turn:${id}`);
      if (line?.kind === 'utterance') this.#outbox.putLine(`turn:${id}`, { ...line, endedAt });
    }
  }

  #endTurn(turn: RecordedTurn, answered: boolean): void {
    this.#outbox.putTurn({ ...turn, endedAt: this.#deps.now(), answered });
  }

  #words({ turn, text, final, itemIds = [], insteadOf }: EventOf<'turn-transcript'>): void {
    if (insteadOf !== undefined) this.#withdrawUnknown(insteadOf);
    if (turn === null && !this.#unknownOpen) this.#unknown += 1;
    if (turn === null) this.#unknownOpen = !final;
    const key = turn ? `turn:${turn.id}` : `unknown:${this.#unknown}`;
    const known = turn ? this.#outbox.turn(turn.id) : undefined;
    // Nothing else says that a typed turn is over; it is always answered.
    if (known?.typed && final && known.endedAt === null) this.#endTurn(known, true);
    const startedAt = known?.startedAt ?? this.#deps.now();
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
      endedAt: known?.endedAt ?? this.#deps.now(),
      text,
      language: this.#deps.language(),
      written: known?.typed ?? false,
      state: final ? 'final' : 'open',
      turnId: turn?.id ?? null,
      itemIds,
    });
  }

  /** The newest utterance of nobody's with these words: it turned out whose it is. */
  #withdrawUnknown(text: string): void {
    const found = this.#outbox.lines.findLast(
      ([key, line]) => key.startsWith('unknown:') && line.kind === 'utterance' && line.text === text,
    );
    if (found) this.#outbox.withdrawLine(found[0]);
  }

  #reply(event: EventOf<'reply-started' | 'reply-audible' | 'reply-transcript' | 'reply-ended'>): void {
    const { replyId } = event;
    const reply = this.#replies.get(replyId) ?? new RecordedReply(this.#deps.modelName());
    this.#replies.set(replyId, reply);
    const said = reply.observe(event, this.#deps.now());
    if (!said) return;
    const { startedAt, ...rest } = said;
    this.#put(`reply:${replyId}`, startedAt, {
      ...UTTERANCE,
      ...rest,
      by: 'model',
      name: this.#deps.botName,
      replyId,
    });
    if (this.#replies.size > REMEMBERED) this.#replies.delete(this.#replies.keys().next().value as string);
  }

  #call({ call, askers, ...event }: EventOf<'tool-started' | 'tool-ended'>): void {
    const { callId, replyId, name } = call;
    const now = this.#deps.now();
    const ended = event.type === 'tool-ended' ? event : undefined;
    const known = this.#outbox.line(`call:${callId}`);
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

  /** Beside the call, which stands under the voice channel where it was made. */
  #private({ call, askers, channelId, output }: EventOf<'private-answer'>): void {
    const { replyId, name } = call;
    const callId = privateCallId(call.callId, channelId);
    const now = this.#deps.now();
    const line = { kind: 'tool-call', callId, replyId, askers, name, arguments: call.arguments } as const;
    this.#put(`call:${callId}`, now, { ...line, result: { ok: true, output }, endedAt: now }, channelId);
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
      endedAt: work.result && this.#deps.now(),
    };
    this.#put(`call:${work.callId}`, this.#deps.now(), call);
  }

  #presence(kind: 'joined' | 'left', { userId, name }: Person): void {
    const at = this.#deps.now();
    this.#put(`${kind}:${userId}:${newLineId(at)}`, at, { kind, userId, name });
  }

  #end(reason: EndReason): void {
    const outbox = this.#outbox;
    outbox.conversation = { ...outbox.conversation, endedAt: this.#deps.now(), endReason: reason.kind };
    for (const turn of outbox.turns) if (turn.endedAt === null) this.#endTurn(turn, false);
    for (const [key, line] of outbox.lines) {
      if (line.kind !== 'utterance' || line.state !== 'open') continue;
      outbox.putLine(key, { ...line, state: line.text === '' ? 'unknown' : 'final' });
    }
  }

  /** A line as it is now; where and when it began is as it was when it was first put. */
  #put(key: string, startedAt: number, bare: BareLine, where = this.#channelId): void {
    const { id: conversationId, guildId } = this.#outbox.conversation;
    const began = { id: newLineId(startedAt), channelId: where, startedAt, posts: [] };
    const { id, channelId, startedAt: since, posts } = this.#outbox.line(key) ?? began;
    this.#outbox.putLine(key, { ...bare, id, conversationId, guildId, channelId, startedAt: since, posts });
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
