// The process beside: it does nothing, so what holds it up is the machine. Answers any message with its figures and ends.
import { LoopWatch } from './loop-watch.ts';

const watch = new LoopWatch();
process.once('message', () => process.send?.(watch.stop(), () => process.disconnect()));
