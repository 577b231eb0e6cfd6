import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openDatabase } from '../../src/store/database/database.ts';
import { quietFor } from '../support/time/quiet-for.ts';
import { StartedBot, StartedWorld } from '../support/world/started-world.ts';

describe('the started process', () => {
  let world: StartedWorld;
  const bots: StartedBot[] = [];
  before(async () => {
    world = await StartedWorld.prepare();
  });
  after(async () => {
    for (const bot of bots) bot.kill();
    await world.close();
  });

  it('runs once where three are started at the same moment with a new database', async () => {
    bots.push(...[1, 2, 3].map(() => new StartedBot({ env: world.env })));
    const isSettled = () => bots.filter(({ running }) => running).length === 1 && bots.some(isReady);
    const isReady = ({ log }: StartedBot) => log.some(({ msg }) => msg === 'ready');
    await world.until('one that is ready', isSettled, 45_000);
    for (const bot of bots.filter(({ running }) => !running)) {
      assert.equal(await bot.exit(), 1);
      assert.match(bot.stderr, /^This bot is already running with the same database \(process \d+ on .*\n$/);
    }
  });

  it('ends with 0 where it is asked to while it is only being loaded', async () => {
    const bot = new StartedBot({ env: world.env });
    bots.push(bot);
    await quietFor(250);
    assert.equal(await bot.stop(), 0);
  });

  it('ends with 0 at once where it is asked to while another program holds its database', async () => {
    const url = `sqlite:${join(world.folder, 'held.db')}`;
    const other = await openDatabase(url);
    await other.raw('BEGIN EXCLUSIVE');
    const bot = new StartedBot({ env: { ...world.env, DATABASE_URL: url } });
    bots.push(bot);
    await quietFor(2_500);
    assert.equal(await bot.stop('SIGTERM', 4_000), 0);
    await other.raw('COMMIT');
    await other.destroy();
  });

  it('leaves its voice channel where its terminal is closed, and ends with 0', async () => {
    const [bot] = bots.filter(({ running }) => running);
    assert.ok(bot);
    const anna = await world.person('Anna');
    await world.join(anna);
    assert.equal(await bot.stop('SIGHUP'), 0);
    assert.equal(world.guild.botVoiceChannelId, null);
    assert.match(world.posts(), /The conversation ended\./);
  });
});
