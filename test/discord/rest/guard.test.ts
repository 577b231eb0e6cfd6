import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { REST } from 'discord.js';
import { RestGuard, type RestPatience } from '../../../src/discord/rest/guard.ts';
import { RestRefusal } from '../../../src/discord/rest/refusal.ts';
import { retryAfterOf } from '../../../src/discord/rest/retry-after.ts';
import { keptLog } from '../../support/doubles/log.ts';

/** A REST client under a guard, and a server that answers as `answer` says. */
async function guarded(
  t: TestContext,
  answer: (response: ServerResponse, url: string) => void,
  patience: Partial<RestPatience> = {},
) {
  const server = createServer(({ url = '' }, response) => {
    count += 1;
    answer(response, url);
  });
  let count = 0;
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { log, lines } = keptLog();
  const guard = new RestGuard({ log, patience });
  const api = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`;
  const rest = new REST({ api, timeout: 1_000, retries: 0, makeRequest: guard.makeRequest }).setToken('token');
  guard.watch(rest);
  return { rest, lines, requests: () => count };
}

const refuse = (headers: Record<string, string>) => (response: ServerResponse) =>
  response.writeHead(429, headers).end('{}');

describe('RestGuard', () => {
  it('refuses further requests on a route until its time has come, and others not', async (t) => {
    let isRefusing = true;
    const { rest, requests } = await guarded(t, (response) => {
      if (isRefusing) refuse({ 'retry-after': '30', 'x-ratelimit-bucket': 'b', 'x-ratelimit-scope': 'user' })(response);
      else response.writeHead(200, { 'content-type': 'application/json' }).end('{"a":1}');
    });
    const message = 'Discord takes no more requests of this kind for 30 seconds (429).';
    await assert.rejects(rest.post('/channels/100000000000000001/messages'), { name: 'RestRefusal', message });
    isRefusing = false;
    await assert.rejects(rest.post('/channels/100000000000000001/messages'), { name: 'RestRefusal', message });
    assert.deepEqual(await rest.post('/channels/100000000000000002/messages'), { a: 1 });
    assert.equal(requests(), 2);
  });

  it('answers interactions while the limit of the whole bot is used up, and nothing else', async (t) => {
    const { rest, requests } = await guarded(t, (response, url) => {
      if (url.includes('/channels/')) {
        const headers = { 'retry-after': '40', 'x-ratelimit-global': 'true', 'x-ratelimit-scope': 'global' };
        response.writeHead(429, headers).end('{"global":true,"retry_after":40}');
      } else response.writeHead(204).end();
    });
    const message = /takes no requests of this bot for 40 seconds/;
    await assert.rejects(rest.post('/channels/100000000000000001/messages'), message);
    await assert.rejects(rest.get('/gateway/bot'), message);
    await rest.post('/interactions/100000000000000001/token/callback', { auth: false });
    await rest.patch('/webhooks/100000000000000001/token/messages/@original', { auth: false });
    assert.equal(requests(), 3);
  });

  it('answers interactions at once while others wait for the limit of the whole bot', async (t) => {
    let left = 1;
    const { rest } = await guarded(t, (response, url) => {
      const limited = url.includes('/channels/') && left-- > 0;
      const headers = { 'retry-after': '1.5', 'x-ratelimit-global': 'true', 'x-ratelimit-scope': 'global' };
      if (limited) response.writeHead(429, headers).end('{"global":true,"retry_after":1.5}');
      else response.writeHead(204).end();
    });
    const at = performance.now();
    const took = async (request: Promise<unknown>): Promise<number> => {
      await request;
      return performance.now() - at;
    };
    const post = took(rest.post('/channels/100000000000000001/messages'));
    await new Promise((resolve) => setTimeout(resolve, 200));
    const other = took(rest.get('/users/@me'));
    const answered = await took(rest.post('/interactions/100000000000000001/token/callback', { auth: false }));
    assert.ok(answered < 1_000, `${answered} ms`);
    assert.ok((await other) >= 1_400 && (await post) >= 1_400);
  });

  it('waits a short time, as it is told, and then gives the answer', async (t) => {
    let times = 0;
    const { rest } = await guarded(t, (response) => {
      times += 1;
      if (times === 1) refuse({ 'retry-after': '1' })(response);
      else response.writeHead(204).end();
    });
    const at = performance.now();
    await rest.post('/channels/100000000000000001/messages');
    assert.ok(performance.now() - at >= 1_000);
  });

  it('asks twice as seldom with each refusal that names no time', async (t) => {
    const { rest, requests } = await guarded(t, refuse({}), { unknownMs: 200, longestUnknownMs: 10_000 });
    const until = performance.now() + 2_000;
    while (performance.now() < until) {
      await assert.rejects(rest.get('/gateway/bot'), RestRefusal);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    // After 0, 200, 600, 1400 ms.
    assert.ok(requests() >= 3 && requests() <= 4, `${requests()}`);
  });

  it('does not wait for a limit that is known beforehand and takes minutes', async (t) => {
    const { rest, requests } = await guarded(t, (response) =>
      response
        .writeHead(200, { 'x-ratelimit-limit': '1', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset-after': '600' })
        .end(),
    );
    await rest.patch('/channels/100000000000000001');
    await assert.rejects(rest.patch('/channels/100000000000000001'), {
      name: 'RestRefusal',
      message: 'Discord takes no more requests of this kind for 10 minutes (429).',
    });
    assert.equal(requests(), 1);
  });

  it('has an end for a request that is never answered, and for those behind it', async (t) => {
    const { rest } = await guarded(t, () => {}, { answerMs: 300 });
    const first = rest.get('/channels/100000000000000001');
    const second = rest.get('/channels/100000000000000001');
    await assert.rejects(first, { name: 'RestTimeout' });
    await assert.rejects(second, { name: 'RestTimeout' });
  });

  it('has an end for an answer whose body never ends', async (t) => {
    const { rest } = await guarded(t, (response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{');
    });
    await assert.rejects(rest.get('/channels/100000000000000001'), { name: 'AbortError' });
  });

  it('nearly stops once too many requests in ten minutes were refused, long before Discord bans the address', async (t) => {
    const { rest, requests, lines } = await guarded(
      t,
      (response) => {
        response
          .writeHead(403, { 'content-type': 'application/json' })
          .end('{"code":50001,"message":"Missing Access"}');
      },
      { mostRefused: 50 },
    );
    for (let i = 0; i < 60; i += 1) await assert.rejects(rest.get('/channels/100000000000000001'));
    assert.equal(requests(), 50);
    assert.match(JSON.stringify(lines), /too many requests in ten minutes/);
  });

  // The library's own wait goes on after a request was freed from it: a short one, for the end of this process.
  for (const backMs of [2_500, 40 * 365 * 86_400_000]) {
    const back = `set back by ${backMs / 1_000} s`;
    const spent = { 'x-ratelimit-limit': '1', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset-after': '0.1' };

    it(`does not wait for limits of the time before the clock was ${back}`, async (t) => {
      const { rest, requests } = await guarded(t, (response) => response.writeHead(200, spent).end());
      await rest.get('/channels/100000000000000001');
      const realNow = Date.now;
      t.mock.method(Date, 'now', () => realNow() - backMs);
      await rest.get('/channels/100000000000000001');
      assert.equal(requests(), 2);
    });

    it(`has those go on that wait for a limit while the clock is ${back}`, async (t) => {
      const patience = { longestWaitMs: 1_000 };
      const { rest, requests } = await guarded(t, (response) => response.writeHead(200, spent).end(), patience);
      await rest.get('/channels/100000000000000001');
      const waiting = [1, 2, 3].map(() => rest.get('/channels/100000000000000001'));
      const realNow = Date.now;
      t.mock.method(Date, 'now', () => realNow() - backMs);
      await Promise.all(waiting);
      assert.equal(requests(), 4);
    });

    it(`keeps to the limits that an answer tells after the clock was ${back} and set again`, async (t) => {
      const { rest, requests } = await guarded(t, (response) => {
        setTimeout(() => response.writeHead(200, spent).end(), 100);
      });
      const realNow = Date.now;
      const first = rest.get('/channels/100000000000000001');
      const clock = t.mock.method(Date, 'now', () => realNow() + backMs);
      await rest.get('/channels/100000000000000002');
      const second = rest.get('/channels/100000000000000001');
      clock.mock.restore();
      await rest.get('/channels/100000000000000002');
      await Promise.all([first, second, rest.get('/channels/100000000000000001')]);
      assert.equal(requests(), 5);
    });
  }

  it('has an end for a request that waits for a limit', async (t) => {
    const { rest } = await guarded(
      t,
      (response) =>
        response
          .writeHead(200, { 'x-ratelimit-limit': '1', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset-after': '3' })
          .end(),
      { answerMs: 300 },
    );
    await rest.get('/channels/100000000000000001');
    const at = performance.now();
    await assert.rejects(rest.get('/channels/100000000000000001'), { name: 'RestTimeout' });
    assert.ok(performance.now() - at < 2_000);
  });
});

describe('retryAfterOf', () => {
  const of = (headers: Record<string, string>, body?: unknown) => retryAfterOf(new Headers(headers), body);

  it('reads seconds, dates by the clock of the server, and the body', () => {
    assert.equal(of({ 'retry-after': '7' }), 7_000);
    assert.equal(of({ 'retry-after': '1.5' }), 1_500);
    assert.equal(of({ 'retry-after': 'Wed, 21 Oct 2015 07:28:30 GMT', date: 'Wed, 21 Oct 2015 07:28:00 GMT' }), 30_000);
    assert.equal(of({}, { retry_after: 3.25 }), 3_250);
    assert.equal(of({ 'retry-after': 'soon' }, { retry_after: 2 }), 2_000);
  });

  it('believes nobody who asks for less than a second, or more than a day', () => {
    assert.equal(of({ 'retry-after': '0' }), 1_000);
    assert.equal(of({ 'retry-after': '1e12' }), 86_400_000);
  });

  it('does not know what to make of anything else', () => {
    for (const header of ['-5', 'NaN', 'soon', 'Infinity!', 'Wed, 21 Oct 2015 07:28:30 GMT']) {
      assert.equal(of({ 'retry-after': header }), undefined, header);
    }
    assert.equal(of({}), undefined);
    assert.equal(of({}, 'text'), undefined);
    assert.equal(of({}, { retry_after: null }), 1_000);
  });
});
