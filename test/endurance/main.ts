// `npm run endurance`: what takes longer than a test may. CONTRIBUTING.md says when to run it.
import { readdirSync } from 'node:fs';

/** What a file named `…-run.ts` beside this one exports. */
interface LongRun {
  readonly name: string;
  /** Rejects when what was to be shown does not hold. `say` prints a line of the report. */
  run(say: (line: string) => void): Promise<void>;
}

const wanted = process.argv.slice(2);
const all = readdirSync(import.meta.dirname).filter((file) => file.endsWith('-run.ts'));
const files = all.filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)));
if (files.length === 0) {
  console.error(`npm run endurance -- [name …]   There are: ${all.map((file) => file.slice(0, -7)).join(', ')}`);
  process.exitCode = 2;
}
for (const file of files) {
  const { name, run }: LongRun = await import(`./${file}`);
  const startedAt = performance.now();
  const minutes = (): string => `${((performance.now() - startedAt) / 60_000).toFixed(1)} min`;
  console.log(`\n${name} (${file})`);
  try {
    await run((line) => console.log(`  ${line}`));
    console.log(`  held, ${minutes()}`);
  } catch (error) {
    console.log(`  DID NOT HOLD, ${minutes()}: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  }
}
