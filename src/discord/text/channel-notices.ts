import { setTimeout as wait } from 'node:timers/promises';
import { ChannelType, type VoiceBasedChannel, type VoiceChannel } from 'discord.js';
import type { Logger } from 'pino';
import { escapeMarkdown } from '../../lib/markdown.ts';
import type { EndReason } from '../../ports/bridge-events.ts';
import type { ConsentChoice, ConsentMode } from '../../ports/consent.ts';
import { ContentRefusedError } from '../../ports/errors.ts';
import type { ConversationMode, LiveRecord } from '../../ports/record.ts';
import type { Person, UserId } from '../../ports/voice.ts';
import { JoinedNotices } from './joined-notices.ts';
import { chosen, greeting, type Newcomer, newMode, type Shown, type Terms, welcome } from './notice-text.ts';
import { DiscordTextChannel } from './text-channel.ts';
import { LISTENING, type VoiceStatuses } from './voice-status.ts';

/** A record that takes longer than this does not keep people from being told. */
const RECORDED_MS = 2_000;
/** Pauses between attempts to say that the bot listens, or why it left, where it could not be said. */
const SAID_AGAIN_MS = [5_000, 20_000, 60_000, 300_000];
const GONE_ALREADY = '-# I was asked in here and have left already: I hear nothing.';

/** What people in a voice channel are told about the bot: that it listens, and why it left. One per visit. */
export class Announcement {
  #channel: VoiceBasedChannel;
  #text: DiscordTextChannel;
  readonly #modelLabel: () => string;
  readonly #conversation: ConversationMode;
  readonly #mode: () => ConsentMode;
  readonly #privacyUrl: string | null;
  readonly #endToEnd: () => boolean;
  readonly #record: LiveRecord | undefined;
  #said = 0;
  readonly #joined = new JoinedNotices(
    () => this.#text,
    (error) => this.#log.warn({ err: error, channelId: this.#channel.id }, 'could not say it in the voice channel'),
  );
  readonly #statuses: VoiceStatuses;
  readonly #log: Logger;
  /** Where the status was set, or is being set. */
  #shown: { readonly channel: VoiceChannel; readonly done: Promise<boolean> } | undefined;
  /** The bot leaves, or has left. */
  #isOver = false;

  /**
   * `modelLabel`: which model answers now; it may change during a visit. `mode`: who is heard now. `privacyUrl`: a page
   * about it. `endToEnd`: whether the call is end-to-end encrypted; default: it is. `record`: where what is said to people is kept.
   */
  constructor(options: {
    channel: VoiceBasedChannel;
    conversation: ConversationMode;
    modelLabel: () => string;
    mode?: () => ConsentMode;
    privacyUrl?: string | null;
    endToEnd?: () => boolean;
    record?: LiveRecord;
    statuses: VoiceStatuses;
    log: Logger;
  }) {
    this.#channel = options.channel;
    this.#text = new DiscordTextChannel(options.channel);
    this.#conversation = options.conversation;
    this.#modelLabel = options.modelLabel;
    this.#mode = options.mode ?? (() => 'opt-out');
    this.#privacyUrl = options.privacyUrl ?? null;
    this.#endToEnd = options.endToEnd ?? (() => true);
    this.#record = options.record;
    this.#statuses = options.statuses;
    this.#log = options.log;
  }

  /** Says in the channel's own chat who listens and where the sound goes. `by`: who asked the bot in. Never rejects. */
  async joined(by: Person): Promise<void> {
    await Promise.all([this.#greet((shown) => greeting(askedIn(by, shown), this.#terms, shown)), this.#show()]);
  }

  /** Says that it came back by itself after the process had died. `by`: who had asked it in. Never rejects. */
  async returned(by: Person): Promise<void> {
    const back = 'I am back after a restart, with the settings of before; what was said meanwhile I did not hear.';
    const text = (shown: Shown): string => `${back}\n${greeting(askedIn(by, shown), this.#terms, shown)}`;
    await Promise.all([this.#greet(text), this.#show()]);
  }

  /** A moderator moved the bot: says so in the old channel, and in the new one who listens now. Never rejects. */
  async moved(channel: VoiceBasedChannel): Promise<void> {
    const gone = Promise.all([
      this.#hide(),
      this.#say(() => `A moderator moved me to <#${channel.id}>: I no longer hear you here.`),
    ]);
    this.#channel = channel;
    this.#text = new DiscordTextChannel(channel);
    this.#joined.separate();
    const here = this.#greet((shown) => greeting('A moderator moved me here', this.#terms, shown));
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

  /** Says that somebody is heard no more, or is heard; in one post with others that chose lately. Never rejects. */
  async chose(person: Person, choice: ConsentChoice): Promise<void> {
    await this.#sayJoined(person.userId, (shown) => chosen(person, choice, shown));
  }

  /** What was said of this person's choice is not said again. */
  erase(userId: UserId): void {
    this.#joined.forget(userId);
  }

  /** Says who is heard from now on. Never rejects. */
  async modeChanged(): Promise<void> {
    await this.#sayJoined('mode', (shown) => newMode(this.#terms, shown));
  }

  get #terms(): Terms {
    return {
      mode: this.#mode(),
      conversation: this.#conversation,
      modelLabel: this.#modelLabel(),
      privacyUrl: this.#privacyUrl,
      endToEnd: this.#endToEnd(),
    };
  }

  async #show(): Promise<void> {
    const channel = this.#channel;
    if (channel.type !== ChannelType.GuildVoice || this.#isOver) return;
    this.#shown = { channel, done: this.#statuses.show(channel, LISTENING) };
    await this.#shown.done;
  }

  /** Also where Discord takes its time to set it: it is taken away then. */
  async #hide(): Promise<void> {
    const shown = this.#shown;
    this.#shown = undefined;
    if (shown && (await shown.done)) await this.#statuses.clear(shown.channel, LISTENING);
  }

  /** Says that the bot listens; it is not to be read when the bot has left meanwhile. */
  #greet(text: (shown: Shown) => string): Promise<void> {
    const channel = this.#channel;
    const where = this.#text;
    return this.#insist(text, {
      isStale: () => this.#isOver || this.#channel !== channel,
      posted: (messageId) => {
        if (this.#isOver) void where.edit(messageId, GONE_ALREADY).catch(() => {});
      },
    });
  }

  /** Says it, and where that fails, again later, unless it is stale by then. Resolves after the first attempt. */
  async #insist(
    text: (shown: Shown) => string,
    { isStale, posted }: { isStale: () => boolean; posted?: (messageId: string) => void },
  ): Promise<void> {
    const said = await this.#say(text);
    if (said.messageId !== undefined) posted?.(said.messageId);
    else void this.#sayAgain(said.again, { isStale, posted });
  }

  async #sayAgain(
    again: () => Promise<string | undefined>,
    { isStale, posted }: { isStale: () => boolean; posted: ((messageId: string) => void) | undefined },
  ): Promise<void> {
    for (const pauseMs of SAID_AGAIN_MS) {
      await wait(pauseMs, undefined, { ref: false });
      if (isStale()) return;
      const messageId = await again();
      if (messageId === undefined) continue;
      posted?.(messageId);
      return;
    }
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
    this.#isOver = true;
    await this.#hide();
  }

  /** Says why the bot left where nobody asked it to, and takes the status away if that was not done. Never rejects. */
  async ended(reason: EndReason): Promise<void> {
    const farewell = farewellFor(reason);
    const said = farewell === null ? undefined : this.#insist(() => farewell, { isStale: () => false });
    await Promise.all([this.leaving(), said]);
  }

  /** What the same people can bring about again and again. Kept first, too. */
  async #sayJoined(key: string, text: (shown: Shown) => string): Promise<void> {
    const { id } = this.#channel;
    const model = this.#modelLabel();
    const noted = `said:${++this.#said}`;
    this.#record?.notice(noted, text(asItIs));
    await Promise.race([this.#record?.flush().catch(() => {}), wait(RECORDED_MS, undefined, { ref: false })]);
    await this.#joined.say(key, {
      text: text((untrusted) => escapeMarkdown(untrusted) || 'Somebody'),
      bare: text((untrusted) => (untrusted === model ? escapeMarkdown(model) : 'somebody')),
      onPosted: (messageId) => this.#record?.posted([noted], `${id}:${messageId}`),
    });
  }

  /**
   * What people are told is kept first; but they are told also where it cannot be kept. Gives the id of the message, and
   * where there is none, what tries once more.
   */
  async #say(text: (shown: Shown) => string): Promise<{
    readonly messageId: string | undefined;
    readonly again: () => Promise<string | undefined>;
  }> {
    const { id } = this.#channel;
    const channel = this.#text;
    const key = `said:${++this.#said}`;
    const posted = text((untrusted) => escapeMarkdown(untrusted) || 'Somebody');
    // Without the mark of Discord's small print.
    this.#record?.notice(key, text(asItIs).replaceAll(/^-# /gm, ''));
    await Promise.race([this.#record?.flush().catch(() => {}), wait(RECORDED_MS, undefined, { ref: false })]);
    const again = async (): Promise<string | undefined> => {
      try {
        const messageId = await channel.post(posted).catch((error: unknown) => {
          if (!(error instanceof ContentRefusedError)) throw error;
          // A rule of the server may keep out a name. That the bot listens has to be said all the same.
          const model = this.#modelLabel();
          return channel.post(text((untrusted) => (untrusted === model ? escapeMarkdown(model) : 'somebody')));
        });
        this.#record?.posted([key], `${id}:${messageId}`);
        return messageId;
      } catch (error) {
        this.#log.warn({ err: error, channelId: id }, 'could not say it in the voice channel');
        return undefined;
      }
    };
    return { messageId: await again(), again };
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
      return `I left because ${reason.budget.words} is spent. I can come back ${reason.budget.back}.`;
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
