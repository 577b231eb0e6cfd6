import { setTimeout as wait } from 'node:timers/promises';
import type { DiscordGatewayAdapterCreator, Networking } from '@discordjs/voice';
import type { Logger } from 'pino';
import { AsyncQueue } from '../../lib/async-queue.ts';
import type { LineLostError } from '../../ports/errors.ts';
import type { FrameSource, LineEvent, PcmRate, UserId, VoiceLine } from '../../ports/voice.ts';
import { isEndToEnd, isGroupReady } from './dave/dave-session.ts';
import { Departures } from './departures.ts';
import { type GuildVoiceState, noSurroundings } from './guild-voice-state.ts';
import { LINK_PATIENCE, type LinkPatience } from './link/close-codes.ts';
import { Supervisor } from './link/supervisor.ts';
import type { OwnState } from './link/supervisor-options.ts';
import { NetworkingHooks, type NetworkingOwner } from './networking-hooks.ts';
import { PlaceCheck } from './place-check.ts';
import { Presence } from './presence.ts';
import type { OpusCodecs } from './receive/opus.ts';
import type { PersonReception } from './receive/receive-stats.ts';
import { type ReceiveCounts, Receiver } from './receive/receiver.ts';
import { ReceiveWatchdog } from './receive-watchdog.ts';
import { FrameClock } from './send/frame-clock.ts';
import { Pacer } from './send/pacer.ts';
import { VoiceSender } from './send/voice-sender.ts';

const TICK_MS = 20;
const IDLE_TICK_MS = 500;
/** After this time a line counts as ready even if the end-to-end group does not stand: whoever comes later completes it. */
const GROUP_WAIT_MS = 3_000;
/** Nobody has spoken for so long: a moment to do what would cost them a few frames. */
const QUIET_MS = 1_000;
/** Seconds of frames from a full channel; a reader that is further behind than this is stuck. */
const EVENT_LIMIT = 20_000;
/** Who was not named again this long after a new connection has gone. */
const NAMED_AGAIN_MS = 2_000;

/** What a line is opened with. */
export interface JoinOptions {
  readonly guildId: string;
  readonly channelId: string;
  /** `guild.voiceAdapterCreator` of discord.js. */
  readonly adapterCreator: DiscordGatewayAdapterCreator;
  /** Rate of the frames given out. */
  readonly inputRate: PcmRate;
  readonly codecs: OpusCodecs;
  /** The clock of the bot's voice in all channels; by default one of its own. */
  readonly clock?: FrameClock;
  readonly log: Logger;
  /** Whether this person may be heard. Of whoever may not, no packet is decoded. */
  readonly mayHear: (userId: UserId) => boolean;
  /** Whether anybody else is in this channel now. */
  readonly othersAreThere: (channelId: string) => boolean;
  /** What is known of the guild; by default nothing. */
  readonly around?: GuildVoiceState;
  /** Joining is given up after this; default 15 s. */
  readonly timeoutMs?: number;
  readonly patience?: LinkPatience;
  /** Aborted when nobody wants it to join any more. Once it has joined, this is nothing to it. */
  readonly signal?: AbortSignal;
}

/**
 * Joins a voice channel, undeafened. Rejects with LineLostError when Discord does not let the bot in, or with the reason of
 * `signal`; the bot has left then.
 */
export async function joinVoiceLine(options: JoinOptions): Promise<DiscordVoiceLine> {
  const { signal, timeoutMs = 15_000 } = options;
  signal?.throwIfAborted();
  const line = new DiscordVoiceLine(options);
  const leave = (): void => void line.close();
  signal?.addEventListener('abort', leave, { once: true });
  try {
    await line.ready(timeoutMs);
    signal?.throwIfAborted();
  } catch (error) {
    throw signal?.aborted ? signal.reason : error;
  } finally {
    signal?.removeEventListener('abort', leave);
  }
  return line;
}

/**
 * A place in a voice channel on the connections of @discordjs/voice, with our own supervisor, receiver and pacer: the
 * library's faults in these are listed in docs/architecture/voice-receive.md.
 */
export class DiscordVoiceLine implements VoiceLine {
  readonly guildId: string;
  readonly events: AsyncQueue<LineEvent>;
  readonly #receiver: Receiver;
  readonly #pacer: Pacer;
  readonly #supervisor: Supervisor;
  readonly #log: Logger;
  readonly #around: GuildVoiceState;
  readonly #othersAreThere: (channelId: string) => boolean;
  readonly #presence = new Presence();
  readonly #departures = new Departures();
  readonly #place: PlaceCheck;
  readonly #forget: readonly (() => void)[];
  readonly #hearing: ReceiveWatchdog;
  #lastOwnState: OwnState = { mute: false, deaf: false, suppress: false };
  #rejoinsAs: 'lost' | 'deaf' = 'lost';
  #liveAt = 0;
  #tick: NodeJS.Timeout | undefined;
  #ticksFast = false;
  readonly #hooks: NetworkingHooks;
  /** When the last frame of anybody came out. */
  #soundAt = 0;
  #closed = false;

  /** Does nothing before ready(). */
  constructor(options: JoinOptions) {
    const patience = options.patience ?? LINK_PATIENCE;
    this.guildId = options.guildId;
    this.#log = options.log;
    this.#around = options.around ?? noSurroundings();
    this.#othersAreThere = options.othersAreThere;
    const { mayHear } = options;
    this.#hearing = new ReceiveWatchdog({
      deafMs: patience.deafMs,
      isSilent: (userId) => !mayHear(userId) || this.#around.isSilent(userId),
    });
    this.events = new AsyncQueue<LineEvent>({ limit: EVENT_LIMIT });
    this.#receiver = new Receiver({
      codecs: options.codecs,
      rate: options.inputRate,
      emit: (event) => this.#tell(event),
      now: () => performance.now(),
      mayHear,
      onNamed: (ssrc, userId) => this.#hearing.named(userId, ssrc),
    });
    this.#hooks = this.#hooksOf(patience.renewCommits);
    this.#supervisor = new Supervisor({
      ...options,
      patience,
      gateway: this.#around.gateway,
      obstacle: (channelId) => this.#around.obstacle(channelId),
      session: this.#around.session,
      shownIn: () => this.#around.shownIn(),
      onNetworking: (networking) => this.#wire(networking),
      onLive: (gapMs) => this.#onLive(gapMs),
      onMoved: (channelId) => this.#onMoved(channelId),
      onOwnState: (state) => this.#onOwnState(state),
      onLost: (error) => this.#lose(error),
    });
    this.#pacer = new Pacer({
      sink: new VoiceSender(this.#supervisor),
      codec: options.codecs.lease(24000),
      clock: options.clock ?? new FrameClock(),
      onFailure: (error) => options.log.debug({ guildId: options.guildId, err: error }, 'a frame was not sent'),
    });
    this.#place = new PlaceCheck({
      ask: () => this.#around.placed(),
      tell: (channelId) => this.#supervisor.shown(channelId),
      everyMs: patience.placeMs,
    });
    this.#forget = [
      this.#around.onGone(() => this.#supervisor.obstructed()),
      this.#around.gateway.follow({ onLost: () => {}, onBack: (isNew) => void (isNew || this.#place.look()) }),
    ];
    this.#scheduleTick(false);
  }

  get channelId(): string {
    return this.#supervisor.channelId;
  }

  /** Whether the call is end-to-end encrypted; undefined: the connection is being made. */
  get endToEnd(): boolean | undefined {
    return isEndToEnd(this.#supervisor.live);
  }

  get counts(): ReceiveCounts {
    return this.#receiver.counts;
  }

  get reception(): readonly PersonReception[] {
    return this.#receiver.reception;
  }

  /** Waits until sound can flow. Rejects with LineLostError after `timeoutMs`, having left. */
  async ready(timeoutMs: number): Promise<void> {
    try {
      await this.#supervisor.join(timeoutMs);
      const until = performance.now() + GROUP_WAIT_MS;
      // Alone there is no group to wait for.
      const others = (): boolean => this.#othersAreThere(this.channelId);
      while (others() && !isGroupReady(this.#supervisor.live) && performance.now() < until && !this.#closed) {
        await wait(TICK_MS);
      }
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** See Receiver.consentChanged. */
  consentChanged(userId: UserId | null): void {
    this.#receiver.consentChanged(userId);
    // Nobody is deaf to what they did not listen to.
    if (userId === null) this.#hearing.pause();
    else this.#hearing.left(userId);
  }

  play(source: FrameSource): void {
    this.#pacer.play(source);
  }

  close(): Promise<void> {
    if (!this.#closed) {
      this.#release();
      this.events.end();
    }
    return Promise.resolve();
  }

  #lose(error: LineLostError): void {
    if (this.#closed) return;
    this.#release();
    this.events.fail(error);
  }

  #release(): void {
    this.#closed = true;
    this.#log.debug({ guildId: this.guildId, ...this.#receiver.counts }, 'voice packets of this line');
    clearTimeout(this.#tick);
    this.#place.close();
    for (const forget of this.#forget) forget();
    this.#supervisor.close();
    this.#pacer.close();
    this.#receiver.reset();
  }

  #renewGroup(now: number): void {
    const quiet = now - this.#soundAt >= QUIET_MS;
    const { renewal } = this.#hooks;
    if (renewal?.isDue(quiet) && !this.#pacer.busy && this.#supervisor.live) renewal.renew(now);
  }

  #tell(event: LineEvent): void {
    if (event.type === 'frame') this.#soundAt = performance.now();
    if (event.type === 'frame' && !event.concealed) {
      this.#departures.heard(event.userId, performance.now());
      if (!this.#receiver.refuses(event.userId)) this.#hearing.heard(event.userId);
    }
    if (this.#presence.isNews(event)) this.events.push(event);
  }

  #onLive(gapMs: number): void {
    this.#liveAt = performance.now();
    if (gapMs === 0) return;
    this.events.push({ type: 'recovered', cause: this.#rejoinsAs, gapMs: Math.round(gapMs) });
    this.#rejoinsAs = 'lost';
  }

  /** The people of the old channel are left behind; the new ones are named by its voice server. */
  #onMoved(channelId: string): void {
    for (const userId of this.#presence.all()) this.#receiver.left(userId);
    this.#departures.clear();
    this.#hearing.moved();
    this.events.push({ type: 'moved', channelId });
  }

  /** A moderator's hand: what people should know, once for every change. */
  #onOwnState(state: OwnState): void {
    const last = this.#lastOwnState;
    this.#lastOwnState = state;
    if (state.deaf !== last.deaf) this.events.push({ type: 'hindered', by: 'deaf', hindered: state.deaf });
    if (state.mute !== last.mute) this.events.push({ type: 'hindered', by: 'mute', hindered: state.mute });
    // On a stage everybody comes in suppressed: what is done about it is told elsewhere.
    const expected = state.suppress && !this.#supervisor.live && this.#around.isStage(this.channelId);
    if (state.suppress !== last.suppress && !expected) {
      this.events.push({ type: 'hindered', by: 'suppress', hindered: state.suppress });
    }
  }

  #watch(now: number): void {
    if (this.#liveAt > 0 && now - this.#liveAt >= NAMED_AGAIN_MS) {
      this.#liveAt = 0;
      for (const userId of this.#presence.missing()) this.#receiver.left(userId);
    }
    for (const userId of this.#departures.due((one) => this.#isHere(one))) this.#left(userId);
    if (!this.#supervisor.live || this.#lastOwnState.deaf) {
      this.#hearing.pause();
      return;
    }
    for (const { userId, remedy } of this.#hearing.due(now)) {
      if (remedy === 'tell') {
        this.events.push({ type: 'unheard', userId });
        continue;
      }
      this.#rejoinsAs = 'deaf';
      this.#log.warn({ guildId: this.guildId, userId }, 'somebody speaks and is not heard: rejoining');
      this.#supervisor.rejoin('deaf');
    }
  }

  #scheduleTick(fast: boolean): void {
    clearTimeout(this.#tick);
    this.#ticksFast = fast;
    const run = (): void => {
      const now = performance.now();
      this.#receiver.tick(now);
      this.#watch(now);
      this.#renewGroup(now);
      this.#scheduleTick(this.#receiver.busy);
    };
    this.#tick = setTimeout(run, fast ? TICK_MS : IDLE_TICK_MS);
  }

  #onDatagram(datagram: Buffer): void {
    if (this.#closed || this.#supervisor.heard(datagram)) return;
    this.#hearing.datagram(datagram, performance.now());
    this.#receiver.receive(datagram);
    if (!this.#ticksFast && this.#receiver.busy) this.#scheduleTick(true);
  }

  #wire(networking: Networking): void {
    if (this.#hooks.isHooked(networking)) return;
    this.#receiver.reset();
    this.#hearing.newConnection();
    this.#presence.unsettle();
    this.#departures.clear();
    this.#hooks.hook(networking);
  }

  #hooksOf(renewCommits: number): NetworkingHooks {
    const owner: NetworkingOwner = {
      wsHeard: () => this.#supervisor.wsHeard(),
      onSpeaking: (userId, ssrc, speaking) => {
        if (this.#closed) return;
        this.#departures.named(userId);
        this.#hearing.flag(userId, { ssrc, speaking, now: performance.now() });
        this.#receiver.name(ssrc, userId);
      },
      onConnected: (userId) => {
        if (!this.#closed) this.#joined(userId);
      },
      onDisconnected: (userId) => {
        if (this.#closed) return;
        if (this.#isHere(userId)) this.#departures.noted(userId, performance.now());
        else this.#left(userId);
      },
      onDatagram: (datagram) => this.#onDatagram(datagram),
      onKeys: (keys) => {
        this.#receiver.keys = keys;
      },
    };
    return new NetworkingHooks(owner, { log: this.#log, renewCommits });
  }

  #joined(userId: UserId): void {
    this.#departures.named(userId);
    this.#receiver.joined(userId);
  }

  #left(userId: UserId): void {
    this.#hearing.left(userId);
    this.#receiver.left(userId);
  }

  /** Whether the main gateway shows this person in the channel of the line. */
  #isHere(userId: UserId): boolean {
    return this.#around.isHere(userId, this.channelId) === true;
  }
}
