import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { entryOf, McpStage } from '../../support/mcp/mcp.ts';

/** A web server that answers like this, until the test ends. */
async function serve(t: TestContext, answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
}

async function reasonAt(t: TestContext, url: string): Promise<string> {
  const entry = entryOf('far', { type: 'http', url, headers: { 'x-key': 'hush-hush-1' } }, { startTimeoutMs: 1_500 });
  const stage = await McpStage.start([entry]);
  t.after(() => stage.servers.close());
  const log = stage.log.map((line) => JSON.parse(line)).find(({ reason, next }) => reason && next);
  return log?.reason;
}

describe('an address of an MCP server at which is something else', () => {
  it('is told to be a web page, or not there, or broken', async (t) => {
    const page = await serve(t, (_, answer) => answer.setHeader('content-type', 'text/html').end('<html>Hello</html>'));
    assert.equal(await reasonAt(t, page), 'what answers speaks no MCP: it answered with text/html instead of MCP');
    const absent = await serve(t, (_, answer) => answer.writeHead(404).end());
    assert.equal(await reasonAt(t, absent), 'nothing is at its address (HTTP 404): correct the url in mcp.json');
    const broken = await serve(t, (_, answer) => answer.writeHead(503).end());
    assert.equal(await reasonAt(t, broken), 'its address answers with HTTP 503');
  });

  it('gets no header of ours by sending us elsewhere', async (t) => {
    const asked: IncomingMessage[] = [];
    const elsewhere = await serve(t, (request, answer) => {
      asked.push(request);
      answer.end();
    });
    const first = await serve(t, (_, answer) => answer.writeHead(307, { location: elsewhere }).end());
    assert.match(await reasonAt(t, first), /HTTP 307/);
    assert.equal(asked.length, 0);
  });

  it('cannot fill the memory, neither with a document nor with an event', async (t) => {
    const piece = 'x'.repeat(1_000_000);
    for (const type of ['application/json', 'text/event-stream']) {
      let sent = 0;
      const endless = await serve(t, (request, answer) => {
        answer.setHeader('content-type', type);
        answer.write(type === 'application/json' ? '"' : 'data: ');
        const more = (): void => {
          if (answer.destroyed || request.method !== 'POST') return;
          sent += piece.length;
          answer.write(piece, () => setImmediate(more));
        };
        more();
      });
      await reasonAt(t, endless);
      const before = sent;
      assert.ok(before < 60_000_000, `${type}: ${before} bytes`);
    }
  });
});
