import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { StartedWorld } from '../support/world/started-world.ts';

test('npm start takes the bot along when npm is told to stop, although npm does not pass the signal on', async (t) => {
  const world = await StartedWorld.start({ way: 'npm' });
  t.after(() => world.close());
  const { child } = world.bot;
  assert.ok(child.stdout);
  const closed = once(child.stdout, 'close');
  child.kill('SIGTERM');
  // stdout closes when nobody holds it any more: neither npm nor the bot.
  await closed;
  assert.equal((await world.bot.logs('stopping')).msg, 'stopping');
});
