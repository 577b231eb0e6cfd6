import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import { Ticker } from '../../src/bridge/ticker.ts';

/** Keeps the event loop from turning. */
function standStill(ms: number): void {
  const from = performance.now();
  while (performance.now() - from < ms);
}

/**
 * So many datagrams are sent, in the phase of the event loop that is followed by its timers; then the process stands
 * still. Gives how many were read, each taking `readingMs`, when the ticker ticks for the first time after that.
 */
async function readAtTheFirstTick(
  t: TestContext,
  { datagrams, stillMs, readingMs }: { datagrams: number; stillMs: number; readingMs: number },
): Promise<number> {
  const ear = createSocket('udp4').bind(0, '127.0.0.1');
  await once(ear, 'listening');
  const mouth = createSocket('udp4');
  mouth.connect(ear.address().port, '127.0.0.1');
  await once(mouth, 'connect');
  const ticker = new Ticker();
  let received = 0;
  let stoodStillAt = Number.POSITIVE_INFINITY;
  ear.on('message', () => {
    received += 1;
    standStill(readingMs);
  });
  const first = Promise.withResolvers<number>();
  const stop = ticker.every((now) => {
    if (now > stoodStillAt) first.resolve(received);
    return true;
  });
  t.after(() => {
    stop();
    ear.close();
    mouth.close();
  });
  setImmediate(() => {
    for (let i = 0; i < datagrams; i += 1) mouth.send('20 ms of speech');
    stoodStillAt = performance.now();
    standStill(stillMs);
  });
  return first.promise;
}

describe('Ticker', () => {
  it('does not take a process that stood still for silence: it ticks when what came meanwhile was read', async (t) => {
    assert.equal(await readAtTheFirstTick(t, { datagrams: 50, stillMs: 700, readingMs: 0 }), 50);
  });

  it('does not tick either while it takes long to read what came', async (t) => {
    // A second in all; more is in the socket than is read between two timers.
    assert.equal(await readAtTheFirstTick(t, { datagrams: 100, stillMs: 300, readingMs: 10 }), 100);
  });
});
