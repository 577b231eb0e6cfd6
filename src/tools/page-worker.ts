// The thread of one page: tells its text and ends. page-reader.ts starts it.
import { parentPort, workerData } from 'node:worker_threads';
import { textOfHtml } from './page-text.ts';

parentPort?.postMessage(textOfHtml((workerData as { readonly html: string }).html));
