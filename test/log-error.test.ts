// What a line of the log carries of errors that carry their input.
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { DiscordAPIError, HTTPError } from 'discord.js';
import OpenAI from 'openai';
import { z } from 'zod';
import { ContentRefusedError, LineLostError } from '../src/bridge/errors.ts';
import { createLog } from '../src/log.ts';
import { openDatabase, StoreError } from '../src/store/database.ts';
import { NoteStore } from '../src/store/notes.ts';
import { ToolError } from '../src/tools/tool.ts';

const WORDS = /marzipan|Annabella|tok3n/i;

function logged(...errors: unknown[]): Record<string, Record<string, unknown>>[] {
  const destination = new PassThrough();
  const log = createLog({ level: 'debug', redact: [], pretty: false, destination });
  for (const error of errors) {
    log.warn({ err: error }, 'failed');
    if (error instanceof Error) log.error(error);
    log.debug({ error: error instanceof Error ? error : undefined }, 'failed');
  }
  const text = String(destination.read() ?? '');
  assert.equal(WORDS.exec(text)?.[0], undefined);
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

test('a refused request leaves its code, route and fields, and nothing of its body, file or token', () => {
  const body = {
    files: [{ name: 'Annabella.txt', data: Buffer.from('marzipan') }],
    body: { content: 'Annabella likes marzipan' },
  };
  const raw = {
    code: 50035,
    message: 'Invalid Form Body marzipan',
    errors: { content: { _errors: [{ code: 'BASE_TYPE_MAX_LENGTH', message: 'marzipan is too long' }] } },
  };
  const url = 'https://discord.com/api/v10/webhooks/123/aW50ZXJhY3Rpb24tok3n/messages/@original?x=marzipan';
  const refused = new DiscordAPIError(raw as never, 50035, 400, 'PATCH', url, body as never);
  const [line] = logged(refused, new HTTPError(500, 'marzipan', 'POST', url, body as never));
  const { stack, ...err } = line?.err ?? {};
  assert.ok(String(stack).startsWith('at '));
  assert.deepEqual(err, {
    type: 'DiscordAPIError',
    code: 50035,
    meaning: 'InvalidFormBodyOrContentType',
    status: 400,
    method: 'PATCH',
    route: '/api/v10/webhooks/123/:token/messages/@original',
    fields: ['content: BASE_TYPE_MAX_LENGTH'],
  });
});

test('a failed statement leaves what SQLite calls it, and neither SQL nor values, also as a cause', async () => {
  const database = await openDatabase('sqlite::memory:');
  try {
    await database.raw(
      "CREATE TRIGGER fuse BEFORE INSERT ON notes BEGIN SELECT RAISE(ABORT, 'no marzipan for Annabella'); END",
    );
    const note = { text: 'marzipan', by: { userId: '1', name: 'Annabella' } };
    const failed = await new NoteStore(database).add('1', note).catch((error: unknown) => error);
    const direct = await database.raw("INSERT INTO nowhere VALUES ('marzipan')").catch((error: unknown) => error);
    const [line] = logged(failed, direct);
    assert.equal(line?.err?.message, 'The notes cannot be written to the database.');
    assert.match(JSON.stringify(line?.err?.cause), /"code":"SQLITE_CONSTRAINT"/);
  } finally {
    await database.destroy();
  }
});

test('errors of the runtime, of schemas, of providers and for people leave their class alone', () => {
  const thrown = (act: () => unknown): unknown => {
    try {
      return act();
    } catch (error) {
      return error;
    }
  };
  const parse = thrown(() => JSON.parse('marzipan is what Annabella likes'));
  const locale = thrown(() => Intl.getCanonicalLocales('marzipan_Annabella'));
  const schema = thrown(() => z.strictObject({ a: z.number() }).parse({ marzipan: 'Annabella' }));
  const provider = OpenAI.APIError.generate(
    400,
    { message: "Invalid value: 'marzipan'. Annabella said so", code: 'invalid_value', param: 'input', type: 'x' },
    'Annabella likes marzipan',
    new Headers({ authorization: 'Bearer tok3n' }),
  );
  const named = class extends Error {
    override readonly name = 'marzipan of Annabella';
  };
  const wrapped = new Error('marzipan', { cause: new AggregateError([new Error('Annabella')], 'marzipan') });
  const lines = logged(
    parse,
    locale,
    schema,
    provider,
    new named('marzipan'),
    wrapped,
    new ToolError('That note is of "Annabella"'),
    new ContentRefusedError('I could not write in #marzipan'),
    Object.assign(new Error('marzipan'), { code: 'marzipan of Annabella', path: '/marzipan' }),
    'marzipan',
  );
  const types = lines.flatMap(({ err, msg }) => (String(msg) === 'failed' && err ? [err.type] : []));
  assert.deepEqual(types.slice(0, 4), ['SyntaxError', 'RangeError', 'ZodError', 'BadRequestError']);
});

test('our own sentences stay, without the names in them; what a service says is cut where it repeats', () => {
  const destination = new PassThrough();
  const log = createLog({ level: 'info', redact: [], pretty: false, destination });
  log.warn({ err: new LineLostError('I cannot see that voice channel any more.', { retryable: false }) }, 'one');
  log.warn({ err: new StoreError('The notes of "Annabella" cannot be read.'), reason: 'not "marzipan"' }, 'two');
  for (const said of [
    'You exceeded your current quota, please check your plan and billing details.',
    'RESOURCE_EXHAUSTED: You exceeded your quota: marzipan',
    'Could not parse: marzipan',
    'The text `marzipan` is too long',
    'Unsupported value “marzipan”',
  ]) {
    log.warn({ said }, 'three');
  }
  const text = String(destination.read() ?? '');
  assert.doesNotMatch(text, WORDS);
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(lines[0].err.message, 'I cannot see that voice channel any more.');
  assert.equal(lines[1].err.message, 'The notes of "…" cannot be read.');
  assert.deepEqual(
    lines.slice(2).map(({ said }) => said),
    [
      'You exceeded your current quota, please check your plan and billing details.',
      'RESOURCE_EXHAUSTED: You exceeded your quota …',
      'Could not parse …',
      'The text …',
      'Unsupported value …',
    ],
  );
});
