import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { speechLike } from '@parley/simulator/models';
import { eventually } from '../support/time/eventually.ts';
import { StartedWorld } from '../support/world/started-world.ts';

const PRELOAD = fileURLToPath(new URL('../support/process/globals.ts', import.meta.url));
type Globals = Readonly<Record<string, string>>;

/** What libraries add on purpose, and why it does no harm. Anything else fails the test. */
const KNOWN: readonly (readonly [path: RegExp, why: string])[] = [
  [
    /^globalThis\.__(extends|assign|rest|decorate|param|esDecorate|runInitializers|propKey|setFunctionName|metadata|awaiter|generator|exportStar|createBinding|values|read|spread|spreadArrays|spreadArray|await|asyncGenerator|asyncDelegator|asyncValues|makeTemplateObject|importStar|importDefault|classPrivateFieldGet|classPrivateFieldSet|classPrivateFieldIn|addDisposableResource|disposeResources|rewriteRelativeImportExtension)(\.|$)/,
    'helpers of tslib, which its CommonJS form (discord.js, echarts, selfsigned) also hangs there; nobody reads them',
  ],
  [/^globalThis\.__zod_global(Config|Registry)$/, "zod's settings, shared by its copies; only zod reads them"],
  [
    /^globalThis\.Symbol\(openai\.node\.providerDefinitions\.v1\)$/,
    "the openai SDK's list of providers; only it reads it",
  ],
];
/** Our own, in src/main.ts and (exit) src/tools/mcp/stdio.ts. */
const OWN = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGBREAK', 'unhandledRejection', 'uncaughtException', 'exit'].map(
  (event) => `process.on ${event}`,
);

async function written(file: string): Promise<Globals> {
  await eventually('the file is written', () => existsSync(file));
  for (;;) {
    try {
      return JSON.parse(readFileSync(file, 'utf8'));
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** What the same Node has where nothing is loaded. */
async function untouched(t: TestContext, folder: string): Promise<Globals> {
  const file = join(folder, 'untouched.json');
  const child = spawn(process.execPath, [PRELOAD], {
    env: { GLOBALS_FILE: file },
  });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  child.kill('SIGUSR2');
  return written(file);
}

/** Paths at which two processes differ, without those that are known. */
function differences(before: Globals, after: Globals): string[] {
  const paths = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...paths]
    .filter((path) => before[path] !== after[path])
    .filter((path) => !KNOWN.some(([known]) => known.test(path)) && !OWN.includes(path))
    .map((path) => `${path}: ${before[path]} is now ${after[path]}`);
}

test('no library changes what all code in the started process shares', { timeout: 120_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-globals-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'started.json');
  const world = await StartedWorld.start({
    env: { GLOBALS_FILE: file },
    preload: [PRELOAD],
    script: () => ({ say: { text: 'Yes.', pcm: speechLike('Yes.') } }),
    write: () => JSON.stringify({ statements: [{ text: 'Something.', lines: [1] }] }),
  });
  t.after(() => world.close());
  const before = await untouched(t, folder);
  assert.equal(Object.keys(before).length > 1_500, true);
  world.bot.child.kill('SIGUSR2');
  assert.deepEqual(differences(before, await written(file)), [], 'when it is ready');

  rmSync(file);
  const owner = world.guild.addPerson({ name: 'Olga', admin: true });
  await owner.join(world.channelId);
  await world.join(owner);
  await owner.command('/ask', { text: 'Are you there?' });
  await world.until('the answer', () => world.posts().includes('Yes.'));
  for (const [typed, values] of [
    ['/transcript export', { format: 'html' }],
    ['/transcript summary', {}],
    ['/usage show', {}],
    ['/tools test', { tool: 'run_code', arguments: 'code="1 + 1"' }],
    ['/tools test', { tool: 'read_page', arguments: 'url="http://127.0.0.1:1/"' }],
    ['/privacy export', {}],
    ['/leave', {}],
  ] as const) {
    await owner.command(typed, values, { timeoutMs: 10_000 });
  }
  world.bot.child.kill('SIGUSR2');
  assert.deepEqual(differences(before, await written(file)), [], 'after commands ran');
});
