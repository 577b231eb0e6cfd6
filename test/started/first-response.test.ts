import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { RestFault, SimulatedPerson } from '@parley/simulator/discord';
import { StartedWorld } from '../support/world/started-world.ts';

const IN_TIME = { timeoutMs: 10_000 };
const status = (code: number, more: object = {}): RestFault => ({ kind: 'status', status: code, ...more });
const page = { body: '<html>', type: 'text/html' };

describe('in the started process, a first response that goes wrong leaves nobody without an answer', () => {
  let world: StartedWorld;
  let olga: SimulatedPerson;
  before(async () => {
    world = await StartedWorld.start();
    olga = world.guild.addPerson({ name: 'Olga', admin: true });
  });
  after(() => world.close());

  const struck = async <T>(fault: RestFault, act: () => Promise<T>): Promise<T> => {
    const added = world.discord.restFaults.add({ method: 'POST', path: /^\/interactions\//, times: 1, fault });
    try {
      return await act();
    } finally {
      added.remove();
      assert.equal(added.struck, 1, 'the fault struck');
    }
  };
  const asked = (fault: RestFault) => struck(fault, async () => (await olga.command('/status', {}, IN_TIME)).content);
  const TOLD = /^I am in no voice channel here\./;

  it('taken by Discord, which says that it does not know the interaction: a command and a button', async () => {
    const unknown = status(404, { code: 10062, acts: true });
    assert.match(await asked(unknown), TOLD);
    const { message } = await olga.command('/privacy forget', {}, IN_TIME);
    assert.ok(message);
    const id = message.components[0]?.components[0].custom_id;
    assert.match((await struck(unknown, () => olga.press(message, id, IN_TIME))).content, /^It is done/);
  });

  it('kept off on its way, once: it is made again', async () => {
    for (const fault of [status(401), status(403, page), status(408)]) assert.match(await asked(fault), TOLD);
  });

  it('that arrives when nobody waits for it any more', async () => {
    const late = world.discord.restFaults.add({
      method: 'POST',
      path: /^\/interactions\//,
      fault: { kind: 'late', ms: 2_800, acts: false },
    });
    assert.match((await olga.command('/status', {}, IN_TIME)).content, TOLD);
    late.remove();
  });

  it('with choices for somebody who types', async () => {
    const typing = () => olga.autocomplete('/voice provider', 'name', '', {}, IN_TIME);
    for (const fault of [{ kind: 'cut' }, status(500, page), status(502, { acts: true })] as const) {
      assert.match(JSON.stringify(await struck(fault, typing)), /openai/i);
    }
  });

  it('taken from it by a process that does not answer', async () => {
    assert.match(await asked(status(400, { code: 40060, acts: true })), /^Another process with my token took this/);
  });

  it('too late for Discord is told to whoever runs the bot', async () => {
    await struck(status(404, { code: 10062 }), () => assert.rejects(olga.command('/status', {}, { timeoutMs: 500 })));
    await world.bot.logs('Discord waited 3 s and got no answer');
  });
});
