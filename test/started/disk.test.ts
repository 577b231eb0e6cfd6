import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { AbortingDisk, UNMOUNTABLE_EXT4 } from '../support/process/aborting-disk.ts';
import { SmallDisk, UNMOUNTABLE } from '../support/process/small-disk.ts';
import { FailingWorld } from '../support/world/failing-world.ts';
import type { StartedOptions } from '../support/world/started-world.ts';

const skip = UNMOUNTABLE !== undefined;
const why = skip ? ` (skipped: ${UNMOUNTABLE})` : '';

async function onSmallDisk(context: TestContext, options?: string, started?: StartedOptions) {
  const disk = new SmallDisk(options);
  context.after(() => disk.unmount());
  return { disk, failing: await FailingWorld.start(context, disk.folder, started) };
}

describe(`a disk without room while people speak${why}`, { skip }, () => {
  it('is told within 5 s, and what is said meanwhile is recorded and posted once there is room', async (context) => {
    const { disk, failing } = await onSmallDisk(context);
    const { world, anna } = failing;
    disk.fill();
    const since = performance.now();
    await failing.say('one', 'two');
    assert.match(
      await failing.toldWhy(),
      /^I cannot write down what is said: the disk is full\. I keep up to 2,000 lines/,
    );
    await world.bot.logs('cannot be written down: the disk is full');
    const tookMs = performance.now() - since;
    assert.ok(tookMs < 7_000, `told ${Math.round(tookMs)} ms after the first words began`);
    await failing.say('three', 'four');
    await failing.kept(4);
    const { content } = await anna.command('/status');
    assert.match(
      content,
      /\*\*Record:\*\* I cannot write down what is said: the disk is full\. It began <t:\d+:R>\. I keep \d/,
    );
    assert.deepEqual(failing.posted, ['Anna: before it']);
    disk.free();
    assert.match(await failing.toldEnd(), /: 4 utterances that I kept are written now, nothing is lost\.$/);
    await failing.say('after it');
    await world.until('the last words', () => failing.posted.includes('Ben: after it'));
    assert.deepEqual(failing.posted, failing.said);
    assert.doesNotMatch((await anna.command('/status')).content, /Record/);
    assert.equal(failing.lines(/cannot write down/).length, 1);
    assert.deepEqual(await failing.recorded(), failing.said);
    // The model of this world says nothing, which is told of as well.
    const errors = world.bot.log.filter(({ level, msg }) => level >= 40 && !msg.includes('no whole answer'));
    assert.equal(errors.length, 1, JSON.stringify(errors));
    assert.doesNotMatch(world.bot.output, /three/);
  });

  it('says of a changed setting and of a choice that they are not kept, and keeps the choice later', async (context) => {
    const { disk, failing } = await onSmallDisk(context);
    const { world, anna, ben } = failing;
    disk.fill();
    await failing.say('one');
    await failing.toldWhy();
    const set = await anna.command('/voice language', { tag: 'de' });
    assert.match(set.content, /^I could not do that: the disk is full\. Please try again once it works/);
    const out = await ben.command('/privacy out');
    assert.match(
      out.content,
      /I do not hear you any more .* \*\*But I could not write it down\*\* yet\. I go on trying/,
    );
    const heard = world.model.frames.length;
    await ben.voice.speak({ pcm: new Int16Array(48_000).fill(9_000), sampleRate: 48_000, channels: 1 });
    assert.ok(world.model.frames.length - heard < 10, 'nothing of him goes to the model');
    disk.free();
    await failing.toldEnd();
    world.bot.kill();
    await world.bot.exit().catch(() => {});
    world.boot();
    await world.bot.logs('ready');
    const about = await ben.command('/privacy show');
    assert.match(about.content, /not hear you/);
  });

  it('makes the cards of rules that were hit meanwhile later', async (context) => {
    const { disk, failing } = await onSmallDisk(context);
    const { world, anna } = failing;
    const mods = world.guild.createTextChannel({ name: 'mods' });
    for (const [typed, values] of [
      ['/rules add', { words: 'villain' }],
      ['/rules mode', { mode: 'card' }],
      ['/rules channel', { channel: mods }],
    ] as const)
      await anna.command(typed, values);
    disk.fill();
    await failing.say('a villain', 'and more');
    await failing.toldWhy();
    assert.equal(world.posts(mods), '');
    disk.free();
    await world.until('the card', () => world.posts(mods).includes('a villain'));
    assert.equal(world.guild.messages(mods).filter(({ content }) => content.includes('Rule hit')).length, 1);
  });

  it('does not hold up the end, which counts what is lost', async (context) => {
    const { disk, failing } = await onSmallDisk(context);
    const { world } = failing;
    disk.fill();
    await failing.say('one', 'two', 'three');
    await failing.kept(3);
    const since = performance.now();
    assert.equal(await world.bot.stop(), 0);
    assert.ok(performance.now() - since < 5_000);
    const lost = world.bot.log.filter(({ msg }) => /is lost/.test(msg));
    assert.equal(lost.length, 1);
    assert.match(
      String(lost[0]?.msg),
      /^could not be written before the end and is lost: .*utterances: 3.* \(the disk is full\)$/,
    );
    disk.free();
  });

  it('is one line and exit code 1 at the start', async (context) => {
    const { disk, failing } = await onSmallDisk(context);
    const { world } = failing;
    await world.bot.stop();
    disk.fill();
    world.boot();
    assert.equal(await world.bot.exit(), 1);
    const lines = world.bot.stderr.split('\n').filter((line) => line !== '' && !line.includes('.env'));
    assert.equal(lines.length, 1, world.bot.output);
    assert.match(lines[0] ?? '', /the disk is full\. Make room, or name another place \(DATABASE_URL\)\.$/);
  });
});

const skipped = UNMOUNTABLE_EXT4 === undefined ? '' : ` (skipped: ${UNMOUNTABLE_EXT4})`;

it(`a disk that turns read-only while people speak is told, and what is lost is counted${skipped}`, {
  skip: UNMOUNTABLE_EXT4 !== undefined,
}, async (context) => {
  const disk = new AbortingDisk();
  context.after(() => disk.unmount());
  const failing = await FailingWorld.start(context, disk.folder);
  const { world, anna } = failing;
  disk.abort();
  await failing.say('one', 'two');
  assert.match(await failing.toldWhy(), /: the disk is read-only\. I keep/);
  await failing.kept(2);
  assert.match(
    (await anna.command('/voice language', { tag: 'de' })).content,
    /^I could not do that: the disk is read-only/,
  );
  assert.deepEqual(failing.posted, ['Anna: before it']);
  assert.equal(await world.bot.stop(), 0);
  assert.match(world.bot.output, /is lost: [^"]*utterances: 2[^"]*\(the disk is read-only\)/);
});
