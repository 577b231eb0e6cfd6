import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChannelType, type Client, DiscordAPIError, Events, type Interaction, SlashCommandBuilder } from 'discord.js';
import { noSchemas, request, schemaFaults, startBot, startDiscord } from './bot.ts';

const join = new SlashCommandBuilder()
  .setName('join')
  .setDescription('Comes into a voice channel')
  .addChannelOption((one) => one.setName('channel').setDescription('Which').addChannelTypes(ChannelType.GuildVoice));
const voice = new SlashCommandBuilder()
  .setName('voice')
  .setDescription('Settings')
  .setDefaultMemberPermissions(32n)
  .addSubcommand((one) =>
    one
      .setName('persona')
      .setDescription('Who it is')
      .addStringOption((option) => option.setName('text').setDescription('Text').setRequired(true).setMaxLength(10)),
  )
  .addSubcommand((one) =>
    one
      .setName('voice')
      .setDescription('How it sounds')
      .addStringOption((option) =>
        option.setName('name').setDescription('Name').setAutocomplete(true).setRequired(true),
      ),
  );

/** A bot that answers every interaction with `answer`, in a guild where `Ann` is and `Eve` administrates. */
async function stage(t: import('node:test').TestContext, answer: (interaction: Interaction) => unknown, options = {}) {
  const discord = await startDiscord(t, options);
  const guild = discord.createGuild({ name: 'Home' });
  const text = guild.createTextChannel({ name: 'general' });
  const voiceChannel = guild.createVoiceChannel({ name: 'Talk' });
  const bot: Client<true> = await startBot(discord);
  bot.on(Events.InteractionCreate, (interaction) => void answer(interaction));
  await bot.application.commands.set([join, voice]);
  const ann = guild.addPerson({ name: 'Ann', nick: 'Annie' });
  const eve = guild.addPerson({ name: 'Eve', admin: true });
  return { discord, guild, text, voiceChannel, bot, ann, eve };
}

test('a command reaches discord.js as a person sent it, and its deferred answer comes back', async (t) => {
  const seen: unknown[] = [];
  const { ann, eve, voiceChannel, discord } = await stage(t, async (interaction) => {
    if (!interaction.isChatInputCommand()) return;
    const channel = interaction.options.getChannel('channel');
    const member = interaction.inCachedGuild() ? interaction.member : null;
    seen.push([
      interaction.commandName,
      channel?.id,
      channel?.type,
      member?.displayName,
      interaction.locale,
      member?.permissions.has('ManageGuild'),
    ]);
    await interaction.deferReply({ flags: 64 });
    await interaction.editReply('Coming.');
    await interaction.editReply('There.');
  });
  const answer = await ann.command('/join', { channel: voiceChannel });
  assert.deepEqual(seen, [['join', voiceChannel, 2, 'Annie', 'en-US', false]]);
  assert.equal(answer.deferred, true);
  assert.equal(answer.ephemeral, true);
  assert.ok(answer.ackMs >= 0 && answer.ackMs < 3000, `${answer.ackMs}`);
  await eve.command('join');
  assert.deepEqual(seen[1], ['join', undefined, undefined, 'Eve', 'en-US', true]);
  assert.equal(answer.content, 'There.');
  assert.deepEqual(answer.edits, ['There.']);
  assert.deepEqual(await schemaFaults(discord), []);
});

test('a person cannot send what the client would not let them send', async (t) => {
  const { ann, eve, text } = await stage(t, (interaction) => interaction.isRepliable() && interaction.reply('ok'));
  await assert.rejects(ann.command('/leave'), /no command \/leave/);
  await assert.rejects(ann.command('/voice persona', { text: 'x' }), /Annie lacks the permissions for \/voice/);
  await assert.rejects(eve.command('/voice persona'), /option 'text' .* is required/);
  await assert.rejects(eve.command('/voice persona', { text: 'x'.repeat(11) }), /at most 10 characters/);
  await assert.rejects(eve.command('/voice tempo', { text: 'x' }), /no subcommand 'tempo'/);
  await assert.rejects(eve.command('/voice persona', { text: 'x', more: 1 }), /no option 'more'/);
  await assert.rejects(ann.command('/join', { channel: text }), /does not take a channel of type 0/);
  const answer = await eve.command('/voice persona', { text: 'a pirate' });
  assert.equal(answer.content, 'ok');
  assert.equal(answer.deferred, false);
});

test('autocomplete brings the choices for what is typed', async (t) => {
  const { eve, discord } = await stage(t, async (interaction) => {
    if (!interaction.isAutocomplete()) return;
    const { name, value } = interaction.options.getFocused(true);
    await interaction.respond([{ name: `${interaction.options.getSubcommand()} ${name} ${value}`, value: 'v' }]);
  });
  assert.deepEqual(await eve.autocomplete('/voice voice', 'name', 'al'), [{ name: 'voice name al', value: 'v' }]);
  await assert.rejects(eve.autocomplete('/voice persona', 'text', 'al'), /no option 'text' with autocomplete/);
  assert.deepEqual(await schemaFaults(discord), []);
});

test('an application that is silent for too long fails the person, and may not answer any more', async (t) => {
  const late = Promise.withResolvers<unknown>();
  const { ann } = await stage(
    t,
    (interaction) => {
      if (!interaction.isRepliable()) return;
      setTimeout(() => interaction.reply('late').then(late.resolve, late.resolve), 80);
    },
    { interactionLimitMs: 30 },
  );
  await assert.rejects(ann.command('join'), /did not respond within 30 ms/);
  const error = await late.promise;
  assert.ok(error instanceof DiscordAPIError);
  assert.deepEqual([error.status, error.code], [404, 10062]);
});

test('a deferred answer that never comes fails by the time that the test gives it', async (t) => {
  const { ann } = await stage(t, (interaction) => interaction.isChatInputCommand() && interaction.deferReply());
  await assert.rejects(ann.command('join', {}, { timeoutMs: 50 }), /The answer to \/join did not come within 50 ms/);
});

test('a follow-up to a deferred reply takes its place', async (t) => {
  const { ann, guild, text } = await stage(t, async (interaction) => {
    if (!interaction.isChatInputCommand()) return;
    await interaction.deferReply();
    await interaction.followUp({ content: 'here', files: [{ attachment: Buffer.from('x'), name: 'x.txt' }] });
  });
  const answer = await ann.command('join');
  assert.deepEqual([answer.content, answer.files[0]?.name, guild.messages(text).length], ['here', 'x.txt', 1]);
});

test('a second first response is refused; follow-ups and deletion work', async (t) => {
  const done = Promise.withResolvers<[number | string, string]>();
  const { ann, discord, guild, text } = await stage(t, async (interaction) => {
    if (!interaction.isChatInputCommand()) return;
    const { resource } = await interaction.reply({ content: 'one', withResponse: true });
    const path = `/interactions/${interaction.id}/${interaction.token}/callback`;
    const second = await request(discord, 'POST', path, { type: 4, data: { content: 'two' } });
    await interaction.followUp({ content: 'three', flags: 64 });
    await interaction.deleteReply();
    done.resolve([second.json.code, resource?.message?.content ?? '']);
  });
  const answer = await ann.command('join');
  assert.deepEqual(await done.promise, [40060, 'one']);
  assert.equal(answer.message?.deleted, true);
  assert.deepEqual(
    answer.followUps.map((one) => [one.content, one.flags]),
    [['three', 64]],
  );
  assert.deepEqual(
    guild.messages(text).map((one) => one.content),
    ['three'],
  );
});

test('a pressed button reaches the bot with its message, and the message is updated', async (t) => {
  const { ann, guild, text, discord } = await stage(t, async (interaction) => {
    if (interaction.isChatInputCommand()) {
      const buttons = [{ type: 2, style: 4, label: 'Stop', custom_id: 'stop' }];
      await interaction.reply({ content: 'Listening', components: [{ type: 1, components: buttons }] });
    } else if (interaction.isButton()) {
      await interaction.update({
        content: `${interaction.customId} by ${interaction.user.id}, was ${interaction.message.content}`,
        components: [],
      });
    }
  });
  await ann.command('join');
  const [message] = guild.messages(text);
  assert.ok(message);
  const answer = await ann.press(message, 'stop');
  assert.equal(answer.content, `stop by ${ann.userId}, was Listening`);
  await assert.rejects(ann.press(message, 'stop'), /no component 'stop'/);
  assert.deepEqual(await schemaFaults(discord), []);
});

test('commands that break the rules are refused with every fault at its place', async (t) => {
  const discord = await startDiscord(t);
  const path = `/applications/${discord.botUser.id}/commands`;
  const option = (name: string, rest = {}) => ({ type: 3, name, description: 'd', ...rest });
  const bad = [
    { name: 'Join', description: 'd' },
    { name: 'a', description: 'd'.repeat(101) },
    { name: 'b', description: 'd', options: [option('x'), option('y', { required: true }), option('x')] },
    { name: 'c', description: 'd', options: Array.from({ length: 26 }, (_, index) => option(`o${index}`)) },
    {
      name: 'd',
      description: 'd',
      options: [option('x', { autocomplete: true, choices: [{ name: 'n', value: 'v' }] })],
    },
    { name: 'd', description: 'd' },
  ];
  const { status, json } = await request(discord, 'PUT', path, bad);
  assert.equal(status, 400);
  assert.equal(json.code, 50035);
  const code = (at: { _errors: { code: string }[] }) => at._errors.map((one) => one.code);
  assert.deepEqual(code(json.errors[0].name), ['APPLICATION_COMMAND_INVALID_NAME']);
  assert.deepEqual(code(json.errors[1].description), ['BASE_TYPE_BAD_LENGTH']);
  assert.deepEqual(code(json.errors[2].options[1]), ['APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID']);
  assert.deepEqual(code(json.errors[2].options[2]), ['APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS']);
  assert.deepEqual(code(json.errors[3].options), ['BASE_TYPE_MAX_LENGTH']);
  assert.deepEqual(code(json.errors[4].options[0]), ['APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_INVALID']);
  assert.deepEqual(code(json.errors[5].name), ['APPLICATION_COMMANDS_DUPLICATE_NAME']);
  assert.deepEqual((await request(discord, 'GET', path)).json, []);
});

test('commands of a guild are seen in that guild only and keep their ids', async (t) => {
  const { bot, guild, discord, ann } = await stage(
    t,
    (interaction) => interaction.isRepliable() && interaction.reply('ok'),
  );
  const other = discord.createGuild();
  other.createTextChannel();
  const body = { name: 'here', description: 'd' };
  const first = await bot.application.commands.set([body], guild.id);
  const second = await bot.application.commands.set([{ ...body, description: 'changed' }], guild.id);
  assert.equal(first.first()?.id, second.first()?.id);
  assert.equal((await ann.command('here')).content, 'ok');
  await assert.rejects(other.addPerson({ name: 'Bob' }).command('here'), /no command \/here/);
});

test('bodies of commands conform to the published schema', { skip: noSchemas }, async (t) => {
  const { discord } = await stage(t, () => undefined);
  assert.deepEqual(await schemaFaults(discord), []);
});
