import {
  type AutoModerationRule,
  AutoModerationRuleTriggerType,
  type Client,
  DiscordAPIError,
  PermissionFlagsBits,
} from 'discord.js';
import type { ForeignRules, Rule } from '../../ports/rules.ts';

/** Why what these look for cannot be taken. */
const ELSEWHERE: Readonly<Record<number, string>> = {
  [AutoModerationRuleTriggerType.Spam]: "it looks for spam by Discord's own means",
  [AutoModerationRuleTriggerType.KeywordPreset]: "it uses Discord's own lists of words, which nobody can read",
  [AutoModerationRuleTriggerType.MentionSpam]: 'it counts mentions, and nobody speaks those',
};

/**
 * What Discord's AutoMod of a guild looks for in messages. Rejects with an Error whose message a person can read.
 * https://docs.discord.com/developers/resources/auto-moderation
 */
export async function autoModRules(client: Client, guildId: string): Promise<ForeignRules> {
  const guild = client.guilds.cache.get(guildId);
  const me = guild?.members.me;
  if (!guild || !me) throw new Error('I am not on that server any more.');
  // Refused requests count towards a ban of the address: ask the cache first.
  if (!me.permissions.has(PermissionFlagsBits.ManageGuild)) throw new Error(LACKING);
  let found: Iterable<AutoModerationRule>;
  try {
    found = (await guild.autoModerationRules.fetch({ cache: false })).values();
  } catch (cause) {
    const words = cause instanceof DiscordAPIError ? `Discord refused it (${cause.code}).` : 'Discord did not answer.';
    throw new Error(words, { cause });
  }
  const rules: Omit<Rule, 'id'>[] = [];
  const left: string[] = [];
  for (const rule of found) {
    const why = obstacle(rule);
    if (why === undefined) rules.push(...taken(rule));
    else left.push(`${JSON.stringify(rule.name)}: ${why}.`);
    if (why === undefined && rule.exemptRoles.size + rule.exemptChannels.size > 0) {
      left.push(
        `${JSON.stringify(rule.name)}: that some roles or channels are exempt; here its words hold for everybody.`,
      );
    }
  }
  return { rules, left };
}

const LACKING =
  'I need the permission **Manage Server** to read the rules of AutoMod. Give it to my role, import, and take it away again.';

function obstacle({ enabled, triggerType }: AutoModerationRule): string | undefined {
  if (!enabled) return 'it is switched off';
  if (triggerType === AutoModerationRuleTriggerType.Keyword) return undefined;
  return ELSEWHERE[triggerType] ?? 'it looks at something other than messages';
}

function taken({ triggerMetadata }: AutoModerationRule): Omit<Rule, 'id'>[] {
  const { keywordFilter, regexPatterns, allowList } = triggerMetadata;
  return [
    ...keywordFilter.map((text) => ({ kind: 'word' as const, text })),
    ...regexPatterns.map((text) => ({ kind: 'pattern' as const, text })),
    ...allowList.map((text) => ({ kind: 'exception' as const, text })),
  ];
}
