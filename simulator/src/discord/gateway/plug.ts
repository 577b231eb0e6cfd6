import type { Server, Socket } from 'node:net';

/**
 * How a network is gone. `reset`: every connection breaks, and new ones are refused. `silent`: nothing comes through in
 * either direction, and nobody is told; what waits goes on its way when the network is back, as TCP sends it again.
 */
export type Outage = 'reset' | 'silent';

/** The wire between a server and everybody who connects to it: it can be pulled out and put back. */
export class Plug {
  readonly #sockets = new Set<Socket>();
  #outage: Outage | undefined;

  constructor(server: Server) {
    // Before the server itself looks at it.
    server.prependListener('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      if (this.#outage) strike(socket, this.#outage);
    });
  }

  pull(outage: Outage): void {
    this.#outage = outage;
    for (const socket of this.#sockets) strike(socket, outage);
  }

  restore(): void {
    if (this.#outage === 'silent') {
      for (const socket of this.#sockets) {
        socket.uncork();
        socket.resume();
      }
    }
    this.#outage = undefined;
  }
}

function strike(socket: Socket, outage: Outage): void {
  if (outage === 'reset') {
    socket.resetAndDestroy();
    return;
  }
  socket.cork();
  // The server begins to read in this turn of the loop.
  setImmediate(() => socket.pause());
}
