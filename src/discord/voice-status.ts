import { type Client, GatewayDispatchEvents, PermissionFlagsBits, type VoiceChannel } from 'discord.js';
import type { Logger } from 'pino';

/**
 * The short texts under the names of voice channels. discord.js knows neither the endpoint nor the event:
 * https://docs.discord.com/developers/resources/channel#set-voice-channel-status
 */
export class VoiceStatuses {
  readonly #client: Client;
  readonly #log: Logger;
  /** What each channel's status was when last heard of. */
  readonly #known = new Map<string, string>();

  /** Make it before logging in, so that it hears of every change; it lives as long as the client. */
  constructor(client: Client, log: Logger) {
    this.#client = client;
    this.#log = log;
    // The event 'raw' carries every dispatch; its type is not declared.
    (client as unknown as NodeJS.EventEmitter).on(
      'raw',
      (packet: { t?: unknown; d?: { id?: unknown; status?: unknown } }) => {
        if (packet.t !== GatewayDispatchEvents.VoiceChannelStatusUpdate || typeof packet.d?.id !== 'string') return;
        this.#note(packet.d.id, packet.d.status);
      },
    );
  }

  /** Sets the status where the bot may and where nobody else's is known to stand. Gives whether it did; never rejects. */
  async show(channel: VoiceChannel, status: string): Promise<boolean> {
    const other = this.#known.get(channel.id);
    const me = channel.guild.members.me;
    if (other || !me || !channel.permissionsFor(me).has(PermissionFlagsBits.SetVoiceChannelStatus)) return false;
    return this.#put(channel, status);
  }

  /** Takes away a status that show() set, unless somebody wrote another one over it. Never rejects. */
  async clear(channel: VoiceChannel, status: string): Promise<void> {
    if (this.#known.get(channel.id) === status) await this.#put(channel, null);
  }

  async #put(channel: VoiceChannel, status: string | null): Promise<boolean> {
    try {
      await this.#client.rest.put(`/channels/${channel.id}/voice-status`, { body: { status } });
    } catch (error) {
      this.#log.debug({ err: error, channelId: channel.id }, 'the status of the voice channel could not be set');
      return false;
    }
    this.#note(channel.id, status);
    return true;
  }

  #note(channelId: string, status: unknown): void {
    if (typeof status === 'string' && status !== '') this.#known.set(channelId, status);
    else this.#known.delete(channelId);
  }
}
