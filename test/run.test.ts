import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

/** Each ends Node's own runner never, or late. */
const FILES = {
  'holds-output': `import { spawn } from 'node:child_process'; import test from 'node:test';
    test('spawns', () => { spawn('sleep', ['61'], { stdio: 'inherit' }).unref(); });`,
  'holds-open': `import test from 'node:test'; test('passes', () => {}); setInterval(() => {}, 1000);`,
  loops: `import test from 'node:test'; test('loops', () => { for (;;); });`,
  fails: `import test from 'node:test'; test('fails', () => { throw new Error('as it should'); });`,
  passes: `import test from 'node:test'; test('passes', () => {}); test('is not run', { skip: true }, () => {});`,
};

test('a file that does not end is stopped, named and failed, and leaves nothing behind', (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-run-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const files = Object.entries(FILES).map(([name, code]) => {
    const file = join(folder, `${name}.test.mjs`);
    writeFileSync(file, code);
    return file;
  });
  // A file that is named twice runs once. Node's runner does nothing within a test of its own.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const run = ['test/run.ts', '--deadline', '4', '--concurrency', '5', ...files, ...files.slice(-1)];
  const { stdout, status } = spawnSync(process.execPath, run, { encoding: 'utf8', env, timeout: 60_000 });
  assert.equal(status, 1, stdout);
  for (const name of ['holds-output', 'holds-open', 'loops', 'fails']) {
    assert.match(stdout, new RegExp(`^✖ .*${name}.test.mjs`, 'm'));
  }
  assert.match(stdout, /^✔ .*passes.test.mjs .* 1 passed$/m);
  assert.match(stdout, /left a process behind: sleep 61/);
  assert.match(stdout, /as it should/);
  assert.match(stdout, /^5 files, 3 passed, 4 failed, 1 skipped$/m);
  assert.doesNotMatch(spawnSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).stdout, /^sleep 61$/m);
});
