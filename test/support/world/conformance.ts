import { existsSync, rmSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { Worker } from 'node:worker_threads';

const SCHEMAS = new URL('../../../../shared/schemas/validate.mjs', import.meta.url);

/** What one world's servers were sent, and sent themselves. */
export interface Sent {
  readonly frames: readonly {
    readonly protocol: 'openai' | 'gemini';
    readonly direction: 'client' | 'server';
    readonly message: object;
  }[];
  readonly requests: readonly { readonly method: string; readonly path: string; readonly body: unknown }[];
}

/** Whether the published schemas are there to check against. */
export const hasSchemas = existsSync(SCHEMAS);

const waiting = new Map<number, PromiseWithResolvers<string[]>>();
let worker: Worker | undefined;
let asked = 0;

/** Names the socket at which `npm test` checks for all its processes. */
const SOCKET = 'PARLEY_TEST_CONFORMANCE';

/**
 * Every violation of the published schemas; undefined where they are absent. In a thread of its own: to compile the schemas
 * takes six seconds, in which the other worlds of this process would stand still.
 */
export function violationsOf(sent: Sent): Promise<string[] | undefined> {
  if (!hasSchemas) return Promise.resolve(undefined);
  const socketPath = process.env[SOCKET];
  return socketPath ? askServer(socketPath, sent) : askThread(sent);
}

/** Checks for other processes, so that the schemas are compiled once. Gives the environment that tells them. */
export async function serveConformance(): Promise<Record<string, string>> {
  if (!hasSchemas) return {};
  const server = createServer(async (incoming, response) => {
    try {
      response.end(JSON.stringify(await askThread((await json(incoming)) as Sent)));
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
  const path = join(tmpdir(), `parley-conformance-${process.pid}.sock`);
  await new Promise<void>((resolve) => server.listen(path, resolve));
  server.unref();
  process.once('exit', () => rmSync(path, { force: true }));
  return { [SOCKET]: path };
}

function askServer(socketPath: string, sent: Sent): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, method: 'POST', agent: false }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`The schemas cannot be checked: ${response.statusCode}`));
      else json(response).then((found) => resolve(found as string[]), reject);
    });
    outgoing.on('error', reject);
    outgoing.end(JSON.stringify(sent));
  });
}

function askThread(sent: Sent): Promise<string[]> {
  worker ??= start();
  asked += 1;
  const answer = Promise.withResolvers<string[]>();
  waiting.set(asked, answer);
  worker.ref();
  worker.postMessage({ id: asked, sent });
  return answer.promise;
}

function start(): Worker {
  const started = new Worker(new URL('./conformance-thread.ts', import.meta.url), { workerData: SCHEMAS.href });
  started.on('message', ({ id, found }: { id: number; found: string[] }) => {
    waiting.get(id)?.resolve(found);
    waiting.delete(id);
    if (waiting.size === 0) started.unref();
  });
  started.on('error', (error) => {
    for (const answer of waiting.values()) answer.reject(error);
    waiting.clear();
    worker = undefined;
  });
  return started;
}
