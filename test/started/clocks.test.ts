import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { newLineId } from '../../src/lib/line-ids.ts';
import { openDatabase } from '../../src/store/database/database.ts';
import { ReminderStore } from '../../src/store/reminders.ts';
import { faultsOf, playClock, rowOf } from '../endurance/clocks/scene.ts';
import { CLOCK_SETTINGS } from '../endurance/clocks/settings.ts';
import { quietFor } from '../support/time/quiet-for.ts';
import { type StartedOptions, StartedWorld } from '../support/world/started-world.ts';

const CLOCK = fileURLToPath(new URL('../support/process/preload/stepped-clock.ts', import.meta.url));
const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;
/** All of them, for longer: `npm run endurance -- clocks`. */
const SHOWN = /an hour ahead, untold|jumps every 7 s$|20 s that are told/;
const SHOWN_MS = 22_000;

describe('a wrong clock, or sessions that end too soon', { concurrency: 3 }, () => {
  for (const setting of CLOCK_SETTINGS.filter(({ name }) => SHOWN.test(name))) {
    it(`costs no more than three connections a minute, and no word: ${setting.name}`, async (t) => {
      const result = await playClock(setting, SHOWN_MS);
      t.diagnostic(rowOf(setting, result));
      assert.deepEqual(faultsOf(setting, result), []);
    });
  }
});

/** A world whose bot has a clock that is set by `setClock` (ms ahead); the bot is not started. */
async function prepared(t: TestContext, options: StartedOptions = {}) {
  const world = await StartedWorld.prepare({ ...options, preload: [CLOCK] });
  t.after(() => world.close());
  const file = join(world.folder, 'clock');
  world.also = { STEPPED_CLOCK_FILE: file };
  const setClock = (ms: number): void => writeFileSync(file, String(ms));
  return { world, setClock };
}

/** What happened yesterday, and reminders for tomorrow and for the day in two months. */
async function filled(world: StartedWorld): Promise<void> {
  const database = await openDatabase(`sqlite:${join(world.folder, 'parley.db')}`);
  const at = Date.now() - DAY_MS;
  const place = { guild_id: world.guild.id, channel_id: world.channelId };
  const id = newLineId(at);
  const spoken = { transcript_channel_id: world.channelId, mode: 'talk', provider: 'openai', model: 'x' };
  await database('conversations').insert({
    ...place,
    ...spoken,
    id,
    started_at: at,
    ended_at: at + 1,
    end_reason: 'asked',
  });
  const row = { ...place, id: id + 1, conversation_id: id, kind: 'joined', user_id: '7', name: 'Anna', started_at: at };
  await database('presences').insert(row);
  const reminders = new ReminderStore(database);
  const person = { userId: '7', name: 'Anna' };
  const wish = { guildId: world.guild.id, channelId: world.textChannelId, person, text: 'Bread' };
  await reminders.add({ ...wish, dueAt: Date.now() + DAY_MS });
  await reminders.add({ ...wish, dueAt: Date.now() + 60 * DAY_MS });
  await database.destroy();
}

async function kept(world: StartedWorld): Promise<{ readonly lines: number; readonly reminders: number }> {
  const database = await openDatabase(`sqlite:${join(world.folder, 'parley.db')}`);
  const [lines, reminders] = await Promise.all([database('presences'), database('reminders')]);
  await database.destroy();
  return { lines: lines.length, reminders: reminders.length };
}

describe('a clock that is wrong for a while', { concurrency: 3 }, () => {
  for (const tellsTime of [true, false]) {
    const told = tellsTime ? 'where Discord tells the time' : 'where nobody tells the time';
    it(`deletes no record and brings no reminder before its day, before the start or while it runs, ${told}`, async (t) => {
      const { world, setClock } = await prepared(t, { discord: { tellsTime } });
      await filled(world);
      // Without anybody's word a clock that is wrong from the beginning on is not known to be.
      setClock(tellsTime ? 40 * YEAR_MS : 0);
      await world.boot().logs('ready');
      for (const wrongBy of [2 * DAY_MS, 40 * YEAR_MS, -40 * YEAR_MS, 0]) {
        setClock(wrongBy);
        await wait(1_500);
      }
      setClock(2 * DAY_MS);
      await world.bot.stop();
      assert.equal(world.posts(world.textChannelId), '');
      assert.deepEqual(await kept(world), { lines: 1, reminders: 2 });
    });
  }

  it('deletes no record where it is forty years ahead from the beginning on and nobody tells the time', async (t) => {
    const { world, setClock } = await prepared(t, { discord: { tellsTime: false } });
    await filled(world);
    setClock(40 * YEAR_MS);
    await world.boot().logs('ready');
    await world.bot.logs('the clock is days ahead');
    await wait(1_000);
    await world.bot.stop();
    assert.equal((await kept(world)).lines, 1);
  });

  it('says by how much it is off, in the log and to who asks, and that it is right again', async (t) => {
    const { world, setClock } = await prepared(t);
    setClock(3_600_000);
    await world.boot().logs('ready');
    const line = await world.bot.logs('the clock of this machine is wrong');
    assert.ok(Math.abs(Number(line.wrongBySeconds) - 3_600) <= 2);
    const anna = await world.person('Anna');
    const { content } = await anna.command('/status', {}, { timeoutMs: 10_000 });
    assert.match(content, /^\*\*Clock:\*\* that of the machine on which I run is 1 hour ahead; I go by Discord's\./m);
    setClock(0);
    await world.bot.logs('the clock of this machine is right again');
    const after = await anna.command('/status', {}, { timeoutMs: 10_000 });
    assert.doesNotMatch(after.content, /Clock/);
  });

  it('holds no answer up when it is set back: every command is answered at once', async (t) => {
    const { world, setClock } = await prepared(t);
    setClock(0);
    await world.boot().logs('ready');
    const anna = await world.person('Anna');
    for (const wrongBy of [-3_600_000, -40 * YEAR_MS]) {
      await anna.command('/status', {}, { timeoutMs: 10_000 });
      setClock(wrongBy);
      await wait(1_000);
      // The library lets fifty requests pass before it looks at its clock.
      for (let i = 0; i < 70; i += 1) {
        const { content } = await anna.command('/status', {}, { timeoutMs: 10_000 });
        assert.match(content, /no voice channel/);
      }
    }
  });

  it('does not keep the bot from starting where another one was killed that had a lock of the future', async (t) => {
    const { world, setClock } = await prepared(t);
    setClock(40 * YEAR_MS);
    await world.boot().logs('ready');
    await quietFor(2_500);
    world.bot.kill();
    await world.bot.exit().catch(() => {});
    const database = await openDatabase(`sqlite:${join(world.folder, 'parley.db')}`);
    // As of another machine: nobody can look whether its process lives.
    assert.equal(await database('instances').update({ host: 'elsewhere' }), 1);
    await database.destroy();
    setClock(0);
    const since = performance.now();
    await world.boot().logs('ready');
    assert.ok(performance.now() - since >= 10_000, 'it was watched first');
  });
});
