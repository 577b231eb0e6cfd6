// The thread of conformance.ts.
import { parentPort, workerData } from 'node:worker_threads';
import type { Sent } from './conformance.ts';

const { checkOpenAI, checkGemini, checkDiscord } = await import(workerData);

parentPort?.on('message', ({ id, sent }: { id: number; sent: Sent }) => {
  const frames = sent.frames.flatMap(({ protocol, direction, message }) =>
    (protocol === 'openai' ? checkOpenAI : checkGemini)(message, direction).map(
      (text: string) => `${direction} ${JSON.stringify(message).slice(0, 200)}: ${text}`,
    ),
  );
  const requests = sent.requests.flatMap(({ method, path, body }) =>
    checkDiscord(method, path, body).map((text: string) => `${method} ${path}: ${text}`),
  );
  parentPort?.postMessage({ id, found: [...frames, ...requests] });
});
