// What the simulated Discord keeps. The forms on the wire are made of these in model/connection/model-socket.ts.

export interface User {
  readonly id: string;
  readonly username: string;
  readonly globalName: string | null;
  readonly bot: boolean;
}

export interface Role {
  readonly id: string;
  name: string;
  permissions: bigint;
  position: number;
  readonly managed: boolean;
  /** The bot whose own role it is. */
  readonly botId?: string;
}

/** `type` 0: `id` is a role, 1: a member. */
interface Overwrite {
  readonly id: string;
  readonly type: 0 | 1;
  allow: bigint;
  deny: bigint;
}

/** https://docs.discord.com/developers/resources/channel#channel-object-channel-types */
export const ChannelType = {
  text: 0,
  voice: 2,
  category: 4,
  announcement: 5,
  publicThread: 11,
  privateThread: 12,
  stage: 13,
} as const;
export type ChannelType = (typeof ChannelType)[keyof typeof ChannelType];

export interface Channel {
  readonly id: string;
  readonly guildId: string;
  readonly type: ChannelType;
  name: string;
  position: number;
  topic: string | null;
  overwrites: Overwrite[];
  userLimit: number;
  bitrate: number;
  rateLimitPerUser: number;
  /** For a thread: the channel that it is in. */
  parentId: string | null;
  /** Voice channels only. */
  status: string | null;
  lastMessageId: string | null;
  /** Threads only. */
  ownerId: string | null;
  archived: boolean;
  locked: boolean;
}

/** A thread of a text channel. */
export function isThread(channel: Channel): boolean {
  return channel.type === ChannelType.publicThread || channel.type === ChannelType.privateThread;
}

/** A channel that people speak in. */
export function isVoice(channel: Channel): boolean {
  return channel.type === ChannelType.voice || channel.type === ChannelType.stage;
}

export interface Member {
  readonly user: User;
  nick: string | null;
  roleIds: string[];
  readonly joinedAt: string;
  /** Muted and deafened by the server. */
  mute: boolean;
  deaf: boolean;
  /** Instant in ms since 1970, null: not timed out. */
  timedOutUntil: number | null;
}

/** Somebody's place in a voice channel. */
export interface VoicePlace {
  readonly userId: string;
  channelId: string;
  sessionId: string;
  selfMute: boolean;
  selfDeaf: boolean;
  /** May not speak: no Speak permission, or in a stage's audience. */
  suppress: boolean;
  requestToSpeakAt: string | null;
}

/** A file as it was uploaded. */
export interface StoredFile {
  readonly name: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/** A message as the simulator shows it to tests. Instants are performance.now(). */
export interface StoredMessage {
  readonly id: string;
  readonly channelId: string;
  readonly guildId: string;
  readonly authorId: string;
  content: string;
  embeds: readonly Json[];
  components: readonly Json[];
  attachments: {
    readonly id: string;
    readonly filename: string;
    readonly size: number;
    readonly content_type: string;
    readonly url: string;
  }[];
  /** The files behind the attachments, in the same order. */
  files: StoredFile[];
  flags: number;
  readonly at: number;
  /** Every later edit, with what it left. */
  readonly edits: { readonly at: number; readonly content: string }[];
  /** `everyone`, `here`, role and user ids that this message, or an edit of it, notified. Permissions are not looked at. */
  wouldPing: string[];
  /** `allowed_mentions` as sent last; undefined where the request had none. */
  allowedMentions: Json | undefined;
  readonly replyTo: string | null;
  readonly nonce: string | number | null;
  /** As the API gives it back; null where the message has none. */
  readonly poll: Json | null;
  /** For a reply to an interaction. */
  readonly interaction: {
    readonly id: string;
    readonly type: number;
    readonly userId: string;
    readonly name: string | null;
  } | null;
  editedAt: string | null;
  deleted: boolean;
}

/** A JSON object of the wire. */
// biome-ignore lint/suspicious/noExplicitAny: bodies from outside; every reader checks what it takes
export type Json = Record<string, any>;

/** Message flag "only the person who asked sees it". */
export const EPHEMERAL = 64;
/** Message flag "the application is thinking". */
export const LOADING = 128;
