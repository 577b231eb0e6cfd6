import childProcess from 'node:child_process';
import dgram from 'node:dgram';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import workers from 'node:worker_threads';

// Preloaded into the processes of `npm run test:fast`: whoever opens a socket, or starts a process or a worker, fails.

function forbidden(what: string): () => never {
  return () => {
    throw new Error(`${what} in a fast test: it imports nothing that says so. Name it in test/runner/kinds.ts.`);
  };
}

net.Server.prototype.listen = forbidden('A server');
net.Socket.prototype.connect = forbidden('A connection');
Object.assign(dgram, { createSocket: forbidden('A UDP socket') });
for (const name of ['spawn', 'fork', 'exec', 'execFile', 'spawnSync', 'execSync', 'execFileSync']) {
  Object.assign(childProcess, { [name]: forbidden(`A process (${name})`) });
}
Object.assign(workers, { Worker: forbidden('A worker') });
syncBuiltinESMExports();
