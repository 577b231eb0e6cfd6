import { ChannelType, type GuildMember, PermissionFlagsBits, type VoiceBasedChannel } from 'discord.js';
import { personOf } from '../src/names/person.ts';
import type { BridgeHandle, Opening } from '../src/ports/conversation.ts';
import { CalledOffError, LineLostError, SessionLostError } from '../src/ports/errors.ts';
import type { ConversationMode } from '../src/ports/record.ts';
import type { Asked, Command, CommandContext } from './command.ts';
import { guildCommand } from './guild-command.ts';
import { missingRights, sees, writingRights } from './permissions.ts';
import { channelLink, labelWords, listed, plain } from './text.ts';

/** Brings the bot into a voice channel. */
export const join: Command = {
  data: guildCommand('join', 'Bring me into a voice channel: I listen and answer aloud')
    .addChannelOption((option) =>
      option
        .setName('channel')
        .setDescription('The voice channel; without it, the one you are in')
        .addChannelTypes(ChannelType.GuildVoice, ChannelType.GuildStageVoice),
    )
    .addStringOption((option) =>
      option
        .setName('mode')
        .setDescription('Whether I answer, or only write down what is said')
        .addChoices({ name: 'talk: I answer', value: 'talk' }, { name: 'listen: I only write down', value: 'listen' }),
    ),

  async execute(asked, context) {
    const place = placeAsked(asked);
    if (typeof place === 'string') return place;
    const opening = context.bridges.opening(asked.guildId);
    if (opening && !opening.returning) return onTheWay(opening, asked);
    const bridge = await staying(context.bridges.find(asked.guildId));
    const isElsewhere = bridge !== undefined && bridge.channelId !== place.id;
    // Nobody should clear a channel for a bot that cannot come anyway.
    const obstacle =
      askersObstacle(place, asked.member) ??
      (isElsewhere ? presence(place, asked, bridge) : undefined) ??
      botsObstacle(place, modeAsked(asked), context.clock.now()) ??
      presence(place, asked, bridge);
    if (obstacle) return obstacle;
    const spent = await context.usage.spent(asked.guildId);
    if (spent)
      return `${spent.words.charAt(0).toUpperCase()}${spent.words.slice(1)} is spent. I can come back ${spent.back}.`;
    return open(place, asked, context);
  },
};

/** Whoever asks while it leaves asks for another conversation. */
async function staying(bridge: BridgeHandle | undefined): Promise<BridgeHandle | undefined> {
  if (!bridge?.isLeaving) return bridge;
  // The reason that was given first counts.
  await bridge.close({ kind: 'asked', by: null });
  return undefined;
}

function onTheWay({ channelId, by }: Opening, asked: Asked): string {
  const channel = asked.guild.channels.cache.get(channelId);
  const where = sees(channel, asked.member) ? channelLink(channelId) : 'another channel that you cannot see';
  return `I am just joining ${where}, as ${plain(by.name)} asked me to. \`/leave\` calls me off.`;
}

/** The voice channel meant, or what to do when there is none. */
function placeAsked(asked: Asked): VoiceBasedChannel | string {
  const chosen = asked.options.getChannel('channel');
  const channel = chosen ? asked.guild.channels.cache.get(chosen.id) : asked.member.voice.channel;
  if (!channel) {
    return chosen
      ? 'I cannot see that channel. Choose another one, or give my role **View Channel** there.'
      : 'You are in no voice channel. Join one and type `/join` again, or name one: `/join channel:`.';
  }
  if (channel.type !== ChannelType.GuildVoice && channel.type !== ChannelType.GuildStageVoice) {
    return `${channelLink(channel.id)} is not a voice channel. Choose a voice channel, or join one and type \`/join\` alone.`;
  }
  return channel;
}

/** Nobody may send the bot to listen where they could not listen themselves. */
function askersObstacle(channel: VoiceBasedChannel, member: GuildMember): string | undefined {
  // Whoever was moved into a channel is there with or without the right to connect.
  if (member.voice.channelId === channel.id) return undefined;
  const missing = missingRights(channel, member, ['ViewChannel', 'Connect']);
  if (missing.length === 0) return undefined;
  return `You may not join that channel yourself (you lack ${bold(missing)} there), so you cannot send me into it.`;
}

function botsObstacle(channel: VoiceBasedChannel, mode: ConversationMode, now: number): string | undefined {
  const me = channel.guild.members.me;
  if (!me) return 'Discord has not told me yet what I may do here. Try again in a few seconds.';
  // On a stage nobody has Speak: who may speak there is said each time.
  const silent = mode === 'listen' || channel.type === ChannelType.GuildStageVoice;
  const needed = silent ? [] : (['Speak'] as const);
  const missing = missingRights(channel, me, ['ViewChannel', 'Connect', ...needed]);
  if (missing.length > 0) {
    const them = missing.length === 1 ? 'it' : 'them';
    return `I lack ${bold(missing)} in ${channelLink(channel.id)}. Somebody who may edit the channel can grant ${them} under **Edit Channel → Permissions**, to me or to my role.`;
  }
  if ((me.communicationDisabledUntilTimestamp ?? 0) > now)
    return 'I am timed out on this server, so I may not speak. A moderator can lift the timeout.';
  const isThere = me.voice.channelId === channel.id;
  if (channel.full && !isThere && !channel.permissionsFor(me).has(PermissionFlagsBits.MoveMembers)) {
    return `${channelLink(channel.id)} is full (its limit is ${channel.userLimit}). Make room, raise its user limit, or give me **Move Members** there, which lets me in anyway.`;
  }
  return undefined;
}

/** What to say when the bot already is in a channel of this guild. */
function presence(channel: VoiceBasedChannel, asked: Asked, bridge: BridgeHandle | undefined): string | undefined {
  if (!bridge) return undefined;
  if (bridge.channelId === channel.id) return alreadyThere(channel, modeAsked(asked), bridge.status().mode);
  const other = asked.guild.channels.cache.get(bridge.channelId);
  const where = sees(other, asked.member)
    ? channelLink(bridge.channelId)
    : 'another channel of this server that you cannot see';
  return `I am in ${where}, and I can be in one channel of a server at a time. Somebody there can send me away with \`/leave\`; then type \`/join\` again.`;
}

/** The option, or `talk`. */
function modeAsked(asked: Asked): ConversationMode {
  return asked.options.getString('mode') === 'listen' ? 'listen' : 'talk';
}

function alreadyThere(channel: VoiceBasedChannel, asked: ConversationMode, mode: ConversationMode): string {
  const where = `I am already in ${channelLink(channel.id)}`;
  if (mode === 'listen') {
    const change = asked === 'talk' ? ' To have me answer, type `/leave` and then `/join mode:talk`.' : '';
    return `${where}, and only write down what is said.${change}`;
  }
  if (asked === 'talk') return `${where} and listening. Just talk to me.`;
  return `${where}, and I answer. To have me only write down, type \`/leave\` and then \`/join mode:listen\`.`;
}

async function open(channel: VoiceBasedChannel, asked: Asked, context: CommandContext): Promise<string> {
  const by = personOf(asked);
  let bridge: BridgeHandle;
  try {
    const mode = modeAsked(asked);
    bridge = await context.bridges.open({ guildId: asked.guildId, channelId: channel.id, by, mode });
    // Of two requests at the same time, the first one decides where and how.
    if (bridge.channelId !== channel.id || bridge.status().mode !== mode) return presence(channel, asked, bridge) ?? '';
  } catch (error) {
    if (error instanceof CalledOffError) return error.message;
    if (error instanceof LineLostError && error.noRoom) return waits(channel, asked, context);
    if (error instanceof SessionLostError || error instanceof LineLostError) {
      const fields = { guildId: asked.guildId, channelId: channel.id };
      // The sentence says what to do; the stack under it is for those who look for more.
      context.log.warn({ ...fields, reason: error.message }, 'could not join');
      context.log.debug({ ...fields, err: error }, 'could not join');
      return error.message;
    }
    throw error;
  }
  const warning = await transcriptWarning(channel, context);
  if (bridge.status().mode === 'listen') {
    const label = labelWords(bridge.status().model);
    return `I am in ${channelLink(channel.id)} and only write down what is said: I answer nobody. What is said there goes to ${label}. \`/leave\` sends me away.${warning}`;
  }
  const place = await soundGoesTo(bridge, asked.guildId, context);
  return `I am in ${channelLink(channel.id)} and listening: just talk to me. What is said there goes to ${place}. \`/leave\` sends me away.${warning}`;
}

/** A place in the queue; whoever asked learns of it, and how to give it up. */
function waits(channel: VoiceBasedChannel, asked: Asked, { bridges }: CommandContext): string {
  const by = personOf(asked);
  const place = bridges.waiting.add({ guildId: asked.guildId, channelId: channel.id, by, mode: modeAsked(asked) });
  const who = place === 1 ? 'You are next' : `You are number ${place} in the queue`;
  return `I am in as many conversations as I can be. ${who}: I come into ${channelLink(channel.id)} by myself, if somebody is there then. \`/leave\` gives the place up.`;
}

/** The model in use; also the one that was wanted, where a fallback stands in for it. */
async function soundGoesTo(
  bridge: BridgeHandle,
  guildId: string,
  { settings, models }: CommandContext,
): Promise<string> {
  const { model, transcriber } = bridge.status();
  const wanted = models.chosen(await settings.get(guildId)).model.label;
  const instead = model === wanted ? '' : `, the fallback, because I could not have ${labelWords(wanted)}`;
  const beside = transcriber === null ? '' : `; to ${labelWords(transcriber)} as well, which writes it down`;
  return `${labelWords(model)}${instead}${beside}`;
}

/** Says in time that there will be no transcript, and why. */
async function transcriptWarning(voice: VoiceBasedChannel, context: CommandContext): Promise<string> {
  const settings = await context.settings.get(voice.guildId);
  if (!settings.liveTranscript) return '';
  const channel = voice.guild.channels.resolve(settings.transcriptChannelId ?? voice.id);
  if (!channel) return '\nThe channel for transcripts is gone: set another one with `/transcript channel`.';
  const me = voice.guild.members.me;
  const missing = me ? missingRights(channel, me, writingRights(channel)) : [];
  if (missing.length === 0) return '';
  return `\nI cannot write the transcript: I lack ${bold(missing)} in ${channelLink(channel.id)}.`;
}

function bold(words: readonly string[]): string {
  return listed(words.map((word) => `**${word}**`));
}
