import assert from 'node:assert/strict';
import { it } from 'node:test';
import { readResult } from '../../../src/tools/mcp/result.ts';

const plain = (text: string) => text;
const text = (words: string) => ({ type: 'text', text: words });
const PNG = Buffer.from('\x89PNG\r\n\x1a\n and so on', 'latin1').toString('base64');
const valueOfAll = (...content: unknown[]) => readResult({ content }, plain).value;

it('what a server says reaches the model as what it means', () => {
  assert.equal(valueOfAll(text('It is 42.')), 'It is 42.');
  assert.equal(valueOfAll(text('42')), '42');
  assert.deepEqual(valueOfAll(text('{"answer": 42}')), { answer: 42 });
  assert.equal(valueOfAll(text('{not json')), '{not json');
  assert.equal(valueOfAll(text('one'), text('two')), 'one\ntwo');
  assert.deepEqual(valueOfAll(), { done: true });
  assert.equal(valueOfAll({ type: 'resource', resource: { uri: 'x:y', text: 'the page' } }), 'the page');
});

it('structured content of any kind reaches the model, beside a text that says something else', () => {
  const of = (structuredContent: unknown, ...content: unknown[]) =>
    readResult({ content, structuredContent }, plain).value;
  for (const value of [{ answer: 42 }, [1, 2], 'forty-two', 42, 0, false, '', []]) {
    assert.deepEqual(of(value), value);
    assert.deepEqual(of(value, text(JSON.stringify(value))), value);
    assert.deepEqual(of(value, text('In words.')), { text: 'In words.', structuredContent: value });
  }
  assert.deepEqual(of({ answer: 42 }, text('{ "answer": 42 }')), { answer: 42 });
  assert.equal(of(null, text('It is 42.')), 'It is 42.');
});

it('null is nothing, wherever a server writes it, and one part is as good as a list', () => {
  for (const result of [
    { content: null },
    { content: null, structuredContent: null, isError: null },
    {},
    { content: [null] },
  ])
    assert.deepEqual(readResult(result, plain), {
      value: { done: true },
      failure: undefined,
      extras: { files: [], links: [] },
    });
  assert.equal(readResult({ content: 'just text' }, plain).value, 'just text');
  assert.equal(readResult({ content: text('one part') }, plain).value, 'one part');
  assert.equal(readResult({ toolResult: 7 }, plain).value, 7, 'as it was in 2024-10-07');
  assert.equal(valueOfAll({ type: 'thought', text: 'of a kind that comes later' }), 'of a kind that comes later');
  assert.equal(valueOfAll({ type: 'resource', resource: { uri: 'file:///a' } }), 'file:///a');
});

it('a failure is one line of its words', () => {
  const { failure } = readResult({ content: [text('MCP error -32602: no\n such\u200b page')], isError: true }, plain);
  assert.equal(failure, 'no such page');
  assert.equal(readResult({ content: [], isError: true }, plain).failure, '');
  assert.equal(
    readResult({ content: null, structuredContent: { code: 7 }, isError: true }, plain).failure,
    '{"code":7}',
  );
});

it('pictures are known by their first bytes, and other files by a few types', () => {
  const image = (data: string, mimeType: string) => ({ type: 'image', data, mimeType });
  const html = Buffer.from('<script>alert(1)</script>').toString('base64');
  const content = [
    image(PNG, 'image/gif'),
    image(html, 'image/png'),
    { type: 'audio', data: html, mimeType: 'audio/mpeg' },
    { type: 'resource', resource: { uri: 'x', blob: html, mimeType: 'application/x-sh' } },
    image('', 'image/png'),
  ];
  const { extras, value } = readResult({ content }, plain);
  assert.deepEqual(
    extras.files.map(({ name }) => name),
    ['image-1.png', 'image-2.bin', 'audio-3.mp3', 'file-4.bin'],
  );
  assert.match(
    String(value),
    /\(image-1\.png was posted to the text channel\)\n.*\(something that cannot be shown: image\)$/s,
  );
});

it('no number and no size of files is too much', () => {
  const image = { type: 'image', data: PNG, mimeType: 'image/png' };
  const large = { type: 'image', data: 'A'.repeat(14_100_000), mimeType: 'image/png' };
  const { extras } = readResult({ content: [large, ...Array.from({ length: 30 }, () => image)] }, plain);
  assert.equal(extras.files.length, 8);
});

it('links to the web are links, others are words only', () => {
  const link = (uri: string) => ({ type: 'resource_link', uri, name: 'A page' });
  const { extras, value } = readResult(
    { content: [link('https://example.com/a'), link('javascript:alert(1)')] },
    plain,
  );
  assert.deepEqual(extras.links, [{ title: 'A page', url: 'https://example.com/a' }]);
  assert.equal(value, 'A page: https://example.com/a\nA page: javascript:alert(1)');
});

it('secrets are taken out of everything, and nonsense is survived', () => {
  const hide = (words: string) => words.replaceAll('hush', '***');
  const link = { type: 'resource_link', uri: 'https://x/?k=hush', name: 'hush' };
  const { value, extras } = readResult({ content: [text('hush'), link], structuredContent: { a: 'hush' } }, hide);
  assert.deepEqual(value, { text: '***\n***: https://x/?k=***', structuredContent: { a: '***' } });
  assert.deepEqual(extras.links, [{ title: '***', url: 'https://x/?k=***' }]);
  const { value: odd } = readResult({ content: [null, 7, 'x', {}, { type: 9 }, { type: 'text' }] }, plain);
  assert.equal(odd, 'x\n(something that cannot be shown: of no type)\n(something that cannot be shown: of no type)\n');
});
