import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isFast, testFiles } from './runner/kinds.ts';

/** Each ends Node's own runner never, or late. */
const FILES = {
  'holds-output': `import { spawn } from 'node:child_process'; import test from 'node:test';
    test('spawns', () => { spawn('sleep', ['61'], { stdio: 'inherit' }).unref(); });`,
  'holds-open': `import test from 'node:test'; test('passes', () => {}); setInterval(() => {}, 1000);`,
  loops: `import test from 'node:test'; test('loops', () => { for (;;); });`,
  fails: `import test from 'node:test'; test('fails', () => { throw new Error('as it should'); });`,
  passes: `import test from 'node:test'; test('passes', () => {}); test('is not run', { skip: true }, () => {});`,
};

/** Several in one process. */
const TOGETHER = {
  'a-passes': `import { after, test } from 'node:test'; after(() => { if (globalThis.ended) throw new Error('once'); });
    test('passes', () => {}); test('is skipped', { skip: true }, () => {});`,
  'b-fails': `import { describe, it } from 'node:test'; describe('it', () => { it('fails', () => { throw new Error('as it should'); }); });`,
  'c-breaks': `throw new Error('cannot be read');`,
  'd-passes': `import test from 'node:test'; test('passes', () => {});`,
};
/** Nobody knows how far it came. */
const ENDED = {
  'a-passes': TOGETHER['d-passes'],
  'b-ends-all': `import test from 'node:test'; test('ends all', () => { process.exit(0); });`,
  'c-never-ran': TOGETHER['d-passes'],
};

const runFiles = (context: TestContext, code: Readonly<Record<string, string>>, options: readonly string[]) => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-run-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const files = Object.entries(code).map(([name, text]) => {
    const file = join(folder, `${name}.test.mjs`);
    writeFileSync(file, text);
    return file;
  });
  // A file that is named twice runs once. Node's runner does nothing within a test of its own.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const run = ['test/run.ts', ...options, ...files, ...files.slice(-1)];
  return spawnSync(process.execPath, run, { encoding: 'utf8', env, timeout: 60_000 });
};

const marksOf = (stdout: string): string[] =>
  [...stdout.matchAll(/^([✔✖]) \S*\/([a-z-]+)\.test\.mjs \d/gm)].map(([, mark, name]) => `${mark} ${name}`);

test('of files that share a process each passes or fails by itself', (context) => {
  const { stdout, status } = runFiles(context, TOGETHER, ['--together', '--deadline', '30']);
  assert.equal(status, 1, stdout);
  assert.deepEqual(marksOf(stdout), ['✔ a-passes', '✖ b-fails', '✖ c-breaks', '✔ d-passes']);
  assert.match(stdout, /as it should/);
  assert.match(stdout, /cannot be read/);
  assert.match(stdout, /^4 files, 2 passed, 2 failed, 1 skipped$/m);
});

test('no file passes whose process ended before all had run', (context) => {
  const { stdout, status } = runFiles(context, ENDED, ['--together', '--deadline', '30']);
  assert.equal(status, 1, stdout);
  assert.ok(marksOf(stdout).includes('✖ b-ends-all') && marksOf(stdout).includes('✖ c-never-ran'), stdout);
});

test('a file is fast by what it and the files of tests below it import', () => {
  assert.equal(isFast('test/bridge/turns/floor.test.ts'), true);
  assert.equal(isFast('test/discord/voice/send/pacer.test.ts'), true, 'src has sockets, the test does not');
  assert.equal(isFast('test/commands/join.test.ts'), false, 'the simulator');
  assert.equal(isFast('test/run.test.ts'), false, 'a child process');
  assert.equal(isFast('test/tools/builtin/run-code.test.ts'), false, 'a worker of what it tests');
  assert.ok(testFiles().filter(isFast).length > 100);
});

test('a file that does not end is stopped, named and failed, and leaves nothing behind', (context) => {
  const { stdout, status } = runFiles(context, FILES, ['--deadline', '4', '--concurrency', '5']);
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
