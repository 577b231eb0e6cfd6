import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { isPublic } from '../../src/tools/page-address.ts';
import type { Resolve } from '../../src/tools/page-fetch.ts';
import { PageReader } from '../../src/tools/page-reader.ts';
import { readPage } from '../../src/tools/read-page.ts';
import { contextOf } from './context.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A web site on a port of the system's choice, and a reader that may reach it and nothing else that is not public. */
async function site(test: TestContext, answer: Answer, more: { resolve?: Resolve; threadMs?: number } = {}) {
  const requests: IncomingMessage[] = [];
  const attached: unknown[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  test.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const tool = readPage(new PageReader({ allow: [`127.0.0.1:${port}`], ...more }));
  const read = (address: string, args: object = {}, signal = new AbortController().signal) =>
    tool.prepare({ url: address, ...args })(
      contextOf({ signal, attach: (extras) => attached.push(extras) }),
    ) as Promise<Record<string, unknown>>;
  return { url, port, requests, attached, read };
}

const html =
  (body: string, type = 'text/html; charset=utf-8'): Answer =>
  (_request, response) =>
    void response.writeHead(200, { 'content-type': type }).end(body);

const ARTICLE = `<!doctype html><title>On tides</title><nav>Home Shop Login</nav><article><h1>On tides</h1>
${'<p>The moon draws the water of the sea towards itself, and so it rises and falls twice a day, on every coast.</p>'.repeat(8)}
<p>Äpfel &amp; Öl.</p></article><script>alert('never')</script><footer>Imprint</footer>`;

test('an article is read without menu and script, with the address that the redirects led to', async (context) => {
  const { read, url, requests, attached } = await site(context, (request, response) => {
    if (request.url === '/old') response.writeHead(301, { location: '/new#part', 'set-cookie': 'a=b' }).end();
    else html(ARTICLE)(request, response);
  });
  const page = await read(`${url}/old`);
  assert.equal(page.title, 'On tides');
  assert.equal(page.url, `${url}/new`);
  assert.deepEqual(attached, [{ links: [{ title: 'On tides', url: `${url}/new` }] }]);
  assert.match(String(page.text), /^(On tides\n+)?The moon draws .*Äpfel & Öl\.$/s);
  assert.doesNotMatch(String(page.text), /alert|Login|Imprint/);
  assert.equal(page.next, undefined);
  assert.deepEqual(
    requests.map(({ headers }) => [headers.cookie, headers.authorization, headers['user-agent']]),
    Array(2).fill([undefined, undefined, 'Parley/0.1 (a Discord bot that reads this page for a person)']),
  );
});

test('a long page comes in pieces', async (context) => {
  const { read, url } = await site(context, html(`<p>${'0123456789'.repeat(1_000)}END</p>`));
  const first = await read(url);
  assert.deepEqual([String(first.text).length, first.next, first.length], [8_000, 8_000, 10_003]);
  const rest = await read(url, { from: 8_000 });
  assert.match(String(rest.text), /END$/);
  assert.equal(rest.next, undefined);
  await assert.rejects(read(url, { from: 20_000 }), /only 10003 characters/);
});

test('plain text and JSON are read as they are, other kinds are refused by name', async (context) => {
  const { read, url } = await site(context, (request, response) => {
    const type = decodeURIComponent(request.url?.slice(1) ?? '');
    response.writeHead(200, { 'content-type': type }).end('{"a":  1}');
  });
  const of = (type: string) => read(`${url}/${encodeURIComponent(type)}`);
  assert.equal((await of('text/plain')).text, '{"a": 1}');
  assert.equal((await of('application/ld+json; charset=utf-8')).text, '{"a": 1}');
  await assert.rejects(of('application/pdf'), {
    message: 'Only pages and texts can be read, and this is application/pdf.',
  });
  await assert.rejects(of('image/svg'), /this is image\/svg\./);
  await assert.rejects(of('@everyone'), /this is something else\./);
});

test('the charset is that of the header, or of the page', async (context) => {
  const { read, url } = await site(context, (request, response) => {
    const [type, text] =
      request.url === '/header'
        ? ['text/plain; charset="iso-8859-1"', 'Tür']
        : ['text/html', '<meta charset=windows-1252><p>Tür'];
    response.writeHead(200, { 'content-type': type }).end(Buffer.from(text, 'latin1'));
  });
  assert.equal((await read(`${url}/header`)).text, 'Tür');
  assert.equal((await read(`${url}/meta`)).text, 'Tür');
});

test('a page over 2 MB is refused, also where it comes packed small', async (context) => {
  const { read, url } = await site(context, (request, response) => {
    const large = Buffer.alloc(3 * 1024 * 1024, 'a');
    if (request.url === '/packed')
      response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': 'gzip' }).end(gzipSync(large));
    else response.writeHead(200, { 'content-type': 'text/plain' }).end(large);
  });
  await assert.rejects(read(`${url}/plain`), /more than 2 MB/);
  await assert.rejects(read(`${url}/packed`), /more than 2 MB/);
});

test('an error, a hang-up, an endless redirect and an empty page are told in words', async (context) => {
  const { read, url, requests } = await site(context, (request, response) => {
    if (request.url === '/404') response.writeHead(404).end();
    else if (request.url === '/cut') request.socket.destroy();
    else if (request.url === '/loop') response.writeHead(302, { location: '/loop' }).end();
    else html('<script>render()</script>')(request, response);
  });
  await assert.rejects(read(`${url}/404`), /HTTP 404/);
  await assert.rejects(read(`${url}/cut`), /cannot be reached/);
  const before = requests.length;
  await assert.rejects(read(`${url}/loop`), /more than 5 redirects/);
  assert.equal(requests.length - before, 6);
  await assert.rejects(read(`${url}/empty`), /no text/);
});

test('a page that is made to break a parser takes nothing down', async (context) => {
  const { read, url } = await site(
    context,
    (request, response) => html('<div>'.repeat(request.url === '/many' ? 300_000 : 150_000))(request, response),
    { threadMs: 300 },
  );
  await assert.rejects(read(`${url}/many`), /built in a way that I cannot read/);
  await assert.rejects(read(`${url}/deep`), /built in a way that I cannot read/);
});

test('cancelling drops the request', async (context) => {
  const stop = new AbortController();
  const dropped = Promise.withResolvers<void>();
  const { read, url } = await site(context, (request) => {
    request.socket.on('close', () => dropped.resolve());
    stop.abort(new Error('cancelled'));
  });
  await assert.rejects(read(url, {}, stop.signal), /cancelled/);
  await dropped.promise;
});

test('addresses inside are refused in every form, without a connection', async (context) => {
  const { read, port, requests } = await site(context, html(ARTICLE));
  const forms = [
    '127.1',
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::127.0.0.1]',
    '[64:ff9b::7f00:1]',
    '10.0.0.1',
    '169.254.169.254',
    '100.100.100.200',
    '168.63.129.16',
    '[fd00:ec2::254]',
    '[2002:7f00:1::]',
    '0.0.0.0',
  ];
  for (const host of forms) await assert.rejects(read(`http://${host}/`), /not on the public internet/, host);
  await assert.rejects(read(`http://localhost:${port}/`), /ports 80 and 443/);
  await assert.rejects(read('http://127.0.0.1:1/'), /ports 80 and 443/);
  await assert.rejects(read('https://example.org:80/'), /ports 80 and 443/);
  await assert.rejects(read('ftp://example.org/'), /http:\/\/ or https/);
  await assert.rejects(read('file:///etc/passwd'), /http:\/\/ or https/);
  await assert.rejects(read('http://me:secret@example.org/'), /password/);
  await assert.rejects(read('http://'), /not the address/);
  assert.equal(requests.length, 0);
});

test('a name that leads inside is refused, also where only one of its addresses does', async (context) => {
  const names: string[] = [];
  const { read } = await site(context, html(ARTICLE), {
    resolve: (name, done) => {
      names.push(name);
      const address = name === 'mixed.example' ? ['8.8.8.8', '10.0.0.7'] : ['127.0.0.1'];
      done(
        null,
        address.map((one) => ({ address: one, family: 4 })),
      );
    },
  });
  await assert.rejects(read('http://inside.example/'), /not on the public internet/);
  await assert.rejects(read('https://mixed.example/'), /not on the public internet/);
  // Once each: what was checked is what would have been connected to.
  assert.deepEqual(names, ['inside.example', 'mixed.example']);
});

test('a redirect that leads inside is not followed', async (context) => {
  const { read, url, requests } = await site(
    context,
    (request, response) => response.writeHead(302, { location: decodeURIComponent(request.url?.slice(1) ?? '') }).end(),
    { resolve: (_name, done) => done(null, [{ address: '192.168.0.1', family: 4 }]) },
  );
  for (const target of [
    'http://169.254.169.254/latest/meta-data/',
    'http://[::1]/',
    'https://router.example/',
    '//0x7f.1/',
  ]) {
    await assert.rejects(read(`${url}/${encodeURIComponent(target)}`), /not on the public internet/, target);
  }
  await assert.rejects(read(`${url}/${encodeURIComponent('gopher://example.org')}`), /http:\/\/ or https/);
  assert.equal(requests.length, 5);
});

test('an address is public only if the internet can have it', () => {
  const inside = [
    '192.0.0.192',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    'fe80::1',
    'fec0::1',
    '2001:db8::1',
    '2001::1',
    '100::1',
    '5f00::1',
    '3fff::1',
    'ff02::1',
    '::',
    'nonsense',
    '',
  ];
  for (const address of inside) assert.equal(isPublic(address), false, address);
  for (const address of ['8.8.8.8', '2606:4700::1111', '::ffff:8.8.8.8', '64:ff9b::808:808'])
    assert.equal(isPublic(address), true, address);
});
