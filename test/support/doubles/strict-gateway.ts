import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { localCertificate } from '@parley/simulator/discord';
import type { Provider } from '../../../src/ports/capabilities.ts';

/** Where the gateway stands in its host, as `{GATEWAY}/live/{account}`. */
const PREFIX = '/live/ACCOUNT';

/** What the provider's own client sends through a gateway: openai and @google/genai of package.json, probed. */
interface Shape {
  /** Path and query behind the prefix. */
  readonly address: RegExp;
  /** The header of the key, and what stands before the key in it. */
  readonly credential: readonly [header: string, before: string];
  /** Headers beside those of every WebSocket. */
  readonly also: readonly string[];
  /** Where the stand-in behind it expects the connection. */
  readonly behind: (address: string) => string;
}

const WEBSOCKET = ['host', 'connection', 'upgrade', 'user-agent'];
const GOOGLE = ['content-type', 'x-goog-api-client'];
const openAI: Omit<Shape, 'behind'> = {
  address: /^\/realtime\?(model=[\w.-]+|intent=transcription)$/,
  credential: ['authorization', 'Bearer '],
  also: [],
};
const SHAPES: Readonly<Record<Provider, Shape>> = {
  openai: { ...openAI, behind: (address) => `/v1${address}` },
  azure: { ...openAI, behind: (address) => `/openai/v1${address}` },
  gemini: {
    address: /^\/ws\/google\.ai\.generativelanguage\.v1(beta|alpha)\.GenerativeService\.BidiGenerateContent$/,
    credential: ['x-goog-api-key', ''],
    also: GOOGLE,
    behind: (address) => address,
  },
  vertex: {
    address: /^\/ws\/google\.cloud\.aiplatform\.v1(beta1)?\.LlmBidiService\/BidiGenerateContent$/,
    credential: ['authorization', 'Bearer '],
    also: GOOGLE,
    behind: (address) => address,
  },
};

/**
 * A gateway with TLS that has Live sessions and nothing else, and lets in only what the provider's own client sends there:
 * its address, its headers and one credential. Everything else is refused and kept in `refused`. Behind it is a stand-in.
 */
export class StrictGateway {
  /** Why connections and requests were refused, oldest first. */
  readonly refused: string[] = [];
  /** Connections that were let in. */
  passed = 0;
  /** As which provider's gateway it stands now. */
  provider: Provider;
  readonly #server: Server;
  readonly #key: string;
  readonly #behind: Readonly<Record<Provider, { readonly port: number; readonly apiKey: string }>>;
  readonly #sockets = new Set<Duplex>();

  private constructor(server: Server, options: Parameters<typeof StrictGateway.start>[0]) {
    this.#server = server;
    this.#key = options.key;
    this.#behind = options.behind;
    this.provider = options.provider;
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    server.on('connection', (socket) => this.#keep(socket));
    // A page that only WebSockets go to, as proxies answer it.
    server.on('request', (request, response) => {
      request.resume();
      response.writeHead(404, { 'content-type': 'text/plain' }).end('no route matched');
    });
  }

  /** `behind`: the stand-ins, with the keys that they want. Whoever starts it closes it. */
  static async start(options: {
    readonly provider: Provider;
    readonly key: string;
    readonly behind: Readonly<Record<Provider, { readonly port: number; readonly apiKey: string }>>;
  }): Promise<StrictGateway> {
    const server = createServer(await localCertificate());
    const gateway = new StrictGateway(server, options);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return gateway;
  }

  /** Host and port, to stand where the documentation has its gateway's. */
  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  #keep(socket: Duplex): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#keep(socket);
    const [status, why] = this.#fault(request) ?? [];
    if (status !== undefined) {
      this.refused.push(`${this.provider}: ${why}`);
      socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    this.passed += 1;
    const { port, apiKey } = this.#behind[this.provider];
    const shape = SHAPES[this.provider];
    const headers = { ...request.headers, [shape.credential[0]]: `${shape.credential[1]}${apiKey}` };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const path = shape.behind((request.url ?? '').slice(PREFIX.length));
    const upstream = connect(port, '127.0.0.1', () => {
      upstream.write(`GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`);
      upstream.write(head);
      socket.pipe(upstream).pipe(socket);
    });
    this.#keep(upstream);
    socket.on('close', () => upstream.destroy());
    upstream.on('close', () => socket.destroy());
  }

  #fault({ url = '', headers }: IncomingMessage): readonly [number, string] | undefined {
    const { address, credential, also } = SHAPES[this.provider];
    const [name, before] = credential;
    if (!url.startsWith(PREFIX) || !address.test(url.slice(PREFIX.length))) return [404, `the address ${url}`];
    const odd = Object.keys(headers).filter(
      (one) => one !== name && !WEBSOCKET.includes(one) && !also.includes(one) && !one.startsWith('sec-websocket-'),
    );
    if (odd.length > 0) return [400, `the header ${odd.join(', ')}`];
    return headers[name] === `${before}${this.#key}` ? undefined : [401, `${name} is not ${before}KEY`];
  }
}
