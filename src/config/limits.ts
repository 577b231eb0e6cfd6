// What the operator lets the bot cost, and where: budgets, servers, how many conversations.
import { z } from 'zod';
import type { Provider } from '../ports/capabilities.ts';
import type { BudgetDefaults, CheaperModel, SpanLimits } from '../ports/usage.ts';

/** What a day of the whole bot may cost where neither a budget nor the servers are limited: any server may invite it. */
const OPEN_DAY_USD = 10;
const NONE: SpanLimits = Object.freeze({ day: 0, month: 0 });
/** `0,5` is no pair: it is half a dollar where decimals have a comma, and would be no limit for a day. */
const AMOUNT = /^\$?(\d+(?:\.\d+)?)(?:(?:\s*\/\s*|,\s+)\$?(\d+(?:\.\d+)?))?$/;

/** What limits the bot. */
export interface LimitsConfig {
  readonly budgets: BudgetDefaults;
  /** Nobody set a budget for the whole bot, and any server may invite it: BUDGET_TOTAL has its default. */
  readonly budgetIsDefault: boolean;
  readonly cheaperModel: CheaperModel | null;
  /** The only servers in which the bot stays; null: all. */
  readonly serversAllowed: readonly string[] | null;
  readonly serversBlocked: readonly string[];
  /** Conversations at a time; null: no limit. */
  readonly maxConversations: number | null;
}

/** What the whole bot may cost, for the log. undefined: nothing limits it. */
export function budgetTold({
  budgets,
  budgetIsDefault,
}: Pick<LimitsConfig, 'budgets' | 'budgetIsDefault'>): string | undefined {
  const { day, month } = budgets.bot;
  const parts = [...(day > 0 ? [`$${day} a day`] : []), ...(month > 0 ? [`$${month} a month`] : [])];
  if (parts.length === 0) return undefined;
  const told = `all servers together may cost ${parts.join(' and ')}`;
  if (!budgetIsDefault) return told;
  return `${told}, because any server may invite me: set BUDGET_TOTAL, or name the servers in SERVERS_ALLOWED`;
}

const dollars = z
  .string()
  .refine((text) => AMOUNT.test(text), {
    error: 'must be US dollars a day, such as 5 or 0.5, or a day and a month, such as 5/100 (0: no limit)',
  })
  .transform((text): SpanLimits => {
    const [, day, month] = AMOUNT.exec(text) ?? [];
    return { day: Number(day ?? 0), month: Number(month ?? 0) };
  })
  .optional();
const servers = z
  .string()
  .transform((text) => text.split(/[\s,;]+/).filter((id) => id !== ''))
  .refine((ids) => ids.length > 0 && ids.every((id) => /^\d{1,20}$/.test(id)), {
    error: 'must be server ids, digits only, with commas between: right-click the server, Copy Server ID',
  })
  .optional();

/** The variables behind it. */
export const limitVariables = {
  BUDGET_PER_PERSON: dollars,
  BUDGET_PER_SERVER: dollars,
  BUDGET_TOTAL: dollars,
  CHEAPER_MODEL: z
    .string()
    .regex(/^(?:(?:openai|azure|gemini|vertex):)?[\w./-]+$/, 'must be a model, such as openai:gpt-realtime-2.1-mini')
    .optional(),
  SERVERS_ALLOWED: servers,
  SERVERS_BLOCKED: servers,
  MAX_CONVERSATIONS: z
    .string()
    .regex(/^[1-9]\d{0,5}$/, 'must be a whole number from 1 on')
    .transform(Number)
    .optional(),
};

/** `provider`: whose model CHEAPER_MODEL is where it names none. */
export function limitsConfig(
  read: { [Name in keyof typeof limitVariables]?: z.output<(typeof limitVariables)[Name]> },
  provider: Provider,
): LimitsConfig {
  const { SERVERS_ALLOWED: serversAllowed = null, BUDGET_TOTAL: total } = read;
  const budgetIsDefault = total === undefined && serversAllowed === null;
  const [, of, model] = /^(?:(openai|azure|gemini|vertex):)?(.+)$/.exec(read.CHEAPER_MODEL ?? '') ?? [];
  return {
    budgets: {
      person: read.BUDGET_PER_PERSON ?? NONE,
      server: read.BUDGET_PER_SERVER ?? NONE,
      bot: total ?? (budgetIsDefault ? { day: OPEN_DAY_USD, month: 0 } : NONE),
    },
    budgetIsDefault,
    cheaperModel: model === undefined ? null : { provider: (of as Provider | undefined) ?? provider, model },
    serversAllowed,
    serversBlocked: read.SERVERS_BLOCKED ?? [],
    maxConversations: read.MAX_CONVERSATIONS ?? null,
  };
}
