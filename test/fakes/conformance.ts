import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

const SCHEMAS = new URL('../../../shared/schemas/validate.mjs', import.meta.url);

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

/**
 * Every violation of the published schemas; undefined where they are absent. In a thread of its own: to compile the schemas
 * takes half a second, in which the other worlds of this process would stand still.
 */
export function violationsOf(sent: Sent): Promise<string[] | undefined> {
  if (!hasSchemas) return Promise.resolve(undefined);
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
