import { channelJson, memberJson, roleJson, userJson } from '../gateway/wire.ts';
import { type Answer, answerOf, within } from '../interactions/answer.ts';
import { type Interaction, InteractionType } from '../interactions/interactions.ts';
import { completing, findCommand, invoke, type OptionValues, type Resolver } from '../interactions/invocation.ts';
import { OptionType } from '../rest/command-rules.ts';
import { filledIn } from '../rest/modal-rules.ts';
import type { VoiceClient } from '../voice/client.ts';
import {
  type Channel,
  ChannelType,
  EPHEMERAL,
  isThread,
  type Json,
  type Member,
  type StoredMessage,
} from './entities.ts';
import type { HomeGuild } from './home-guild.ts';
import { Permission } from './permissions.ts';
import { type JoinOptions, PersonSeat } from './person-seat.ts';
import type { GuildWorld } from './world.ts';

/** Where and how long. The channel is the voice channel's chat where the person sits in one, else the guild's first text channel. */
export interface ActOptions {
  readonly channelId?: string;
  /** For the final answer, 30 s unless said. */
  readonly timeoutMs?: number;
}

/** A person's account in one guild: types, presses, and speaks over a real voice connection. */
export class SimulatedPerson {
  readonly userId: string;
  readonly name: string;
  readonly member: Member;
  readonly #guild: HomeGuild;
  readonly #world: GuildWorld;
  readonly #locale: string;
  readonly #seat: PersonSeat;

  constructor(options: { guild: HomeGuild; member: Member; world: GuildWorld; locale: string }) {
    this.#guild = options.guild;
    this.#world = options.world;
    this.#locale = options.locale;
    this.member = options.member;
    this.userId = options.member.user.id;
    this.name = options.member.nick ?? options.member.user.globalName ?? options.member.user.username;
    this.#seat = new PersonSeat({ guild: options.guild, world: options.world, userId: this.userId, name: this.name });
  }

  // ---- Voice --------------------------------------------------------------------------------------

  /** The voice connection. Throws where the person is in no voice channel, or came in without `connect`. */
  get voice(): VoiceClient {
    return this.#seat.client;
  }

  get voiceChannelId(): string | null {
    return this.#guild.places.of(this.userId)?.channelId ?? null;
  }

  /** Comes into a voice channel; resolves when the voice connection stands. Throws where the person may not. */
  async join(channelId: string, options: JoinOptions = {}): Promise<void> {
    await this.#seat.join(channelId, options);
  }

  /** Leaves; idempotent. */
  async leave(): Promise<void> {
    await this.#seat.leave();
  }

  /** Goes to another voice channel of the guild. */
  async moveTo(channelId: string): Promise<void> {
    await this.#seat.join(channelId);
  }

  // ---- Text ---------------------------------------------------------------------------------------

  /** Writes a message. Throws where the person may not write. */
  write(channelId: string, text: string): StoredMessage {
    const channel = this.#see(channelId);
    const thread = isThread(channel);
    const needed = thread ? Permission.SendMessagesInThreads : Permission.SendMessages;
    if (!(this.#guild.permissions(this.member, channel) & needed))
      throw new Error(`${this.name} may not write in ${channel.name}`);
    if (text.length === 0 || [...text].length > 2000) throw new Error('A message has 1 to 2000 characters');
    return this.#guild.board.post({ authorId: this.userId, channel, body: { content: text }, files: [] });
  }

  // ---- Commands -----------------------------------------------------------------------------------

  /**
   * Uses a slash command, e.g. `command('/voice persona', { text: '…' })`, and gives the application's final answer.
   * Throws where the client would not let the person send it, and when the answer does not come in time.
   */
  async command(typed: string, values: OptionValues = {}, options: ActOptions = {}): Promise<Answer> {
    const channel = this.#place(options.channelId);
    const commands = this.#world.commands.visibleIn(this.#guild.id);
    this.#checkMayUse(typed, channel);
    const { path, data } = invoke(commands, typed, values, this.#resolver());
    const interaction = this.#send(InteractionType.command, channel, { name: path, data });
    return this.#answer(interaction, `/${path}`, options);
  }

  /** What the application offers while the person types. */
  async autocomplete(
    typed: string,
    option: string,
    partial: string,
    values: OptionValues = {},
    options: ActOptions = {},
  ): Promise<readonly { name: string; value: string | number }[]> {
    const channel = this.#place(options.channelId);
    this.#checkMayUse(typed, channel);
    const commands = this.#world.commands.visibleIn(this.#guild.id);
    const asked = completing(commands, typed, option, partial, values);
    const optionType = Number(asked.option.type ?? OptionType.string);
    const interaction = this.#send(InteractionType.autocomplete, channel, { name: null, data: asked.data, optionType });
    await within(interaction.final, options.timeoutMs, `The list of choices for '${option}'`);
    return interaction.choices ?? [];
  }

  /** Presses a button, or picks `picked` from a select menu. Throws where there is none or it is disabled. */
  async press(
    message: StoredMessage,
    customId: string,
    options: ActOptions & { picked?: readonly string[] } = {},
  ): Promise<Answer> {
    const channel = this.#see(message.channelId);
    const asker = message.interaction?.userId;
    if (message.flags & EPHEMERAL && asker !== this.userId) throw new Error(`${this.name} does not see this message`);
    const component = findComponent(message.components, customId);
    if (!component) throw new Error(`The message has no component '${customId}'`);
    if (component.disabled) throw new Error(`The component '${customId}' is disabled`);
    const data = {
      custom_id: customId,
      component_type: component.type,
      id: component.id,
      ...(options.picked && { values: options.picked }),
    };
    const interaction = this.#send(InteractionType.component, channel, { name: null, data, source: message });
    return this.#answer(interaction, `'${customId}'`, options);
  }

  /** Sends off the form that a press below this message opened (Answer.modal). Throws where the client would not. */
  async submit(
    message: StoredMessage,
    modal: Json | null,
    values: Readonly<Record<string, string>>,
    options: ActOptions = {},
  ): Promise<Answer> {
    if (!modal) throw new Error('No form is open');
    const channel = this.#see(message.channelId);
    const data = filledIn(modal, values);
    const interaction = this.#send(InteractionType.modalSubmit, channel, { name: null, data, source: message });
    return this.#answer(interaction, `the form '${modal.custom_id}'`, options);
  }

  /**
   * Uses a slash command in the direct messages with the bot, where neither the guild nor being on it is needed. Throws
   * where there is no such command there.
   */
  async commandDirectly(typed: string, options: ActOptions = {}): Promise<Answer> {
    const none: Resolver = { user: () => undefined, channel: () => undefined, role: () => undefined };
    const { path, data } = invoke(this.#world.commands.visibleInDirect(), typed, {}, none);
    const interaction = this.#sendDirectly(InteractionType.command, { name: path, data });
    return this.#answer(interaction, `/${path}`, options);
  }

  /** Presses a button below an answer in the direct messages. Throws where there is none. */
  async pressDirectly(message: StoredMessage, customId: string, options: ActOptions = {}): Promise<Answer> {
    const component = findComponent(message.components, customId);
    if (!component) throw new Error(`The message has no component '${customId}'`);
    const data = { custom_id: customId, component_type: component.type, id: component.id };
    const interaction = this.#sendDirectly(InteractionType.component, { name: null, data, source: message });
    return this.#answer(interaction, `'${customId}'`, options);
  }

  // https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-object: `user` instead of `member`,
  // no guild; the owner of a server's installation is "0" in direct messages.
  #sendDirectly(type: number, act: { name: string | null; data: Json; source?: StoredMessage }): Interaction {
    const board = this.#guild.board;
    const channel = { ...([...this.#guild.channels.values()][0] as Channel), id: this.member.user.id };
    const payload = {
      data: act.data,
      channel: { id: channel.id, type: 1, recipients: [userJson(this.member.user)], last_message_id: null, flags: 0 },
      channel_id: channel.id,
      user: userJson(this.member.user),
      locale: this.#locale,
      app_permissions: '0',
      entitlements: [],
      authorizing_integration_owners: { 0: '0' },
      context: 1,
      attachment_size_limit: 10_485_760,
      ...(act.source && { message: board.json(act.source) }),
    };
    return this.#world.interactions.send({
      type,
      board,
      channel,
      userId: this.userId,
      name: act.name,
      payload,
      ...(act.source && { source: act.source }),
    });
  }

  #send(
    type: number,
    channel: Channel,
    act: { name: string | null; data: Json; source?: StoredMessage; optionType?: number },
  ): Interaction {
    const guild = this.#guild;
    const bot = guild.members.get(this.#world.bot.id) as Member;
    const payload = {
      data: act.data,
      guild: { id: guild.id, locale: guild.locale, features: [] },
      guild_id: guild.id,
      channel: { ...channelJson(channel), permissions: String(guild.permissions(this.member, channel)) },
      channel_id: channel.id,
      member: { ...memberJson(this.member), permissions: String(guild.permissions(this.member, channel)) },
      locale: this.#locale,
      guild_locale: guild.locale,
      app_permissions: String(guild.permissions(bot, channel)),
      entitlements: [],
      authorizing_integration_owners: { 0: guild.id },
      context: 0,
      attachment_size_limit: 10_485_760,
      ...(act.source && { message: guild.board.json(act.source) }),
    };
    return this.#world.interactions.send({
      type,
      board: guild.board,
      guildId: guild.id,
      channel,
      userId: this.userId,
      name: act.name,
      payload,
      ...(act.source && { source: act.source }),
      ...(act.optionType !== undefined && { optionType: act.optionType }),
    });
  }

  async #answer(interaction: Interaction, what: string, options: ActOptions): Promise<Answer> {
    await within(interaction.final, options.timeoutMs, `The answer to ${what}`);
    return answerOf(interaction);
  }

  #checkMayUse(typed: string, channel: Channel): void {
    const { command } = findCommand(this.#world.commands.visibleIn(this.#guild.id), typed);
    const permissions = this.#guild.permissions(this.member, channel);
    if (!(permissions & Permission.UseApplicationCommands))
      throw new Error(`${this.name} may not use commands in ${channel.name}`);
    const wanted = command.default_member_permissions;
    if (wanted === null || permissions & Permission.Administrator) return;
    // '0' hides a command from everybody but administrators.
    const bits = BigInt(wanted);
    if (bits === 0n || (permissions & bits) !== bits)
      throw new Error(`${this.name} lacks the permissions for /${command.name}`);
  }

  #place(channelId: string | undefined): Channel {
    const first = [...this.#guild.channels.values()].find((one) => one.type === ChannelType.text);
    return this.#see(channelId ?? this.voiceChannelId ?? first?.id ?? '');
  }

  #see(channelId: string): Channel {
    const channel = this.#guild.channels.get(channelId);
    if (!channel) throw new Error(`There is no channel ${channelId || 'to write in'}`);
    if (!(this.#guild.permissions(this.member, channel) & Permission.ViewChannel))
      throw new Error(`${this.name} does not see ${channel.name}`);
    return channel;
  }

  #resolver(): Resolver {
    const guild = this.#guild;
    return {
      user: (id) => {
        const member = guild.members.get(id);
        if (!member) return undefined;
        const { user: _user, deaf: _deaf, mute: _mute, ...rest } = memberJson(member);
        return { user: userJson(member.user), member: { ...rest, permissions: String(guild.permissions(member)) } };
      },
      channel: (id) => {
        const channel = guild.channels.get(id);
        return channel && { ...channelJson(channel), permissions: String(guild.permissions(this.member, channel)) };
      },
      role: (id) => {
        const role = guild.roles.get(id);
        return role && roleJson(role);
      },
    };
  }
}

function findComponent(components: readonly Json[], customId: string): Json | undefined {
  for (const one of components) {
    if (one.custom_id === customId) return one;
    const inner = findComponent([...(one.components ?? []), ...(one.accessory ? [one.accessory] : [])], customId);
    if (inner) return inner;
  }
  return undefined;
}
