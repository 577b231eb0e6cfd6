import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP relay on 127.0.0.1 that holds everything back for some time in both directions, like a line of some length. */
export class SlowLine {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  /** `target`: http address on this machine. `delayMs`: one way. */
  static async start(target: string, delayMs: number): Promise<SlowLine> {
    const port = Number(new URL(target).port);
    const line = new SlowLine(createServer());
    line.#server.on('connection', (near) => {
      const far = connect({ host: '127.0.0.1', port });
      line.#relay(near, far, delayMs);
      line.#relay(far, near, delayMs);
    });
    line.#server.listen(0, '127.0.0.1');
    await once(line.#server, 'listening');
    return line;
  }

  /** The same address by way of this line. */
  via(target: string): string {
    const url = new URL(target);
    url.port = String((this.#server.address() as AddressInfo).port);
    return url.href;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #relay(from: Socket, to: Socket, delayMs: number): void {
    this.#sockets.add(from);
    from.setNoDelay(true);
    // Timers of one length run in the order in which they were set.
    from.on('data', (bytes) => setTimeout(() => to.write(bytes), delayMs));
    from.on('close', () => setTimeout(() => to.destroy(), delayMs));
    from.on('error', () => to.destroy());
  }
}
