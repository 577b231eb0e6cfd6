import { ChannelType, escapeMarkdown, type VoiceBasedChannel } from 'discord.js';
import type { Logger } from 'pino';
import type { EndReason } from '../bridge/bridge-ports.ts';
import type { Person } from '../bridge/ports.ts';
import type { ConversationMode } from '../bridge/record-ports.ts';
import { DiscordTextChannel } from './text-channel.ts';
import type { VoiceStatuses } from './voice-status.ts';

const LISTENING = 'AI is listening';

/** What people in a voice channel are told about the bot: that it listens, and why it left. One per visit. */
export class Announcement {
  #channel: VoiceBasedChannel;
  #text: DiscordTextChannel;
  readonly #modelLabel: () => string;
  readonly #mode: ConversationMode;
  readonly #statuses: VoiceStatuses;
  readonly #log: Logger;
  #isShown = false;

  /** `modelLabel`: which model answers now; it may change during a visit. */
  constructor(options: {
    channel: VoiceBasedChannel;
    mode: ConversationMode;
    modelLabel: () => string;
    statuses: VoiceStatuses;
    log: Logger;
  }) {
    this.#channel = options.channel;
    this.#text = new DiscordTextChannel(options.channel);
    this.#mode = options.mode;
    this.#modelLabel = options.modelLabel;
    this.#statuses = options.statuses;
    this.#log = options.log;
  }

  /** Says in the channel's own chat who listens and where the sound goes. `by`: who asked the bot in. Never rejects. */
  async joined(by: Person): Promise<void> {
    await Promise.all([this.#say(greeting(by, this.#modelLabel(), this.#mode)), this.#show()]);
  }

  /** Says that it came back by itself after the process had died. `by`: who had asked it in. Never rejects. */
  async returned(by: Person): Promise<void> {
    const text = `I am back after a restart, with the settings of before; what was said meanwhile I did not hear.\n${greeting(by, this.#modelLabel(), this.#mode)}`;
    await Promise.all([this.#say(text), this.#show()]);
  }

  /** A moderator moved the bot: says so in the old channel, and in the new one who listens now. Never rejects. */
  async moved(channel: VoiceBasedChannel): Promise<void> {
    const gone = Promise.all([
      this.leaving(),
      this.#say(`A moderator moved me to <#${channel.id}>: I no longer hear you here.`),
    ]);
    this.#channel = channel;
    this.#text = new DiscordTextChannel(channel);
    const here = this.#say(arrival(this.#modelLabel(), this.#mode));
    await gone;
    await Promise.all([here, this.#show()]);
  }

  /** Says something in the voice channel's own chat. Never rejects. */
  async tell(text: string): Promise<void> {
    await this.#say(text);
  }

  async #show(): Promise<void> {
    const channel = this.#channel;
    if (channel.type === ChannelType.GuildVoice) this.#isShown = await this.#statuses.show(channel, LISTENING);
  }

  /** Says that the sound goes elsewhere from now on. `message`: untrusted text. Never rejects. */
  async goesTo(message: string): Promise<void> {
    await this.#say(harmless(message));
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
    await Promise.all([this.leaving(), farewell === null ? undefined : this.#say(farewell)]);
  }

  async #say(text: string): Promise<void> {
    const { id } = this.#channel;
    try {
      await this.#text.post(text);
    } catch (error) {
      this.#log.warn({ err: error, channelId: id }, 'could not say it in the voice channel');
    }
  }
}

/** Untrusted text as letters only: no markdown, and nothing that looks like a mention. */
function harmless(text: string): string {
  const markdown = escapeMarkdown(text, { maskedLink: true, heading: true, bulletedList: true, numberedList: true });
  return markdown.replace(/[<>@#]/g, '\\$&');
}

/** What the bot says when it comes. */
function greeting(by: Person, modelLabel: string, mode: ConversationMode): string {
  const asked = `Hello, I am an AI. ${harmless(by.name)} asked me in, and I am listening to this voice channel now.`;
  return [`${asked}${onlyWrites(mode)}`, whereItGoes(modelLabel)].join('\n');
}

/** What the bot says where it was moved to. */
function arrival(modelLabel: string, mode: ConversationMode): string {
  const moved = 'Hello, I am an AI. A moderator moved me here, and I am listening to this voice channel now.';
  return [`${moved}${onlyWrites(mode)}`, whereItGoes(modelLabel)].join('\n');
}

function onlyWrites(mode: ConversationMode): string {
  return mode === 'listen' ? ' I only write down what is said: I answer nobody.' : '';
}

function whereItGoes(modelLabel: string): string {
  return `What you say here goes to ${harmless(modelLabel)} and is written down. If you do not want that, stay muted, or send me away with \`/leave\`.`;
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
