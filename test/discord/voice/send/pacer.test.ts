import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { OpusCodecs } from '../../../../src/discord/voice/receive/opus.ts';
import { FrameClock } from '../../../../src/discord/voice/send/frame-clock.ts';
import { Pacer } from '../../../../src/discord/voice/send/pacer.ts';
import { SteppedTime } from '../../../support/doubles/stepped-time.ts';
import { quietFor } from '../../../support/time/quiet-for.ts';

const SILENCE = Buffer.from([0xf8, 0xff, 0xfe]);

function scene(frames: number, clock = new FrameClock()) {
  const sent: { at: number; silence: boolean }[] = [];
  const speaking: boolean[] = [];
  const sink = {
    ready: true,
    send: (opus: Buffer) => sent.push({ at: performance.now(), silence: opus.equals(SILENCE) }),
    setSpeaking: (on: boolean) => {
      if (speaking.at(-1) !== on) speaking.push(on);
    },
  };
  const codecs = new OpusCodecs();
  const pacer = new Pacer({
    sink,
    codec: codecs.lease(24000),
    clock,
    onFailure: (error) => assert.fail(String(error)),
  });
  let left = frames;
  const source = {
    pull: () => {
      left -= 1;
      return left >= 0 ? new Int16Array(480).fill(500) : undefined;
    },
  };
  return { sent, speaking, sink, pacer, source, codecs };
}
function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

describe('Pacer', () => {
  it('sends the first packet at once, then one every 20 ms, then five of silence, and stops', async () => {
    const { sent, speaking, pacer, source, codecs } = scene(10);
    const first = performance.now();
    pacer.play(source);
    assert.equal(sent.length, 1);
    await quietFor(400);
    assert.deepEqual(
      sent.map((packet) => packet.silence),
      [...Array(10).fill(false), ...Array(5).fill(true)],
    );
    assert.deepEqual(speaking, [true, false]);
    assert.equal(codecs.live, 0, 'the encoder is given back');
    for (const [i, packet] of sent.entries()) assert.ok(packet.at - first >= i * 20 - 2, `packet ${i} is not early`);
    pacer.close();
  });

  it('sends at most three packets at once after the event loop stood still', async () => {
    const { sent, pacer, source } = scene(100);
    pacer.play(source);
    await wait(100);
    block(500);
    const before = sent.length;
    const blockedUntil = performance.now();
    await wait(5);
    assert.ok(sent.filter((packet) => packet.at < blockedUntil + 10).length - before <= 3);
    pacer.close();
  });

  it('goes on in the same talk spurt when sound comes during its silence', () => {
    const time = new SteppedTime();
    const { sent, speaking, pacer, source } = scene(2, new FrameClock(time));
    pacer.play(source);
    time.pass(70);
    let more = 2;
    pacer.play({ pull: () => (more-- > 0 ? new Int16Array(480) : undefined) });
    time.pass(250);
    assert.deepEqual(speaking, [true, false]);
    assert.equal(sent.filter((packet) => !packet.silence).length, 4);
    pacer.close();
  });

  it('pulls nothing while the connection cannot deliver, and nothing after it was closed', async () => {
    const { sent, sink, pacer, source } = scene(10);
    sink.ready = false;
    pacer.play(source);
    await quietFor(60);
    assert.equal(sent.length, 0);
    sink.ready = true;
    await wait(50);
    assert.ok(sent.length > 0);
    pacer.close();
    const count = sent.length;
    await quietFor(60);
    assert.equal(sent.length, count);
  });
});
