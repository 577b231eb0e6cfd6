import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { Ticker } from '../../src/bridge/ticker.ts';

describe('Ticker', () => {
  it('does not take a process that stood still for silence: it ticks when what came meanwhile was read', async (t) => {
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
    // Sent before the process stands still, in the phase of the event loop that is followed by its timers.
    setImmediate(() => {
      for (let i = 0; i < 50; i += 1) mouth.send('20 ms of speech');
      stoodStillAt = performance.now();
      while (performance.now() - stoodStillAt < 700);
    });
    assert.equal(await first.promise, 50);
  });

  it('does not tick either while it takes long to read what came', async (t) => {
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
      // A second in all; more is in the socket than is read between two timers.
      const from = performance.now();
      while (performance.now() - from < 10);
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
      for (let i = 0; i < 100; i += 1) mouth.send('20 ms of speech');
      stoodStillAt = performance.now();
      while (performance.now() - stoodStillAt < 300);
    });
    assert.equal(await first.promise, 100);
  });
});
