import { type Client, Events, GatewayOpcodes, type Guild, Status } from 'discord.js';
import type { Logger } from 'pino';
import { sessionOf } from '../discord/client/gateway-session.ts';

/** How often all servers are looked at. Ms. */
const EVERY_MS = 60_000;
/** After a new or resumed session of the gateway: whoever wants the place back has said so by then. Ms. */
const SETTLED_MS = 2_000;

/** What it needs. */
export interface StrayPlacesDeps {
  readonly client: Client;
  /** Whether a conversation is there, wanted, or to be taken up again. Never rejects. */
  readonly isWanted: (guildId: string) => Promise<boolean>;
  readonly log: Logger;
  readonly everyMs?: number;
}

/**
 * Leaves voice channels in which Discord shows the bot and where it holds no conversation: it would sit there and hear
 * nothing. That is so after a leave which did not reach Discord, and for a while after a restart. Close it.
 */
export class StrayPlaces {
  readonly #deps: StrayPlacesDeps;
  readonly #timer: NodeJS.Timeout;
  #soon: NodeJS.Timeout | undefined;
  readonly #look = (): void => {
    clearTimeout(this.#soon);
    this.#soon = setTimeout(() => void this.look(), SETTLED_MS).unref();
  };

  constructor(deps: StrayPlacesDeps) {
    this.#deps = deps;
    this.#timer = setInterval(() => void this.look(), deps.everyMs ?? EVERY_MS).unref();
    deps.client.on(Events.ShardReady, this.#look);
    deps.client.on(Events.ShardResume, this.#look);
    deps.client.on(Events.GuildAvailable, this.#look);
    this.#look();
  }

  /** Leaves where it has to. Never rejects. */
  async look(): Promise<void> {
    await Promise.all([...this.#deps.client.guilds.cache.values()].map((guild) => this.#leave(guild)));
  }

  close(): void {
    const { client } = this.#deps;
    clearInterval(this.#timer);
    clearTimeout(this.#soon);
    client.off(Events.ShardReady, this.#look);
    client.off(Events.ShardResume, this.#look);
    client.off(Events.GuildAvailable, this.#look);
  }

  async #leave(guild: Guild): Promise<void> {
    const { client, isWanted, log } = this.#deps;
    const shownIn = (): string | null | undefined => guild.voiceStates.cache.get(client.user?.id ?? '')?.channelId;
    if (!shownIn() || (await isWanted(guild.id))) return;
    const channelId = shownIn();
    if (!channelId || guild.shard.status !== Status.Ready) return;
    log.info({ guildId: guild.id, channelId }, 'shown in a voice channel without a conversation: leaving it');
    sessionOf(client).asked(guild.id, null);
    guild.shard.send({
      op: GatewayOpcodes.VoiceStateUpdate,
      d: { guild_id: guild.id, channel_id: null, self_mute: false, self_deaf: false },
    });
  }
}
