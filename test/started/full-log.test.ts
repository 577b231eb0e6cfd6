import assert from 'node:assert/strict';
import { existsSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { SmallDisk, UNMOUNTABLE } from '../support/process/small-disk.ts';
import { StartedWorld } from '../support/world/started-world.ts';

const INTO_FILE = fileURLToPath(new URL('../fixtures/stdout-file.mjs', import.meta.url));

describe('a log that nothing takes', () => {
  it('does not end the process: its reader has closed the pipe', async (context) => {
    const world = await StartedWorld.start({ env: { LOG_LEVEL: 'debug' } });
    context.after(() => world.close());
    const { bot } = world;
    const anna = world.guild.addPerson({ name: 'Anna', admin: true });
    bot.child.stdout?.destroy();
    bot.child.stderr?.destroy();
    await anna.join(world.channelId);
    await world.join(anna);
    assert.match((await anna.command('/status')).content, /\*\*Channel:\*\*/);
    await anna.command('/leave');
    assert.match((await anna.command('/status')).content, /no voice channel/);
    assert.equal(await bot.stop(), 0);
  });

  const skip = UNMOUNTABLE !== undefined;
  it(`does not end the process: its disk is full${skip ? ` (skipped: ${UNMOUNTABLE})` : ''}`, {
    skip,
  }, async (context) => {
    const disk = new SmallDisk('size=256k');
    context.after(() => disk.unmount());
    const file = join(disk.folder, 'parley.log');
    const world = await StartedWorld.prepare({ env: { LOG_LEVEL: 'debug', STDOUT_FILE: file }, preload: [INTO_FILE] });
    context.after(() => world.close());
    const bot = world.boot();
    const log = (): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');
    await world.until('the start', () => log().includes('"ready"'));
    const anna = world.guild.addPerson({ name: 'Anna', admin: true });
    await anna.join(world.channelId);
    disk.fill(file);
    await world.join(anna);
    assert.match((await anna.command('/status')).content, /\*\*Channel:\*\*/);
    truncateSync(file);
    await anna.command('/leave');
    await world.until('word of it', () => log().includes('lines of this log could not be written'));
    assert.equal(await bot.stop(), 0);
  });
});
