import type { IncomingMessage, Server } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Json } from '../guild/entities.ts';
import type { PlaceHolder } from '../voice/place-holder.ts';
import { EventFaults } from './event-faults.ts';
import { type GatewayFault, GatewayFaults } from './faults.ts';
import { PRIVILEGED } from './intents.ts';
import { GatewaySession, type IdentifyRequest } from './session.ts';

/** Tells the bots of something. `sessionId`: only that session; `channelId`: only where the bot can see the channel. */
export type Dispatch = (event: string, payload: Json, scope: DispatchScope) => void;
interface DispatchScope {
  readonly guildId?: string | undefined;
  readonly channelId?: string;
  readonly sessionId?: string;
}

/** What the gateway asks of the rest of Discord. */
export interface GatewayWorld {
  /** The user id of the bot with this token; undefined: nobody has it. */
  botOf(token: string): string | undefined;
  /** The privileged intents that the application was granted. */
  readonly grantedIntents: number;
  readonly heartbeatIntervalMs: number;
  /** How long a session that lost its connection can be resumed. */
  readonly resumeMs: number;
  /** Where voice servers are, as VOICE_SERVER_UPDATE says. */
  readonly voiceEndpoint: string;
  sessionId(): string;
  ready(session: GatewaySession): Json;
  /** Whether the bot is in the guild, and may see the channel of it. */
  canView(botId: string, guildId: string, channelId?: string): boolean;
  /** Sends GUILD_CREATE for every guild of the session. */
  greet(session: GatewaySession): void;
  voiceState(session: GatewaySession, wish: Json, holder: PlaceHolder): void;
  requestMembers(session: GatewaySession, request: Json): void;
  requestChannelInfo(session: GatewaySession, request: Json): void;
  ended(session: GatewaySession): void;
}

const OP = {
  dispatch: 0,
  heartbeat: 1,
  identify: 2,
  presence: 3,
  voiceState: 4,
  resume: 6,
  reconnect: 7,
  requestMembers: 8,
  invalidSession: 9,
  hello: 10,
  ack: 11,
  soundboard: 31,
  channelInfo: 43,
} as const;
const MAX_PAYLOAD_BYTES = 4096;
/** Messages a minute that a client may send. https://docs.discord.com/developers/events/gateway#rate-limiting */
const SEND_LIMIT = 120;

/**
 * Discord's gateway, version 10, JSON. Close codes:
 * https://docs.discord.com/developers/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes
 */
export class Gateway {
  readonly #world: GatewayWorld;
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #sessions = new Map<string, GatewaySession>();
  readonly faults = new GatewayFaults();
  /** Every attempt to connect is cut off; what is connected stays. */
  unreachable = false;
  /** Order and number of the events. */
  readonly events = new EventFaults();

  constructor(world: GatewayWorld) {
    this.#world = world;
  }

  /** Sessions that live, connected or waiting to be resumed. */
  get sessions(): readonly GatewaySession[] {
    return [...this.#sessions.values()];
  }

  /** Takes every upgrade request of an HTTP server. */
  attach(server: Server): void {
    server.on('upgrade', (request: IncomingMessage, socket, head) => {
      this.faults.seen.connections.push(performance.now());
      if (this.unreachable) {
        socket.destroy();
        return;
      }
      if (this.faults.upgradeStatus !== undefined) {
        socket.end(`HTTP/1.1 ${this.faults.upgradeStatus} Simulated\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
        return;
      }
      this.#sockets.handleUpgrade(request, socket, head, (webSocket) => this.#greet(webSocket, request.url ?? '/'));
    });
  }

  readonly dispatch: Dispatch = (event, payload, scope) => {
    for (const session of this.#sessions.values()) {
      if (scope.sessionId && scope.sessionId !== session.id) continue;
      if (scope.guildId && !session.serves(scope.guildId)) continue;
      if (scope.guildId && !this.#world.canView(session.botId, scope.guildId, scope.channelId)) continue;
      this.events.play(event, () => session.dispatch(event, payload));
    }
  };

  /** Cuts every connection, as a network fault (no code, 1006 at the client) or with a close code; sessions can be resumed. */
  drop(code?: number): void {
    for (const session of this.#sessions.values()) session.cut(code);
  }

  /** Asks every client to connect again and resume (op 7). */
  askToReconnect(): void {
    for (const session of this.#sessions.values()) session.send({ op: OP.reconnect, d: null });
  }

  /** Ends every session (op 9): the client must identify anew. */
  invalidate(): void {
    for (const session of this.sessions) {
      session.send({ op: OP.invalidSession, d: false });
      this.#end(session);
    }
  }

  close(): void {
    for (const session of this.sessions) session.end();
    this.#sessions.clear();
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#sockets.close();
  }

  #greet(socket: WebSocket, url: string): void {
    const query = new URL(url, 'ws://gateway').searchParams;
    if (Number(query.get('v') ?? 10) < 9) {
      socket.close(4012, 'Invalid API version.');
      return;
    }
    const heartbeat = this.#watchHeart(socket);
    let session: GatewaySession | undefined;
    let minute = { from: Date.now(), sent: 0 };
    socket.on('error', () => socket.terminate());
    socket.on('message', (raw: Buffer) => {
      if (Date.now() - minute.from > 60_000) minute = { from: Date.now(), sent: 0 };
      minute.sent += 1;
      if (minute.sent > SEND_LIMIT) return socket.close(4008, 'You are being rate limited.');
      if (raw.length > MAX_PAYLOAD_BYTES) return socket.close(4002, 'Error while decoding payload.');
      const payload = parse(raw);
      if (!payload) return socket.close(4002, 'Error while decoding payload.');
      if (payload.op === OP.heartbeat) heartbeat.beat(this.faults);
      session = this.#take(socket, session, payload) ?? session;
    });
    socket.on('close', (code) => {
      heartbeat.stop();
      if (session?.socket === socket) this.#lost(session, code);
    });
    if (this.faults.noHello) return;
    socket.send(
      JSON.stringify({
        op: OP.hello,
        s: null,
        t: null,
        d: { heartbeat_interval: this.#world.heartbeatIntervalMs, _trace: [] },
      }),
    );
  }

  #watchHeart(socket: WebSocket): { beat(faults: GatewayFaults): void; stop(): void } {
    const patience = this.#world.heartbeatIntervalMs * 1.5;
    const timer = setTimeout(() => socket.close(4009, 'Session timed out.'), patience).unref();
    return {
      beat({ seen, noAck }) {
        timer.refresh();
        seen.heartbeats.push(performance.now());
        if (noAck) return;
        socket.send(JSON.stringify({ op: OP.ack, s: null, t: null, d: null }));
      },
      stop: () => clearTimeout(timer),
    };
  }

  #take(socket: WebSocket, session: GatewaySession | undefined, payload: Json): GatewaySession | undefined {
    if (payload.op === OP.heartbeat) return undefined;
    if (payload.op === OP.identify || payload.op === OP.resume) {
      if (session) {
        socket.close(4005, 'Already authenticated.');
        return undefined;
      }
      return payload.op === OP.identify
        ? this.#identify(socket, payload.d ?? {})
        : this.#resume(socket, payload.d ?? {});
    }
    if (!session) {
      socket.close(4003, 'Not authenticated.');
      return undefined;
    }
    if (payload.op === OP.voiceState) this.#voiceState(session, payload.d ?? {});
    else if (payload.op === OP.requestMembers) this.#world.requestMembers(session, payload.d ?? {});
    else if (payload.op === OP.channelInfo) this.#world.requestChannelInfo(session, payload.d ?? {});
    else if (![OP.presence, OP.soundboard, OP.channelInfo].includes(payload.op)) socket.close(4001, 'Unknown opcode.');
    return undefined;
  }

  #identify(socket: WebSocket, request: Json): GatewaySession | undefined {
    const refuse = (code: number, reason: string) => {
      socket.close(code, reason);
      return undefined;
    };
    const botId = this.#botOf(request);
    // Who starts more sessions than it may has its token reset.
    const mayStart = this.faults.takeStart();
    if (botId === undefined || !mayStart) return refuse(4004, 'Authentication failed.');
    if (this.faults.onIdentify) {
      this.#strike(this.faults.onIdentify, socket);
      return undefined;
    }
    const { intents, properties } = request;
    if (!Number.isInteger(intents) || intents < 0 || intents >= 2 ** 27) return refuse(4013, 'Invalid intent(s).');
    if (intents & PRIVILEGED & ~this.#world.grantedIntents) return refuse(4014, 'Disallowed intent(s).');
    if (typeof properties !== 'object' || properties === null) return refuse(4002, 'Error while decoding payload.');
    const [index, count] = request.shard ?? [0, 1];
    if (!(Number.isInteger(index) && Number.isInteger(count) && index >= 0 && index < count))
      return refuse(4010, 'Invalid shard.');
    const session = new GatewaySession(this.#world.sessionId(), {
      botId,
      intents,
      shard: [index, count],
    } satisfies IdentifyRequest);
    this.#sessions.set(session.id, session);
    session.attach(socket);
    session.dispatch('READY', this.#world.ready(session));
    this.#world.greet(session);
    this.#strikeAfter(this.faults.afterReady, socket, session);
    return session;
  }

  #resume(socket: WebSocket, request: Json): GatewaySession | undefined {
    this.faults.seen.resumes.push(performance.now());
    if (this.faults.onResume) {
      this.#strike(this.faults.onResume, socket);
      return undefined;
    }
    const botId = this.#botOf(request);
    if (botId === undefined) {
      socket.close(4004, 'Authentication failed.');
      return undefined;
    }
    const known = this.#sessions.get(String(request.session_id));
    const session = known?.botId === botId ? known : undefined;
    if (session && request.seq > session.sequence) {
      socket.close(4007, 'Invalid seq.');
      return undefined;
    }
    if (!session?.canReplay(request.seq)) {
      socket.send(JSON.stringify({ op: OP.invalidSession, s: null, t: null, d: false }));
      return undefined;
    }
    session.attach(socket);
    session.replay(Math.max(0, request.seq - this.events.repeated));
    session.dispatch('RESUMED', { _trace: [] });
    this.#strikeAfter(this.faults.afterResumed, socket, session);
    return session;
  }

  #strikeAfter(
    after: { readonly ms: number; readonly fault: GatewayFault } | undefined,
    socket: WebSocket,
    session: GatewaySession,
  ): void {
    if (after) setTimeout(() => this.#strike(after.fault, socket, session), after.ms).unref();
  }

  #strike(fault: GatewayFault, socket: WebSocket, session?: GatewaySession): void {
    if (fault.kind === 'silence') return;
    if (fault.kind === 'cut') socket.terminate();
    else if (fault.kind === 'close') socket.close(fault.code);
    else if (fault.kind === 'reconnect') socket.send(JSON.stringify({ op: OP.reconnect, s: null, t: null, d: null }));
    else {
      socket.send(JSON.stringify({ op: OP.invalidSession, s: null, t: null, d: fault.resumable }));
      if (session && !fault.resumable) this.#end(session);
    }
  }

  #botOf(request: Json): string | undefined {
    return this.#world.botOf(String(request.token).replace(/^Bot /, ''));
  }

  #voiceState(session: GatewaySession, wish: Json): void {
    const holder: PlaceHolder = {
      served: (token, place) => {
        // The place may be older than the session that holds it now: it goes to whoever asked for the place.
        this.dispatch(
          'VOICE_SERVER_UPDATE',
          { token, guild_id: wish.guild_id, endpoint: this.#world.voiceEndpoint },
          { sessionId: place.sessionId },
        );
      },
      // https://docs.discord.com/developers/events/gateway-events#voice-server-update: endpoint null while it is reallocated
      unserved: (place) => {
        this.dispatch(
          'VOICE_SERVER_UPDATE',
          { token: '', guild_id: wish.guild_id, endpoint: null },
          { sessionId: place.sessionId },
        );
      },
      left: () => {},
    };
    this.#world.voiceState(session, wish, holder);
  }

  // A client that closes with 1000 or 1001 ends its session; any other close leaves it to be resumed.
  // https://docs.discord.com/developers/events/gateway#initiating-a-disconnect
  #lost(session: GatewaySession, code: number): void {
    session.detach();
    if (code === 1000 || code === 1001) this.#end(session);
    else session.endAfter(this.#world.resumeMs, () => this.#end(session));
  }

  #end(session: GatewaySession): void {
    if (!this.#sessions.delete(session.id)) return;
    session.end();
    this.#world.ended(session);
  }
}

function parse(raw: Buffer): Json | undefined {
  try {
    const payload = JSON.parse(raw.toString());
    return typeof payload === 'object' && payload !== null ? payload : undefined;
  } catch {
    return undefined;
  }
}
