// What a line of the log carries of errors that carry their input.
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { DiscordAPIError, HTTPError } from 'discord.js';
import OpenAI from 'openai';
import { z } from 'zod';
import type { Target } from '../../src/model/connection/service.ts';
import { geminiLoss } from '../../src/model/gemini/failures.ts';
import { fatalProblem, openAILoss } from '../../src/model/openai/failures.ts';
import { failure } from '../../src/model/openai/replies/shortfalls.ts';
import { ContentRefusedError, LineLostError, wordsOf } from '../../src/ports/errors.ts';
import { createLog } from '../../src/process/log.ts';
import { openDatabase, StoreError, startFailure } from '../../src/store/database/database.ts';
import { NoteStore } from '../../src/store/notes.ts';
import { ToolError } from '../../src/tools/tool.ts';

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

test('what a service says of an error keeps its codes, and of an address its host', () => {
  const destination = new PassThrough();
  const log = createLog({ level: 'info', redact: [], pretty: false, destination });
  const json = {
    type: 'invalid_request_error',
    code: 'string_too_long',
    message: "Invalid 'x': marzipan",
    param: 'item.text',
  };
  for (const said of [
    JSON.stringify(json),
    JSON.stringify({ error: { type: 'server_error', message: 'Something broke.' } }),
    JSON.stringify({ type: 'conversation.item.failed', text: 'marzipan' }),
    'rate_limit_error, rate_limit_exceeded: Rate limit reached on input tokens per min (TPM): marzipan',
    'A turn was not written down (2 in a row): invalid_request_error, audio_bad: The audio is broken: marzipan',
    'Enable it by visiting https://Annabella:x@console.example/apis/marzipan?token=tok3n then retry.',
    '{"marzipan',
  ]) {
    log.warn({ said }, 'refused');
  }
  const text = String(destination.read() ?? '');
  assert.doesNotMatch(text, WORDS);
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).said);
  assert.deepEqual(lines, [
    'invalid_request_error: string_too_long: item.text: Invalid …',
    'server_error: Something broke.',
    'conversation.item.failed:',
    'rate_limit_error, rate_limit_exceeded: Rate limit reached on input tokens per min (TPM) …',
    'A turn was not written down (2 in a row): invalid_request_error, audio_bad: The audio is broken …',
    'Enable it by visiting https://console.example/… then retry.',
    '…',
  ]);
});

test('neither people nor the log are told what a service repeats of what was said', () => {
  const target = { model: 'a-model', secrets: [], service: { name: 'The service' } } as unknown as Target;
  const message = "Invalid value: 'Annabella likes marzipan'. Annabella said it.";
  const losses = [
    fatalProblem({ code: 'session_expired', message }, target),
    openAILoss({ type: 'closed', code: 1007, reason: message }, target),
    openAILoss({ type: 'closed', code: 1011, reason: message }, target),
    openAILoss({ type: 'closed', code: 1011, reason: `Rate limit: ${message}` }, target),
    geminiLoss({ type: 'closed', code: 1007, reason: message }, target, true),
    geminiLoss({ type: 'closed', code: 1011, reason: message }, target, true),
  ];
  const { reason, said } = failure({ type: 'invalid_request_error', message }, true, target);
  logged(...losses);
  assert.doesNotMatch([...losses.map((loss) => loss?.message), reason, said].join(), WORDS);
  assert.equal(losses[1]?.message, 'The service did not accept the session (Invalid value …, close code 1007).');
  assert.equal(reason, 'The service could not answer: Invalid value …');
});

test('of a plain Error the sentence counts where our files or a tool made it, and not where a package did', async () => {
  const database = await openDatabase('sqlite::memory:');
  try {
    const thrown = await database('notes')
      .where({ text: undefined, name: 'marzipan' })
      .catch((error: unknown) => error);
    assert.ok(thrown instanceof Error && thrown.constructor === Error);
    assert.equal(wordsOf(thrown, 'no'), 'no');
    assert.equal(wordsOf(new Error('I lack Speak.'), 'no'), 'I lack Speak.');
    assert.equal(wordsOf(new Error('two\n    at /x/node_modules/lines.js:1:2'), 'no').slice(0, 3), 'two');
    const sql = await database
      .raw("INSERT INTO nowhere VALUES ('marzipan is locked')")
      .catch((error: unknown) => error);
    const failed = await startFailure(sql, 'sqlite:x.db');
    assert.equal(
      failed.message,
      'The database x.db cannot be used: SQLITE_ERROR: no such table: nowhere (DATABASE_URL).',
    );
    assert.equal(failed.temporary, false);
  } finally {
    await database.destroy();
  }
});
