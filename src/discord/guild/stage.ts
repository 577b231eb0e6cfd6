import { ChannelType, PermissionFlagsBits, type VoiceBasedChannel } from 'discord.js';
import type { Logger } from 'pino';

/**
 * In a stage channel everybody begins in the audience: becomes a speaker where the bot may, or asks to. Gives what to
 * tell people; undefined elsewhere. Never rejects. https://docs.discord.com/developers/resources/voice#modify-current-user-voice-state
 */
export async function takeTheStage(channel: VoiceBasedChannel, log: Logger): Promise<string | undefined> {
  const me = channel.guild.members.me;
  if (channel.type !== ChannelType.GuildStageVoice || !me) return undefined;
  const rights = channel.permissionsFor(me);
  try {
    if (rights.has(PermissionFlagsBits.MuteMembers)) {
      await me.voice.setSuppressed(false);
      return 'I am a speaker on this stage: you hear me.';
    }
    if (rights.has(PermissionFlagsBits.RequestToSpeak)) {
      await me.voice.setRequestToSpeak(true);
      return 'I asked to speak on this stage. Until a moderator lets me, I hear the speakers and nobody hears me.';
    }
  } catch (error) {
    log.warn({ err: error, channelId: channel.id }, 'could not become a speaker');
    return 'I could not become a speaker on this stage. A moderator can invite me to speak.';
  }
  return 'Nobody hears me on this stage: I lack **Mute Members** and **Request to Speak**. A moderator can invite me to speak, or grant me one of them.';
}
