import type { Socket } from 'node:dgram';
import type { Networking } from '@discordjs/voice';

type VoiceUdp = Extract<Networking['state'], { udp: unknown }>['udp'];

/**
 * Works around two faults of @discordjs/voice 0.19.2. Anybody may send to the socket, and the library takes the answer of IP
 * discovery, which decides where the server sends everybody's sound, from whoever is first: only datagrams from the voice
 * server's own address reach anybody here. And it sends its first keep-alive after closing, see below.
 */
export function guardVoiceUdp(udp: VoiceUdp): void {
  if (guarded.has(udp)) return;
  guarded.add(udp);
  guardSending(udp);
  guardSource(udp);
}

/** Call it in the turn in which the socket was made: nothing can have come yet. */
function guardSource(udp: VoiceUdp): void {
  const { remote, socket } = udp as unknown as { remote: { ip: string; port: number }; socket: Socket };
  const emit = socket.emit.bind(socket) as (event: string | symbol, ...args: unknown[]) => boolean;
  const guardedEmit = (event: string | symbol, ...args: unknown[]): boolean => {
    const from = args[1] as { address?: string; port?: number } | undefined;
    if (event === 'message' && (from?.address !== remote.ip || from.port !== remote.port)) return false;
    return emit(event, ...args);
  };
  socket.emit = guardedEmit as Socket['emit'];
}

/**
 * Works around a fault of @discordjs/voice 0.19.2: it sends its first keep-alive in a `setImmediate` that closing does not
 * call off, so that a bot that leaves within the same turn ends its process with ERR_SOCKET_DGRAM_NOT_RUNNING. A datagram
 * for a closed socket is dropped instead, as one that the network loses. It can go when test/discord/voice/link/udp-guard.test.ts
 * says so. Idempotent.
 */
function guardSending(udp: VoiceUdp): void {
  const send = udp.send.bind(udp);
  udp.send = (datagram) => {
    try {
      send(datagram);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_SOCKET_DGRAM_NOT_RUNNING') throw error;
    }
  };
}

const guarded = new WeakSet<VoiceUdp>();
