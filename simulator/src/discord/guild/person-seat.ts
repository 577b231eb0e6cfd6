import { VoiceClient, type VoiceClientOptions } from '../voice/client.ts';
import type { PlaceHolder } from '../voice/place-holder.ts';
import type { VoicePlace } from './entities.ts';
import type { HomeGuild } from './home-guild.ts';
import type { GuildWorld } from './world.ts';

/** How a person comes into a voice channel. */
export interface JoinOptions {
  /** false: only seen in the channel, without a voice connection. */
  readonly connect?: boolean;
  readonly selfMute?: boolean;
  readonly selfDeaf?: boolean;
  /** Only these users are heard; spares work where many are in a channel. */
  readonly listensTo?: readonly string[];
  readonly encryptionMode?: VoiceClientOptions['encryptionMode'];
}

/** A person's part in voice: keeps the voice connection where the person's place is, also when somebody else moves them. */
export class PersonSeat {
  readonly #around: { guild: HomeGuild; world: GuildWorld; userId: string; name: string };
  readonly #sessionId: string;
  #voice: Promise<VoiceClient> | undefined;
  #client: VoiceClient | undefined;
  #joining: JoinOptions = {};
  /** Resolves when every connection that was given up has ended. */
  #ending = Promise.resolve();

  constructor(around: { guild: HomeGuild; world: GuildWorld; userId: string; name: string }) {
    this.#around = around;
    this.#sessionId = around.world.identity.secret();
  }

  /** Throws where there is no connection. */
  get client(): VoiceClient {
    if (!this.#client) throw new Error(`${this.#around.name} has no voice connection`);
    return this.#client;
  }

  /** Without options it is as last time. */
  async join(channelId: string, options: JoinOptions = this.#joining): Promise<void> {
    const { guild, userId, name } = this.#around;
    const obstacle = guild.places.obstacle(userId, channelId);
    if (obstacle) throw new Error(`${name} may not join ${channelId}: ${obstacle}`);
    this.#joining = options;
    const wish = { channelId, selfMute: options.selfMute ?? false, selfDeaf: options.selfDeaf ?? false };
    const holder: PlaceHolder = {
      served: (token, place) => this.#connect(token, place),
      unserved: () => void this.#hangUp(),
      left: () => void this.#hangUp(),
    };
    guild.places.request(userId, this.#sessionId, wish, holder);
    await this.#voice;
  }

  async leave(): Promise<void> {
    this.#around.guild.places.leave(this.#around.userId);
    await this.#hangUp();
  }

  #connect(token: string, place: VoicePlace): void {
    const { connect, listensTo, encryptionMode } = this.#joining;
    const old = this.#hangUp();
    if (connect === false) return;
    const { endpoint, certificate } = this.#around.world.voice;
    const { channelId, sessionId } = place;
    const options = {
      endpoint,
      certificate,
      token,
      sessionId,
      channelId,
      guildId: this.#around.guild.id,
      userId: this.#around.userId,
      ...(listensTo && { listensTo }),
      ...(encryptionMode && { encryptionMode }),
    };
    const connecting = old
      .then(() => VoiceClient.connect(options))
      .then((client) => {
        if (this.#voice === connecting) this.#client = client;
        return client;
      });
    // Whoever joined awaits it; after a move by another's hand nobody may.
    connecting.catch(() => {});
    this.#voice = connecting;
  }

  #hangUp(): Promise<void> {
    const voice = this.#voice;
    this.#voice = undefined;
    this.#client = undefined;
    this.#ending = this.#ending.then(async () => {
      const client = await voice?.catch(() => undefined);
      await client?.disconnect();
    });
    return this.#ending;
  }
}
