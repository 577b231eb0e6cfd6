// Loaded into both bots before anything else (--import): answers the parent's questions about the process.
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';

const PROFILE_INTERVAL_US = 200;
let profiler: Session | undefined;

process.on('message', (message: { ask?: 'cpu' | 'memory' | 'profile'; file?: string }) => {
  if (message.ask === 'cpu') {
    const { user, system } = process.cpuUsage();
    process.send?.({ cpuMs: (user + system) / 1000 });
  }
  if (message.ask === 'memory') {
    globalThis.gc?.();
    globalThis.gc?.();
    const { rss, heapUsed, external } = process.memoryUsage();
    process.send?.({ rssBytes: rss, liveBytes: heapUsed + external });
  }
  if (message.ask === 'profile') void profile(message.file);
});
// The line to the parent keeps nobody alive.
process.channel?.unref();

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
