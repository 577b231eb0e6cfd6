import { type LookupAddress, lookup as lookUp } from 'node:dns';
import type { LookupFunction, Socket } from 'node:net';
import { Agent, buildConnector, fetch, type Response } from 'undici';
import { type AddressRules, allowed, isPublic, notPublic, pageAddress } from './page-address.ts';
import { ToolError } from './tool.ts';

const MOST_BYTES = 2 * 1024 * 1024;
const MOST_REDIRECTS = 5;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];
const CONNECT_MS = 5_000;
const READABLE = /^(text\/(?!css|javascript)[\w.+-]+|application\/(xhtml\+xml|xml|json|[\w.-]+\+json|[\w.-]+\+xml))$/;
const AGENT = 'Parley/0.1 (a Discord bot that reads this page for a person)';

/** Answers with all addresses of a name, as `dns.lookup` does. */
export type Resolve = (name: string, done: (error: Error | null, addresses: readonly LookupAddress[]) => void) => void;

/** A page as it came. `type` without parameters, in lower case. */
export interface FetchedPage {
  readonly url: string;
  readonly type: string;
  readonly text: string;
}

/** What a fetch goes by. `resolve`: only tests need another. */
export interface FetchRules extends AddressRules {
  readonly resolve?: Resolve;
}

const systemResolve: Resolve = (name, done) => lookUp(name, { all: true }, done);

/**
 * Fetches a page, with every redirect checked like the first address, and every name pinned: what was checked is what is
 * connected to, so an answer of the DNS that changes in between changes nothing. No cookie, no credential, nothing kept.
 * Rejects with ToolError, or with the signal's reason.
 */
export async function fetchPage(address: string, rules: FetchRules, signal: AbortSignal): Promise<FetchedPage> {
  let url = pageAddress(address, rules);
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    const agent = pinned(allowed(url, rules.allow), rules.resolve ?? systemResolve);
    try {
      const response = await ask(url, agent, signal);
      const location = REDIRECTS.includes(response.status) ? response.headers.get('location') : null;
      if (location === null) return await read(url, response);
      const next = URL.parse(location, url.href);
      if (!next) throw new ToolError('The page leads to an address that is none.');
      url = pageAddress(next.href, rules);
    } catch (error) {
      throw signal.aborted ? signal.reason : readable(error);
    } finally {
      // Also ends a body that nobody reads on.
      await agent.destroy();
    }
  }
  throw new ToolError(`The page leads on and on: more than ${MOST_REDIRECTS} redirects.`);
}

function ask(url: URL, dispatcher: Agent, signal: AbortSignal): Promise<Response> {
  const headers = { 'user-agent': AGENT, accept: 'text/html, text/plain;q=0.9, application/json;q=0.8, */*;q=0.1' };
  return fetch(url.href, { dispatcher, signal, redirect: 'manual', headers });
}

/** An agent for one request. The name is looked up once, and a single address inside spoils the whole answer. */
function pinned(free: boolean, resolve: Resolve): Agent {
  const lookup: LookupFunction = (name, options, done) => {
    resolve(name, (error, addresses) => {
      const first = addresses?.[0];
      if (error || !first) done(error ?? new Error('no address'), '', 4);
      else if (!free && !addresses.every(({ address }) => isPublic(address))) done(notPublic(), '', 4);
      else if (options.all) done(null, [...addresses]);
      else done(null, first.address, first.family);
    });
  };
  const connect = buildConnector({ lookup, timeout: CONNECT_MS });
  return new Agent({
    pipelining: 0,
    headersTimeout: 10_000,
    bodyTimeout: 10_000,
    maxHeaderSize: 32 * 1024,
    connect(options, done) {
      connect(options, (error: Error | null, socket: Socket | null) => {
        if (error || !socket) return done(error ?? new Error('no connection'), null);
        // Once more, of what is really connected to, before a byte is sent.
        if (free || isPublic(socket.remoteAddress ?? '')) return done(null, socket);
        socket.destroy();
        done(notPublic(), null);
      });
    },
  });
}

async function read(url: URL, response: Response): Promise<FetchedPage> {
  if (!response.ok) throw new ToolError(`The page cannot be read: the site answers HTTP ${response.status}.`);
  const header = response.headers.get('content-type') ?? 'text/html';
  const type = header.split(';')[0]!.trim().toLowerCase();
  if (!READABLE.test(type)) {
    const what = /^[\w.+/-]{1,60}$/.test(type) ? type : 'something else';
    throw new ToolError(`Only pages and texts can be read, and this is ${what}.`);
  }
  const bytes = await bodyOf(response);
  return { url: url.href, type, text: decode(bytes, header) };
}

/** The body, counted after it was unpacked: a small file can unpack to any size. */
async function bodyOf(response: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MOST_BYTES) throw new ToolError('The page is too large: more than 2 MB.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** By the header's charset, then by what the page says at its beginning; UTF-8 where neither is known. */
function decode(bytes: Buffer, header: string): string {
  const said = /charset\s*=\s*["']?([\w:.-]+)/i;
  // https://html.spec.whatwg.org/multipage/parsing.html#prescan-a-byte-stream-to-determine-its-encoding
  const label = said.exec(header)?.[1] ?? said.exec(bytes.subarray(0, 1_024).toString('latin1'))?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(label).decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
}

function readable(error: unknown): ToolError {
  for (let at: unknown = error; at instanceof Error; at = at.cause) if (at instanceof ToolError) return at;
  return new ToolError('The page cannot be reached. Check the address, or try again later.', { cause: error });
}
