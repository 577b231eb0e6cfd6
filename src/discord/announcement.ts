import { setTimeout as wait } from 'node:timers/promises';
import { ChannelType, type VoiceBasedChannel } from 'discord.js';
import type { Logger } from 'pino';
import type { EndReason } from '../bridge/bridge-ports.ts';
import type { ConsentChoice, ConsentMode } from '../bridge/consent-ports.ts';
import type { Person } from '../bridge/ports.ts';
import type { ConversationMode, LiveRecord } from '../bridge/record-ports.ts';
import { chosen, greeting, type Newcomer, newMode, type Shown, type Terms, welcome } from './notices.ts';
import { DiscordTextChannel } from './text-channel.ts';
import type { VoiceStatuses } from './voice-status.ts';

const LISTENING = 'AI is listening';
/** A record that takes longer than this does not keep people from being told. */
const RECORDED_MS = 2_000;

/** What people in a voice channel are told about the bot: that it listens, and why it left. One per visit. */
export class Announcement {
  #channel: VoiceBasedChannel;
  #text: DiscordTextChannel;
  readonly #modelLabel: () => string;
  readonly #conversation: ConversationMode;
  readonly #mode: () => ConsentMode;
  readonly #privacyUrl: string | null;
  readonly #record: LiveRecord | undefined;
  readonly #escape: Shown;
  #said = 0;
  readonly #statuses: VoiceStatuses;
  readonly #log: Logger;
  #isShown = false;

  /**
   * `modelLabel`: which model answers now; it may change during a visit. `mode`: who is heard now. `privacyUrl`: a page
   * about it. `record`: where what is said to people is kept. `escape` makes untrusted text harmless in a post; '' where
   * nothing of it can be seen.
   */
  constructor(options: {
    channel: VoiceBasedChannel;
    conversation: ConversationMode;
    modelLabel: () => string;
    mode?: () => ConsentMode;
    privacyUrl?: string | null;
    record?: LiveRecord;
    escape: Shown;
    statuses: VoiceStatuses;
    log: Logger;
  }) {
    this.#channel = options.channel;
    this.#text = new DiscordTextChannel(options.channel);
    this.#conversation = options.conversation;
    this.#modelLabel = options.modelLabel;
    this.#mode = options.mode ?? (() => 'opt-out');
    this.#privacyUrl = options.privacyUrl ?? null;
    this.#record = options.record;
    this.#escape = options.escape;
    this.#statuses = options.statuses;
    this.#log = options.log;
  }

  /** Says in the channel's own chat who listens and where the sound goes. `by`: who asked the bot in. Never rejects. */
  async joined(by: Person): Promise<void> {
    await Promise.all([this.#say((shown) => greeting(askedIn(by, shown), this.#terms, shown)), this.#show()]);
  }

  /** Says that it came back by itself after the process had died. `by`: who had asked it in. Never rejects. */
  async returned(by: Person): Promise<void> {
    const back = 'I am back after a restart, with the settings of before; what was said meanwhile I did not hear.';
    const text = (shown: Shown): string => `${back}\n${greeting(askedIn(by, shown), this.#terms, shown)}`;
    await Promise.all([this.#say(text), this.#show()]);
  }

  /** A moderator moved the bot: says so in the old channel, and in the new one who listens now. Never rejects. */
  async moved(channel: VoiceBasedChannel): Promise<void> {
    const gone = Promise.all([
      this.leaving(),
      this.#say(() => `A moderator moved me to <#${channel.id}>: I no longer hear you here.`),
    ]);
    this.#channel = channel;
    this.#text = new DiscordTextChannel(channel);
    const here = this.#say((shown) => greeting('A moderator moved me here', this.#terms, shown));
    await gone;
    await Promise.all([here, this.#show()]);
  }

  /** Says something in the voice channel's own chat. Never rejects. */
  async tell(text: string): Promise<void> {
    await this.#say(() => text);
  }

  /** Tells people who came in since that the bot listens; it pings nobody. Never rejects. */
  async newcomers(people: readonly Newcomer[]): Promise<void> {
    await this.#say((shown) => welcome(people, this.#terms, shown));
  }

  /** Says that somebody is heard no more, or is heard. Never rejects. */
  async chose(person: Person, choice: ConsentChoice): Promise<void> {
    await this.#say((shown) => chosen(person, choice, shown));
  }

  /** Says who is heard from now on. Never rejects. */
  async modeChanged(): Promise<void> {
    await this.#say((shown) => newMode(this.#terms, shown));
  }

  get #terms(): Terms {
    return {
      mode: this.#mode(),
      conversation: this.#conversation,
      modelLabel: this.#modelLabel(),
      privacyUrl: this.#privacyUrl,
    };
  }

  async #show(): Promise<void> {
    const channel = this.#channel;
    if (channel.type === ChannelType.GuildVoice) this.#isShown = await this.#statuses.show(channel, LISTENING);
  }

  /** Says that the sound goes elsewhere from now on. `message`: untrusted text. Never rejects. */
  async goesTo(message: string): Promise<void> {
    await this.#say((shown) => shown(message));
  }

  /**
   * Takes the status away. To be called while the bot is still in the channel: afterwards Discord lets it do so only with
   * Manage Channels. Idempotent; never rejects.
   */
  async leaving(): Promise<void> {
    if (!this.#isShown) return;
    this.#isShown = false;
    if (this.#channel.type === ChannelType.GuildVoice) await this.#statuses.clear(this.#channel, LISTENING);
  }

  /** Says why the bot left where nobody asked it to, and takes the status away if that was not done. Never rejects. */
  async ended(reason: EndReason): Promise<void> {
    const farewell = farewellFor(reason);
    await Promise.all([this.leaving(), farewell === null ? undefined : this.#say(() => farewell)]);
  }

  /** What people are told is kept first; but they are told also where it cannot be kept. */
  async #say(text: (shown: Shown) => string): Promise<void> {
    const { id } = this.#channel;
    const channel = this.#text;
    const key = `said:${++this.#said}`;
    const posted = text((untrusted) => this.#escape(untrusted) || 'Somebody');
    // Without the mark of Discord's small print.
    this.#record?.notice(key, text(asItIs).replaceAll(/^-# /gm, ''));
    await Promise.race([this.#record?.flush().catch(() => {}), wait(RECORDED_MS, undefined, { ref: false })]);
    try {
      const messageId = await channel.post(posted);
      this.#record?.posted([key], `${id}:${messageId}`);
    } catch (error) {
      this.#log.warn({ err: error, channelId: id }, 'could not say it in the voice channel');
    }
  }
}

function askedIn(by: Person, shown: Shown): string {
  return `${shown(by.name)} asked me in`;
}

/** The record keeps names as they are; whoever shows them makes them harmless. */
function asItIs(untrusted: string): string {
  return untrusted;
}

/** What the bot says when it went without being asked to; null where somebody asked. */
export function farewellFor(reason: EndReason): string | null {
  switch (reason.kind) {
    case 'asked':
      return null;
    case 'alone':
      return 'I left because nobody was here with me. `/join` brings me back.';
    case 'idle':
      return 'I left because nobody had spoken for a while. `/join` brings me back.';
    case 'budget':
      return `I left because today's budget of this server ($${reason.budgetUsd}) is spent. I can come back after midnight UTC.`;
    case 'line-lost':
    case 'session-lost': {
      // Some reasons say themselves when that helps.
      const next = reason.message.includes('/join') ? '' : ' `/join` brings me back.';
      return `I had to leave: ${reason.message} I no longer hear anything.${next}`;
    }
    default:
      return reason satisfies never;
  }
}
