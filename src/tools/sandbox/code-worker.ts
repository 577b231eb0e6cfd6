// The thread of one program: tells one outcome and ends. code-sandbox.ts starts it.
import { parentPort, workerData } from 'node:worker_threads';
import { type CodeLimits, runCode } from './code-run.ts';

const { code, limits } = workerData as { code: string; limits: CodeLimits };
parentPort?.postMessage(await runCode(code, limits));
