import { FormFaults } from '../rest/discord-error.ts';
import type { Json } from './entities.ts';

/** https://docs.discord.com/developers/resources/auto-moderation#auto-moderation-rule-object-trigger-types */
const TriggerType = { keyword: 1, spam: 3, preset: 4, mentions: 5, profile: 6 } as const;
/** How many rules of a kind a guild can have. */
const MOST: Readonly<Record<number, number>> = { 1: 6, 3: 1, 4: 1, 5: 1, 6: 1 };

/** A rule as a moderator makes it in the server's settings. */
export interface AutoModWish {
  readonly name: string;
  readonly type: number;
  readonly enabled?: boolean;
  readonly keywords?: readonly string[];
  readonly patterns?: readonly string[];
  readonly allowed?: readonly string[];
  readonly presets?: readonly number[];
  readonly exemptRoles?: readonly string[];
}

/** The AutoMod of a guild. https://docs.discord.com/developers/resources/auto-moderation */
export class AutoModeration {
  readonly #rules: Json[] = [];
  readonly #guild: { readonly id: string; readonly ownerId: string };
  readonly #newId: () => string;

  constructor(guild: { readonly id: string; readonly ownerId: string }, newId: () => string) {
    this.#guild = guild;
    this.#newId = newId;
  }

  /** Throws 50035 where Discord would not take it. */
  create(wish: AutoModWish): void {
    const { name, type, keywords = [], patterns = [], allowed = [], presets = [] } = wish;
    const faults = new FormFaults();
    faults.text(name, 'name', { min: 1, max: 100, required: true });
    faults.choice(type, 'trigger_type', Object.keys(MOST).map(Number));
    const same = this.#rules.filter((rule) => rule.trigger_type === type).length;
    if (same >= (MOST[type] ?? 0)) faults.add('trigger_type', 'AUTO_MODERATION_MAX_RULES', 'Maximum number of rules');
    const lists: [list: readonly string[], path: string, most: number, longest: number][] = [
      [keywords, 'keyword_filter', 1000, 60],
      [patterns, 'regex_patterns', 10, 260],
      [allowed, 'allow_list', type === TriggerType.preset ? 1000 : 100, 60],
    ];
    for (const [list, path, most, longest] of lists) {
      faults.list(list, `trigger_metadata.${path}`, most).forEach((text, index) => {
        faults.text(text, `trigger_metadata.${path}.${index}`, { min: 1, max: longest, required: true });
      });
    }
    faults.check();
    this.#rules.push({
      id: this.#newId(),
      guild_id: this.#guild.id,
      name,
      creator_id: this.#guild.ownerId,
      event_type: type === TriggerType.profile ? 2 : 1,
      trigger_type: type,
      trigger_metadata: metadata(type, { keywords, patterns, allowed, presets }),
      actions: [{ type: 1, metadata: {} }],
      enabled: wish.enabled ?? true,
      exempt_roles: [...(wish.exemptRoles ?? [])],
      exempt_channels: [],
    });
  }

  list(): readonly Json[] {
    return this.#rules;
  }
}

/** Each kind of trigger has fields of its own. */
function metadata(
  type: number,
  wish: Required<Pick<AutoModWish, 'keywords' | 'patterns' | 'allowed' | 'presets'>>,
): Json {
  switch (type) {
    case TriggerType.keyword:
    case TriggerType.profile:
      return { keyword_filter: wish.keywords, regex_patterns: wish.patterns, allow_list: wish.allowed };
    case TriggerType.preset:
      return { presets: wish.presets, allow_list: wish.allowed };
    case TriggerType.mentions:
      return { mention_total_limit: 20, mention_raid_protection_enabled: true };
    default:
      return {};
  }
}
