import type { Client } from 'discord.js';
import type { CommandContext } from '../../commands/command.ts';
import { commands } from '../../commands/index.ts';
import { privateAnswer } from '../../commands/private-answer.ts';
import { wallClock } from '../clock/wall-clock.ts';
import type { Config } from '../config/config.ts';
import type { DecisionLog } from '../conversation/decision-log.ts';
import type { KnownTimes } from '../conversation/people/person-times.ts';
import type { ReminderScheduler } from '../conversation/reminder-scheduler.ts';
import { autoModRules } from '../discord/guild/auto-mod.ts';
import type { ButtonRoutes } from '../discord/interactions/buttons.ts';
import { dispatchCommands } from '../discord/interactions/dispatch.ts';
import { forgetButton, forgetRoutes } from '../discord/interactions/forget-buttons.ts';
import type { InteractionIntake } from '../discord/interactions/intake.ts';
import { reminderButtons, reminderRoutes } from '../discord/interactions/reminder-buttons.ts';
import { ruleRoutes } from '../discord/interactions/rule-buttons.ts';
import { type Claimant, FairQueue, NOBODY } from '../lib/fair-queue.ts';
import type { Log } from '../lib/log.ts';
import type { Models } from '../model/models.ts';
import type { Moderating } from '../moderation/moderation.ts';
import type { Bridges } from '../ports/conversation.ts';
import { BusyError } from '../ports/errors.ts';
import type { OwnRecords } from '../ports/personal-data.ts';
import { ConsentedLines } from '../record/consent-filter.ts';
import { drawUsage } from '../usage/chart/draw-usage.ts';
import type { UsageChart } from '../usage/chart/usage-chart.ts';
import type { UsageTracker } from '../usage/usage-tracker.ts';
import type { Reading } from './record-access.ts';
import type { Storage } from './storage.ts';
import type { Tooling } from './tools.ts';

export interface InteractionsDeps {
  readonly client: Client;
  readonly config: Pick<Config, 'privacyUrl'>;
  readonly storage: Storage;
  readonly intake: InteractionIntake;
  readonly bridges: Bridges;
  readonly models: Models;
  readonly spending: UsageTracker;
  readonly decisions: DecisionLog;
  readonly reminders: ReminderScheduler;
  readonly times: KnownTimes;
  readonly tooling: Tooling;
  readonly moderating: Moderating;
  readonly reading: Reading;
  readonly ownRecords: OwnRecords;
  readonly log: Log;
  readonly progressMs: number | undefined;
}

/** From now on commands, buttons and forms are answered, until the client is destroyed. */
export function answerInteractions(deps: InteractionsDeps): void {
  const { client, intake, progressMs } = deps;
  const context = contextOf(deps);
  dispatchCommands(client, commands, context, buttonsOf(deps, context), { intake, progressMs });
}

/** What each kind of button does: a new kind is one row. The dispatch turns pages itself. */
function buttonsOf(
  { moderating, tooling, reading, reminders, ownRecords, log }: InteractionsDeps,
  context: CommandContext,
): Omit<ButtonRoutes, 'page'> {
  return {
    ...ruleRoutes(moderating.cards),
    ...tooling.buttonRoutes,
    ...reading.privately.routes((pressed) => privateAnswer(pressed, context)),
    ...reminderRoutes(reminders),
    ...forgetRoutes({ ownRecords, log }),
  };
}

function contextOf(deps: InteractionsDeps): CommandContext & { readonly log: Log } {
  const { client, config, storage, bridges, models, decisions, reminders, times, ownRecords, log } = deps;
  const { cards, rules, reports } = deps.moderating;
  const { record, readers, audit, exports, summaries } = deps.reading;
  // Each picture has a thread of its own.
  const drawing = new FairQueue({ atOnce: 1, mostForPerson: 2, mostForGuild: 4, mostWaiting: 50 });
  return {
    ...deps.tooling.commands,
    bridges,
    settings: storage.settings,
    usage: deps.spending,
    drawUsage: (chart: UsageChart, by: Claimant = NOBODY) =>
      drawing.run(by, { tooMany: () => new BusyError('too many pictures'), work: () => drawUsage(chart) }),
    models,
    notes: storage.notes,
    reminders,
    times,
    reminderButtons,
    ownRecords,
    forgetButton,
    serverName: (guildId: string) => client.guilds.cache.get(guildId)?.name,
    sharedServers: (userId: string) =>
      [...client.guilds.cache.values()].flatMap(({ id, members }) => (members.cache.has(userId) ? [id] : [])),
    consent: storage.consent,
    privacyUrl: config.privacyUrl,
    record,
    readers,
    audit,
    consentedLines: (guildId: string) =>
      new ConsentedLines({ record, mayHear: (userId) => storage.consent.mayHear(guildId, userId) }),
    exports,
    summaries,
    decisions,
    clock: wallClock,
    rules,
    cards,
    reports,
    storage: storage.health,
    foreignRules: (guildId: string) => autoModRules(client, guildId),
    log,
  };
}
