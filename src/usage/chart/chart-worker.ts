// The thread of one picture: draws it (0.8–1 s on a busy machine, most of it loading) and ends. draw-usage.ts starts it.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { initWasm, Resvg } from '@resvg/resvg-wasm';
import { type UsageChart, usageSvg } from './usage-chart.ts';

const require = createRequire(import.meta.url);
const [, ...fonts] = await Promise.all([
  readFile(require.resolve('@resvg/resvg-wasm/index_bg.wasm')).then((bytes) => initWasm(bytes)),
  ...['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'].map((name) => readFile(require.resolve(`dejavu-fonts-ttf/ttf/${name}`))),
]);
const font = { fontBuffers: fonts, defaultFontFamily: 'DejaVu Sans', loadSystemFonts: false };
parentPort?.postMessage(new Resvg(usageSvg(workerData as UsageChart), { font }).render().asPng());
