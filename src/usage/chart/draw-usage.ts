import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { UsageChart } from './usage-chart.ts';

const LIMIT_MS = 10_000;

/** The chart as PNG, drawn in a thread that ends with it, so that neither the sound nor the memory feels it. Rejects after 10 s. */
export async function drawUsage(chart: UsageChart): Promise<Buffer> {
  const worker = new Worker(new URL('./chart-worker.ts', import.meta.url), {
    workerData: chart,
    env: {},
    execArgv: [],
  });
  try {
    // once() rejects at the worker's error as well.
    const [png] = await once(worker, 'message', { signal: AbortSignal.timeout(LIMIT_MS) });
    return Buffer.from(png);
  } finally {
    await worker.terminate();
  }
}
