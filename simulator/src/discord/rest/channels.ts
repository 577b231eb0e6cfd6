import { Intent } from '../gateway/intents.ts';
import { channelJson } from '../gateway/wire.ts';
import type { Channel, Json } from '../guild/entities.ts';
import { ChannelType, isThread, isVoice } from '../guild/entities.ts';
import { visibleTo } from '../guild/message-content.ts';
import { Permission } from '../guild/permissions.ts';
import { DiscordError, FormFaults, refusal } from './discord-error.ts';
import { checkMessage } from './message-rules.ts';
import { type AddRoute, type Call, channelOf, need, type RestWorld } from './routes.ts';
import { postDirectly } from './users.ts';

/** Routes of channels, their messages and threads. */
export function channelRoutes(world: RestWorld): (add: AddRoute) => void {
  return (add) => {
    add('GET', '/channels/:channel', (call) => channelJson(channelOf(world, call).channel));
    add('PATCH', '/channels/:channel', (call) => patchChannel(world, call));
    add('DELETE', '/channels/:channel', (call) => {
      const { guild, channel, rights } = channelOf(world, call);
      need(rights, isThread(channel) ? 'ManageThreads' : 'ManageChannels');
      guild.deleteChannel(channel.id);
      return channelJson(channel);
    });
    add('POST', '/channels/:channel/typing', (call) => {
      const { channel, rights } = channelOf(world, call);
      need(rights, isThread(channel) ? 'SendMessagesInThreads' : 'SendMessages');
    });
    add('PUT', '/channels/:channel/voice-status', (call) => setVoiceStatus(world, call));
    messageRoutes(world, add);
    add('POST', '/channels/:channel/threads', (call) => startThread(world, call), { status: 201 });
    add('POST', '/channels/:channel/messages/:message/threads', (call) => startThread(world, call), { status: 201 });
  };
}

function messageRoutes(world: RestWorld, add: AddRoute): void {
  const path = '/channels/:channel/messages';
  add('POST', path, (call) => {
    const direct = postDirectly(world, call.params.channel ?? '', call.body);
    if (direct) return direct;
    const { guild, channel, rights } = channelOf(world, call);
    mayWrite(channel, rights, call);
    checkSizes(call);
    checkMessage(call.body, { files: call.files.length, edit: false, ephemeral: false });
    return guild.board.json(guild.board.post({ authorId: world.bot.id, channel, body: call.body, files: call.files }));
  });
  add('GET', path, (call) => {
    const { guild, channel, rights } = channelOf(world, call);
    mayConnect(channel, rights);
    if (!(rights & Permission.ReadMessageHistory)) return [];
    const { limit, before, after } = call.query;
    const faults = new FormFaults();
    if (limit !== undefined) faults.number(Number(limit), 'limit', { min: 1, max: 100 });
    faults.check();
    const found = guild.board
      .list(channel.id)
      .filter((one) => (!before || BigInt(one.id) < BigInt(before)) && (!after || BigInt(one.id) > BigInt(after)));
    const count = Number(limit ?? 50);
    return (after ? found.slice(0, count) : found.slice(-count))
      .reverse()
      .map((one) => read(world, guild.board.json(one)));
  });
  add('GET', `${path}/:message`, (call) => {
    const { guild, channel, rights } = channelOf(world, call);
    mayConnect(channel, rights);
    need(rights, 'ReadMessageHistory');
    return read(world, guild.board.json(guild.board.get(channel.id, call.params.message ?? '')));
  });
  add('PATCH', `${path}/:message`, (call) => {
    const { guild, channel, rights } = channelOf(world, call);
    mayConnect(channel, rights);
    const message = guild.board.get(channel.id, call.params.message ?? '');
    if (message.authorId !== world.bot.id) throw refusal('editOfOthers');
    // https://docs.discord.com/developers/topics/opcodes-and-status-codes#json: 50083, "such as editing a message".
    if (isThread(channel) && channel.archived) throw refusal('archivedThread');
    if (call.files.length > 0) need(rights, 'AttachFiles');
    checkSizes(call);
    checkMessage(call.body, { files: call.files.length, edit: true, ephemeral: false });
    guild.board.edit(message, call.body, call.files);
    return guild.board.json(message);
  });
  add('DELETE', `${path}/:message`, (call) => {
    const { guild, channel, rights } = channelOf(world, call);
    mayConnect(channel, rights);
    const message = guild.board.get(channel.id, call.params.message ?? '');
    if (message.authorId !== world.bot.id) need(rights, 'ManageMessages');
    guild.board.delete(message);
  });
}

/** A nonce is for whoever made the message, in the answer and the event: nobody may count on reading it later. */
function read(world: RestWorld, { nonce: _, ...message }: Json): Json {
  const content = (world.grantedIntents & Intent.messageContent) !== 0;
  return visibleTo(message, { botId: world.bot.id, content });
}

/** The limit of a server without boosts, for each file. */
const FILE_LIMIT_BYTES = 10 * 1024 * 1024;

/** https://docs.discord.com/developers/reference#uploading-files. Throws Request entity too large. */
export function checkSizes({ files }: Pick<Call, 'files'>): void {
  if (files.some(({ bytes }) => bytes.length > FILE_LIMIT_BYTES))
    throw new DiscordError(413, 40_005, 'Request entity too large');
}

// A voice channel's chat is closed to whoever may not connect.
function mayConnect(channel: Channel, rights: bigint): void {
  if (isVoice(channel) && !(rights & Permission.Connect)) throw refusal('missingAccess');
}

function mayWrite(channel: Channel, rights: bigint, call: Call): void {
  if (channel.type === ChannelType.category) throw refusal('wrongChannelType');
  mayConnect(channel, rights);
  need(rights, isThread(channel) ? 'SendMessagesInThreads' : 'SendMessages');
  if (call.files.length > 0) need(rights, 'AttachFiles');
  if (call.body.embeds?.length) need(rights, 'EmbedLinks');
  if (call.body.poll) need(rights, 'SendPolls');
  if (call.body.message_reference) need(rights, 'ReadMessageHistory');
  if (isThread(channel) && channel.archived) {
    if (channel.locked) throw refusal('archivedThread');
    channel.archived = false;
  }
}

// https://docs.discord.com/developers/resources/channel#set-voice-channel-status: SET_VOICE_CHANNEL_STATUS, and MANAGE_CHANNELS too
// unless the bot is connected to the channel.
function setVoiceStatus(world: RestWorld, call: Call): undefined {
  const { guild, channel, rights } = channelOf(world, call);
  if (channel.type !== ChannelType.voice) throw refusal('wrongChannelType');
  need(rights, 'SetVoiceChannelStatus');
  if (guild.botVoiceChannelId !== channel.id) need(rights, 'ManageChannels');
  const faults = new FormFaults();
  faults.text(call.body.status, 'status', { min: 0, max: 500 });
  faults.check();
  guild.setVoiceStatus(channel.id, call.body.status);
  return undefined;
}

// https://docs.discord.com/developers/resources/channel#modify-channel
function patchChannel(world: RestWorld, call: Call): Json {
  const { guild, channel, rights } = channelOf(world, call);
  const { body } = call;
  const own = isThread(channel) && channel.ownerId === world.bot.id;
  // Whoever may write opens a thread again that is not locked; for a locked one even its maker needs the right.
  const opens = isThread(channel) && body.archived === false && !channel.locked && Object.keys(body).length === 1;
  if (opens) need(rights, 'SendMessagesInThreads');
  else if (!own || (isThread(channel) && channel.locked))
    need(rights, isThread(channel) ? 'ManageThreads' : 'ManageChannels');
  const faults = new FormFaults();
  if ('name' in body) faults.text(body.name, 'name', { min: 1, max: 100, required: true });
  if (body.topic != null) faults.text(body.topic, 'topic', { min: 0, max: 1024 });
  if (body.user_limit != null)
    faults.number(body.user_limit, 'user_limit', { min: 0, max: channel.type === ChannelType.stage ? 10_000 : 99 });
  if (body.bitrate != null) faults.number(body.bitrate, 'bitrate', { min: 8000, max: 384_000 });
  if (body.rate_limit_per_user != null)
    faults.number(body.rate_limit_per_user, 'rate_limit_per_user', { min: 0, max: 21_600 });
  faults.check();
  if (body.name !== undefined) channel.name = body.name;
  if (body.topic !== undefined) channel.topic = body.topic;
  if (body.user_limit !== undefined) channel.userLimit = body.user_limit ?? 0;
  if (body.bitrate !== undefined) channel.bitrate = body.bitrate;
  if (body.rate_limit_per_user !== undefined) channel.rateLimitPerUser = body.rate_limit_per_user ?? 0;
  if (isThread(channel))
    Object.assign(channel, { archived: body.archived ?? channel.archived, locked: body.locked ?? channel.locked });
  guild.channelChanged(channel);
  return channelJson(channel);
}

// https://docs.discord.com/developers/resources/channel#start-thread-without-message and #start-thread-from-message
function startThread(world: RestWorld, call: Call): Json {
  const { guild, channel, rights } = channelOf(world, call);
  if (channel.type !== ChannelType.text && channel.type !== ChannelType.announcement) throw refusal('wrongChannelType');
  const from = call.params.message ? guild.board.get(channel.id, call.params.message) : undefined;
  const faults = new FormFaults();
  faults.text(call.body.name, 'name', { min: 1, max: 100, required: true });
  if (call.body.auto_archive_duration !== undefined)
    faults.choice(call.body.auto_archive_duration, 'auto_archive_duration', [60, 1440, 4320, 10_080]);
  if (!from && call.body.type !== undefined) faults.choice(call.body.type, 'type', [10, 11, 12]);
  faults.check();
  const type =
    from || call.body.type === ChannelType.publicThread ? ChannelType.publicThread : ChannelType.privateThread;
  need(rights, type === ChannelType.publicThread ? 'CreatePublicThreads' : 'CreatePrivateThreads');
  if (from && guild.channels.has(from.id))
    throw new DiscordError(400, 160_004, 'A thread has already been created for this message');
  const thread = guild.addChannel({
    type,
    name: call.body.name,
    parentId: channel.id,
    ownerId: world.bot.id,
    ...(from && { id: from.id }),
  });
  return channelJson(thread);
}
