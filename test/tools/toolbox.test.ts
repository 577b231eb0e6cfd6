import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import { z } from 'zod';
import { currentTime } from '../../src/tools/builtin/current-time.ts';
import { getWeather } from '../../src/tools/builtin/get-weather.ts';
import { postMessage } from '../../src/tools/builtin/post-message.ts';
import { whoIsHere } from '../../src/tools/builtin/who-is-here.ts';
import { defineTool, type Tool, type ToolDefinition, ToolError } from '../../src/tools/tool.ts';
import { LocalToolbox } from '../../src/tools/toolbox.ts';
import { keptLog } from '../support/doubles/log.ts';
import { usualGate } from '../support/doubles/toolbox-gate.ts';
import { callOf, contextOf } from './context.ts';

const Numbers = z.object({ a: z.number(), b: z.int().min(1).optional() });

function add(change: Partial<ToolDefinition<typeof Numbers>> = {}): Tool {
  return defineTool({
    name: 'add',
    description: 'Adds.',
    input: Numbers,
    risk: 'read',
    run: ({ a, b = 0 }) => ({ sum: a + b }),
    ...change,
  });
}

function boxOf(...tools: Tool[]) {
  const { log, lines } = keptLog();
  const toolbox = new LocalToolbox({ tools, log, ...usualGate });
  const run = async (name: string, args: unknown = { a: 1 }, context = contextOf(), disabled: string[] = []) => {
    const { callId, ok, output, name: of } = await toolbox.run(callOf(name, args), disabled, context);
    assert.equal(callId, 'c1');
    assert.equal(of, name);
    return { ok, value: JSON.parse(output), output };
  };
  return { toolbox, run, log: lines };
}

test('a call runs the tool with its checked arguments and gives JSON text', async () => {
  const { run } = boxOf(add());
  assert.deepEqual(await run('add', { a: 2, b: 3 }), { ok: true, value: { sum: 5 }, output: '{"sum":5}' });
});

test('wrong arguments are a result that says what is wrong', async () => {
  const { run } = boxOf(add());
  assert.match((await run('add', { a: 'two', b: 0 })).value.error, /Wrong arguments for add: a: .*number.*; b: /);
  assert.match((await run('add', '{"a":')).value.error, /not valid JSON/);
  assert.match((await run('add', '[1]')).value.error, /Wrong arguments for add: arguments: /);
  assert.match((await run('add', `"${'x'.repeat(70_000)}"`)).value.error, /too long/);
  assert.equal((await run('add', '')).ok, false);
});

test('a tool without arguments can be called with none', async () => {
  const { run } = boxOf(whoIsHere);
  assert.equal((await run('who_is_here', '')).ok, true);
});

test('an unknown tool and one that is switched off are refused in words', async () => {
  const { run, toolbox } = boxOf(add());
  assert.deepEqual((await run('toString')).value, { error: 'There is no tool with the name "toString".' });
  assert.match((await run('add', { a: 1 }, contextOf(), ['add'])).value.error, /switched off/);
  assert.deepEqual(toolbox.declarations(['add']), []);
});

test('the policy is asked at the call', async () => {
  const { run } = boxOf(add({ risk: 'write', needs: 'mayWrite' }));
  assert.equal((await run('add')).ok, true);
  assert.match((await run('add', { a: 1 }, contextOf({ mayWrite: () => false }))).value.error, /not "Anna"/);
  assert.match((await run('add', { a: 1 }, contextOf({ certain: false }))).value.error, /not certain/);
});

test('what a tool throws is a result; what was not foreseen is logged as well', async () => {
  const failing = (error: unknown) =>
    add({
      run: () => {
        throw error;
      },
    });
  const foreseen = boxOf(failing(new ToolError('No such thing.')));
  assert.deepEqual(await foreseen.run('add'), {
    ok: false,
    value: { error: 'No such thing.' },
    output: '{"error":"No such thing."}',
  });
  assert.equal(foreseen.log.length, 0);
  const surprise = boxOf(failing(new Error('broken')));
  assert.deepEqual((await surprise.run('add')).value, { error: 'The tool failed: broken' });
  assert.equal(surprise.log.length, 1);
  assert.equal((await boxOf(failing('a string')).run('add')).value.error, 'The tool failed: a string');
});

test('a result that is no JSON is a failure like any other', async () => {
  assert.equal((await boxOf(add({ run: () => 1n })).run('add')).ok, false);
  assert.deepEqual((await boxOf(add({ run: () => undefined })).run('add')).value, null);
});

test('a tool that ignores its deadline is answered for', async () => {
  const { run } = boxOf(add({ deadlineMs: 30, run: () => new Promise(() => {}) }));
  assert.deepEqual(await run('add'), {
    ok: false,
    value: { error: 'add did not answer within 0.03 s.' },
    output: '{"error":"add did not answer within 0.03 s."}',
  });
});

test('the deadline reaches the tool as a signal, and what it throws then changes nothing', async () => {
  let stopped = false;
  const tool = add({
    deadlineMs: 30,
    run: (_, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          stopped = true;
          reject(new Error('aborted'));
        });
      }),
  });
  const { run, log } = boxOf(tool);
  assert.match((await run('add')).value.error, /did not answer/);
  assert.equal(stopped, true);
  assert.equal(log.length, 0);
});

test('a cancelled call ends at once, and one that was cancelled before never starts', async () => {
  let runs = 0;
  const controller = new AbortController();
  const tool = add({
    run: () => {
      runs++;
      queueMicrotask(() => controller.abort());
      return new Promise(() => {});
    },
  });
  const { run } = boxOf(tool);
  assert.match((await run('add', { a: 1 }, contextOf({ signal: controller.signal }))).value.error, /was cancelled/);
  assert.match((await run('add', { a: 1 }, contextOf({ signal: controller.signal }))).value.error, /was cancelled/);
  assert.equal(runs, 1);
});

test('a long result is cut to 16 KB and stays JSON', async () => {
  for (const text of ['x'.repeat(40_000), '"\\'.repeat(20_000), '😀'.repeat(20_000), '\u0000'.repeat(20_000)]) {
    const { output, value } = await boxOf(add({ run: () => ({ text }) })).run('add');
    assert.ok(Buffer.byteLength(output) <= 16 * 1024);
    assert.ok(Buffer.byteLength(output) > 8 * 1024, `${Buffer.byteLength(output)} bytes are too few`);
    assert.equal(value.cut, true);
    assert.match(value.beginning, /^\{"text":"/);
  }
  const { output } = await boxOf(add({ run: () => 'x'.repeat(16 * 1024 - 2) })).run('add');
  assert.equal(output.length, 16 * 1024);
});

test('a tool that comes later and has the name of another is neither run nor listed', async () => {
  const named = (brings: string) =>
    defineTool({ name: 'echo', description: 'Echoes.', input: z.object({}), risk: 'read', run: () => brings });
  const toolbox = new LocalToolbox({
    tools: [named('ours')],
    more: () => [named('theirs')],
    log: keptLog().log,
    ...usualGate,
  });
  assert.deepEqual(
    toolbox.tools.map(({ name }) => name),
    ['echo'],
  );
  assert.equal((await toolbox.run(callOf('echo', {}), [], contextOf())).output, '"ours"');
});

test('two tools of one name, and a name that no provider takes, are mistakes in the code', () => {
  assert.throws(() => boxOf(add(), add()), TypeError);
  assert.throws(() => add({ name: 'add-up now' }), TypeError);
  assert.throws(
    () => defineTool({ name: 'x', description: '', input: z.object({ a: z.any() }), risk: 'read', run: () => 1 }),
    TypeError,
  );
});

test('declarations are plain JSON Schema in keywords that OpenAI and Gemini share', () => {
  const input = z.object({
    place: z.string().min(1).max(9).describe('Where'),
    days: z.int().min(1).max(7).optional(),
    count: z.int(),
    unit: z.enum(['C', 'F']).default('C'),
    kind: z.literal('x').nullable(),
    tags: z.array(z.object({ name: z.string() })),
  });
  const { toolbox } = boxOf(defineTool({ name: 't', description: 'Does.', input, risk: 'read', run: () => 1 }));
  assert.deepEqual(toolbox.declarations([]), [
    {
      name: 't',
      description: 'Does.',
      parameters: {
        type: 'object',
        required: ['place', 'count', 'kind', 'tags'],
        properties: {
          place: { type: 'string', description: 'Where' },
          days: { type: 'integer', minimum: 1, maximum: 7 },
          count: { type: 'integer' },
          unit: { type: 'string', enum: ['C', 'F'] },
          kind: { anyOf: [{ type: 'string', enum: ['x'] }, { type: 'null' }] },
          tags: {
            type: 'array',
            items: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } },
          },
        },
      },
    },
  ]);
});

test('the built-in tools declare valid schemas and describe each argument', () => {
  const urls = { forecastUrl: 'http://127.0.0.1', geocodingUrl: 'http://127.0.0.1' };
  const { toolbox } = boxOf(getWeather(urls), currentTime(), whoIsHere, postMessage({ escape: String }));
  const ajv = new Ajv({ strict: true });
  const declared = toolbox.declarations([]);
  assert.deepEqual(
    declared.map((tool) => tool.name),
    ['get_weather', 'current_time', 'who_is_here', 'post_message'],
  );
  for (const { description, parameters } of declared) {
    assert.ok(ajv.validateSchema(parameters));
    assert.ok(description.length > 30);
    assert.equal(JSON.stringify(parameters).includes('$schema'), false);
    const fields = Object.values(parameters.properties as Record<string, { description?: string }>);
    for (const field of fields) assert.ok(field.description);
  }
});
