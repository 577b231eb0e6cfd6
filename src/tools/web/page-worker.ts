// The thread of one page: tells its text and ends. page-reader.ts starts it.
import { parentPort, workerData } from 'node:worker_threads';
import { type PageBytes, textOfPage } from './page-text.ts';

parentPort?.postMessage(textOfPage(workerData as PageBytes));
