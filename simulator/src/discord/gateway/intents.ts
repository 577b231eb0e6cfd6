// https://docs.discord.com/developers/events/gateway#gateway-intents

export const Intent = {
  guilds: 1 << 0,
  guildMembers: 1 << 1,
  guildVoiceStates: 1 << 7,
  guildPresences: 1 << 8,
  guildMessages: 1 << 9,
  messageContent: 1 << 15,
} as const;

/** Intents that an application gets only when it was granted them in the developer portal. */
export const PRIVILEGED = Intent.guildMembers | Intent.guildPresences | Intent.messageContent;

const NEEDED: readonly (readonly [pattern: RegExp, intent: number])[] = [
  [
    /^(GUILD_(CREATE|UPDATE|DELETE|ROLE_\w+)|CHANNEL_\w+|THREAD_\w+|STAGE_INSTANCE_\w+|VOICE_CHANNEL_STATUS_UPDATE)$/,
    Intent.guilds,
  ],
  [/^GUILD_MEMBER_(ADD|UPDATE|REMOVE)$/, Intent.guildMembers],
  [/^VOICE_STATE_UPDATE$/, Intent.guildVoiceStates],
  [/^MESSAGE_(CREATE|UPDATE|DELETE|DELETE_BULK)$/, Intent.guildMessages],
];

/** The intent that a session needs to be told of an event; 0: none. */
export function intentOf(event: string): number {
  return NEEDED.find(([pattern]) => pattern.test(event))?.[1] ?? 0;
}
