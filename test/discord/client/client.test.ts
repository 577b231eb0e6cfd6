import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { SimulatedDiscord } from '@parley/simulator/discord';
import { type Client, Events } from 'discord.js';
import { WebSocketServer } from 'ws';
import { createClient, logIn } from '../../../src/discord/client/client.ts';
import { destroyClient } from '../../../src/discord/client/gateway-strategy.ts';
import { LoginError } from '../../../src/discord/client/login-error.ts';
import { keptLog } from '../../support/doubles/log.ts';

function fresh(apiUrl: string, onDead: (error: LoginError) => void = () => {}): Client {
  return createClient({ apiUrl, log: keptLog().log, onDead });
}

describe('logging in', () => {
  let discord: SimulatedDiscord;
  before(async () => {
    discord = await SimulatedDiscord.start();
  });
  after(() => discord.close());

  it('waits until the guilds are known, with voice states and members', async () => {
    const guild = discord.createGuild();
    const channel = guild.createVoiceChannel();
    const anna = guild.addPerson({ name: 'Anna' });
    await anna.join(channel, { connect: false });
    const client = await logIn(fresh(discord.apiUrl), { token: discord.token, apiUrl: discord.apiUrl });
    assert.equal(client.guilds.cache.get(guild.id)?.voiceStates.cache.get(anna.userId)?.channelId, channel);
    assert.equal(client.guilds.cache.get(guild.id)?.members.cache.get(anna.userId)?.displayName, 'Anna');
    await client.destroy();
  });

  it('names DISCORD_TOKEN when Discord refuses the token', async () => {
    const login = logIn(fresh(discord.apiUrl), { token: 'wrong', apiUrl: discord.apiUrl });
    await assert.rejects(login, {
      name: 'LoginError',
      message:
        'Could not log in: Discord refused DISCORD_TOKEN. Make a new one in the developer portal (Bot → Reset Token).',
    });
  });

  it('names DISCORD_API_URL when nothing listens there', async () => {
    const apiUrl = 'http://127.0.0.1:1/api';
    const login = logIn(fresh(apiUrl), { token: 'any', apiUrl });
    await assert.rejects(login, {
      message:
        'Could not log in: http://127.0.0.1:1/api cannot be reached (ECONNREFUSED). Check the network and DISCORD_API_URL.',
    });
  });

  it('asks whether DISCORD_API_URL is right when the server there is another one', async () => {
    const server = createServer((_, response) =>
      response.writeHead(404, { 'content-type': 'application/json' }).end('{}'),
    );
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`;
    const login = logIn(fresh(apiUrl), { token: 'any', apiUrl });
    await assert.rejects(login, /^LoginError: Could not log in: Discord answered 404 .* Is DISCORD_API_URL right\?$/);
    server.close();
    server.closeAllConnections();
  });

  it('connects again after the gateway dropped it', async () => {
    const client = await logIn(fresh(discord.apiUrl), { token: discord.token, apiUrl: discord.apiUrl });
    const resumed = once(client, Events.ShardResume);
    discord.gateway.drop();
    await resumed;
    await client.destroy();
  });

  it('says nothing in the log when it logs out', async () => {
    const { log, lines } = keptLog();
    const { apiUrl } = discord;
    const client = await logIn(createClient({ apiUrl, log, onDead: () => {} }), { token: discord.token, apiUrl });
    await destroyClient(client);
    assert.deepEqual(lines, []);
  });

  it('says when the gateway closes for good while the bot runs', async () => {
    const dead = Promise.withResolvers<LoginError>();
    const client = await logIn(fresh(discord.apiUrl, dead.resolve), { token: discord.token, apiUrl: discord.apiUrl });
    discord.gateway.drop(4004);
    const error = await dead.promise;
    assert.ok(error instanceof LoginError);
    assert.match(error.message, /^Discord refused DISCORD_TOKEN\./);
    await client.destroy();
  });
});

describe('logging in to a gateway of its own mind', () => {
  /** REST that says where the gateway is, and a gateway that does what `greet` does. */
  async function odd(greet: (socket: import('ws').WebSocket) => void): Promise<{ apiUrl: string; close(): void }> {
    const server = createServer((_, response) => {
      const body = {
        url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
        shards: 1,
        session_start_limit: { total: 1000, remaining: 1000, reset_after: 0, max_concurrency: 1 },
      };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
    const sockets = new WebSocketServer({ server });
    sockets.on('connection', greet);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const close = (): void => {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
      server.close();
      server.closeAllConnections();
    };
    return { apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`, close };
  }

  it('gives up when the gateway does not speak', async () => {
    const { apiUrl, close } = await odd(() => {});
    const login = logIn(fresh(apiUrl), { token: 'any', apiUrl, timeoutMs: 200 });
    await assert.rejects(login, /^LoginError: Could not log in: no answer from ws:\/\/127\.0\.0\.1:\d+\/ within 0 s\./);
    close();
  });

  it('says so when the gateway closes for good', async () => {
    const { apiUrl, close } = await odd((socket) => socket.close(4011));
    const login = logIn(fresh(apiUrl), { token: 'any', apiUrl });
    await assert.rejects(login, {
      message: 'The bot is on more servers than one connection may serve, and Parley has only one.',
    });
    close();
  });
});
