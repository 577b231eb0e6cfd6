// What people start, in plain JavaScript: an old Node cannot read TypeScript, and would say so with a stack.
// `node src/start.js` starts the bot; `node src/start.js doctor` (or decrypt, live-check, demo) that program.
import { existsSync, readFileSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as util from 'node:util';

const OLDEST = 24;
const PROGRAMS = {
  main: () => import('./main.ts'),
  doctor: () => import('./cli/doctor/doctor.ts'),
  decrypt: () => import('./cli/decrypt.ts'),
  rekey: () => import('./cli/rekey.ts'),
  erase: () => import('./cli/erase.ts'),
  'live-check': () => import('./cli/live-check/live-check.ts'),
  demo: () => import('./cli/demo/demo.ts'),
};

/** An operator's mistake is a line on stderr and exit 1. */
function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

/** The variables of a file of text, as editors and shells write it: PowerShell's `>` makes UTF-16, Notepad puts a mark first. */
function variablesOf(file) {
  const bytes = readFileSync(file);
  const isBig = bytes[0] === 0xfe && bytes[1] === 0xff;
  const isWide = isBig || (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes.length > 1 && bytes[1] === 0);
  // The mark at the beginning would be a part of the first name: https://github.com/oven-sh/bun/pull/34002
  return util.parseEnv(new TextDecoder(isBig ? 'utf-16be' : isWide ? 'utf-16le' : 'utf-8').decode(bytes));
}

if (Number.parseInt(process.versions.node, 10) < OLDEST) {
  fail(
    `Parley needs Node ${OLDEST} or newer, and this is ${process.version}. Use the one that npm install puts here: npm start, or node_modules/.bin/node in place of node.`,
  );
}

const [name = 'main'] = process.argv.splice(2, 1);
// Loading takes seconds on a small machine. Nothing is open yet; and a container's first process is not ended by a signal
// that nobody listens to. main.ts listens itself in place of this.
if (name === 'main') for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.once(signal, () => process.exit(0));
if (!Object.hasOwn(PROGRAMS, name)) fail(`There is no program "${name}": ${Object.keys(PROGRAMS).join(', ')}.`);

// Supervisors start programs in any folder. Where the operator's .env is here, so is what it names (data, tools, prices).
const home = fileURLToPath(new URL('..', import.meta.url));
if (name !== 'demo' && !existsSync('.env') && existsSync(join(home, '.env'))) process.chdir(home);

if (name !== 'demo' && existsSync('.env')) {
  try {
    // What the environment says counts, also where it says nothing ("").
    for (const [key, value] of Object.entries(variablesOf('.env'))) {
      if (process.env[key] === undefined) process.env[key] = value;
    }
  } catch (error) {
    fail(`.env cannot be read: ${error.message}`);
  }
}

// What Node makes of the TypeScript is kept beside the packages, where `npm ci` clears it away. Where nobody may write,
// all is compiled at each start. https://nodejs.org/docs/latest-v24.x/api/module.html#module-compile-cache
nodeModule.enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/parley', import.meta.url)));
await PROGRAMS[name]();
