import type { WebSocket } from 'ws';
import type { Json } from '../guild/entities.ts';
import { visibleTo } from '../guild/message-content.ts';
import { Intent, intentOf } from './intents.ts';

export interface IdentifyRequest {
  readonly botId: string;
  readonly intents: number;
  readonly shard: readonly [index: number, count: number];
}

/** Events kept for a resume; the oldest are dropped, and a client that needs them must identify anew. */
const REPLAY_LIMIT = 1000;

/** One session of a bot: outlives its connection until it is ended. */
export class GatewaySession {
  readonly id: string;
  readonly botId: string;
  readonly intents: number;
  readonly shard: readonly [index: number, count: number];
  /** Sequence number of the last event. */
  sequence = 0;
  /** How many times the client resumed. */
  resumes = 0;
  #socket: WebSocket | undefined;
  #sent: Json[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(id: string, request: IdentifyRequest) {
    this.id = id;
    this.botId = request.botId;
    this.intents = request.intents;
    this.shard = request.shard;
  }

  get socket(): WebSocket | undefined {
    return this.#socket;
  }

  has(intent: number): boolean {
    return (this.intents & intent) !== 0;
  }

  /** Whether the guild is in this session's shard. https://docs.discord.com/developers/events/gateway#sharding */
  serves(guildId: string): boolean {
    return Number((BigInt(guildId) >> 22n) % BigInt(this.shard[1])) === this.shard[0];
  }

  attach(socket: WebSocket): void {
    clearTimeout(this.#timer);
    this.#socket?.terminate();
    this.#socket = socket;
  }

  detach(): void {
    this.#socket = undefined;
  }

  /** Sends an event where the intents allow it; keeps it for a resume. */
  dispatch(event: string, payload: Json): void {
    const intent = intentOf(event);
    // The bot's own member updates come without the intent.
    const own = event === 'GUILD_MEMBER_UPDATE' && payload.user?.id === this.botId;
    if (intent && !this.has(intent) && !own) return;
    this.sequence += 1;
    const sees = { botId: this.botId, content: this.has(Intent.messageContent) };
    const d = event.startsWith('MESSAGE_') ? visibleTo(payload, sees) : payload;
    const frame = { t: event, s: this.sequence, op: 0, d };
    this.#sent.push(frame);
    if (this.#sent.length > REPLAY_LIMIT) this.#sent.shift();
    this.send(frame);
  }

  /** Sends the last event of this name again, as it was: a client is to know what it has seen. */
  repeat(event: string): void {
    const last = this.#sent.findLast(({ t }) => t === event);
    if (last) this.send(last);
  }

  canReplay(sequence: number): boolean {
    return (
      Number.isInteger(sequence) &&
      (sequence >= this.sequence || (this.#sent[0]?.s ?? Number.POSITIVE_INFINITY) <= sequence + 1)
    );
  }

  replay(sequence: number): void {
    this.resumes += 1;
    for (const frame of this.#sent) if (frame.s > sequence) this.send(frame);
  }

  send(frame: Json): void {
    if (this.#socket?.readyState === 1) this.#socket.send(JSON.stringify(frame));
  }

  /** Ends the connection without ending the session. */
  cut(code?: number): void {
    if (code === undefined) this.#socket?.terminate();
    else this.#socket?.close(code);
  }

  endAfter(ms: number, end: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(end, ms).unref();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#sent = [];
  }
}
