import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StartedWorld } from '../support/world/started-world.ts';

describe('the process that people start', () => {
  it('answers a command', async (t) => {
    const world = await StartedWorld.start({ way: 'npm' });
    t.after(() => world.close());
    const owner = world.guild.addPerson({ name: 'Olga', admin: true });
    const answer = await owner.command('/status', {}, { timeoutMs: 10_000 });
    assert.match(answer.content, /no voice channel/);
  });
});
