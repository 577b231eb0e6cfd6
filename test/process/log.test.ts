import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { createLog } from '../../src/process/log.ts';

function logTo(options: { level?: string; redact?: string[]; pretty?: boolean }) {
  const destination = new PassThrough();
  const log = createLog({ level: 'info', redact: [], pretty: false, ...options, destination });
  return { log, written: () => String(destination.read() ?? '') };
}

test('a line is JSON with its fields, and levels below the set one are silent', () => {
  const { log, written } = logTo({ level: 'warn' });
  log.info('not this');
  log.warn({ guildId: '1' }, 'this');
  const line = JSON.parse(written());
  assert.equal(line.msg, 'this');
  assert.equal(line.guildId, '1');
});

test('a secret is blanked in messages, fields, URLs and errors, in every spelling', () => {
  const secret = 'a/secret"key+1';
  const { log, written } = logTo({ redact: [secret] });
  log.info({ url: `https://x/?q=${encodeURIComponent(secret)}`, deep: { a: { b: secret } } }, `the key is ${secret}`);
  log.error({ err: new Error(`refused ${secret}`) }, 'failed');
  const text = written();
  assert.doesNotMatch(text, /secret/);
  assert.equal(text.match(/\[redacted\]/g)?.length, 3, 'of an error that is not ours, the message is not there at all');
  for (const line of text.trim().split('\n')) JSON.parse(line);
});

test('fields with secret names, keys in URLs and bearer tokens are blanked though nobody knew them', () => {
  const { log, written } = logTo({});
  log.info(
    { token: 'aaa1', nested: { apiKey: 'aaa2' }, url: 'wss://host/ws?key=aaa3&alt=1' },
    'Bearer aaa4aaa4aaa4aaa4aaa4',
  );
  const text = written();
  assert.doesNotMatch(text, /aaa/);
  assert.match(text, /key=\[redacted\]&alt=1/);
});

test('a short value does not blank ordinary words', () => {
  const { log, written } = logTo({ redact: ['a', 'voice'] });
  log.info('a voice');
  assert.match(written(), /a voice/);
});

test('on a terminal a line is for people and as clean', () => {
  const { log, written } = logTo({ pretty: true, redact: ['supersecretvalue'] });
  log.warn({ guildId: '7' }, 'left with supersecretvalue');
  const text = written();
  assert.match(text, /WARN/);
  assert.match(text, /guildId/);
  assert.doesNotMatch(text, /supersecret|^\{/);
});
