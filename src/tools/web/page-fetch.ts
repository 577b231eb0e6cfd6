import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { ToolError } from '../tool.ts';
import { type AddressRules, allowed, pageAddress } from './page-address.ts';
import { ACCEPTED_ENCODINGS, bodyOf } from './page-body.ts';
import { connect, type Resolve } from './page-connection.ts';

const MOST_REDIRECTS = 5;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];
const HEADERS_MS = 10_000;
/** Without a byte. */
const IDLE_MS = 10_000;
const MOST_HEADER_BYTES = 32 * 1024;
const READABLE = /^(text\/(?!css|javascript)[\w.+-]+|application\/(xhtml\+xml|xml|json|[\w.-]+\+json|[\w.-]+\+xml))$/;
const AGENT = 'Parley/0.1 (a Discord bot that reads this page for a person)';

/** A page as it came. `type` without parameters, in lower case; `header`: with them. */
export interface FetchedPage {
  readonly url: string;
  readonly type: string;
  readonly header: string;
  readonly bytes: Buffer;
}

/** What a fetch goes by. `resolve`: only tests need another. */
export interface FetchRules extends AddressRules {
  readonly resolve?: Resolve;
}

/**
 * Fetches a page, with every redirect checked like the first address, and every name pinned: what was checked is what is
 * connected to, so an answer of the DNS that changes in between changes nothing. No cookie, no credential, nothing kept.
 * Rejects with ToolError, or with the signal's reason.
 */
export async function fetchPage(address: string, rules: FetchRules, signal: AbortSignal): Promise<FetchedPage> {
  let url = pageAddress(address, rules);
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    let socket: Socket | undefined;
    try {
      socket = await connect(url, { free: allowed(url, rules.allow), resolve: rules.resolve, signal });
      const response = await ask(url, socket, signal);
      const { location } = response.headers;
      if (location === undefined || !REDIRECTS.includes(response.statusCode ?? 0)) return await read(url, response);
      // Node gives headers byte by byte; addresses in them are UTF-8 where they are not plain.
      const next = URL.parse(Buffer.from(location, 'latin1').toString(), url.href);
      if (!next) throw new ToolError('The page leads to an address that is none.');
      url = pageAddress(next.href, rules);
    } catch (error) {
      throw signal.aborted ? signal.reason : readable(error);
    } finally {
      // Also ends a body that nobody reads on.
      socket?.destroy();
    }
  }
  throw new ToolError(`The page leads on and on: more than ${MOST_REDIRECTS} redirects.`);
}

/** One request over a connection that serves no other. */
function ask(url: URL, socket: Socket, signal: AbortSignal): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, {
    createConnection: () => socket,
    headers: {
      'user-agent': AGENT,
      accept: 'text/html, text/plain;q=0.9, application/json;q=0.8, */*;q=0.1',
      'accept-encoding': ACCEPTED_ENCODINGS,
    },
    maxHeaderSize: MOST_HEADER_BYTES,
    signal,
  });
  const late = setTimeout(() => request.destroy(new Error('no answer in time')), HEADERS_MS);
  socket.setTimeout(IDLE_MS, () => socket.destroy(new Error('no byte in time')));
  request
    .on('response', resolve)
    .on('error', reject)
    .on('close', () => reject(new Error('closed without an answer')))
    .end();
  return promise.finally(() => clearTimeout(late));
}

async function read(url: URL, response: IncomingMessage): Promise<FetchedPage> {
  const { statusCode = 0, headers } = response;
  if (statusCode < 200 || statusCode > 299) {
    throw new ToolError(`The page cannot be read: the site answers HTTP ${statusCode}.`);
  }
  const header = headers['content-type'] ?? 'text/html';
  const type = header.split(';')[0]!.trim().toLowerCase();
  if (!READABLE.test(type)) {
    const what = /^[\w.+/-]{1,60}$/.test(type) ? type : 'something else';
    throw new ToolError(`Only pages and texts can be read, and this is ${what}.`);
  }
  return { url: url.href, type, header, bytes: await bodyOf(response) };
}

function readable(error: unknown): ToolError {
  for (let at: unknown = error; at instanceof Error; at = at.cause) if (at instanceof ToolError) return at;
  return new ToolError('The page cannot be reached. Check the address, or try again later.', { cause: error });
}
