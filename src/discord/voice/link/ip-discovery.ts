import { type Networking, NetworkingStatusCode } from '@discordjs/voice';

const BYTES = 74;
const REQUEST = 1;
const ANSWER = 2;

/** An IP discovery request: https://docs.discord.com/developers/topics/voice-connections#ip-discovery */
export function discoveryRequest(ssrc: number): Buffer {
  const datagram = Buffer.alloc(BYTES);
  datagram.writeUInt16BE(REQUEST, 0);
  datagram.writeUInt16BE(BYTES - 4, 2);
  datagram.writeUInt32BE(ssrc, 4);
  return datagram;
}

/** Whether the datagram is the server's answer to one; sound never begins like this (its version bits are 2). */
export function isDiscoveryAnswer(datagram: Buffer): boolean {
  return datagram.length === BYTES && datagram.readUInt16BE(0) === ANSWER;
}

/** Sends IP discovery requests again until one is answered: the library sends one, and a datagram may get lost. */
export class RepeatedDiscovery {
  readonly #everyMs: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  /** Asks on behalf of this connection, while it waits for an answer. */
  begin(networking: Networking): void {
    this.stop();
    this.#timer = setInterval(() => {
      const { state } = networking;
      if (state.code !== NetworkingStatusCode.UdpHandshaking) this.stop();
      else state.udp.send(discoveryRequest(state.connectionData.ssrc));
    }, this.#everyMs);
  }

  /** Idempotent. */
  stop(): void {
    clearInterval(this.#timer);
  }
}
