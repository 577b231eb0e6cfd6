import type { WebSocket } from 'ws';
import type { Json } from './entities.ts';
import { Intent, intentOf } from './intents.ts';

export interface IdentifyRequest {
  readonly intents: number;
  readonly shard: readonly [index: number, count: number];
}

/** Events kept for a resume; the oldest are dropped, and a client that needs them must identify anew. */
const REPLAY_LIMIT = 1000;

/** One session of the bot: outlives its connection until it is ended. */
export class GatewaySession {
  readonly id: string;
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
  dispatch(event: string, payload: Json, botId: string): void {
    const intent = intentOf(event);
    // The bot's own member updates come without the intent.
    const own = event === 'GUILD_MEMBER_UPDATE' && payload.user?.id === botId;
    if (intent && !this.has(intent) && !own) return;
    this.sequence += 1;
    const d = event.startsWith('MESSAGE_') ? this.#visible(payload, botId) : payload;
    const frame = { t: event, s: this.sequence, op: 0, d };
    this.#sent.push(frame);
    if (this.#sent.length > REPLAY_LIMIT) this.#sent.shift();
    this.send(frame);
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

  // Without the message content intent only the bot's own messages, and those that mention it, have content.
  // https://docs.discord.com/developers/events/gateway#message-content-intent
  #visible(message: Json, botId: string): Json {
    const mentioned = message.mentions?.some((user: Json) => user.id === botId);
    if (!message.author || this.has(Intent.messageContent) || message.author.id === botId || mentioned) return message;
    return { ...message, content: '', embeds: [], attachments: [], components: [] };
  }
}
