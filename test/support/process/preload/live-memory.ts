// Loaded into the bot's process before anything else (--import): on SIGUSR2 it collects garbage and writes into a file how
// many MB live then, on the heap and beside it, but for compiled code: V8 compiles what is used more often, for an hour and
// more, and no further than there is source. Resident memory alone says little on a busy machine, where V8's pools grow.
import { writeFileSync } from 'node:fs';
import { getHeapCodeStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const file = process.env.LIVE_MEMORY_FILE;

if (file !== undefined) {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  process.on('SIGUSR2', () => {
    collect();
    // What has a finalizer goes with the turn after its collection.
    setTimeout(() => {
      collect();
      const { heapUsed, external } = process.memoryUsage();
      const { code_and_metadata_size: code, bytecode_and_metadata_size: bytecode } = getHeapCodeStatistics();
      writeFileSync(file, String((heapUsed + external - code - bytecode) / 2 ** 20));
    }, 200);
  });
}
