// A bot library that shares no code with discord.js: Dysnomia, over REST and gateway.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import type { SimulatedDiscord } from '../../src/discord/server.ts';
import { beforeClose, startDiscord } from './bot.ts';

interface Interaction {
  readonly data: { readonly name: string };
  defer(): Promise<void>;
  editOriginalMessage(content: string): Promise<unknown>;
}
/** What of Dysnomia's Client is used here. */
interface Bot extends NodeJS.EventEmitter {
  readonly guilds: Map<string, { readonly name: string; readonly channels: Map<string, { readonly type: number }> }>;
  connect(): Promise<void>;
  disconnect(options: { reconnect: boolean }): void;
  bulkEditCommands(commands: readonly object[]): Promise<readonly { readonly id: string }[]>;
  createMessage(channelId: string, content: string): Promise<{ readonly id: string; readonly content: string }>;
  editMessage(channelId: string, messageId: string, content: string): Promise<unknown>;
}
type BotClass = new (token: string, options: object) => Bot;

const { Client } = createRequire(import.meta.url)('@projectdysnomia/dysnomia') as { Client: BotClass };

async function startDysnomia(discord: SimulatedDiscord): Promise<Bot> {
  const { hostname, port } = new URL(discord.apiUrl);
  const bot = new Client(`Bot ${discord.token}`, {
    gateway: { intents: 129, autoreconnect: false },
    rest: { domain: hostname, port: Number(port), https: false },
  });
  bot.on('error', (error) => assert.fail(error));
  beforeClose(discord, () => bot.disconnect({ reconnect: false }));
  const ready = once(bot, 'ready');
  await bot.connect();
  await ready;
  return bot;
}

test('Dysnomia logs in, registers a command, answers it, writes and edits', async (t) => {
  const discord = await startDiscord(t);
  const guild = discord.createGuild({ name: 'Home' });
  const text = guild.createTextChannel();
  const voice = guild.createVoiceChannel();
  const bot = await startDysnomia(discord);
  assert.equal(bot.guilds.get(guild.id)?.name, 'Home');
  assert.equal(bot.guilds.get(guild.id)?.channels.get(voice)?.type, 2);
  bot.on('interactionCreate', async (interaction: Interaction) => {
    await interaction.defer();
    await interaction.editOriginalMessage(`${interaction.data.name}, done`);
  });
  await bot.bulkEditCommands([{ name: 'status', description: 'How it goes', type: 1 }]);
  const answer = await guild.addPerson({ name: 'Ann' }).command('/status');
  assert.deepEqual([answer.content, answer.deferred], ['status, done', true]);
  const message = await bot.createMessage(text, 'one');
  await bot.editMessage(text, message.id, 'two');
  assert.deepEqual(
    guild.messages(text).map((one) => one.content),
    ['status, done', 'two'],
  );
});
