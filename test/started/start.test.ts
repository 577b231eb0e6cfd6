import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const START = fileURLToPath(new URL('../../src/start.js', import.meta.url));
const OLD_NODE = `data:text/javascript,Object.defineProperty(process,'versions',{value:{node:'20.20.2'}})`;

/** src/start.js in a folder of its own, with a program that says that it ran. */
function folder(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), 'parley-start-'));
  t.after(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, 'src/cli/doctor'), { recursive: true });
  cpSync(START, join(root, 'src/start.js'));
  writeFileSync(join(root, 'package.json'), '{"type":"module"}');
  const program = (name: string) => `const { A, B }: NodeJS.ProcessEnv = process.env;
console.log('${name}', A, B, ...process.argv.slice(2));`;
  writeFileSync(join(root, 'src/main.ts'), program('main'));
  writeFileSync(join(root, 'src/cli/doctor/doctor.ts'), program('doctor'));
  const run = (args: readonly string[] = [], node: readonly string[] = [], cwd = root) => {
    const env = { B: 'environment' };
    const { status, stdout, stderr } = spawnSync(process.execPath, [...node, join(root, 'src/start.js'), ...args], {
      cwd,
      env,
    });
    return { status, stdout: String(stdout), stderr: String(stderr) };
  };
  return { root, run };
}

test('the bot starts with what .env says, where the environment does not say otherwise', (t) => {
  const { root, run } = folder(t);
  assert.deepEqual(run(), { status: 0, stdout: 'main undefined environment\n', stderr: '' });
  writeFileSync(join(root, '.env'), 'A=file\nB=file\n');
  assert.deepEqual(run(), { status: 0, stdout: 'main file environment\n', stderr: '' });
  assert.deepEqual(run(['doctor', '--more']).stdout, 'doctor file environment --more\n');
});

test('a supervisor may start it in any folder: .env and what it names are beside the program', (t) => {
  const { root, run } = folder(t);
  writeFileSync(join(root, 'src/main.ts'), 'console.log(process.env.A, process.cwd());');
  const elsewhere = realpathSync(mkdtempSync(join(tmpdir(), 'parley with blanks ')));
  t.after(() => rmSync(elsewhere, { recursive: true }));
  assert.equal(run([], [], elsewhere).stdout, `undefined ${elsewhere}\n`);
  writeFileSync(join(root, '.env'), 'A=file');
  assert.equal(run([], [], elsewhere).stdout, `file ${realpathSync(root)}\n`);
  writeFileSync(join(elsewhere, '.env'), 'A=own');
  assert.equal(run([], [], elsewhere).stdout, `own ${elsewhere}\n`);
});

test('.env counts as Windows writes it: with a mark before the first name, as UTF-16, with its line ends', (t) => {
  const { root, run } = folder(t);
  const text = '\ufeffA="first"\r\nB=second\r\n';
  const big = Buffer.from(text, 'utf16le').swap16();
  for (const bytes of [Buffer.from(text), Buffer.from(text, 'utf16le'), big, Buffer.from(text.slice(1), 'utf16le')]) {
    writeFileSync(join(root, '.env'), bytes);
    assert.equal(run().stdout, 'main first environment\n', bytes.toString('hex').slice(0, 20));
  }
});

test('what Node compiled is kept beside the packages, and not being able to write there stops nothing', (t) => {
  const { root, run } = folder(t);
  run();
  assert.equal(existsSync(join(root, 'node_modules/.cache/parley')), true);
  rmSync(join(root, 'node_modules'), { recursive: true });
  writeFileSync(join(root, 'node_modules'), 'no folder');
  assert.deepEqual(run(), { status: 0, stdout: 'main undefined environment\n', stderr: '' });
});

test('an operator’s mistake is one line', (t) => {
  const { root, run } = folder(t);
  const told = (one: ReturnType<typeof run>) => {
    assert.deepEqual([one.status, one.stdout], [1, '']);
    return one.stderr;
  };
  assert.match(
    told(run([], [`--import=${OLD_NODE}`])),
    /^Parley needs Node 24 or newer, and this is v[\d.]+\. Use the one that npm install puts here: npm start, or node_modules\/\.bin\/node in place of node\.\n$/,
  );
  assert.equal(
    told(run(['dctor'])),
    'There is no program "dctor": main, doctor, decrypt, rekey, erase, live-check, demo.\n',
  );
  mkdirSync(join(root, '.env'));
  assert.match(told(run()), /^\.env cannot be read: .*\n$/);
});
