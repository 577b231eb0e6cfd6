import assert from 'node:assert/strict';
import {
  closeSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { openDatabase } from '../../src/store/database/database.ts';
import { FailingWorld } from '../support/world/failing-world.ts';

async function start(context: TestContext): Promise<FailingWorld & { folder: string }> {
  const parent = mkdtempSync(join(tmpdir(), 'parley-faults-'));
  context.after(() => rmSync(parent, { recursive: true, force: true }));
  const folder = join(parent, 'data');
  mkdirSync(folder);
  return Object.assign(await FailingWorld.start(context, folder), { folder });
}

/** Everything is in the file itself, and nothing of it in its log: what happens to the file is seen. */
async function settle(file: string): Promise<Buffer> {
  const other = await openDatabase(`sqlite:${file}`);
  await other.raw('PRAGMA wal_checkpoint(TRUNCATE)');
  await other.destroy();
  return readFileSync(file);
}

function write(file: string, bytes: Uint8Array, at: number): void {
  const open = openSync(file, 'r+');
  writeSync(open, bytes, 0, bytes.length, at);
  closeSync(open);
}

/** Damage of the file in place, of which writing is to tell. */
const DAMAGE: Readonly<Record<string, (file: string, bytes: number) => void>> = {
  'overwritten in the middle': (file, bytes) => write(file, Buffer.alloc(bytes - 4_096, 0x5a), 4_096),
  'overwritten at its beginning': (file) => write(file, Buffer.alloc(100, 0x5a), 0),
  'cut off': (file) => truncateSync(file, 8_192),
};

describe('a database that fails while people speak', { concurrency: 3 }, () => {
  it('is locked by another program: nothing is lost, and commands are answered at once', async (context) => {
    const failing = await start(context);
    const { anna } = failing;
    const other = await openDatabase(`sqlite:${failing.file}`);
    await other.raw('BEGIN EXCLUSIVE');
    await failing.say('one', 'two');
    assert.match(await failing.toldWhy(), /: another program holds the database\. I keep/);
    const since = performance.now();
    const { content } = await anna.command('/voice language', { tag: 'de' });
    assert.match(content, /^I could not do that: another program holds the database\./);
    // Reading goes on: another program's lock keeps only writers out.
    assert.match((await anna.command('/privacy show')).content, /^On this server I keep of you/);
    assert.ok(performance.now() - since < 5_000);
    await failing.say('three', 'four');
    await failing.kept(4);
    await other.raw('COMMIT');
    await other.destroy();
    assert.match(await failing.toldEnd(), /: 4 utterances that I kept are written now, nothing is lost\.$/);
    await failing.world.until('the posts', () => failing.posted.length === 5);
    assert.deepEqual(failing.posted, failing.said);
    assert.deepEqual(await failing.recorded(), failing.said);
  });

  it('says once that it is over, also where the bot left and came again meanwhile', async (context) => {
    const failing = await start(context);
    const { anna, world } = failing;
    const other = await openDatabase(`sqlite:${failing.file}`);
    await other.raw('BEGIN EXCLUSIVE');
    await failing.say('one', 'two');
    await failing.toldWhy();
    await anna.command('/leave');
    await anna.command('/join');
    await world.until('word of the second', () => failing.lines(/cannot write down what is said/).length === 2);
    await other.raw('COMMIT');
    await other.destroy();
    await failing.toldEnd();
    await world.until('all of it', () => failing.posted.length === 3);
    // Conversations catch up in the order in which they began: the second has, when what it hears is posted.
    await failing.say('three');
    await world.until('the last words', () => failing.posted.length === 4);
    assert.deepEqual(failing.lines(/write down again/), [
      'I can write down again what is said: 2 utterances that I kept are written now, nothing is lost.',
    ]);
    // Also where nothing had been said before the bot left.
    const again = await openDatabase(`sqlite:${failing.file}`);
    await again.raw('BEGIN EXCLUSIVE');
    await anna.command('/leave');
    await anna.command('/join');
    await world.until('word of the third', () => failing.lines(/cannot write down what is said/).length === 3);
    await again.raw('COMMIT');
    await again.destroy();
    await world.until('the end', () => failing.lines(/write down again/).length === 2);
    await failing.say('four');
    await world.until('the last words', () => failing.posted.length === 5);
    assert.equal(failing.lines(/write down again/)[1], 'I can write down again what is said: nothing is lost.');
    assert.equal(failing.lines(/write down again/).length, 2);
  });

  for (const [how, damage] of Object.entries(DAMAGE)) {
    it(`is ${how}: what is said is kept until it is whole again`, async (context) => {
      const failing = await start(context);
      const { anna, world } = failing;
      const whole = await settle(failing.file);
      damage(failing.file, whole.length);
      await failing.say('one', 'two');
      assert.match(await failing.toldWhy(), /: the database is damaged\. I keep/);
      await failing.kept(2);
      assert.match((await anna.command('/status')).content, /\*\*Record:\*\* .*: the database is damaged\./);
      assert.match(
        (await anna.command('/transcript search', { text: 'one' })).content,
        /^I could not do that: the database is damaged/,
      );
      assert.deepEqual(failing.posted, ['Anna: before it']);
      write(failing.file, whole, 0);
      assert.match(await failing.toldEnd(), /: 2 utterances that I kept are written now/);
      await world.until('the posts', () => failing.posted.length === 3);
      assert.deepEqual(failing.posted, failing.said);
      assert.deepEqual(await failing.recorded(), failing.said);
    });
  }

  it('is deleted: what is said goes nowhere silently, and is counted at the end', async (context) => {
    const failing = await start(context);
    const { anna, world } = failing;
    unlinkSync(failing.file);
    await failing.say('one', 'two');
    assert.match(await failing.toldWhy(), /: the file of the database is gone\. I keep/);
    await failing.kept(2);
    assert.match(
      (await anna.command('/voice language', { tag: 'de' })).content,
      /^I could not do that: the file of the database is gone/,
    );
    assert.deepEqual(failing.posted, ['Anna: before it']);
    assert.equal(await world.bot.stop(), 0);
    const lost = world.bot.log.filter(({ msg }) => /is lost/.test(msg));
    assert.match(String(lost[0]?.msg), /utterances: 2.*\(the file of the database is gone\)$/);
    assert.equal(lost.length, 1);
  });

  it('is replaced by an older copy: nothing is written into either', async (context) => {
    const failing = await start(context);
    await settle(failing.file);
    copyFileSync(failing.file, `${failing.file}.older`);
    renameSync(`${failing.file}.older`, failing.file);
    await failing.say('one', 'two');
    assert.match(await failing.toldWhy(), /: the file of the database was replaced by another one\. I keep/);
    await failing.kept(2);
    assert.deepEqual(await failing.recorded(), ['Anna: before it']);
    assert.match(failing.world.bot.output, /is lost: .*utterances: 2/);
  });

  it('loses its folder for a while: everything is written once it is back', async (context) => {
    const failing = await start(context);
    renameSync(failing.folder, `${failing.folder}.away`);
    await failing.say('one', 'two');
    assert.match(await failing.toldWhy(), /: the file of the database is gone\. I keep/);
    renameSync(`${failing.folder}.away`, failing.folder);
    await failing.toldEnd();
    await failing.world.until('the posts', () => failing.posted.length === 3);
    assert.deepEqual(await failing.recorded(), failing.said);
  });

  it('fails until after the conversation: it is written and posted all the same', async (context) => {
    const failing = await start(context);
    const { anna } = failing;
    const other = await openDatabase(`sqlite:${failing.file}`);
    await other.raw('BEGIN EXCLUSIVE');
    await failing.say('one', 'two');
    await failing.toldWhy();
    await failing.kept(2);
    await anna.command('/leave');
    assert.match((await anna.command('/status')).content, /no voice channel here[\s\S]*I keep 2 utterances in memory/);
    await other.raw('COMMIT');
    await other.destroy();
    await failing.toldEnd();
    await failing.world.until('the posts', () => failing.posted.length === 3);
    assert.deepEqual(failing.posted, failing.said);
    assert.deepEqual(await failing.recorded(), failing.said);
  });
});
