import type { VoiceBasedChannel } from 'discord.js';
import { wallClock } from '../clock/wall-clock.ts';
import { TranscriptChannel } from '../discord/text/transcript-channel.ts';
import type { SpeechModel } from '../ports/model.ts';
import type { ForgottenBeside } from '../ports/personal-data.ts';
import type { UserId } from '../ports/voice.ts';
import { type RecordNews, WAITING_LIMIT } from '../record/record-outbox.ts';
import { Recorder } from '../record/recorder.ts';
import { RecordNotice } from '../transcript/record-notice.ts';
import { Transcript } from '../transcript/transcript.ts';
import type { ConversationsDeps } from './conversations-deps.ts';
import { LiveTranscript } from './live-transcript.ts';
import type { Now } from './session-opener.ts';

/** How long an erasure waits for posts under way; they are edited later, then. */
const POSTED_WITHIN_MS = 5_000;

export interface ConversationTextDeps {
  readonly shared: Pick<ConversationsDeps, 'record' | 'health' | 'buttons' | 'log'>;
  readonly channel: VoiceBasedChannel;
  readonly model: Pick<SpeechModel, 'provider' | 'name'>;
  readonly now: Now;
  /** The bot's name on this server. */
  readonly botName: () => string;
  /** The voice channel where the bot is now. */
  readonly chatId: () => string;
  /** The model that answers now. */
  readonly modelName: () => string;
  readonly nameOf: (userId: UserId) => string;
  /** ms since 1970, steady while the conversation runs. */
  readonly time: () => number;
}

/** What one conversation writes: its record in the database, and the transcript of it in a text channel. */
export class ConversationText {
  readonly channel: TranscriptChannel;
  readonly recorder: Recorder;
  readonly transcript: Transcript;
  readonly live: LiveTranscript;
  readonly #deps: ConversationTextDeps;
  readonly #recordNotice: RecordNotice;

  constructor(deps: ConversationTextDeps) {
    const { shared, channel, now } = deps;
    this.#deps = deps;
    this.channel = this.#channelOf();
    this.recorder = this.#recorderOf();
    this.#recordNotice = new RecordNotice({
      text: this.channel,
      record: this.recorder,
      health: shared.health,
      most: WAITING_LIMIT,
      log: shared.log,
    });
    this.transcript = new Transcript({
      text: this.channel,
      record: this.recorder,
      nameOf: deps.nameOf,
      buttons: shared.buttons,
      botName: deps.botName(),
      now: () => performance.now(),
      log: shared.log,
    });
    this.live = new LiveTranscript({
      text: this.channel,
      transcript: this.transcript,
      channel,
      now: () => new Date(wallClock.now()),
    });
    this.live.take(now.settings);
  }

  /** A line in the transcript about something that went wrong. */
  trouble(message: string): void {
    this.transcript.observe({ type: 'trouble', message });
  }

  /** What of it is this conversation's is not shown or written again. */
  eraseBeside({ replies, lineIds }: ForgottenBeside): void {
    const own = replies.filter(({ conversationId }) => conversationId === this.recorder.conversationId);
    this.recorder.dropLines(lineIds);
    if (own.length > 0) this.transcript.eraseReplies(own.map(({ replyId }) => replyId));
  }

  /** Resolves when nothing of this person is written into the record any more. */
  async eraseRecord(userId: UserId): Promise<void> {
    const late = new Promise((resolve) => setTimeout(resolve, POSTED_WITHIN_MS).unref());
    // What is being posted has to be known as posted before its line is deleted, or nobody edits it.
    await Promise.race([this.transcript.flush(), late]);
    await this.recorder.flush().catch(() => {});
    await this.recorder.erase(userId);
  }

  /**
   * Ends the transcript, and after it and `farewell` the record. `last` resolves when all is said; `written` when all of it
   * is in the record, which lasts longer where nothing can be written.
   */
  close(farewell: Promise<void>): { readonly last: Promise<void>; readonly written: Promise<void> } {
    const last = Promise.all([this.transcript.close(), farewell]).then(() => this.recorder.close());
    // What could not be recorded before was not posted either.
    const written = last.then(() => this.recorder.written).then(() => this.transcript.flush());
    return { last, written };
  }

  #channelOf(): TranscriptChannel {
    const { shared, channel, now, chatId } = this.#deps;
    return new TranscriptChannel(channel.guild, now.settings.transcriptChannelId ?? channel.id, {
      chatId,
      lost: (message) => {
        shared.log.warn({ guildId: channel.guild.id, reason: message }, 'the transcript lost its channel');
        this.trouble(message);
      },
    });
  }

  #recorderOf(): Recorder {
    const { shared, channel, model, now, botName, modelName, time } = this.#deps;
    return new Recorder({
      writer: shared.record,
      conversation: {
        guildId: channel.guild.id,
        channelId: channel.id,
        transcriptChannelId: this.channel.channelId,
        mode: now.mode,
        provider: model.provider,
        model: model.name,
      },
      botName: botName(),
      modelName,
      language: () => now.settings.language,
      now: time,
      log: shared.log,
      health: shared.health,
      tell: (news) => this.#recordChanged(news),
    });
  }

  #recordChanged(news: RecordNews): void {
    if (news.kind === 'behind') this.#recordNotice.behind(news.ofOthers);
    else {
      this.#recordNotice.caughtUp(news.written, news.lost);
      this.transcript.wake();
    }
  }
}
