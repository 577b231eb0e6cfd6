import { hrtime } from 'node:process';
import { suite } from 'node:test';
import { pathToFileURL } from 'node:url';
import { writeTime } from './times.ts';

// Several test files in this process, one after the other, each a suite with its path for a name: its hooks are its own.
for (const file of (process.env.PARLEY_TEST_FILE ?? '').split('\n')) {
  // A file may make up performance.now().
  const began = hrtime.bigint();
  const cpu = process.cpuUsage();
  await suite(file, async () => {
    await import(pathToFileURL(file).href);
  });
  const { user, system } = process.cpuUsage(cpu);
  writeTime({ file, wallMs: Number(hrtime.bigint() - began) / 1e6, cpuMs: (user + system) / 1000 });
}
