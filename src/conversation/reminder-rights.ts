import { ChannelType, type Client, PermissionFlagsBits } from 'discord.js';
import type { ChannelVisibility } from '../discord/guild/channel-visibility.ts';
import { userIn } from '../discord/guild/names.ts';
import type { Reminder } from '../ports/guild.ts';
import type { SettingsStore } from '../ports/settings.ts';
import type { UserId } from '../ports/voice.ts';

/** Who may get to know what a reminder says, at the moment at which it is due. */
export interface ReminderReach {
  /** Whether it is for a member of the server, still. */
  readonly isMember: boolean;
  /**
   * Whether everybody who gets to know what is said in a conversation in this voice channel may, and the person may speak
   * there: whoever is muted has the bot say nothing either.
   */
  mayBeSpoken(voiceChannelId: string): Promise<boolean>;
  /** Whether the person, and nobody who may not, reads what is posted in this channel. */
  mayBePosted(channelId: string): Promise<boolean>;
}

/** What a ReminderRights asks. */
export interface ReminderRightsDeps {
  readonly client: Client;
  readonly places: Pick<ChannelVisibility, 'look'>;
  readonly settings: Pick<SettingsStore, 'get'>;
}

/**
 * A reminder was made for those who could hear it then, and is brought later: by then the person may be gone, and others
 * may hear the bot. Discord is asked.
 */
export class ReminderRights {
  readonly #deps: ReminderRightsDeps;

  constructor(deps: ReminderRightsDeps) {
    this.#deps = deps;
  }

  /** `voiceChannelId`: where the bot is now. Rejects where Discord cannot be asked. */
  async of({ guildId, channelId, person }: Reminder, voiceChannelId: string | undefined): Promise<ReminderReach> {
    const here = voiceChannelId === undefined ? [] : this.#peopleIn(guildId, voiceChannelId);
    const sight = await this.#deps.places.look(guildId, [...new Set([person.userId, ...here])]);
    const made = { channelIds: [channelId], named: null };
    const isOpen = async (id: string): Promise<boolean> => id === channelId || (await sight.everyFollower(id, made));
    return {
      isMember: sight.reader(person.userId) !== undefined,
      mayBeSpoken: async (id) => {
        if (this.#isSilenced(guildId, person.userId)) return false;
        const { transcriptChannelId } = await this.#deps.settings.get(guildId);
        if (!(await isOpen(id)) || (transcriptChannelId !== null && !(await isOpen(transcriptChannelId)))) return false;
        // Somebody may have been brought here who could not come.
        return here.every((userId) => sight.hears(userId, channelId));
      },
      mayBePosted: async (id) => (await sight.shows(person.userId, id)) && (await isOpen(id)),
    };
  }

  /** By a moderator, in the channel where they are. */
  #isSilenced(guildId: string, userId: UserId): boolean {
    const state = this.#deps.client.guilds.cache.get(guildId)?.voiceStates.cache.get(userId);
    if (state?.serverMute || state?.suppress) return true;
    const { channel, member } = state ?? {};
    if (!channel || !member || channel.type === ChannelType.GuildStageVoice) return false;
    return !channel.permissionsFor(member).has(PermissionFlagsBits.Speak);
  }

  #peopleIn(guildId: string, channelId: string): readonly UserId[] {
    const guild = this.#deps.client.guilds.cache.get(guildId);
    const states = [...(guild?.voiceStates.cache.values() ?? [])].filter((state) => state.channelId === channelId);
    return states.flatMap(({ id }) => (guild && userIn(guild, id)?.bot ? [] : [id]));
  }
}
