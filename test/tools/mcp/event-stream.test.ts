import assert from 'node:assert/strict';
import { it } from 'node:test';
import { answerStream } from '../../../src/tools/mcp/event-stream.ts';

/** What comes out of a stream that comes in these pieces; `cut`: it breaks after the last. */
async function passed(pieces: readonly Uint8Array[], id: number | undefined, cut = false): Promise<string> {
  const left = [...pieces];
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const piece = left.shift();
      if (piece) controller.enqueue(piece);
      else if (cut) controller.error(new Error('terminated'));
      else controller.close();
    },
  });
  return await new Response(answerStream(body, { id, mostBytes: 1_000 })).text();
}

const bytes = (text: string) => [...Buffer.from(text)].map((byte) => Uint8Array.of(byte));
const messagesIn = (text: string) =>
  text.split('\n').flatMap((line) => (line.startsWith('data: {') ? [JSON.parse(line.slice(6))] : []));

it('an event stream comes through byte by byte, whatever ends its lines', async () => {
  for (const end of ['\n', '\r\n', '\r']) {
    const events = [
      ': hello',
      '',
      'event: message',
      'data: {"jsonrpc":"2.0",',
      'data: "id":1,"result":{"text":"ü€😀"},"error":null}',
      '',
      '',
    ].join(end);
    const out = messagesIn(await passed(bytes(events), 1));
    assert.deepEqual(out, [{ jsonrpc: '2.0', id: 1, result: { text: 'ü€😀' } }], JSON.stringify(end));
  }
});

it('a request is answered in any case, and nothing is answered that was not asked', async () => {
  const reasonOf = async (text: string, cut = false) =>
    messagesIn(await passed([Buffer.from(text)], 1, cut)).at(-1)?.error?.message;
  assert.equal(await reasonOf('data: {"jsonrpc":"2.0","id":1,"res', true), 'its answer was cut off');
  assert.equal(await reasonOf('data: {"jsonrpc":"2.0","id":1,"res'), 'its answer was cut off');
  assert.equal(
    await reasonOf('data: {"jsonrpc":"2.0","id":2,"result":{}}\n\n'),
    'it answered something else than what was asked',
  );
  assert.equal(await reasonOf('data: {\n\n'), 'its answer is no JSON');
  assert.equal(await reasonOf(`data: ${'x'.repeat(2_000)}`), 'a message of it is longer than 10 MB');
  assert.equal(await passed([Buffer.from('id: 7\ndata:\n\n')], 1), 'id: 7\ndata:\n\n', 'it can be taken up again');
  const pushed = 'data: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n\n';
  assert.equal(await passed([Buffer.from(pushed)], undefined), pushed);
});
