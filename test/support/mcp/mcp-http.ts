// An MCP server over streamable HTTP as strict, slow and wrong as real ones. It writes the protocol by hand
// (modelcontextprotocol.io/specification/2025-06-18/basic/transports), so that it can break it.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What goes wrong while it stands here; all may change at any time. */
export interface McpFaults {
  /** How it refuses each POST, and the GET for its stream. `left`: how often. */
  refuse?: { status: number; retryAfter?: string; body?: string; left?: number; only?: string } | undefined;
  /** It forgot all sessions that there are; in the words of `forgetsWith`, by default those of the protocol. */
  forgetsSessions?: boolean;
  forgetsWith?: { status: number; code: number; message: string };
  /** How a call goes wrong; it was carried out all the same. */
  call?:
    | 'hangs'
    | 'cut'
    | 'cut with an event id'
    | 'no JSON'
    | 'wrong id'
    | 'a page'
    | 'nothing'
    | 'no result'
    | undefined;
  /** What is there: the version that it speaks alone, or the old transport alone. */
  version?: string | undefined;
  sseOnly?: boolean;
  /** What it says with each list of where the next page is. */
  cursor?: string;
  /** Lists, and what else may be, are null. */
  nulls?: boolean;
  /** The key that it wants. */
  key?: string | undefined;
  /** Answers as event streams. */
  streams?: boolean;
}

/** A tool as it lists it, with what a call brings: a result, or what makes one of the arguments. */
export interface McpFakeTool {
  readonly name: string;
  readonly inputSchema?: unknown;
  readonly annotations?: object;
  readonly result?: unknown;
}

type Message = {
  id?: unknown;
  method?: string;
  params?: { name?: string; arguments?: unknown; protocolVersion?: string };
};

const VERSIONS = ['2025-11-25', '2025-06-18', '2025-03-26'];
const NOT_FOUND = { status: 404, code: -32_001, message: 'Session not found' };
const SCHEMA = { type: 'object', properties: {} };

/** Close it. */
export class StrictMcp {
  faults: McpFaults = {};
  tools: McpFakeTool[] = [
    { name: 'add', inputSchema: { type: 'object', properties: { n: { type: 'number' } } } },
    { name: 'look', annotations: { readOnlyHint: true } },
  ];
  /** Every call that it carried out: the tool's name and the arguments. */
  readonly calls: { readonly name: string; readonly args: unknown }[] = [];
  /** What it was asked, each POST by its method, and `GET`, `DELETE`. */
  readonly asked: string[] = [];
  readonly url: string;
  readonly #server: Server;
  readonly #sessions = new Set<string>();
  readonly #streams = new Set<ServerResponse>();
  #made = 0;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
    server.on('request', (request, answer) => void this.#take(request, answer));
  }

  static async start(): Promise<StrictMcp> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new StrictMcp(server);
  }

  /** Tells everybody that its list has changed. */
  listChanged(): void {
    for (const stream of this.#streams) write(stream, { jsonrpc: '2.0', method: 'notifications/tools/list_changed' });
  }

  /** Idempotent. */
  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #take(request: IncomingMessage, answer: ServerResponse): Promise<void> {
    const { method = '', headers } = request;
    let text = '';
    for await (const chunk of request) text += chunk;
    const message: Message = text === '' ? {} : JSON.parse(text);
    this.asked.push(method === 'POST' ? (message.method ?? 'answer') : method);
    if (this.faults.key !== undefined && headers.authorization !== `Bearer ${this.faults.key}`) {
      answer.writeHead(401, { 'www-authenticate': 'Bearer' }).end();
      return;
    }
    if (this.faults.sseOnly) return this.#old(method, answer);
    if (this.#refuses(message, answer)) return;
    const known = this.#sessions.has(String(headers['mcp-session-id']));
    if (this.faults.forgetsSessions && known) this.#sessions.clear();
    if (method === 'POST' && message.method === 'initialize') return this.#begin(message, headers, answer);
    if (headers['mcp-session-id'] === undefined)
      return refuse(answer, 400, 'Bad Request: Mcp-Session-Id header is required');
    if (!known || this.faults.forgetsSessions) {
      const { status, code, message: words } = this.faults.forgetsWith ?? NOT_FOUND;
      return refuse(answer, status, words, { code, id: status === 200 ? message.id : null });
    }
    if (!VERSIONS.includes(String(headers['mcp-protocol-version'])))
      return refuse(answer, 400, 'Bad Request: Unsupported protocol version');
    if (method === 'GET') this.#listen(answer);
    else if (method === 'DELETE') {
      this.#sessions.delete(String(headers['mcp-session-id']));
      answer.writeHead(200).end();
    } else if (message.id === undefined) answer.writeHead(202).end();
    else this.#answer(message, answer);
  }

  #refuses({ method }: Message, answer: ServerResponse): boolean {
    const { refuse: how } = this.faults;
    if (!how || how.left === 0 || (how.only !== undefined && how.only !== method)) return false;
    if (how.left !== undefined) how.left -= 1;
    answer.writeHead(how.status, how.retryAfter === undefined ? {} : { 'retry-after': how.retryAfter }).end(how.body);
    return true;
  }

  /** As the transport of 2024-11-05 has it: a stream by GET that says where to send, and no POST here. */
  #old(method: string, answer: ServerResponse): void {
    if (method !== 'GET') answer.writeHead(405).end();
    else
      answer
        .writeHead(200, { 'content-type': 'text/event-stream' })
        .write('event: endpoint\ndata: /messages?sessionId=1\n\n');
  }

  #begin({ id, params }: Message, { accept = '' }: IncomingMessage['headers'], answer: ServerResponse): void {
    if (!/application\/json/.test(accept) || !/text\/event-stream/.test(accept)) {
      refuse(answer, 406, 'Not Acceptable');
      return;
    }
    const asked = params?.protocolVersion ?? '';
    this.#made += 1;
    const session = `session-${this.#made}`;
    this.#sessions.add(session);
    if (this.faults.forgetsSessions) this.faults.forgetsSessions = false;
    const nulls = this.faults.nulls ? { instructions: null, _meta: null } : {};
    const result = {
      protocolVersion: this.faults.version ?? (VERSIONS.includes(asked) ? asked : VERSIONS[0]),
      capabilities: this.faults.nulls
        ? { tools: { listChanged: true }, prompts: null }
        : { tools: { listChanged: true } },
      serverInfo: { name: 'strict', version: '1', ...(this.faults.nulls ? { title: null } : {}) },
      ...nulls,
    };
    answer.setHeader('mcp-session-id', session);
    this.#send(answer, { jsonrpc: '2.0', id, result });
  }

  #listen(answer: ServerResponse): void {
    answer.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    this.#streams.add(answer);
    answer.on('close', () => this.#streams.delete(answer));
  }

  #answer(message: Message, answer: ServerResponse): void {
    const { id } = message;
    const made = this.#done(message);
    if (this.faults.call === undefined || message.method !== 'tools/call')
      this.#send(answer, { jsonrpc: '2.0', id, ...made });
    else this.#spoil(answer, { jsonrpc: '2.0', id, ...made });
  }

  /** What a request comes to; a call is carried out. */
  #done({ method, params }: Message): object {
    if (method === 'ping') return { result: {} };
    if (method === 'tools/list') {
      const tools = this.tools.map(({ result: _, ...tool }) => ({ inputSchema: SCHEMA, ...tool }));
      const { cursor } = this.faults;
      if (this.faults.nulls) return { result: { tools: null, nextCursor: null } };
      return { result: { tools, ...(cursor === undefined ? {} : { nextCursor: cursor }) } };
    }
    if (method !== 'tools/call') return { error: { code: -32_601, message: `no ${method}` } };
    const tool = this.tools.find(({ name }) => name === params?.name);
    // The code that the SDK has for a lost connection: old servers use it for whatever they refuse.
    if (!tool) return { error: { code: -32_000, message: `no tool ${params?.name}` } };
    this.calls.push({ name: tool.name, args: params?.arguments });
    const text = { content: [{ type: 'text', text: `call ${this.calls.length}` }] };
    const result = typeof tool.result === 'function' ? tool.result(params?.arguments) : tool.result;
    return { result: result === undefined ? text : result, ...(this.faults.nulls ? { error: null } : {}) };
  }

  #spoil(answer: ServerResponse, message: { jsonrpc: string; id: unknown }): void {
    const stream = { 'content-type': 'text/event-stream' };
    switch (this.faults.call) {
      case 'cut':
        answer.writeHead(200, stream).write('event: message\ndata: {"jsonrpc":"2.0","id":');
        setImmediate(() => answer.destroy());
        return;
      case 'cut with an event id':
        answer.writeHead(200, stream).write('id: 1\nretry: 1000\ndata:\n\n');
        setImmediate(() => answer.destroy());
        return;
      case 'no JSON':
        answer.writeHead(200, { 'content-type': 'application/json' }).end('{"jsonrpc":"2.0",');
        return;
      case 'a page':
        answer.writeHead(200, { 'content-type': 'text/html' }).end('<html>Please sign in</html>');
        return;
      case 'nothing':
        answer.writeHead(202).end();
        return;
      case 'wrong id':
        this.#send(answer, { ...message, id: 4_711 });
        return;
      case 'no result':
        this.#send(answer, { jsonrpc: '2.0', id: message.id, result: 'done' });
        return;
      default:
        // It hangs.
        return;
    }
  }

  #send(answer: ServerResponse, message: object): void {
    if (!this.faults.streams) {
      answer.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(message));
      return;
    }
    write(answer.writeHead(200, { 'content-type': 'text/event-stream' }), message);
    answer.end();
  }
}

function write(stream: ServerResponse, message: object): void {
  stream.write(`event: message\ndata: ${JSON.stringify(message)}\n\n`);
}

function refuse(
  answer: ServerResponse,
  status: number,
  message: string,
  { code = -32_000, id = null as unknown } = {},
): void {
  answer.writeHead(status, { 'content-type': 'application/json' });
  answer.end(JSON.stringify({ jsonrpc: '2.0', id, error: { code, message } }));
}
