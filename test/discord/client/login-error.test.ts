import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DiscordAPIError } from 'discord.js';
import { loginError } from '../../../src/discord/client/login-error.ts';

const DISCORD = 'https://discord.com/api';
const page = (status: number) =>
  // What @discordjs/rest makes of a page that is none of Discord's own answers: no code, no message.
  new DiscordAPIError({} as never, undefined as never, status, 'GET', '', { body: undefined, files: undefined });
const told = (error: unknown, apiUrl = DISCORD) => loginError(error, { doing: 'log in', apiUrl });

test('a page of the network before Discord passes, and nobody is sent to look at the settings', () => {
  for (const status of [403, 407, 451]) {
    const { message, temporary } = told(page(status));
    assert.equal(temporary, true);
    assert.match(
      message,
      new RegExp(`^Could not log in: a server between this machine and Discord refused it \\(${status}\\), `),
    );
  }
  const { message, temporary } = told(new SyntaxError('Unexpected token <'));
  assert.equal(temporary, true);
  assert.match(message, /something between this machine and Discord answers in its place/);
});

test('an address that somebody gave and that is no Discord is theirs to change', () => {
  for (const error of [new SyntaxError('Unexpected token <'), page(404)]) {
    const { message, temporary } = told(error, 'http://127.0.0.1:1/api');
    assert.equal(temporary, false);
    assert.match(message, /Is DISCORD_API_URL right\?$/);
  }
});
