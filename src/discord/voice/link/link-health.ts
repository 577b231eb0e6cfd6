import { type Networking, NetworkingStatusCode } from '@discordjs/voice';
import type { LinkPatience } from './close-codes.ts';
import { discoveryRequest, isDiscoveryAnswer } from './ip-discovery.ts';

/**
 * Notices a link that died without a word, websocket and UDP each alone. The library needs 55 s and more for the one and
 * never notices the other. Close it with its connection.
 */
export class LinkHealth {
  readonly #networking: Networking;
  readonly #patience: LinkPatience;
  readonly #timer: NodeJS.Timeout;
  #wsHeardAt = performance.now();
  #udpHeardAt = performance.now();
  /** Discord does not promise to answer a second discovery: its silence counts only where it answered one. */
  #answers = false;
  #probed = false;
  #lastTickAt = performance.now();

  constructor(networking: Networking, options: { patience: LinkPatience; onDead: (what: string) => void }) {
    this.#networking = networking;
    this.#patience = options.patience;
    this.#timer = setInterval(() => {
      const what = this.#beat(performance.now());
      if (what) options.onDead(what);
    }, options.patience.pulseMs);
    this.#probe();
  }

  /** A datagram came from the voice server. Gives whether it was the answer to a probe, which is not sound. */
  heard(datagram: Buffer): boolean {
    this.#udpHeardAt = performance.now();
    if (!isDiscoveryAnswer(datagram)) return false;
    if (this.#probed) this.#answers = true;
    return true;
  }

  /** A message came on the websocket. */
  wsHeard(): void {
    this.#wsHeardAt = performance.now();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #beat(now: number): string | undefined {
    const { pulseMs, deadMs } = this.#patience;
    // Our own process stood still: what came meanwhile is not read yet.
    const late = now - this.#lastTickAt > 2 * pulseMs;
    this.#lastTickAt = now;
    if (late) {
      this.#wsHeardAt = now;
      this.#udpHeardAt = now;
    } else if (now - this.#wsHeardAt >= deadMs) return 'websocket';
    else if (this.#answers && now - this.#udpHeardAt >= deadMs) return 'UDP';
    this.#probe();
    return undefined;
  }

  #probe(): void {
    const { state } = this.#networking;
    if (state.code !== NetworkingStatusCode.Ready) return;
    this.#probed = true;
    state.udp.send(discoveryRequest(state.connectionData.ssrc));
    // More often than Hello asks for: every heartbeat is answered, which is all the life that a silent channel shows.
    (state.ws as unknown as { sendHeartbeat(): void }).sendHeartbeat();
  }
}
