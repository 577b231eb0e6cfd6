import type {
  DiscordGatewayAdapterCreator,
  DiscordGatewayAdapterImplementerMethods,
  DiscordGatewayAdapterLibraryMethods,
} from '@discordjs/voice';
import type { GatewaySession } from '../client/gateway-session.ts';

/** https://docs.discord.com/developers/events/gateway-events#update-voice-state */
const VOICE_STATE = 4;
/** The two events of one place come within this time, in either order. Ms. */
const TOGETHER_MS = 5_000;

type StateUpdate = Parameters<DiscordGatewayAdapterLibraryMethods['onVoiceStateUpdate']>[0];
type ServerUpdate = Parameters<DiscordGatewayAdapterLibraryMethods['onVoiceServerUpdate']>[0];

/** A voice server to connect to, as VOICE_SERVER_UPDATE names it. */
export interface NamedServer {
  readonly endpoint: string;
  readonly token: string;
}

/** Where the bot sits, by the last words of the gateway. */
export interface SeatWords {
  /** Somebody else's hand or ours: it is in this channel now. Where its server is known already, onServer() follows. */
  onPlaced(state: StateUpdate & { readonly channel_id: string }): void;
  /** It is in no channel any more, and we did not ask for that. */
  onRemoved(): void;
  /** Another process with the same token took the place. */
  onTaken(): void;
  /** The voice server to connect to, perhaps not for the first time; undefined: it went away, another will be told. */
  onServer(server: NamedServer | undefined): void;
  /** The guild is gone, or the gateway closed for good. */
  onDestroyed(): void;
}

/**
 * The bot's voice state in one guild on Discord's main gateway: asks for a place, and tells what comes of it. A place is
 * told in two events, VOICE_STATE_UPDATE and VOICE_SERVER_UPDATE, which come in either order, late, and more than once.
 */
export class VoiceMembership {
  readonly #guildId: string;
  readonly #adapter: DiscordGatewayAdapterImplementerMethods;
  readonly #session: GatewaySession;
  readonly #words: SeatWords;
  #state: (StateUpdate & { readonly channel_id: string }) | undefined;
  /** The channel that was asked for last. */
  #askedFor: string | undefined;
  /** The last server that was named. */
  #server: (NamedServer & { readonly at: number }) | undefined;
  /** #server came without a place: that of the next place, if it comes soon. */
  #isServerFree = false;
  /** A place came without its server. */
  #isServerDue = false;
  #closed = false;

  constructor(options: {
    guildId: string;
    adapterCreator: DiscordGatewayAdapterCreator;
    session: GatewaySession;
    words: SeatWords;
  }) {
    this.#guildId = options.guildId;
    this.#session = options.session;
    this.#words = options.words;
    this.#session.seated(this.#guildId, this);
    this.#adapter = options.adapterCreator({
      onVoiceStateUpdate: (state) => this.#onState(state),
      onVoiceServerUpdate: (server) => this.#onServer(server),
      destroy: () => {
        if (!this.#closed) this.#words.onDestroyed();
      },
    });
  }

  /** The session and user to identify with; undefined before the first place. */
  get identity(): { readonly sessionId: string; readonly userId: string } | undefined {
    return this.#state && { sessionId: this.#state.session_id, userId: this.#state.user_id };
  }

  /** Asks for a place. False: the gateway is away, nothing was sent. */
  ask(channelId: string): boolean {
    this.#askedFor = channelId;
    return this.#send(channelId);
  }

  /** Gives the place up and asks for it again: Discord names a server again only for a new place. */
  askAnew(channelId: string): boolean {
    return this.#send(null) && this.ask(channelId);
  }

  /** The gateway has a new session: what the old one told of the place counts no more. */
  forget(): void {
    this.#state = undefined;
    this.#server = undefined;
    this.#isServerFree = false;
    this.#isServerDue = false;
  }

  /** Leaves. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    // A later conversation has the place, and the adapter of its guild: neither is ours to give up.
    if (!this.#session.isSeated(this.#guildId, this)) return;
    // At most 120 messages a minute may be sent, and discord.js makes what is more wait.
    if (this.#askedFor !== undefined) this.#send(null);
    this.#session.unseated(this.#guildId, this);
    this.#adapter.destroy();
  }

  #send(channelId: string | null): boolean {
    const d = { guild_id: this.#guildId, channel_id: channelId, self_deaf: false, self_mute: false };
    if (!this.#adapter.sendPayload({ op: VOICE_STATE, d })) return false;
    this.#session.asked(this.#guildId, channelId);
    return true;
  }

  #onState(state: StateUpdate): void {
    if (this.#closed || this.#session.isRepeat) return;
    const { channel_id: channelId, session_id: sessionId } = state;
    const owner = this.#session.ownerOf(sessionId);
    if (owner !== 'own') {
      if (owner === 'foreign' && channelId !== null && this.#state) this.#words.onTaken();
      return;
    }
    const meaning = this.#session.meaningOf(this.#guildId, state);
    if (meaning === 'echo') return;
    if (channelId === null) {
      // Without a place there is none to be taken away: this is an old one's end.
      if (meaning === 'news' && this.#state) this.#words.onRemoved();
      return;
    }
    // Whoever has no place yet cannot have been moved.
    if (!this.#state && channelId !== this.#askedFor) return;
    const isNew = meaning === 'answer' || this.#state?.channel_id !== channelId;
    this.#state = { ...state, channel_id: channelId };
    this.#words.onPlaced(this.#state);
    if (isNew) this.#pair();
  }

  /** A new place: its server is the one that was named just before, or the next one. */
  #pair(): void {
    const server = this.#server;
    const isKnown = server !== undefined && this.#isServerFree && performance.now() - server.at < TOGETHER_MS;
    this.#isServerFree = false;
    this.#isServerDue = !isKnown;
    if (isKnown) this.#words.onServer(server);
  }

  #onServer({ endpoint, token }: ServerUpdate): void {
    if (this.#closed || this.#session.isRepeat) return;
    if (!endpoint) {
      this.#isServerFree = false;
      if (this.#state) this.#words.onServer(undefined);
      return;
    }
    const isSame = this.#server?.endpoint === endpoint && this.#server.token === token;
    if (!isSame) {
      this.#server = { endpoint, token, at: performance.now() };
      this.#isServerFree = !this.#isServerDue;
      this.#isServerDue = false;
    }
    if (this.#state) this.#words.onServer({ endpoint, token });
  }
}
