import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { generate } from 'selfsigned';
import { readPage } from '../../../src/tools/builtin/read-page.ts';
import { isPublic } from '../../../src/tools/web/page-address.ts';
import type { Resolve } from '../../../src/tools/web/page-connection.ts';
import { PageReader } from '../../../src/tools/web/page-reader.ts';
import { contextOf } from '../context.ts';

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

const PACKED: Readonly<Partial<Record<string, (bytes: Buffer) => Buffer>>> = {
  gzip: (bytes) => gzipSync(bytes),
  'x-gzip': (bytes) => gzipSync(bytes),
  deflate: (bytes) => deflateSync(bytes),
  'deflate, identity': (bytes) => deflateRawSync(bytes),
  br: (bytes) => brotliCompressSync(bytes),
  zstd: (bytes) => zstdCompressSync(bytes),
  'gzip, br': (bytes) => brotliCompressSync(gzipSync(bytes)),
};

test('a packed page is unpacked, whichever way it was packed', async (context) => {
  const { read, url, requests } = await site(context, (request, response) => {
    const encoding = decodeURIComponent(request.url?.slice(1) ?? '');
    const body = PACKED[encoding]?.(Buffer.from('packed'));
    response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': encoding }).end(body);
  });
  for (const encoding of Object.keys(PACKED)) {
    assert.equal((await read(`${url}/${encodeURIComponent(encoding)}`)).text, 'packed', encoding);
  }
  assert.equal(requests[0]?.headers['accept-encoding'], 'gzip, deflate, br, zstd');
  for (const encoding of ['constructor', 'compress', 'br, br, br, br']) {
    await assert.rejects(
      read(`${url}/${encodeURIComponent(encoding)}`),
      /packed in a way that I cannot read/,
      encoding,
    );
  }
  await assert.rejects(read(`${url}/empty`), /packed in a way/);
});

test('a page over 2 MB is refused, also where it comes packed small', async (context) => {
  const large = Buffer.alloc(3 * 1024 * 1024, 'a');
  const { read, url } = await site(context, (request, response) => {
    const encoding = decodeURIComponent(request.url?.slice(1) ?? '');
    const pack = PACKED[encoding];
    response
      .writeHead(200, { 'content-type': 'text/plain', ...(pack && { 'content-encoding': encoding }) })
      .end(pack?.(large) ?? large);
  });
  await assert.rejects(read(`${url}/plain`), /more than 2 MB/);
  for (const encoding of Object.keys(PACKED)) {
    await assert.rejects(read(`${url}/${encodeURIComponent(encoding)}`), /more than 2 MB/, encoding);
  }
});

test('an answer that is no HTTP, or has too long a header, is told in words, and a redirect with a body is followed', async (context) => {
  const { read, url } = await site(context, (request, response) => {
    if (request.url === '/raw') request.socket.end('SSH-2.0-OpenSSH_9.6\r\n');
    else if (request.url === '/silent') request.socket.end();
    else if (request.url === '/switch')
      request.socket.end('HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n');
    else if (request.url === '/header') response.writeHead(200, { 'x-long': 'x'.repeat(40_000) }).end('never');
    else if (request.url === '/half')
      response
        .writeHead(200, { 'content-type': 'text/plain', 'content-length': 9 })
        .write('half', () => request.socket.destroy());
    else if (request.url === '/body')
      response.writeHead(302, { location: '/t\u00c3\u00bcr' }).end('x'.repeat(1_000_000));
    else response.writeHead(200, { 'content-type': 'text/plain' }).end(`at ${request.url}`);
  });
  for (const path of ['raw', 'silent', 'switch', 'header', 'half']) {
    await assert.rejects(read(`${url}/${path}`), /cannot be reached/, path);
  }
  assert.equal((await read(`${url}/body`)).text, 'at /t%C3%BCr');
});

test('a page over TLS is read where its certificate is trusted for its name, and only there', async (context) => {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'page.example' }], {
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'page.example' }] }],
  });
  const server = createTlsServer({ cert, key }, (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' }).end('sealed');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  context.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const allow = ['page.example', 'other.example', '127.0.0.1'].map((host) => `${host}:${port}`);
  const resolve: Resolve = (_name, done) => done(null, [{ address: '127.0.0.1', family: 4 }]);
  const reader = new PageReader({ allow, resolve });
  const read = (host: string) => reader.read(`https://${host}:${port}/`, new AbortController().signal);
  await assert.rejects(read('page.example'), /cannot be reached/);
  const trusted = getCACertificates();
  setDefaultCACertificates([...trusted, cert]);
  context.after(() => setDefaultCACertificates(trusted));
  assert.equal((await read('page.example')).text, 'sealed');
  await assert.rejects(read('other.example'), /cannot be reached/);
  await assert.rejects(read('127.0.0.1'), /cannot be reached/);
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
    '161.26.0.10',
    '166.8.0.1',
    '166.11.255.255',
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
  await assert.rejects(read('http://inside.example/'), /cannot be reached/);
  await assert.rejects(read('https://mixed.example/'), /cannot be reached/);
  // Once each: what was checked is what would have been connected to.
  assert.deepEqual(names, ['inside.example', 'mixed.example']);
});

test('a name inside is answered like one that there is not: with the same words, after the same time', async (context) => {
  const told: string[] = [];
  const tookMs: number[] = [];
  const { read } = await site(context, html(ARTICLE), {
    resolve: (name, done) => {
      if (name === 'inside.example') done(null, [{ address: '10.0.0.7', family: 4 }]);
      else setTimeout(() => done(new Error('ENOTFOUND'), []), 150);
    },
  });
  for (const name of ['inside.example', 'nowhere.example']) {
    const startedAt = performance.now();
    await read(`https://${name}/`).catch((error: Error) => told.push(error.message));
    tookMs.push(performance.now() - startedAt);
  }
  assert.equal(told.length, 2);
  assert.equal(told[0], told[1]);
  assert.ok(Math.abs(tookMs[0]! - tookMs[1]!) < 100, `${tookMs} ms, though one lookup takes 150 ms longer`);
});

test('a name that only a network inside can have is not looked up', async (context) => {
  const names: string[] = [];
  const { read } = await site(context, html(ARTICLE), {
    resolve: (name, done) => {
      names.push(name);
      done(null, [{ address: '8.8.8.8', family: 4 }]);
    },
  });
  const inside = [
    'router',
    'nas.',
    'printer.LOCAL',
    'a.b.internal.',
    'x.home.arpa',
    'y.localhost',
    'intra.corp',
    'z.lan',
  ];
  for (const name of inside) await assert.rejects(read(`https://${name}/`), /The page cannot be reached/, name);
  assert.deepEqual(names, []);
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
    const told = target.includes('router') ? /cannot be reached/ : /not on the public internet/;
    await assert.rejects(read(`${url}/${encodeURIComponent(target)}`), told, target);
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
