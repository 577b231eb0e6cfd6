import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { SimulatedDiscord, type SimulatedGuild, type SimulatedPerson } from '@parley/simulator/discord';
import { type Client, SlashCommandBuilder } from 'discord.js';
import { createClient, logIn } from '../../../src/discord/client/client.ts';
import { deployCommands } from '../../../src/discord/interactions/deploy-commands.ts';
import { type DispatchedCommand, dispatchCommands } from '../../../src/discord/interactions/dispatch.ts';
import { ToolButtons } from '../../../src/discord/interactions/tool-buttons.ts';
import { openTextChannel } from '../../../src/discord/text/text-channel.ts';
import { keptLog } from '../../support/doubles/log.ts';

const named = (name: string) => ({ data: new SlashCommandBuilder().setName(name).setDescription('x') });
const gone = Promise.withResolvers<void>();
const registered = [
  { ...named('good'), execute: async () => '@everyone <https://example.org>' },
  { ...named('long'), execute: async () => 'x'.repeat(3000) },
  { ...named('thrower'), execute: () => Promise.reject(new Error('detail')) },
  {
    ...named('choosy'),
    execute: async () => 'done',
    autocomplete: async () => Array.from({ length: 40 }, (_, index) => ({ name: `n${index}`, value: `v${index}` })),
  },
  { ...named('dreamy'), execute: async () => 'done', autocomplete: () => new Promise<never>(() => {}) },
  { ...named('slow'), execute: () => gone.promise.then(() => 'too late') },
] as const;
registered[3].data.addStringOption((option) => option.setName('pick').setDescription('x').setAutocomplete(true));
registered[4].data.addStringOption((option) => option.setName('pick').setDescription('x').setAutocomplete(true));

describe('dispatchCommands', () => {
  let discord: SimulatedDiscord;
  let client: Client<true>;
  let guild: SimulatedGuild;
  let anna: SimulatedPerson;
  const { log, lines } = keptLog();
  const buttons = new ToolButtons();
  before(async () => {
    discord = await SimulatedDiscord.start();
    const { apiUrl } = discord;
    const fresh = createClient({ apiUrl, log, onDead: () => {} });
    dispatchCommands<{ log: typeof log }>(
      fresh,
      registered as readonly DispatchedCommand<unknown>[],
      { log },
      buttons.routes({
        bridges: { find: () => undefined },
        runAgain: { press: async (id) => `again ${id}`, cancel: () => 'over' },
      }),
    );
    client = await logIn(fresh, { token: discord.token, apiUrl });
    await deployCommands(client, { commands: [...registered, named('forgotten')], guildId: null, apiUrl, log });
    guild = discord.createGuild();
    guild.createTextChannel();
    anna = guild.addPerson({ name: 'Anna' });
  });
  after(async () => {
    await client.destroy();
    await discord.close();
  });

  it('defers, then answers; nobody is pinged and no link unfolds', async () => {
    const answer = await anna.command('/good');
    assert.equal(answer.deferred, true);
    assert.equal(answer.ephemeral, true);
    assert.deepEqual(answer.message?.wouldPing, []);
    assert.deepEqual(answer.message?.allowedMentions, { parse: [] });
    assert.equal((answer.message?.flags ?? 0) & 4, 4);
  });

  it('says of a button that it is over, of an earlier run, or not known', async () => {
    const channel = [...guild.channels.values()].find(({ type }) => type === 0);
    const text = await openTextChannel(await client.guilds.fetch(guild.id), channel?.id ?? '');
    const other = { id: 'else', label: 'Else' };
    await text.post('Buttons', [
      buttons.cancel('x'),
      new ToolButtons().cancel('y'),
      other,
      buttons.again('z'),
      new ToolButtons().again('z'),
    ]);
    const post = await guild.waitForMessage(channel?.id ?? '', ({ content }) => content === 'Buttons');
    const ids: string[] = post.components[0]?.components.map((one: { custom_id: string }) => one.custom_id);
    const answers: string[] = [];
    for (const id of ids) answers.push((await anna.press(post, id)).content);
    assert.deepEqual(answers, [
      'It is over already.',
      'I was restarted since then: that call is gone.',
      'I do not know this button any more.',
      'again z',
      'I was restarted since then and do not remember that call. Ask me again.',
    ]);
  });

  it('cuts an answer that is longer than a message', async () => {
    const { content, ephemeral } = await anna.command('/long');
    assert.equal(content, `${'x'.repeat(1999)}…`);
    assert.equal(ephemeral, true);
  });

  it('answers neutrally when a command throws, and logs why', async () => {
    const { content } = await anna.command('/thrower');
    assert.equal(content, 'Something went wrong on my side. It is in my log; please try again in a moment.');
    assert.match(JSON.stringify(lines.at(-1)), /"command":"thrower".*a command failed/);
  });

  it('says so when Discord still knows a command that it no longer has', async () => {
    assert.match((await anna.command('/forgotten')).content, /^I do not know `\/forgotten` any more\./);
  });

  it('offers at most 25 choices', async () => {
    const choices = await anna.autocomplete('/choosy', 'pick', '');
    assert.deepEqual(choices.at(-1), { name: 'n24', value: 'v24' });
    assert.equal(choices.length, 25);
  });

  it('offers nothing where the choices do not come in time', async () => {
    assert.deepEqual(await anna.autocomplete('/dreamy', 'pick', ''), []);
  });

  it('takes it lightly when the answer has nowhere to go any more', async () => {
    const answering = anna.command('/slow', {}, { timeoutMs: 300 });
    const channel = [...guild.channels.values()][0]!;
    const waiting = await guild.waitForMessage(channel.id, (message) => message.interaction?.name === 'slow');
    guild.board.delete(waiting);
    const before = lines.length;
    gone.resolve();
    await assert.rejects(answering);
    assert.deepEqual(
      lines.slice(before).map((line) => [line.level, line.msg]),
      [[20, 'an answer came too late']],
    );
  });
});
