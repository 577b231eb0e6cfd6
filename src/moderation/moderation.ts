import { setTimeout as wait } from 'node:timers/promises';
import { wallClock } from '../clock/wall-clock.ts';
import type { Log } from '../lib/log.ts';
import type { BridgeEvent } from '../ports/bridge-events.ts';
import type { Moderation } from '../ports/guild.ts';
import type { RecordReader } from '../ports/record.ts';
import type { MessageButton } from '../ports/room.ts';
import type { RuleCard } from '../ports/rules.ts';
import type { SettingsStore } from '../ports/settings.ts';
import type { StorageHealth } from '../ports/storage.ts';
import type { UserId } from '../ports/voice.ts';
import type { Database } from '../store/database/database.ts';
import { LateWork } from '../store/database/late-work.ts';
import type { TextCipher } from '../store/encryption/text-cipher.ts';
import type { PurgeTime } from '../store/record/purge-time.ts';
import { ReportStore } from '../store/reports.ts';
import { RuleCardStore } from '../store/rule-cards.ts';
import { RuleStore } from '../store/rules.ts';
import { type ModeratorPosts, RuleCards } from './cards.ts';
import { GuildRules } from './guild-rules.ts';
import { Reporting } from './reports.ts';
import { type Flagged, RuleScanner, type SpokenAt } from './rule-scanner.ts';

/** Sealed copies are evidence: so long they are kept, whatever else is deleted meanwhile. */
const REPORT_DAYS = 90;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
type Withdrawn = Parameters<RuleCards['withdraw']>[0];
/** Hits that wait for their card while nothing can be written. */
const MOST_WAITING = 500;

/** What it needs. */
export interface ModeratingDeps {
  readonly database: Database;
  readonly record: {
    readonly reader: RecordReader;
    readonly seal: TextCipher;
    readonly purgeTime: Pick<PurgeTime, 'next'>;
  };
  readonly settings: Pick<SettingsStore, 'get'>;
  readonly posts: ModeratorPosts;
  readonly moderation: Pick<Moderation, 'act'>;
  readonly buttons: (card: RuleCard) => readonly MessageButton[];
  readonly botName: (guildId: string) => string;
  readonly log: Log;
  /** Says when cards that could not be made are tried again. */
  readonly health?: StorageHealth;
  /** Around a hit; only tests need another than 30 s. */
  readonly contextMs?: number;
}

/** Everything that moderators are told by itself: hits of rules, and reports. Whoever made it closes it. */
export class Moderating {
  readonly rules: GuildRules;
  readonly cards: RuleCards;
  readonly reports: Reporting;
  readonly #watch: RuleScanner;
  readonly #late: LateWork<Flagged>;
  readonly #withdrawals: LateWork<Withdrawn>;
  readonly #deps: ModeratingDeps;
  readonly #stores: { readonly cards: RuleCardStore; readonly reports: ReportStore };
  readonly #ending = new AbortController();
  #purging: Promise<void> = Promise.resolve();

  constructor(deps: ModeratingDeps) {
    const { database, record, posts, moderation, buttons, botName, log, contextMs } = deps;
    const { reader, seal } = record;
    const now = () => wallClock.now();
    this.#deps = deps;
    this.#stores = { cards: new RuleCardStore(database, seal), reports: new ReportStore(database, seal) };
    this.rules = new GuildRules(new RuleStore(database));
    const shared = { rules: this.rules, reader, posts, now, log };
    this.cards = new RuleCards({
      ...shared,
      store: this.#stores.cards,
      moderation,
      buttons,
      ...(contextMs !== undefined && { contextMs }),
    });
    this.reports = new Reporting({ ...shared, store: this.#stores.reports });
    this.#late = new LateWork({
      what: 'cards of rules',
      act: (flagged) => this.cards.open(flagged),
      most: MOST_WAITING,
      lost: ({ guildId }, error) => log.warn({ err: error, guildId }, 'the card of a rule could not be made'),
      health: deps.health,
    });
    this.#withdrawals = new LateWork({
      what: 'cards of words that were taken back',
      act: (words) => this.cards.withdraw(words),
      most: MOST_WAITING,
      lost: ({ guildId }, error) =>
        log.warn({ err: error, guildId }, 'the card of words that were taken back could not be deleted'),
      health: deps.health,
    });
    this.#watch = new RuleScanner({
      rules: this.rules,
      health: deps.health,
      flag: (flagged) => this.#late.run(flagged),
      withdraw: (words) => this.#withdraw(words),
      botName,
      now,
      log,
    });
  }

  observe(event: BridgeEvent, place: SpokenAt): void {
    this.#watch.observe(event, place);
  }

  /** Brings to an end what an earlier process left, and begins to delete what is old. Rejects with StoreError. */
  async start(): Promise<void> {
    await this.cards.start();
    void this.reports.bring().catch((error: unknown) => {
      this.#deps.log.warn({ err: error }, 'reports that wait could not be posted');
    });
    this.#purging = this.#hourly();
  }

  /** After the conversations have ended. Idempotent. */
  async close(): Promise<void> {
    this.#ending.abort();
    await this.#watch.settled();
    await Promise.all([this.cards.close(), this.reports.settled(), this.#purging]);
  }

  /**
   * Takes a person's words out of the cards of a guild. Reports stay: they are sealed copies that somebody asked for, and
   * are deleted after 90 days. Rejects with StoreError.
   */
  async erase(guildId: string, userId: UserId): Promise<void> {
    await this.#watch.settled();
    this.#dropLate({ guildId, userId, since: 0 });
    await this.cards.erase(guildId, userId);
  }

  /** One purge: cards by the guild's retention, reports after 90 days. `at`: only tests. Rejects with StoreError. */
  async purge(at?: number): Promise<void> {
    const now = at ?? (await this.#deps.record.purgeTime.next());
    const { cards, reports } = this.#stores;
    for (const guildId of await cards.guilds()) {
      const { retentionDays } = await this.#deps.settings.get(guildId);
      await cards.purge(guildId, now - retentionDays * DAY_MS);
    }
    await reports.purge(now - REPORT_DAYS * DAY_MS);
  }

  #withdraw(words: Withdrawn): Promise<void> {
    this.#dropLate(words);
    return this.#withdrawals.run(words);
  }

  #dropLate(words: Withdrawn): void {
    this.#late.drop((card) => card.guildId === words.guildId && card.userId === words.userId && card.at >= words.since);
  }

  async #hourly(): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      await this.purge().catch((error: unknown) => {
        this.#deps.log.warn({ err: error }, 'old cards and reports could not be deleted; trying again in an hour');
      });
      await wait(HOUR_MS, undefined, { signal, ref: false }).catch(() => {});
      if (signal.aborted) return;
      await this.cards.start().catch((error: unknown) => {
        this.#deps.log.warn({ err: error }, 'cards that are not complete could not be read; trying again in an hour');
      });
    }
  }
}
