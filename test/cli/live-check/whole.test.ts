import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LiveCheckWorld, marked, rowsOf } from '../../support/world/live-check.ts';

/** Steps whose verdict depends on how busy this machine is. */
const TIMED = [
  'One alone: the answer',
  'One alone: its sound',
  'Two with a cut: the answer',
  'Over the answer: it stops',
  'Over the answer: it knows',
];

/** On a busy machine the check takes longer than the minute that it says. */
const LONG = { timeout: 240_000 } as const;

describe('npm run live-check against the stand-ins', { concurrency: 2 }, () => {
  it('finds that all is well, waits for commands, and leaves nothing behind', LONG, async (t) => {
    const world = await LiveCheckWorld.start();
    t.after(() => world.close());
    const { guild, channelId, discord, second } = world;
    const hazel = guild.addPerson({ name: 'Hazel', admin: true });
    const talk = guild.createTextChannel({ name: 'talk' });
    const check = world.run({ args: ['--yes', '--wait-for-commands'] });
    await check.says('Now type in that server', 120_000);
    for (const command of ['/status', '/transcript export', '/usage show']) {
      await hazel.command(command, {}, { channelId: talk });
    }
    const code = await check.exit(120_000);

    const failed = marked(check.stdout, '✗');
    assert.deepEqual(
      failed.filter((name) => !TIMED.includes(name)),
      [],
      check.stdout,
    );
    assert.equal(code, failed.length === 0 ? 0 : 1);
    const rows = rowsOf(check.stdout);
    const measured = (name: string) => rows.get(name)?.text ?? '';
    assert.match(measured('One alone: the words'), /^100 % /);
    assert.match(measured('Two with a cut: the words'), /^100 %, 100 % /);
    assert.match(measured('Over the answer: the words'), /^100 %, 100 % /);
    assert.match(measured('Names'), /^5 of 5 sentences /);
    assert.match(measured('Posts'), /^5 of 5 sentences, the last after .*; the second bot sees (\d+) of \1 messages/);
    assert.match(measured('A file'), /^\d+ lines, \d+ kB, up and down again/);
    assert.match(measured('End-to-end encryption'), /^DAVE, both in one group/);
    assert.match(measured('Cost'), /^[34]\.\d cents/);
    assert.match(measured('/transcript export'), /^answered after .*, 1 files/);
    for (const name of TIMED) assert.match(measured(name), /\d/, name);

    assert.equal(world.openai.turns.length, 5);
    assert.deepEqual(guild.places.in(channelId), []);
    assert.deepEqual(
      guild.messages(channelId).flatMap(({ files }) => files),
      [],
    );
    assert.deepEqual(world.left, []);
    const { report } = world;
    const known = [
      discord.token,
      second.token,
      world.openai.apiKey,
      guild.id,
      channelId,
      discord.botUser.id,
      second.user.id,
      hazel.userId,
      'Wintergreen',
      'Checkmate',
      'Orchard Court',
      'Lindenhall',
      'Hazel',
    ];
    for (const secret of known) assert.equal(report.includes(secret), false, secret);
    assert.match(report, /^# Live check\n/);
    assert.match(report, /Node 24\.\d+\.\d+ .*\n\nParley 0\.1\.0 · discord\.js 14\./);
    assert.match(report, /\| One alone: the words \| 100 % \| each ≥ 70 % as spoken \| ok \|/);
    assert.match(report, /"msg":"joined a voice channel"/);
  });

  it('checks the other providers although one fails', LONG, async (t) => {
    const world = await LiveCheckWorld.start();
    t.after(() => world.close());
    const wrongKey = 'sk-this-is-not-the-right-key';
    const env = { ...world.geminiEnv, OPENAI_API_KEY: wrongKey };
    const check = world.run({ args: ['--yes', '--providers'], env });
    const code = await check.exit(150_000);
    assert.equal(code, 1, check.stdout);
    const [first = '', second = ''] = check.stdout.split('\ngemini, gemini-3.8-live\n');
    assert.deepEqual(marked(first, '✗'), ['The bot joins'], check.stdout);
    assert.match(first, /→ .*OpenAI.*key/);
    assert.deepEqual(
      marked(second, '✗').filter((name) => !TIMED.includes(name)),
      [],
      check.stdout,
    );
    assert.match(rowsOf(second).get('Names')?.text ?? '', /^5 of 5 sentences /);
    assert.match(check.stdout, /gemini, gemini-3\.8-live: about \d\.\d cents/);
    assert.equal((check.stdout + world.report).includes(wrongKey), false);
    assert.match(world.report, /## openai, gpt-realtime-2\.1\n[\s\S]*## gemini, gemini-3\.8-live\n/);
  });

  it('has both bots leave at once when it is stopped, and deletes nothing', LONG, async (t) => {
    const world = await LiveCheckWorld.start();
    t.after(() => world.close());
    const { guild, channelId } = world;
    const check = world.run();
    await check.says('One alone: the answer', 120_000);
    const posted = guild.messages(channelId).length;
    check.child.kill('SIGINT');
    assert.equal(await check.exit(60_000), 2, check.stdout);
    assert.match(check.stdout, /Not checked to the end: It was stopped by hand\. The report is in/);
    assert.deepEqual(guild.places.in(channelId), []);
    assert.ok(guild.messages(channelId).length >= posted);
    assert.deepEqual(world.left, []);
    assert.match(world.report, /\| One alone: the answer \|/);
  });

  it('stops as soon as a person comes in, and hears nothing of them', LONG, async (t) => {
    const world = await LiveCheckWorld.start({ hear: () => 'overheard' });
    t.after(() => world.close());
    const hazel = world.guild.addPerson({ name: 'Hazel' });
    const check = world.run();
    await check.says('The greeting', 120_000);
    const turns = world.openai.turns.length;
    await hazel.join(world.channelId);
    assert.equal(await check.exit(60_000), 2, check.stdout);
    assert.match(check.stdout, /Not checked to the end: Somebody came into the channel; nothing of them was heard\./);
    assert.deepEqual(
      world.guild.places.in(world.channelId).map(({ userId }) => userId),
      [hazel.userId],
    );
    assert.ok(world.openai.turns.length <= turns + 1);
  });
});
