// People among themselves on the simulated voice server.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { steadily } from '../../../../test/support/process/steady.ts';
import type { HeardPacket, VoiceClient } from '../../../src/discord/voice/client.ts';
import { VoiceServer } from '../../../src/discord/voice/server.ts';
import { ANNA, BEN, CHANNEL, CLEO, GUILD, join, pitch, tone, until } from './support.ts';

const SILENCE = 'f8fffe';

function leaveAll(...people: VoiceClient[]): Promise<unknown> {
  return Promise.all(people.map((person) => person.disconnect()));
}

/** Differences of neighbours, modulo 2^bits. */
function steps(packets: readonly HeardPacket[], field: 'sequence' | 'timestamp'): number[] {
  const modulus = field === 'sequence' ? 2 ** 16 : 2 ** 32;
  return packets.slice(1).map((packet, i) => (packet[field] - (packets[i] as HeardPacket)[field] + modulus) % modulus);
}

describe('a person', () => {
  let server: VoiceServer;
  before(async () => {
    server = await VoiceServer.start();
  });
  after(() => server.close());

  test('is heard in real time, with five silence frames at the end and nothing after', () =>
    steadily(async () => {
      const [anna, ben] = [await join(server, ANNA), await join(server, BEN)];
      try {
        const begin = performance.now();
        await anna.speak(tone(440, 500));
        const tookMs = performance.now() - begin;
        await until(() => ben.heard.length === 30, '25 frames of sound and 5 of silence');
        assert.ok(tookMs > 590 && tookMs < 1200, `${tookMs} ms`);
        assert.ok(steps(ben.heard, 'sequence').every((step) => step === 1));
        assert.ok(steps(ben.heard, 'timestamp').every((step) => step === 960));
        const silent = ben.heard.map(({ opus }) => opus.toString('hex') === SILENCE);
        assert.deepEqual(silent, [...Array(25).fill(false), ...Array(5).fill(true)]);
        assert.ok(Math.abs(pitch(ben.heardPcm()) - 440) < 3, `${pitch(ben.heardPcm())} Hz`);
        assert.deepEqual(
          server.packets.slice(-6).map(({ userId, silence }) => ({ userId, silence })),
          [false, true, true, true, true, true].map((silence) => ({ userId: ANNA, silence })),
        );
      } finally {
        await leaveAll(anna, ben);
      }
    }));

  test('has an RTP clock that runs on in pauses, so that they are silence on the timeline', async () => {
    const [anna, ben] = [await join(server, ANNA), await join(server, BEN)];
    await anna.speak(tone(440, 100));
    await new Promise((resolve) => setTimeout(resolve, 300));
    await anna.speak(tone(440, 100));
    await until(() => ben.heard.length === 20, 'both');
    const pause = steps(ben.heard, 'timestamp')[9] as number;
    assert.ok(pause % 960 === 0 && pause > 13 * 960 && pause < 60 * 960, `${pause / 960} frames`);
    const pcm = ben.heardPcm({ userId: ANNA });
    assert.equal(pcm.length, 960 * 19 + pause);
    const quiet = pcm.subarray(960 * 10, 960 * 9 + pause);
    assert.ok(quiet.every((sample) => sample === 0));
    assert.ok(ben.heardPcm({ since: (ben.heard[10] as HeardPacket).at }).length === 9600);
    await leaveAll(anna, ben);
  });

  test('stops at once when told to, and still ends with silence frames', async () => {
    const [anna, ben] = [await join(server, ANNA), await join(server, BEN)];
    const stop = new AbortController();
    const speech = anna.speak(tone(440, 5000), { signal: stop.signal });
    await until(() => ben.heard.length >= 10, 'speaking');
    stop.abort();
    await speech;
    const silent = () => ben.heard.slice(-5).every(({ opus }) => opus.toString('hex') === SILENCE);
    await until(silent, 'five silence frames at the end');
    const count = ben.heard.length;
    assert.ok(count < 60, `${count} frames`);
    await leaveAll(anna, ben);
  });

  test('hears only whom it listens to', async () => {
    const [anna, ben] = [await join(server, ANNA), await join(server, BEN)];
    const cleo = await join(server, CLEO, { client: { listensTo: [BEN] } });
    await Promise.all([anna.speak(tone(440, 200)), ben.speak(tone(600, 200))]);
    await until(() => ben.heard.length === 15 && anna.heard.length === 15, 'the others hear each other');
    assert.deepEqual(new Set(cleo.heard.map(({ userId }) => userId)), new Set([BEN]));
    await leaveAll(anna, ben, cleo);
  });

  test('calls back for each packet until told to stop', async () => {
    const [anna, ben] = [await join(server, ANNA), await join(server, BEN)];
    const seen: string[] = [];
    const end = ben.onPacket(({ userId }) => {
      if (seen.push(userId) === 3) end();
    });
    await anna.speak(tone(440, 100));
    await until(() => ben.heard.length === 10, 'all heard');
    assert.deepEqual(seen, [ANNA, ANNA, ANNA]);
    await leaveAll(anna, ben);
  });

  test('whose several speakers were heard must be named', async () => {
    const [anna, ben, cleo] = [await join(server, ANNA), await join(server, BEN), await join(server, CLEO)];
    await Promise.all([anna.speak(tone(440, 300)), ben.speak(tone(600, 300))]);
    await until(() => cleo.heard.length === 40, 'both heard');
    assert.throws(() => cleo.heardPcm(), TypeError);
    assert.ok(Math.abs(pitch(cleo.heardPcm({ userId: ANNA })) - 440) < 10);
    assert.ok(Math.abs(pitch(cleo.heardPcm({ userId: BEN })) - 600) < 10);
    await leaveAll(anna, ben, cleo);
  });

  test('loses no word while others join and leave', async () => {
    const [anna, ben] = [await join(server, ANNA), await join(server, BEN)];
    const speech = anna.speak(tone(440, 1500));
    for (let round = 0; round < 4; round++) await (await join(server, CLEO)).disconnect();
    await speech;
    await until(() => ben.heard.length === 80, 'every frame');
    await leaveAll(anna, ben);
  });

  test('is dismissed with a code', async () => {
    const [anna, ben] = [await join(server, ANNA), await join(server, BEN)];
    server.dismiss({ guildId: GUILD, userId: BEN }, 4022);
    assert.equal(await ben.closed, 4022);
    assert.deepEqual(server.connected(CHANNEL), [ANNA]);
    await anna.disconnect();
  });

  test('alone in the channel speaks to nobody, and nothing leaves without end-to-end encryption', async () => {
    const anna = await join(server, ANNA);
    const before = server.packets.length;
    await anna.speak(tone(440, 100));
    assert.ok(server.packets.slice(before).every(({ silence }) => silence));
    await anna.disconnect();
  });

  test('who identifies again when alone shares a group with whoever comes after', async () => {
    const old = await join(server, ANNA);
    const anna = await join(server, ANNA);
    await old.closed;
    const ben = await join(server, BEN);
    await anna.speak(tone(440, 100));
    await until(() => ben.heard.length === 10, 'heard');
    await leaveAll(anna, ben);
  });

  test('in a stage channel is heard without DAVE', async () => {
    const stage = { admission: { stage: true, channelId: '200000000000000007' } };
    const [anna, ben] = [await join(server, ANNA, stage), await join(server, BEN, stage)];
    await anna.speak(tone(440, 100));
    await until(() => ben.heard.length === 10, 'heard');
    await leaveAll(anna, ben);
  });

  test('joins with twenty others at once, half of them leave at once, and all are one group', async () => {
    const ids = Array.from({ length: 20 }, (_, i) => String(400000000000000000n + BigInt(i)));
    const people = await Promise.all(ids.map((id) => join(server, id)));
    const [staying, leaving] = [people.slice(0, 10), people.slice(10)];
    const newcomers = [ANNA, BEN].map((id) => join(server, id));
    await Promise.all([leaveAll(...leaving), ...newcomers]);
    const [anna, ben] = await Promise.all(newcomers);
    await (anna as VoiceClient).speak(tone(440, 100));
    const others = [...staying, ben as VoiceClient];
    await until(() => others.every((person) => person.heard.length === 10), 'everybody hears Anna');
    await leaveAll(...staying, anna as VoiceClient, ben as VoiceClient);
  });
});

describe('a person on a bad line', () => {
  test('loses, doubles and disorders packets as often as the server counts', async () => {
    const server = await VoiceServer.start({ faults: { loss: 0.1, duplicates: 0.1, reorder: 0.1 }, seed: 7 });
    const [anna, ben] = [await join(server, ANNA), await join(server, BEN)];
    await anna.speak(tone(440, 1900));
    const { passed, lost, duplicated, reordered } = server.struck;
    assert.equal(passed + lost, 100);
    await until(() => ben.heard.length >= passed, 'what was passed on is heard');
    const sequences = ben.heard.map(({ sequence }) => sequence);
    // DAVE opens a packet once: the second copy is refused by the receiver's cipher.
    assert.equal(new Set(sequences).size, passed);
    assert.ok(lost > 2 && duplicated > 2 && reordered > 2, JSON.stringify(server.struck));
    const backwards = steps(ben.heard, 'sequence').filter((step) => step > 2 ** 15).length;
    assert.equal(backwards, reordered);
    await leaveAll(anna, ben);
    await server.close();
  });

  test('delays: switched on while it runs', async () => {
    const server = await VoiceServer.start();
    const [anna, ben] = [await join(server, ANNA), await join(server, BEN)];
    server.faults.delayMs = 80;
    const since = server.packets.length;
    await anna.speak(tone(440, 100));
    await until(() => ben.heard.length === 10, 'all heard');
    const delays = ben.heard.map(({ at }, i) => at - (server.packets[since + i]?.at ?? 0));
    assert.ok(
      delays.every((delay) => delay >= 79 && delay < 500),
      delays.join(),
    );
    await leaveAll(anna, ben);
    await server.close();
  });
});
