import assert from 'node:assert/strict';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { describe, test } from 'node:test';
import { runCode } from '../../../src/tools/builtin/run-code.ts';
import { CodeSandbox } from '../../../src/tools/sandbox/code-sandbox.ts';
import { contextOf } from '../context.ts';

const tool = runCode();
/** Ends sooner, for programs that never do by themselves. */
const hasty = runCode(new CodeSandbox({ limits: { runMs: 400 } }));
const run = (code: string, signal?: AbortSignal) => tool.prepare({ code })(contextOf(signal ? { signal } : {}));
const runHastily = (code: string) => hasty.prepare({ code })(contextOf());
const brings = async (code: string, value: unknown) => assert.deepEqual(await run(code), { value }, code);
const fails = (code: string, message: string | RegExp) =>
  assert.rejects(run(code), { name: 'ToolError', message }, code);

describe('run_code', () => {
  test('brings what was printed and the value of the last expression', async () => {
    const code =
      'const a = [3, 1, 2].sort();\nconsole.log("sorted", a, { big: 2n ** 70n });\na.reduce((x, y) => x + y)';
    const printed = 'sorted [1, 2, 3] {big: 1180591620717411303424n}';
    assert.deepEqual(await run(code), { printed, value: '6' });
    assert.deepEqual(await run('const nothing = 1;'), {});
    await brings('"a text"', 'a text');
    await brings('new Map([[1, new Set(["x"])]])', 'Map(1) {1 => Set(1) {"x"}}');
    await brings('const x = {}; x.self = x; x', '{self: [circular]}');
  });

  test('waits for promises, and says so when one never settles', async () => {
    await brings('const two = await Promise.resolve(2); two * 21', '42');
    await brings('(async () => { await null; return "later" })()', 'later');
    await fails('await new Promise(() => {})', /waits for a promise that never settles/);
    await fails('Promise.reject(new RangeError("far"))', 'RangeError: far (line 1)');
  });

  test('tells an error with its line, after what was printed before', async () => {
    await fails(
      'console.log("one");\n\nmissing.field',
      "ReferenceError: 'missing' is not defined (line 3)\nPrinted before:\none",
    );
    await fails('let = ;', /^SyntaxError: .* \(line 1\)$/);
    await fails('throw { code: 7 }', 'thrown: {code: 7}');
  });

  test('an endless loop ends at the time limit, even one that catches everything', async () => {
    const message = 'The program did not end within 0.4 s of running and was stopped.';
    const endless = (code: string) => assert.rejects(runHastily(code), { name: 'ToolError', message }, code);
    await endless('while (true);');
    await endless('while (true) { try { while (true); } catch {} finally { continue } }');
    await endless(
      'const go = () => Promise.resolve().then(go); let n = 0; (function f() { Promise.resolve().then(f) })(); while (1) n++',
    );
    await endless('/(a+)+$/.test("a".repeat(50) + "b")');
  });

  test('what wants too much memory is stopped', async () => {
    const message = 'The program used more memory than it may and was stopped.';
    const before = process.resourceUsage().maxRSS;
    await fails('const all = []; while (true) all.push(new Uint8Array(1e6))', message);
    await fails('const all = []; while (true) all.push({ small: true })', message);
    const grownKb = process.resourceUsage().maxRSS - before;
    assert.ok(grownKb < 300_000, `${grownKb} KB more than before`);
    await fails('throw null', 'thrown: null');
    await fails('"x".repeat(1e9)', message);
    await fails('new Array(1e9).fill(0)', message);
  });

  test('recursion without end is an error like any other', async () => {
    await fails('function f() { return f() + 1 } f()', 'InternalError: stack overflow (line 1)');
    await fails('JSON.parse("[".repeat(1e5))', /stack overflow/);
  });

  test('output is cut where it is long', async () => {
    const { value } = (await run('"y".repeat(1e6)')) as { value: string };
    assert.equal(value.length, 6_007);
    const { printed } = (await run('for (let i = 0; i < 5000; i++) console.log("line", i)')) as { printed: string };
    assert.ok(printed.length < 6_100, String(printed.length));
    assert.match(printed, /^line 0\nline 1\n[\s\S]*\n… \d+ more lines$/);
    const { value: items } = (await run('Array.from({ length: 1000 }, (_, i) => i)')) as { value: string };
    assert.match(items, /99, … 900 more\]$/);
  });

  test('there is no way out: no network, no files, no process, no modules', async () => {
    for (const name of ['fetch', 'process', 'require', 'setTimeout', 'WebSocket', 'Buffer', 'XMLHttpRequest']) {
      await fails(`${name}('fs')`, `ReferenceError: '${name}' is not defined (line 1)`);
    }
    await fails('await import("node:fs")', "ReferenceError: could not load module 'node:fs'");
    await fails('import fs from "fs"', /^SyntaxError/);
    await brings(
      'console.log.constructor("return typeof process + typeof globalThis.os + typeof std")()',
      'undefinedundefinedundefined',
    );
  });

  test('a program that changes the language itself harms only its own result', async () => {
    await fails(
      'Array.prototype.join = String.prototype.slice = () => { throw 1 }; Object.prototype.toString = null; [1, 2]',
      /could not be put into words/,
    );
    await fails('({ get trap() { while (true); } })', /could not be put into words/);
    await brings('[1, 2].join()', '1,2');
  });

  test('a crash of the sandbox costs its call alone', async () => {
    await fails('eval("[".repeat(1e5))', 'The program broke the sandbox and was stopped.');
    const broken = runCode(new CodeSandbox({ worker: new URL('data:text/javascript,process.exit(3)') }));
    await assert.rejects(broken.prepare({ code: '1' })(contextOf()), {
      message: 'The program ended without a result.',
    });
    await brings('1 + 1', '2');
  });

  test('a call that is taken back ends at once, also while it waits for its place', async () => {
    const sandbox = new CodeSandbox({ limits: { runMs: 60_000 } });
    const stop = new AbortController();
    const runs = Array.from({ length: 4 }, () => sandbox.run('while (true);', stop.signal));
    const outcomes = Promise.allSettled(runs);
    stop.abort(new Error('taken back'));
    for (const outcome of await outcomes)
      assert.equal(outcome.status === 'rejected' && outcome.reason.message, 'taken back');
    assert.equal((await sandbox.run('"free again"', new AbortController().signal)).ok, true);
  });

  test('a server that uses it all day long does not keep another one from it', async () => {
    const sandbox = new CodeSandbox();
    const { signal } = new AbortController();
    const done: string[] = [];
    const run = (guildId: string, userId: string) =>
      sandbox.run('1', signal, { guildId, userId }).then(
        () => done.push(guildId),
        () => {},
      );
    const greedy = Array.from({ length: 20 }, (_, at) => run('greedy', `${at % 7}`));
    await run('modest', 'ben');
    assert.ok(done.indexOf('modest') <= 4, done.join());
    await Promise.all(greedy);
  });

  test('many at once wait for each other, and too many are turned away', async () => {
    const sandbox = new CodeSandbox();
    const { signal } = new AbortController();
    const runs = await Promise.allSettled(Array.from({ length: 12 }, (_, at) => sandbox.run(`${at} * 2`, signal)));
    const values = runs.flatMap((one) => (one.status === 'fulfilled' && one.value.ok ? [one.value.value] : []));
    assert.deepEqual(values.slice(0, 9), ['0', '2', '4', '6', '8', '10', '12', '14', '16']);
    const refused = runs.flatMap((one) => (one.status === 'rejected' ? [one.reason.message] : []));
    assert.equal(refused.length, 12 - values.length);
    assert.ok(refused.length > 0);
    assert.match(refused[0], /^Too many programs/);
  });
});

test('the 20 ms clock goes on while a program runs wild', async () => {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  await assert.rejects(runHastily('const all = []; while (true) { try { all.push({}) } catch {} }'));
  delay.disable();
  // A program on this thread would hold it up for its 400 ms.
  assert.ok(delay.max / 1e6 < 200, `${delay.max / 1e6} ms`);
});
