import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { LiveCheckWorld } from '../../support/world/live-check.ts';

/** What the check says, having ended without a report and with exit code 2. */
async function refusal(world: LiveCheckWorld, options: Parameters<LiveCheckWorld['run']>[0] = {}): Promise<string> {
  const check = world.run(options);
  const code = await check.exit();
  assert.equal(code, 2, check.stdout + check.stderr);
  assert.equal(world.report, '');
  return check.stderr;
}

describe('npm run live-check before it begins', () => {
  let world: LiveCheckWorld;
  before(async () => {
    world = await LiveCheckWorld.start();
  });
  after(async () => {
    assert.equal(world.openai.sessions.length, 0, 'no model was asked');
    assert.deepEqual(world.guild.messages(world.channelId), []);
    assert.equal(world.guild.botVoiceChannelId, null);
    await world.close();
  });

  it('asks for the token of a second bot', async () => {
    assert.match(
      await refusal(world, { env: { LIVE_CHECK_TOKEN: '' } }),
      /^LIVE_CHECK_TOKEN is not set: .*docs\/live-check\.md/,
    );
  });

  it('says how it is called where the command line is wrong', async () => {
    assert.match(
      await refusal(world, { args: ['--guild', 'mine'] }),
      /^--guild must be an id.*[\s\S]*npm run live-check -- --guild ID/,
    );
    assert.match(await refusal(world, { args: ['--provider', 'all'] }), /^Unknown option '--provider'/);
  });

  it('names every variable that is missing', async () => {
    assert.match(
      await refusal(world, { env: { OPENAI_API_KEY: '', DISCORD_TOKEN: '' } }),
      /DISCORD_TOKEN is not set[\s\S]*OPENAI_API_KEY/,
    );
  });

  it('names the rights that either bot lacks in the channel', async () => {
    const named = (id: string) => refusal(world, { args: ['--channel', id] });
    const mute = world.guild.createVoiceChannel({ name: 'Mute', denyBot: ['Speak', 'AttachFiles'] });
    assert.match(await named(mute), /^Your bot lacks Speak, Attach Files in the channel\. Grant it/);
    const closed = world.guild.createVoiceChannel({ name: 'Closed' });
    const deny = (1n << 20n) | (1n << 21n);
    world.guild.channels.get(closed)?.overwrites.push({ id: world.second.user.id, type: 1, allow: 0n, deny });
    assert.match(await named(closed), /^The second bot lacks Connect, Speak in the channel/);
  });

  it('does not record people: the channel has to be empty', async () => {
    const channelId = world.guild.createVoiceChannel({ name: 'Busy' });
    const person = world.guild.addPerson({ name: 'Hazel' });
    await person.join(channelId, { connect: false });
    assert.match(await refusal(world, { args: ['--channel', channelId] }), /^Somebody is in the channel\./);
  });

  it('has a channel for one not be enough for two', async () => {
    const channelId = world.guild.createVoiceChannel({ name: 'Narrow', userLimit: 1 });
    assert.match(await refusal(world, { args: ['--channel', channelId] }), /^The channel has room for one only/);
  });

  it('begins nothing when it is stopped while it waits', async () => {
    const check = world.run({ args: [] });
    await check.says('It begins in 5 s; Ctrl-C stops it.');
    assert.match(check.stdout, /openai, gpt-realtime-2\.1: about [34]\.\d cents/);
    check.child.kill('SIGINT');
    assert.equal(await check.exit(), 2);
    assert.match(check.stderr, /stopped by hand/);
  });
});
