// `node --expose-gc test/bench/page.ts`: how long reading a long page holds up the event loop, in which the sound is.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PageReader } from '../../src/tools/web/page-reader.ts';

const MEGABYTES = 1.6;
const RUNS = 5;
const WORDS = 'One word follows another, and now and then\t\t a  gap.\r\n\u200b'.repeat(10);

/** The processor time of this thread so far, in ms: other programs on the machine are not in it. */
function workedMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

/** The longest that this thread worked between two turns of the loop while `act` ran, in ms. */
async function heldUp(act: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let last = workedMs();
  const look = (): void => {
    const now = workedMs();
    longest = Math.max(longest, now - last);
    last = now;
    again = setImmediate(look);
  };
  let again = setImmediate(look);
  await act();
  clearImmediate(again);
  return longest;
}

const text = WORDS.repeat(Math.ceil((MEGABYTES * 1_000_000) / Buffer.byteLength(WORDS)));
const bodies: Readonly<Record<string, { readonly type: string; readonly body: Buffer }>> = {
  '/text': { type: 'text/plain', body: Buffer.from(text) },
  '/json': { type: 'application/json', body: Buffer.from(JSON.stringify({ text })) },
  '/html': {
    type: 'text/html',
    body: Buffer.from(`<html><body><p>${text.replaceAll('. ', '.</p><p>')}</p></body></html>`),
  },
};
const server = createServer((request, response) => {
  const { type, body } = bodies[request.url ?? ''] ?? { type: 'text/plain', body: Buffer.alloc(0) };
  response.writeHead(200, { 'content-type': type }).end(body);
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const { port } = server.address() as AddressInfo;
const reader = new PageReader({ allow: [`127.0.0.1:${port}`] });
for (const path of Object.keys(bodies)) {
  const times: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    globalThis.gc?.();
    const read = () => reader.read(`http://127.0.0.1:${port}${path}`, new AbortController().signal);
    times.push(await heldUp(read));
  }
  console.log(
    `${path.slice(1)}: at most worked between two turns of the loop: ${times.map((ms) => ms.toFixed(1)).join(', ')} ms`,
  );
}
server.close();
