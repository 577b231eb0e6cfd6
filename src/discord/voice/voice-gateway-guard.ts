import { isIPv4 } from 'node:net';
import type { Networking } from '@discordjs/voice';
import type { Logger } from 'pino';

type VoiceSocket = Extract<Networking['state'], { ws: unknown }>['ws'];
type Payload = Readonly<Record<string, unknown>>;

/** A heartbeat more often than this would be a storm; Discord asks for one every 13.75 s. */
const SHORTEST_HEARTBEAT_MS = 1_000;
const KEY_BYTES = 32;
/** Sequence number and opcode, then for announced commits and Welcomes the transition id (DAVE protocol, ops 29 and 30). */
const LEAST_BINARY_BYTES = 3;

/**
 * Works around a fault of @discordjs/voice 0.19.2: it reads voice gateway messages unchecked inside the socket's message
 * handler, so that a malformed one (`null`, a missing field, a binary frame of two bytes) ends the process. It can go
 * when the library checks them itself; test/discord/voice/voice-gateway-guard.test.ts says when.
 */
export function guardVoiceGateway(socket: VoiceSocket, log: Logger): void {
  if (guarded.has(socket)) return;
  guarded.add(socket);
  const onMessage = socket.onMessage.bind(socket);
  socket.onMessage = (event) => {
    if (!isWellFormed(event.data)) {
      log.debug('a malformed message of the voice gateway was dropped');
      return;
    }
    try {
      onMessage(event);
    } catch (error) {
      log.warn({ err: error }, 'a message of the voice gateway could not be acted on');
    }
  };
}

const guarded = new WeakSet<VoiceSocket>();

/** Whether a frame of the voice gateway (v8) has the shape that its opcode asks for; unknown opcodes pass. Never throws. */
export function isWellFormed(frame: unknown): boolean {
  if (frame instanceof ArrayBuffer) return isWellFormed(Buffer.from(frame));
  if (Buffer.isBuffer(frame)) {
    if (frame.length <= LEAST_BINARY_BYTES) return false;
    const op = frame[2];
    return (op !== 29 && op !== 30) || frame.length > LEAST_BINARY_BYTES + 2;
  }
  if (typeof frame !== 'string') return false;
  let message: unknown;
  try {
    message = JSON.parse(frame);
  } catch {
    return false;
  }
  if (!isObject(message) || typeof message.op !== 'number') return false;
  if (message.seq !== undefined && message.seq !== null && !isCount(message.seq, 2 ** 32)) return false;
  const check = CHECKS.get(message.op);
  return !check || (isObject(message.d) && check(message.d));
}

// https://docs.discord.com/developers/topics/opcodes-and-status-codes#voice, and https://daveprotocol.com for 21, 22 and 24
const CHECKS = new Map<number, (d: Payload) => boolean>([
  [
    2,
    (d) =>
      isCount(d.ssrc, 2 ** 32) &&
      isIPv4(String(d.ip)) &&
      isCount(d.port, 2 ** 16) &&
      d.port !== 0 &&
      isStrings(d.modes),
  ],
  [4, (d) => typeof d.mode === 'string' && isKey(d.secret_key) && isVersion(d.dave_protocol_version ?? 0)],
  [5, (d) => isCount(d.ssrc, 2 ** 32) && isId(d.user_id)],
  [8, (d) => typeof d.heartbeat_interval === 'number' && d.heartbeat_interval >= SHORTEST_HEARTBEAT_MS],
  [11, (d) => Array.isArray(d.user_ids) && d.user_ids.every(isId)],
  [13, (d) => isId(d.user_id)],
  [21, (d) => isCount(d.transition_id, 2 ** 16) && isVersion(d.protocol_version)],
  [22, (d) => isCount(d.transition_id, 2 ** 16)],
  [24, (d) => isCount(d.epoch, Number.MAX_SAFE_INTEGER) && isVersion(d.protocol_version)],
]);

/** DAVE has version 1; 0 means that there is none. */
function isVersion(value: unknown): boolean {
  return value === 0 || value === 1;
}

function isKey(value: unknown): boolean {
  return Array.isArray(value) && value.length === KEY_BYTES && value.every((byte) => isCount(byte, 256));
}

function isObject(value: unknown): value is Payload {
  return typeof value === 'object' && value !== null;
}

function isStrings(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

/** Snowflakes are 64-bit numbers in decimal. */
function isId(value: unknown): boolean {
  return typeof value === 'string' && /^\d{1,20}$/.test(value);
}

function isCount(value: unknown, limit: number): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < limit;
}
