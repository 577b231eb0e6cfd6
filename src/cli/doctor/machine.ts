import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { testDave, testEncryption, testOpus } from '../../discord/voice/link/self-test.ts';
import { check, type Finding } from './finding.ts';

/** The oldest version that runs TypeScript as it is. */
const OLDEST_NODE = 24;
const VOICE_PORT = 50_000;

/** What does not depend on the configuration. `host`: Discord's, whose way by UDP is looked at; null: none is known. */
export function machineChecks(host: string | null, version = process.versions.node): Promise<Finding>[] {
  return [
    check('Node', () => nodeVersion(version)),
    check('Opus codec', testOpus),
    check('DAVE (end-to-end encryption)', testDave),
    check('Transport encryption', testEncryption),
    ...(host === null ? [] : [check('UDP', () => udp(host), 6_000)]),
  ];
}

/** Where the variables come from. */
export function environmentFile(path = '.env'): Finding {
  const name = '.env';
  if (existsSync(path)) return { state: 'ok', name, text: 'found' };
  const text = 'there is none here, so only the variables of the environment count; cp .env.example .env makes one';
  return { state: 'note', name, text };
}

function nodeVersion(version: string): string {
  if (Number.parseInt(version, 10) >= OLDEST_NODE) return version;
  throw new Error(
    `this is ${version}, but ${OLDEST_NODE} is needed: run npm ci, and start with npm run doctor and npm start`,
  );
}

/** A datagram to ourselves, and a way towards Discord. Whether a firewall lets voice through shows in a call only. */
async function udp(host: string): Promise<string> {
  const socket = createSocket('udp4');
  const route = createSocket('udp4');
  try {
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const came = once(socket, 'message', { signal: AbortSignal.timeout(2_000) });
    socket.send('here', socket.address().port, '127.0.0.1');
    await came.catch((error: unknown) => {
      throw new Error('a datagram to this machine itself did not come: allow UDP in its firewall', { cause: error });
    });
    route.connect(VOICE_PORT, host);
    // No datagram is sent by this: it only asks for the way.
    await once(route, 'connect', { signal: AbortSignal.timeout(3_000) }).catch((error: unknown) => {
      throw new Error(`there is no way by UDP to ${host}: check the network and its name server`, { cause: error });
    });
    return 'sockets work; whether a firewall lets UDP out to Discord (ports 50000–65535) shows in a call only';
  } finally {
    socket.close();
    route.close();
  }
}
