import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Permission } from '@parley/simulator/discord';
import { startBot, startDiscord } from '../../../simulator/test/discord/bot.ts';
import { isWithin, RoomReach } from '../../../src/discord/guild/room-reach.ts';
import { keptLog } from '../../support/doubles/log.ts';
import { quietFor } from '../../support/time/quiet-for.ts';
import { hiddenRoom } from '../../support/world/hidden-room.ts';

/** A room of the board, which writes into threads of #minutes, a channel of the board, too. #log is for everybody. */
async function setUp(context: TestContext) {
  const discord = await startDiscord(context);
  const guild = discord.createGuild({ botPermissions: ['Administrator'] });
  const { board, hidden, role } = hiddenRoom(guild);
  const log = guild.createTextChannel({ name: 'log' });
  const minutes = guild.createTextChannel({ name: 'minutes', denyEveryone: ['ViewChannel'] });
  guild.channels.get(minutes)!.overwrites.push({ id: role, type: 0, allow: Permission.ViewChannel, deny: 0n });
  const client = await startBot(discord);
  const own = client.guilds.cache.get(guild.id)!;
  const thread = async (channelId: string, type: 11 | 12) => {
    const parent = own.channels.cache.get(channelId);
    assert.ok(parent?.type === 0);
    return (await parent.threads.create({ name: 'evening', type: type as never })).id;
  };
  let places: [string, string] = [board, board];
  let grown = 0;
  const reach = new RoomReach({
    client,
    guild: own,
    places: () => places,
    grown: () => (grown += 1),
    log: keptLog().log,
  });
  context.after(() => reach.close());
  /** How often it turned out that others may follow, when this was done. */
  const after = async (act: () => unknown): Promise<number> => {
    const before = grown;
    await act();
    await quietFor(100);
    return grown - before;
  };
  const goTo = (id: string) => () => {
    places = [board, id];
    reach.look();
  };
  return { guild, own, board, hidden, role, log, minutes, thread, after, goTo };
}

test('a thread is followed by those who follow its channel: what changes elsewhere is nothing to it', async (context) => {
  const { guild, own, board, log, minutes, thread, after, goTo } = await setUp(context);
  const evening = await thread(minutes, 11);
  assert.equal(await after(goTo(evening)), 0, 'the board reads it');
  assert.equal(isWithin(own, [board, evening], board), true, 'so what was said there may be told');
  const other = guild.channels.get(log)!;
  other.topic = 'cake';
  assert.equal(await after(() => guild.channelChanged(other)), 0);
  const parent = guild.channels.get(minutes)!;
  parent.overwrites = parent.overwrites.filter(({ id }) => id !== guild.id);
  assert.equal(await after(() => guild.channelChanged(parent)), 1, 'everybody reads it now');
  assert.equal(isWithin(own, [board, evening], board), false);
});

test('who leaves a private thread for its channel is read by others', async (context) => {
  const { minutes, log, thread, after, goTo } = await setUp(context);
  const few = await thread(minutes, 12);
  assert.equal(await after(goTo(few)), 0);
  assert.equal(await after(goTo(minutes)), 1);
  assert.equal(await after(goTo(await thread(log, 11))), 1, 'and of a channel for everybody by everybody');
});
