// Loaded into both bots before anything else (--import): answers the parent's questions about the process.
import dgram from 'node:dgram';
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';

const PROFILE_INTERVAL_US = 200;
let profiler: Session | undefined;
/** Pitch for what the codec makes up; see concealed-mark.ts. */
const concealedHz = Number(process.env.PROBE_CONCEALED_HZ ?? 0);
if (concealedHz > 0) (await import('./concealed-mark.ts')).markConcealed(concealedHz);

type Question = 'cpu' | 'memory' | 'profile' | 'block' | 'clock' | 'sent';

/** RTP payload type of Discord's Opus. */
const OPUS = 0x78;
const MOST_INSTANTS = 20_000;
/** When this process sent voice packets, by its own clock: whoever receives them may have stood still. */
const sentAt: number[] = [];
const send = dgram.Socket.prototype.send as (this: dgram.Socket, ...args: unknown[]) => void;
dgram.Socket.prototype.send = function (this: dgram.Socket, ...args: unknown[]): void {
  const [packet] = args;
  if (Buffer.isBuffer(packet) && packet.length > 12 && packet[1] === OPUS && sentAt.length < MOST_INSTANTS) {
    sentAt.push(performance.now());
  }
  send.apply(this, args);
};

const dateNow = Date.now;
let clockMs = 0;
// All that this process knows of the wall clock.
Date.now = () => dateNow() + clockMs;

process.on('message', (message: { ask?: Question; file?: string; ms?: number }) => {
  if (message.ask === 'cpu') {
    const { user, system } = process.cpuUsage();
    process.send?.({ cpuMs: (user + system) / 1000 });
  }
  if (message.ask === 'memory') {
    void memory();
  }
  if (message.ask === 'sent') process.send?.({ sentAt, now: performance.now() });
  if (message.ask === 'block') block(message.ms ?? 0);
  if (message.ask === 'clock') {
    clockMs += message.ms ?? 0;
    process.send?.({ clockMs });
  }
  if (message.ask === 'profile') void profile(message.file);
});
// The line to the parent keeps nobody alive.
process.channel?.unref();

/** What native objects hold is given back by finalizers, which run in a turn of the loop after a collection. */
async function memory(): Promise<void> {
  for (let i = 0; i < 3; i += 1) {
    globalThis.gc?.();
    await new Promise(setImmediate);
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  process.send?.({ rssBytes: rss, liveBytes: heapUsed + external });
}

/** Keeps the event loop from turning. */
function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
  process.send?.({ blockedMs: ms });
}

/** Starts a CPU profile, or ends it and writes it to `file`. */
async function profile(file: string | undefined): Promise<void> {
  if (file === undefined) {
    profiler = new Session();
    profiler.connect();
    await profiler.post('Profiler.enable');
    await profiler.post('Profiler.setSamplingInterval', { interval: PROFILE_INTERVAL_US });
    await profiler.post('Profiler.start');
  } else if (profiler) {
    writeFileSync(file, JSON.stringify((await profiler.post('Profiler.stop')).profile));
    profiler.disconnect();
    profiler = undefined;
  }
  process.send?.({ profiling: file === undefined });
}
