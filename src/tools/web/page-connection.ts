import { type LookupAddress, lookup as lookUp } from 'node:dns';
import { once } from 'node:events';
import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { hostOf, isPublic, portOf } from './page-address.ts';

/** Name lookup, TCP and TLS together. */
const CONNECT_MS = 5_000;
/** A lookup that brings nothing is answered at the next multiple of this: how long it took tells nothing about the network inside. */
const NO_ADDRESS_MS = 1_000;

/**
 * Names that only networks inside have (RFC 6761, RFC 6762 appendix G, RFC 8375, and .internal): they are not looked up,
 * since a multicast or a search list takes its own time for each that there is not.
 */
const INSIDE_NAME = /^[^.]+\.?$|\.(?:local|localhost|internal|intranet|private|corp|home|lan|home\.arpa)\.?$/i;

/** Answers with all addresses of a name, as `dns.lookup` does. */
export type Resolve = (name: string, done: (error: Error | null, addresses: readonly LookupAddress[]) => void) => void;

const systemResolve: Resolve = (name, done) => lookUp(name, { all: true }, done);

/**
 * Connects to the server of an address, which pageAddress() has allowed. A name is looked up once: what was checked is
 * what is connected to. `free`: it may lie inside. The socket belongs to the caller. Rejects with ToolError, with the
 * signal's reason, or with what the network says.
 */
export async function connect(
  url: URL,
  options: { readonly free: boolean; readonly resolve: Resolve | undefined; readonly signal: AbortSignal },
): Promise<Socket> {
  const { free, resolve = systemResolve } = options;
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(CONNECT_MS)]);
  signal.throwIfAborted();
  const host = hostOf(url);
  const tcp = connectTcp({ host, port: portOf(url), lookup: pinned(free, resolve) });
  try {
    await once(tcp, 'connect', { signal });
    // Once more, of what is really connected to, before a byte is sent.
    if (!free && !isPublic(tcp.remoteAddress ?? '')) throw new Error('not where it was to lead');
    if (url.protocol !== 'https:') return guarded(tcp);
    const tls = connectTls({
      socket: tcp,
      // The certificate is held against `host`; TLS has no server name for an IP address.
      host,
      ...(isIP(host) === 0 && { servername: host }),
      ALPNProtocols: ['http/1.1'],
    });
    await once(guarded(tls), 'secureConnect', { signal });
    return tls;
  } catch (error) {
    guarded(tcp).destroy();
    throw error;
  }
}

/**
 * A single address inside spoils the whole answer. A name that lies inside is answered like one that there is not, with
 * the same words and at the same time: what names there are in the network of the bot is nothing that people can ask.
 */
function pinned(free: boolean, resolve: Resolve): LookupFunction {
  return (name, options, done) => {
    const startedAt = performance.now();
    const refuse = (): void => {
      const tookMs = performance.now() - startedAt;
      setTimeout(() => done(new Error('no address'), '', 4), NO_ADDRESS_MS - (tookMs % NO_ADDRESS_MS));
    };
    if (!free && INSIDE_NAME.test(name)) {
      refuse();
      return;
    }
    resolve(name, (error, addresses) => {
      const first = addresses?.[0];
      if (error || !first || (!free && !addresses.every(({ address }) => isPublic(address)))) refuse();
      else if (options.all) done(null, [...addresses]);
      else done(null, first.address, first.family);
    });
  };
}

/** An error that comes when nobody waits for one any more must not end the process. */
function guarded<S extends Socket>(socket: S): S {
  return socket.on('error', () => {});
}
