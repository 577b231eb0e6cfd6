import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { preflight, Unfit } from '../../../src/cli/live-check/preflight.ts';
import { LiveCheckWorld } from '../../support/world/live-check.ts';

describe('what npm run live-check looks at first', () => {
  let world: LiveCheckWorld;
  before(async () => {
    world = await LiveCheckWorld.start();
  });
  after(() => world.close());

  const look = (change: Partial<Parameters<typeof preflight>[0]> = {}) =>
    preflight({
      apiUrl: world.discord.apiUrl,
      token: world.discord.token,
      secondToken: world.second.token,
      guildId: world.guild.id,
      channelId: world.channelId,
      ...change,
    });
  const refused = (text: RegExp) => (error: unknown) => error instanceof Unfit && text.test(error.message);
  const wrong = (token: string) => `${token.slice(0, -6)}wrong1`;

  it('knows both bots where all is well', async () => {
    assert.deepEqual(await look(), { botId: world.discord.botUser.id, secondId: world.second.user.id });
  });

  it("does not take the bot's own token for the second bot's", async () => {
    const belongs = refused(/^LIVE_CHECK_TOKEN belongs to the same bot as DISCORD_TOKEN/);
    await assert.rejects(look({ secondToken: world.discord.token }), belongs);
    await assert.rejects(look({ secondToken: wrong(world.discord.token) }), belongs);
  });

  it('says which token Discord refuses, and does not repeat it', async () => {
    const second = refused(/^Discord refused LIVE_CHECK_TOKEN\. Make a new token in the developer portal[^.]*\.$/);
    await assert.rejects(look({ secondToken: wrong(world.second.token) }), second);
    await assert.rejects(look({ token: wrong(world.discord.token) }), refused(/^Discord refused DISCORD_TOKEN\./));
  });

  it('says that Discord cannot be reached', async () => {
    const unreached = refused(/^Discord did not answer \(.*\)\. Check the network and DISCORD_API_URL\./);
    await assert.rejects(look({ apiUrl: 'http://127.0.0.1:9/api' }), unreached);
  });

  it('gives the address of an invitation for a bot that is not on the server', async () => {
    const stranger = world.discord.addBot({ name: 'Stranger' });
    const address = `client_id=${stranger.user.id}&scope=bot&permissions=3212288$`;
    const second = refused(
      new RegExp(`^The second bot is not on the server of --guild\\. Invite it: https://\\S+${address}`),
    );
    await assert.rejects(look({ secondToken: stranger.token }), second);
    const bot = refused(/^Your bot is not on the server of --guild\. Invite it: /);
    await assert.rejects(look({ token: stranger.token }), bot);
  });

  it('takes only an ordinary voice channel of that server, which both can see', async () => {
    const { guild, discord } = world;
    const rejects = (channelId: string, text: RegExp) => assert.rejects(look({ channelId }), refused(text));
    await rejects(guild.createTextChannel(), /^The channel of --channel is not a voice channel\.$/);
    await rejects(guild.createVoiceChannel({ type: 'stage' }), /^The channel is a stage\. Name an ordinary/);
    await rejects('990000000000000001', /^There is no channel with the id of --channel\./);
    await rejects(guild.createVoiceChannel({ denyBot: ['ViewChannel'] }), /^Your bot cannot see the channel/);
    const elsewhere = discord.createGuild({ name: 'Elsewhere' });
    discord.invite(world.second, elsewhere);
    await rejects(elsewhere.createVoiceChannel(), /^The channel of --channel is not on the server of --guild\.$/);
  });
});
