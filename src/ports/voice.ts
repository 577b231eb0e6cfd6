// Discord's voice, and whose turn it is. Types only: nothing here runs.
// Instants (`…At`) are milliseconds of performance.now(); durations end in `Ms`.

/** Mono signed 16-bit samples. The rate is that of the port which they cross. */
export type Pcm = Int16Array;

/** A rate at which both Opus and the speech models work. */
export type PcmRate = 16000 | 24000;

/** A Discord user id (snowflake). */
export type UserId = string;

/**
 * Somebody in the voice channel, under the name that the guild shows, marked where it could be taken for the bot's. The name
 * is untrusted text.
 */
export interface Person {
  readonly userId: UserId;
  readonly name: string;
}

/** One person's go. `userId` is pinned when the turn begins and never changes; null: nobody can say who spoke. */
export interface Turn {
  readonly id: number;
  readonly userId: UserId | null;
  readonly name: string;
  /** It may not be meant for the bot, which goes by these names: a model that can choose answers only if it is. */
  readonly onlyIfCalled?: readonly string[] | undefined;
  /** Of a turn that is nobody's: whom it is for, such as whoever is reminded. It gives no rights. */
  readonly about?: UserId;
}

/**
 * 2.5–60 ms of one person's sound at the line's input rate. `gapMs`: silence before it, by the sender's own clock
 * (Discord sends nothing while somebody is silent). `receivedAt`: when its packet came. `concealed`: the packet was lost.
 */
export interface Frame {
  readonly type: 'frame';
  readonly userId: UserId;
  readonly pcm: Pcm;
  readonly gapMs: number;
  readonly receivedAt: number;
  readonly concealed: boolean;
}

/** What comes from a voice channel. Frames of one person come in their order, each exactly once. */
export type LineEvent =
  | Frame
  | { readonly type: 'joined'; readonly userId: UserId }
  /** The person left the channel; no frame of theirs follows until they join again. */
  | { readonly type: 'left'; readonly userId: UserId }
  /** Somebody moved the bot: the line goes on in another channel, with other people. */
  | { readonly type: 'moved'; readonly channelId: string }
  /** The connection was made anew. `cause` deaf: because somebody spoke and was not heard. */
  | { readonly type: 'recovered'; readonly cause: 'lost' | 'deaf'; readonly gapMs: number }
  /** Somebody speaks and is not heard, and a new connection did not help; null: Discord does not say who. */
  | { readonly type: 'unheard'; readonly userId: UserId | null }
  /** A moderator muted or deafened the bot, or it may not speak here; or that is over. */
  | { readonly type: 'hindered'; readonly by: 'mute' | 'deaf' | 'suppress'; readonly hindered: boolean };

/** What the pacer pulls from: one 20 ms frame (480 samples at 24 kHz), or undefined when there is nothing to play. */
export interface FrameSource {
  pull(): Pcm | undefined;
}

/** How one person's packets arrive: `received` since they came, and what share was missing of late, 0…1. */
interface Reception {
  readonly userId: UserId;
  readonly received: number;
  readonly recentLoss: number;
}

/** The bot's place in one voice channel. Whoever opened it closes it. */
export interface VoiceLine {
  readonly guildId: string;
  /** Where it is now: a `moved` event changes it. */
  readonly channelId: string;
  /** Ends on close(); throws LineLostError when the place was lost against our will. Read by one reader. */
  readonly events: AsyncIterable<LineEvent>;
  /** How each person's packets arrive; absent where nobody counts. */
  readonly reception?: readonly Reception[];
  /** Pulls a frame every 20 ms until the source has none, then ends the talk spurt. Does nothing while it already plays. */
  play(source: FrameSource): void;
  /** Idempotent. */
  close(): Promise<void>;
}
