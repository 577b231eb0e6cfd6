import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { seededRandom, Transport } from '@parley/simulator/discord';
import { OpusCodecs } from '../../src/discord/voice/receive/opus.ts';
import { Receiver } from '../../src/discord/voice/receive/receiver.ts';
import type { Frame } from '../../src/ports/voice.ts';
import { opusTone, sealed } from '../support/sound/sealed-stream.ts';

const MODE = 'aead_aes256_gcm_rtpsize';
const PACKETS = 10 * 60 * 50;
/** Datagrams on the way at a time: no socket buffer of the system overflows. */
const WINDOW = 100;

interface Arrival {
  readonly at: number;
  readonly datagram: Buffer;
}

/** What a network does to ten minutes of speech: 5 % lost, 5 % overtaken by the next, 2 % twice, 0–30 ms of jitter. */
function arrivals(seed: number): { list: Arrival[]; lost: number } {
  const random = seededRandom(seed, 'road');
  const key = randomBytes(32);
  KEY.set(key);
  const transport = new Transport(MODE, key);
  const media = opusTone({ hz: 300, count: 50 });
  const list: Arrival[] = [];
  let lost = 0;
  let latest = 0;
  for (let i = 0; i < PACKETS; i += 1) {
    const opus = media[i % 50] as Buffer;
    const datagram = sealed(transport, { ssrc: 7, sequence: (65_000 + i) & 0xffff, timestamp: i * 960, opus });
    const [loss, reorder, twice, jitter] = [random(), random(), random(), random()];
    // Jitter alone never changes the order; what is overtaken comes after the next packet.
    latest = Math.max(latest, i * 20 + jitter * 30);
    const at = reorder < 0.05 ? latest + 35 : latest;
    if (loss < 0.05) {
      lost += 1;
      continue;
    }
    list.push({ at, datagram });
    if (twice < 0.02) list.push({ at: at + 5, datagram });
  }
  return { list: list.sort((a, b) => a.at - b.at), lost };
}
const KEY = new Uint8Array(32);

async function bound(): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

describe('ten minutes over a network with 5 % loss, 5 % reordering, 2 % duplicates and 30 ms of jitter', () => {
  it('delivers at least 94 % of the sound, in order and once, and conceals the rest', async () => {
    const seed = 20_261_121;
    const { list, lost } = arrivals(seed);
    const heard = { realMs: 0, concealedMs: 0, gapMs: 0, frames: 0 };
    const clock = { now: 0 };
    const codecs = new OpusCodecs();
    const receiver = new Receiver({
      mayHear: () => true,
      codecs,
      rate: 24000,
      emit: (event) => {
        if (event.type !== 'frame') return;
        const frame: Frame = event;
        heard[frame.concealed ? 'concealedMs' : 'realMs'] += frame.pcm.length / 24;
        heard.gapMs += frame.gapMs;
      },
      now: () => clock.now,
    });
    receiver.keys = { encryptionMode: MODE, secretKey: KEY, dave: undefined };
    receiver.name(7, 'anna');
    const [from, to] = [await bound(), await bound()];
    let received = 0;
    let more = (): void => {};
    to.on('message', (datagram) => {
      const { at } = list[received] as Arrival;
      // The line's own clock, 20 ms a tick, runs along with the packets.
      for (let tick = Math.ceil(clock.now / 20) * 20; tick < at; tick += 20) receiver.tick(tick);
      clock.now = at;
      receiver.receive(datagram);
      received += 1;
      more();
    });
    const { port } = to.address();
    for (let sent = 0; sent < list.length; sent += 1) {
      while (sent - received >= WINDOW) {
        await new Promise<void>((resolve) => {
          more = resolve;
        });
      }
      from.send((list[sent] as Arrival).datagram, port, '127.0.0.1');
    }
    while (received < list.length) {
      await new Promise<void>((resolve) => {
        more = resolve;
      });
    }
    receiver.tick(clock.now + 200);
    const [person] = receiver.reception;
    receiver.reset();
    from.close();
    to.close();
    const sentMs = PACKETS * 20;
    const told = `seed ${seed}: ${JSON.stringify({ ...heard, ...person })}`;
    assert.ok(heard.realMs >= 0.94 * sentMs, told);
    assert.ok(heard.realMs + heard.concealedMs >= 0.995 * sentMs, told);
    assert.ok(
      Math.abs(heard.realMs + heard.concealedMs + heard.gapMs - sentMs) <= 100,
      `the time stays right: ${told}`,
    );
    assert.ok(person && person.lost <= lost + 20, told);
    assert.equal(person.undecodable + person.undecryptable, 0);
    assert.equal(codecs.live, 0);
  });
});
