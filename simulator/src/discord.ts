export { localCertificate } from './discord/certificate.ts';
export { DaveGroup } from './discord/dave/group.ts';
export { ExternalSender } from './discord/dave/messages.ts';
export { type Faults, seededRandom } from './discord/faults.ts';
export type { GatewayFaults } from './discord/gateway/faults.ts';
export type { BotAccount } from './discord/guild/bot-accounts.ts';
export {
  type Channel,
  ChannelType,
  EPHEMERAL,
  isThread,
  type Json,
  type Member,
  type Role,
  type StoredMessage,
} from './discord/guild/entities.ts';
export type { GuildOptions, SimulatedGuild } from './discord/guild/guild.ts';
export {
  BOT_DEFAULT,
  channelPermissions,
  EVERYONE_DEFAULT,
  Permission,
  type PermissionName,
} from './discord/guild/permissions.ts';
export type { SimulatedPerson } from './discord/guild/person.ts';
export type { Answer } from './discord/interactions/answer.ts';
export type { RegisteredCommand } from './discord/rest/command-registry.ts';
export type { FaultedRequest, FaultRule, RestFault } from './discord/rest/faults.ts';
export type { RecordedRequest } from './discord/rest/rest.ts';
export { type DiscordOptions, SimulatedDiscord } from './discord/server.ts';
export { VoiceClientDave } from './discord/voice/client-dave.ts';
export { VoiceOp } from './discord/voice/messages.ts';
export { encodeSound } from './discord/voice/opus-packets.ts';
export type { RelayedPacket } from './discord/voice/relay.ts';
export { AUDIO_LEVEL_EXTENSION, writeRtpHeader } from './discord/voice/rtp.ts';
export { type EncryptionMode, Transport } from './discord/voice/transport.ts';
