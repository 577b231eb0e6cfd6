import type {
  DiscordGatewayAdapterCreator,
  DiscordGatewayAdapterImplementerMethods,
  DiscordGatewayAdapterLibraryMethods,
} from '@discordjs/voice';

/** https://docs.discord.com/developers/events/gateway-events#update-voice-state */
const VOICE_STATE = 4;

type StateUpdate = Parameters<DiscordGatewayAdapterLibraryMethods['onVoiceStateUpdate']>[0];
type ServerUpdate = Parameters<DiscordGatewayAdapterLibraryMethods['onVoiceServerUpdate']>[0];

/** Where the bot sits, by the last words of the gateway. */
export interface SeatWords {
  /** Somebody else's hand or ours: it is in this channel now. */
  onPlaced(state: StateUpdate & { readonly channel_id: string }): void;
  /** It is in no channel any more, and we did not ask for that. */
  onRemoved(): void;
  /** The voice server to connect to; undefined: it went away, another will be told. */
  onServer(server: { readonly endpoint: string; readonly token: string } | undefined): void;
  /** The guild is gone, or the gateway closed for good. */
  onDestroyed(): void;
}

/** The bot's voice state in one guild on Discord's main gateway: asks for a place, and tells what comes of it. */
export class VoiceSeat {
  readonly #guildId: string;
  readonly #adapter: DiscordGatewayAdapterImplementerMethods;
  readonly #words: SeatWords;
  #state: StateUpdate | undefined;
  /** We left only to come again: one removal is our own. */
  #leftOurselves = false;
  #closed = false;

  constructor(options: { guildId: string; adapterCreator: DiscordGatewayAdapterCreator; words: SeatWords }) {
    this.#guildId = options.guildId;
    this.#words = options.words;
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
    return this.#send(channelId);
  }

  /** Gives the place up and asks for it again: Discord names a server again only for a new place. */
  askAnew(channelId: string): boolean {
    if (!this.#send(null)) return false;
    this.#leftOurselves = true;
    return this.#send(channelId);
  }

  /** Leaves. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#send(null);
    this.#adapter.destroy();
  }

  #send(channelId: string | null): boolean {
    const d = { guild_id: this.#guildId, channel_id: channelId, self_deaf: false, self_mute: false };
    return this.#adapter.sendPayload({ op: VOICE_STATE, d });
  }

  #onState(state: StateUpdate): void {
    if (this.#closed) return;
    if (state.channel_id === null) {
      const own = this.#leftOurselves;
      this.#leftOurselves = false;
      if (!own) this.#words.onRemoved();
      return;
    }
    this.#leftOurselves = false;
    this.#state = state;
    this.#words.onPlaced({ ...state, channel_id: state.channel_id });
  }

  #onServer({ endpoint, token }: ServerUpdate): void {
    if (!this.#closed) this.#words.onServer(endpoint ? { endpoint, token } : undefined);
  }
}
