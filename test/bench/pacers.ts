// `node --expose-gc test/bench/pacers.ts`: what many channels that speak at once cost the process, by the clock: one for
// all, or a timer for each. Encoding and sending are left out; they cost the same either way.
import { parseArgs } from 'node:util';
import { FrameClock } from '../../src/discord/voice/send/frame-clock.ts';
import { type FrameEncoder, Pacer } from '../../src/discord/voice/send/pacer.ts';
import { median } from './statistics.ts';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '4' }, rounds: { type: 'string', default: '3' } },
});
const SECONDS = Number(values.seconds);
const ROUNDS = Number(values.rounds);
const packet = Buffer.alloc(120);
const frame = new Int16Array(480);
const codec: FrameEncoder = { encode: () => packet, release: () => {} };

/** CPU time in percent of one core, and packets a channel and second. */
async function measure(channels: number, shared: boolean): Promise<{ cpu: number; rate: number }> {
  let sent = 0;
  const sink = {
    ready: true,
    send: () => {
      sent += 1;
    },
    setSpeaking: () => {},
  };
  const onFailure = (error: unknown): void => console.error(error);
  const clock = new FrameClock();
  const pacers: Pacer[] = [];
  for (let i = 0; i < channels; i += 1) {
    const pacer = new Pacer({ sink, codec, onFailure, clock: shared ? clock : new FrameClock() });
    pacer.play({ pull: () => frame });
    pacers.push(pacer);
    // Replies in different channels do not begin together.
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
  await new Promise((resolve) => setTimeout(resolve, 300));
  const before = process.cpuUsage();
  const startedAt = performance.now();
  sent = 0;
  await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000));
  const { user, system } = process.cpuUsage(before);
  const wallMs = performance.now() - startedAt;
  for (const pacer of pacers) pacer.close();
  return { cpu: (user + system) / 10 / wallMs, rate: (sent * 1000) / wallMs / channels };
}

for (const channels of [1, 10, 50]) {
  const results = { shared: [] as number[], own: [] as number[] };
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const kind of ['shared', 'own'] as const) {
      const { cpu, rate } = await measure(channels, kind === 'shared');
      results[kind].push(cpu);
      rates.push(rate);
    }
  }
  console.log(
    `${channels} channels: one clock ${median(results.shared).toFixed(2)} %, one each ${median(results.own).toFixed(2)} % ` +
      `of a core; ${median(rates).toFixed(2)} packets a second and channel`,
  );
}
