import { Networking, NetworkingStatusCode } from '@discordjs/voice';
import type { Logger } from 'pino';
import { LineLostError } from '../../../ports/errors.ts';
import { GatewayOutage, SESSION_LASTS_MS, wasTakenAway } from '../gateway-outage.ts';
import { type NamedServer, VoiceMembership } from '../voice-membership.ts';
import { certificateTrouble, type LinkPatience, policyFor } from './close-codes.ts';
import { RepeatedDiscovery } from './ip-discovery.ts';
import { LinkHealth } from './link-health.ts';
import type { LinkState } from './link-state.ts';
import { Recovery } from './recovery.ts';
import type { OwnState, SupervisorOptions } from './supervisor-options.ts';

const REMOVED = 'Somebody disconnected me from the voice channel.';

/** Told late, with the events that a resumed session brings, or not at all. */
const REMOVED_UNSEEN =
  'I had no connection to Discord for a moment, and meanwhile I was taken out of the voice channel, perhaps by a moderator.';

const TAKEN =
  'Another process with my token took my place in the voice channel. Whoever runs me has to stop one of the two.';

/** A gateway that has been away for so long does not come back: the process ends before. Ms. */
const ABSENT_MS = 15 * 60_000;

/**
 * Keeps the bot in its voice channel: asks for the place, makes connections one at a time, and decides what each end of
 * one means. The only place in which Discord's voice is tried again.
 */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #patience: LinkPatience;
  readonly #log: Logger;
  readonly #seat: VoiceMembership;
  readonly #absence: GatewayOutage;
  readonly #recovery: Recovery;
  readonly #discovery: RepeatedDiscovery;
  #channelId: string;
  #state: LinkState = { status: 'waiting' };
  #timer: NodeJS.Timeout | undefined;
  #settle: { resolve: () => void; reject: (error: LineLostError) => void; deadline: NodeJS.Timeout } | undefined;
  #lastError: Error | undefined;
  /** What had been heard of the gateway when it was asked for a place last. */
  #askedAt: string | undefined;
  /** What the last connection was made to, and when. */
  #server: (NamedServer & { readonly at: number }) | undefined;
  /** Its server was said to have gone away, which it may just not have been told in order. */
  #isServerDoubtful = false;
  /** The voice server let the bot go (4014) since it last connected. */
  #wasDismissed = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#patience = options.patience;
    this.#log = options.log.child({ guildId: options.guildId });
    this.#channelId = options.channelId;
    this.#seat = new VoiceMembership({
      ...options,
      words: {
        onPlaced: (state) => this.#onPlaced(state.channel_id, state),
        onRemoved: () => this.#leave(this.#absence.isLong ? REMOVED_UNSEEN : REMOVED),
        onTaken: () => this.#leave(TAKEN),
        onServer: (server) => this.#onServer(server),
        onDestroyed: () => this.#leave('My connection to Discord was closed.'),
      },
    });
    this.#recovery = new Recovery(options.patience);
    this.#discovery = new RepeatedDiscovery(options.patience.discoveryMs);
    this.#absence = new GatewayOutage(options.gateway, ({ isNew, awayMs }) => {
      if (isNew) this.#onNewSession(awayMs);
      else this.#onResumed();
    });
  }

  get channelId(): string {
    return this.#channelId;
  }

  /** The connection over which sound flows now. */
  get live(): Networking | undefined {
    return this.#state.status === 'live' ? this.#state.networking : undefined;
  }

  /** Joins. Resolves when sound can flow; rejects with LineLostError after `timeoutMs`. Call it once. */
  join(timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => {
        // A full channel and a missing permission yield no event at all, only silence.
        const late = `Discord did not let me into the voice channel within ${Math.round(timeoutMs / 1000)} s. Try \`/join\` again.`;
        this.#lose(this.#options.obstacle(this.#channelId) ?? certificateTrouble(this.#lastError) ?? late, true);
      }, timeoutMs);
      this.#settle = { resolve, reject, deadline };
      this.#ask();
    });
  }

  /** Gives the connection up for a new one, because it does not do what it should. */
  rejoin(why: string): void {
    if (this.#state.status === 'live') this.#retry(why, 'I could not get back into the voice channel.');
  }

  /**
   * Discord shows the bot in this channel (null: in none), whatever events told: goes there, or gives the place up. While
   * a place is being asked for, or the gateway is away, this says nothing.
   */
  shown(channelId: string | null): void {
    if (this.#over || this.#settle || !this.#options.gateway.connected) return;
    const { status } = this.#state;
    if (channelId === null) {
      if (status === 'live') this.#leave(REMOVED_UNSEEN);
    } else if (channelId !== this.#channelId) this.#follow(channelId);
  }

  /** Why the bot cannot be in its channel any more is known before its place is gone. */
  obstructed(): void {
    const obstacle = this.#options.obstacle(this.#channelId);
    if (obstacle !== undefined) this.#leave(obstacle);
  }

  /** A datagram came from the voice server. Gives whether it was none of sound. */
  heard(datagram: Buffer): boolean {
    return this.#state.status === 'live' && this.#state.pulse.heard(datagram);
  }

  /** A message came on the voice websocket. */
  wsHeard(): void {
    if (this.#state.status === 'live') this.#state.pulse.wsHeard();
  }

  /** Leaves. Idempotent. */
  close(): void {
    if (this.#state.status === 'closed') return;
    this.#enter({ status: 'closed' });
    this.#recovery.close();
    clearTimeout(this.#settle?.deadline);
    this.#settle?.reject(new LineLostError('The call was ended while I was joining.', { retryable: false }));
    this.#settle = undefined;
    this.#absence.close();
    this.#seat.close();
  }

  // ---- Steps -----------------------------------------------------------------------------------------

  #ask(): void {
    this.#enter({ status: 'joining' });
    const { sign } = this.#options.gateway;
    // Nothing came since it was asked last: what is asked again would all be answered at once, some time.
    if (sign === this.#askedAt && this.#options.gateway.connected) {
      this.#after(this.#patience.stepMs, () => this.#ask());
      return;
    }
    this.#askedAt = sign;
    // Discord names the server again only for a new place (discordjs/discord.js #9195): the second attempt leaves first.
    const sent = this.#recovery.attempts >= 2 ? this.#seat.askAnew(this.#channelId) : this.#seat.ask(this.#channelId);
    if (sent) this.#expect('Discord did not let me back into the voice channel.');
    else this.#awaitGateway();
  }

  /** Nothing can be asked for: that is nobody's refusal, and ends with the gateway's return, which says more. */
  #awaitGateway(): void {
    this.#recovery.broke(performance.now());
    this.#enter({ status: 'waiting' });
    this.#after(this.#patience.backOffCapMs, () => this.#ask());
  }

  #expect(message: string): void {
    this.#after(this.#patience.stepMs, () => this.#retry('no answer in time', message));
  }

  /** Once more, after a pause; or never again, where it has been enough. `refused`: Discord said no. */
  #retry(why: string, message: string, refused = false): void {
    if (this.#over) return;
    const now = performance.now();
    const pauseMs = this.#recovery.failed(now, refused);
    this.#enter({ status: 'waiting' });
    // Without Discord nothing can be said of what it would let us.
    const isEnough = !this.#settle && this.#options.gateway.alive && this.#recovery.isTooLong(now);
    if (pauseMs === undefined || isEnough) {
      this.#lose(this.#options.obstacle(this.#channelId) ?? certificateTrouble(this.#lastError) ?? message, true);
      return;
    }
    this.#log.info({ attempt: this.#recovery.attempts, pauseMs, why }, 'voice connection: trying again');
    this.#after(pauseMs, () => this.#ask());
  }

  #connect(endpoint: string, token: string): void {
    const identity = this.#seat.identity;
    if (!identity) return;
    this.#recovery.broke(performance.now());
    this.#server = { endpoint, token, at: performance.now() };
    this.#isServerDoubtful = false;
    this.#wasDismissed = false;
    const networking = new Networking(
      { endpoint, token, serverId: this.#options.guildId, channelId: this.#channelId, ...identity },
      { debug: false, daveEncryption: true },
    );
    networking.on('error', (error) => this.#onError(error));
    networking.on('close', (code) => this.#onClose(networking, code));
    networking.on('stateChange', (_, state) => this.#onNetworking(networking, state.code));
    this.#enter({ status: 'connecting', networking });
    this.#options.onNetworking(networking);
    this.#expect('The voice server of Discord did not answer.');
  }

  // ---- What is told -----------------------------------------------------------------------------------

  #onPlaced(channelId: string, { mute, deaf, suppress }: OwnState): void {
    if (this.#over) return;
    if (channelId !== this.#channelId) {
      this.#move(channelId);
      this.#expect('Somebody moved me, and Discord did not let me into the other voice channel.');
    }
    this.#options.onOwnState({ mute, deaf, suppress });
  }

  /** Moved, and nothing told of it: asks for a server there. */
  #follow(channelId: string): void {
    this.#move(channelId);
    this.#ask();
  }

  #move(channelId: string): void {
    this.#channelId = channelId;
    this.#recovery.broke(performance.now());
    this.#enter({ status: 'joining' });
    this.#options.onMoved(channelId);
  }

  #onServer(server: NamedServer | undefined): void {
    if (this.#over) return;
    const used = 'networking' in this.#state ? this.#server : undefined;
    if (server) {
      // Told once more: what is connected stays as it is.
      if (used?.endpoint === server.endpoint && used.token === server.token) return;
      this.#connect(server.endpoint, server.token);
      return;
    }
    if (used && performance.now() - used.at < this.#patience.lateMs) {
      // Older than the name of the server in use, in all likelihood; if not, its websocket says so.
      this.#isServerDoubtful = true;
      return;
    }
    this.#awaitServer();
  }

  #awaitServer(): void {
    // "endpoint null: the voice server has gone away and is being reallocated", until when one should not connect:
    // https://docs.discord.com/developers/events/gateway-events#voice-server-update
    this.#recovery.broke(performance.now());
    this.#enter({ status: 'waiting' });
    this.#expect("Discord's voice server went away, and I got no other one.");
  }

  /** The old session took the bot's place with it, or somebody did so unseen: then it is not for us to come back. */
  #onNewSession(awayMs: number): void {
    if (this.#over) return;
    const now = performance.now();
    this.#seat.forget();
    const shownIn = this.#options.shownIn();
    const { status } = this.#state;
    const last = { awayMs, status, isShown: shownIn !== null, wasDismissed: this.#wasDismissed };
    if (!this.#settle && wasTakenAway(last)) {
      this.#leave(REMOVED_UNSEEN);
      return;
    }
    this.#recovery.broke(now);
    this.#recovery.beginAgain(now);
    this.#log.info({ awayMs: Math.round(awayMs) }, 'voice connection: the gateway has a new session, joining anew');
    if (!this.#settle && shownIn !== null && shownIn !== this.#channelId) this.#follow(shownIn);
    else this.#ask();
  }

  /** What happened to the place meanwhile was told. Whoever waited for the gateway need not wait any longer. */
  #onResumed(): void {
    this.#recovery.beginAgain(performance.now());
    const { status } = this.#state;
    // What the voice server ended, somebody may have ended: then there is a word to wait for.
    if ((status === 'waiting' && !this.#wasDismissed) || status === 'joining') this.#ask();
  }

  #onNetworking(networking: Networking, code: NetworkingStatusCode): void {
    if (this.#over || !('networking' in this.#state) || this.#state.networking !== networking) return;
    if (code === NetworkingStatusCode.Ready) this.#onReady(networking);
    else if (code === NetworkingStatusCode.UdpHandshaking) this.#discovery.begin(networking);
    else if (code === NetworkingStatusCode.Resuming) {
      this.#recovery.broke(performance.now());
      // The library resumes without pause or end: a second time in a row is not left to it.
      if (this.#state.status !== 'live') {
        this.#retry('could not resume', 'The voice connection to Discord broke and did not come back.');
        return;
      }
      this.#enter({ status: 'resuming', networking });
      this.#after(this.#patience.resumeMs, () => this.#retry('could not resume', 'The voice connection broke.'));
    }
  }

  #onReady(networking: Networking): void {
    if (this.#state.status === 'live') return;
    const missingMs = this.#recovery.held(performance.now());
    const gapMs = this.#settle ? 0 : missingMs;
    const onDead = (what: string): void => this.#retry(`no sign of life: ${what}`, 'The voice connection died.');
    this.#enter({
      status: 'live',
      networking,
      pulse: new LinkHealth(networking, { patience: this.#patience, onDead }),
    });
    const settle = this.#settle;
    this.#settle = undefined;
    clearTimeout(settle?.deadline);
    settle?.resolve();
    this.#options.onLive(gapMs);
  }

  #onClose(networking: Networking, code: number): void {
    if (this.#over || !('networking' in this.#state) || this.#state.networking !== networking) return;
    const { remedy, message } = policyFor(code);
    this.#log.info({ code, remedy }, 'voice connection closed');
    switch (remedy) {
      case 'rejoin':
        this.#retry(`closed with ${code}`, message, code >= 4_000);
        return;
      case 'wait':
        this.#recovery.broke(performance.now());
        if (this.#isServerDoubtful) {
          this.#awaitServer();
          return;
        }
        // By then its session may have ended by itself, and its place with it.
        this.#wasDismissed = this.#absence.forMs < SESSION_LASTS_MS;
        this.#enter({ status: this.#absence.isLong ? 'waiting' : 'dismissed' });
        this.#awaitWord(message);
        return;
      case 'end':
        this.#leave(message);
        return;
      default:
        remedy satisfies never;
    }
  }

  /** Without the gateway nobody can say whether it was a kick: then its return decides. */
  #awaitWord(message: string): void {
    this.#after(this.#patience.wordMs, () => {
      if (this.#options.gateway.connected || this.#absence.forMs >= ABSENT_MS) this.#leave(message);
      else this.#awaitWord(message);
    });
  }

  #onError(error: Error): void {
    // The same error again and again is worth one line.
    if (error.message !== this.#lastError?.message) this.#log.warn({ err: error }, 'voice connection');
    this.#lastError = error;
  }

  // ---- Ends -------------------------------------------------------------------------------------------

  get #over(): boolean {
    return this.#state.status === 'closed' || this.#state.status === 'leaving';
  }

  /** The place is gone and nobody comes back; what else Discord tells in a moment may say why. */
  #leave(message: string): void {
    if (this.#over) return;
    this.#enter({ status: 'leaving' });
    this.#after(this.#patience.settleMs, () => this.#lose(this.#options.obstacle(this.#channelId) ?? message, false));
  }

  #lose(message: string, retryable: boolean): void {
    if (this.#state.status === 'closed') return;
    const error = new LineLostError(message, { retryable });
    const settle = this.#settle;
    this.#settle = undefined;
    clearTimeout(settle?.deadline);
    this.close();
    if (settle) settle.reject(error);
    else this.#options.onLost(error);
  }

  /** Every change of state ends what belonged to the last one. */
  #enter(state: LinkState): void {
    const last = this.#state;
    this.#state = state;
    clearTimeout(this.#timer);
    this.#discovery.stop();
    if (last.status === 'live') last.pulse.close();
    if ('networking' in last && !('networking' in state && state.networking === last.networking)) {
      last.networking.destroy();
    }
  }

  #after(ms: number, act: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(act, ms);
  }
}
