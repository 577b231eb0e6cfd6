// The second bot, in a process of its own: an uncaught error of a library ends that, and not the check. A child of live-check.ts.
import { Client, Events, GatewayIntentBits, type Guild, PermissionFlagsBits, type VoiceBasedChannel } from 'discord.js';
import { serve } from '../child.ts';
import type { Look, Place, SecondAsks, SecondTells } from '../door.ts';
import { SecondVoice, until } from './second-voice.ts';

const READY_MS = 20_000;
/** In the order and the words in which one meets them in the channel's settings. */
const NEEDED = {
  second: [
    [PermissionFlagsBits.ViewChannel, 'View Channel'],
    [PermissionFlagsBits.Connect, 'Connect'],
    [PermissionFlagsBits.Speak, 'Speak'],
    [PermissionFlagsBits.ReadMessageHistory, 'Read Message History'],
  ],
  bot: [
    [PermissionFlagsBits.ViewChannel, 'View Channel'],
    [PermissionFlagsBits.Connect, 'Connect'],
    [PermissionFlagsBits.Speak, 'Speak'],
    [PermissionFlagsBits.SendMessages, 'Send Messages'],
    [PermissionFlagsBits.AttachFiles, 'Attach Files'],
    [PermissionFlagsBits.ReadMessageHistory, 'Read Message History'],
  ],
} as const;

let client: Client | undefined;
let seat: SecondVoice | undefined;

const tell = serve<SecondAsks, SecondTells>(
  {
    login: async ({ token, apiUrl }) => {
      client = await loggedIn(token, apiUrl);
      return null;
    },
    look,
    join,
    sealed: ({ limitMs }) => voice().whenSealed(limitMs),
    async speak({ sentences }) {
      const spoken = [];
      for (const [sentence, pauseMs] of sentences) {
        spoken.push({ sentence, ...(await voice().speak(sentence)) });
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
      return spoken;
    },
    audible: ({ since, limitMs }) => voice().audible(since, limitMs),
    quiet: ({ forMs, limitMs }) => voice().quiet(forMs, limitMs),
    heard: async ({ since }) => voice().heard(since),
    async leave() {
      seat?.leave();
      seat = undefined;
      return null;
    },
    async gone({ guildId, channelId, botId, limitMs }) {
      const states = guildOf(guildId).voiceStates.cache;
      return until(() => states.get(botId)?.channelId !== channelId, limitMs);
    },
  },
  async () => {
    const here = seat !== undefined;
    seat?.leave();
    // The word that it leaves has to get out.
    if (here) await new Promise((resolve) => setTimeout(resolve, 300));
    await client?.destroy();
  },
);

async function loggedIn(token: string, apiUrl: string): Promise<Client> {
  const made = new Client({
    intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildVoiceStates],
    rest: { api: apiUrl },
  });
  made.on(Events.Error, () => {});
  const ready = new Promise<void>((resolve) => made.once(Events.ClientReady, () => resolve()));
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error('The gateway did not let the second bot in within 20 s.')), READY_MS).unref();
  });
  await Promise.race([Promise.all([made.login(token), ready]), late]);
  return made;
}

function guildOf(guildId: string): Guild {
  const guild = client?.guilds.cache.get(guildId);
  if (!guild) throw new Error('The second bot is not on that server.');
  return guild;
}

function voice(): SecondVoice {
  if (!seat) throw new Error('The second bot is in no voice channel.');
  return seat;
}

async function look({ guildId, channelId, botId }: Place & { readonly botId: string }): Promise<Look> {
  const guild = guildOf(guildId);
  const channel = guild.channels.cache.get(channelId);
  if (!channel?.isVoiceBased()) throw new Error('The second bot cannot see that voice channel.');
  const bot = await guild.members.fetch({ user: botId, force: true });
  const me = await guild.members.fetchMe({ force: true });
  const others = guild.voiceStates.cache.filter(({ channelId: at, id }) => at === channelId && id !== me.id);
  const people = others.filter(({ member }) => member?.user.bot !== true);
  return {
    lacking: { second: lackingOf(channel, me, NEEDED.second), bot: lackingOf(channel, bot, NEEDED.bot) },
    people: people.size,
    otherBots: others.size - people.size,
    botInVoice: typeof guild.voiceStates.cache.get(botId)?.channelId === 'string',
    full: channel.userLimit > 0 && channel.userLimit < 2,
    names: {
      server: [guild.name],
      channels: guild.channels.cache.map(({ name }) => name),
      second: namesOf(me),
      bot: namesOf(bot),
      others: guild.members.cache
        .filter(({ id }) => id !== me.id && id !== botId)
        .map(({ displayName }) => displayName),
    },
    displayName: me.displayName,
  };
}

function namesOf(member: Guild['members']['me'] & object): readonly string[] {
  const { username, globalName, displayName } = member.user;
  return [member.displayName, username, displayName, ...(globalName === null ? [] : [globalName])];
}

function lackingOf(
  channel: VoiceBasedChannel,
  member: Guild['members']['me'] & object,
  needed: (typeof NEEDED)[keyof typeof NEEDED],
): readonly string[] {
  const has = channel.permissionsFor(member);
  return needed.filter(([bit]) => !has.has(bit)).map(([, words]) => words);
}

async function join({ guildId, channelId, botId }: Place & { readonly botId: string }) {
  const guild = guildOf(guildId);
  client?.on(Events.VoiceStateUpdate, (before, now) => {
    if (now.channelId !== channelId || before.channelId === channelId) return;
    if (now.id !== botId && now.id !== client?.user?.id) tell({ came: now.member?.user.bot ? 'bot' : 'person' });
  });
  seat?.leave();
  seat = new SecondVoice(guild, channelId, botId);
  await seat.ready();
  return null;
}
