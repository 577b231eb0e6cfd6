import { KeyedQueue } from '../lib/keyed-queue.ts';
import type { Log } from '../lib/log.ts';
import { ContentRefusedError, PlaceRefusedError, wordsOf } from '../ports/errors.ts';
import type { RecordReader } from '../ports/record.ts';
import type { Report, ReportOutcome, Reports } from '../ports/rules.ts';
import type { UserId } from '../ports/voice.ts';
import type { ReportStore } from '../store/reports.ts';
import { reportLine, reportText } from './card-text.ts';
import type { ModeratorPosts } from './cards.ts';
import type { GuildRules } from './guild-rules.ts';

/** What is sealed of a channel. */
const SEALED_MS = 300_000;
/** A line that began before may reach into it. */
const LONGEST_LINE_MS = 60_000;
/** Of one person, and of everybody on a server, within ten minutes. */
const MOST_OF_ONE = 3;
const MOST_OF_ALL = 20;
const SPAN_MS = 600_000;
/** A report that could not be posted is tried again after this. */
const AGAIN_AFTER_MS = 60_000;

/** What it needs. `now` in ms since 1970. */
export interface ReportingDeps {
  readonly store: ReportStore;
  readonly rules: Pick<GuildRules, 'settings'>;
  readonly reader: Pick<RecordReader, 'lines'>;
  readonly posts: Pick<ModeratorPosts, 'post'>;
  readonly now: () => number;
  readonly log: Pick<Log, 'info' | 'warn'>;
}

/** Seals the last five minutes of a channel for its moderators: on disk first, then in their channel. */
export class Reporting implements Reports {
  readonly #deps: ReportingDeps;
  /** One of a guild at a time, so that nobody gets past the limit by asking twice at once. */
  readonly #working = new KeyedQueue();
  /** Guilds whose reports are to be brought again. */
  readonly #later = new Set<string>();

  constructor(deps: ReportingDeps) {
    this.#deps = deps;
  }

  report(wish: Parameters<Reports['report']>[0]): Promise<ReportOutcome> {
    return this.#working.run(wish.guildId, () => this.#report(wish));
  }

  /** Posts what no moderator has seen yet; without `guildId` in every guild. What fails is left for the next time. */
  async bring(guildId?: string): Promise<void> {
    const { store } = this.#deps;
    const guilds = guildId === undefined ? await store.waiting() : [guildId];
    const bringing = guilds.map((id) =>
      this.#working.run(id, async () => {
        for (const report of await store.unposted(id)) await this.#post(report);
      }),
    );
    await Promise.all(bringing);
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    await this.#working.settled();
  }

  async #report(wish: Parameters<Reports['report']>[0]): Promise<ReportOutcome> {
    const { store, now, log } = this.#deps;
    const at = now();
    const { guildId, channelId, by } = wish;
    // What was noted under a clock that was ahead says nothing.
    const times = async (who: UserId | null) =>
      (await store.times(guildId, who, at - SPAN_MS)).filter((one) => one <= at);
    const own = await times(by.userId);
    const all = await times(null);
    const full =
      own.length >= MOST_OF_ONE ? own.at(-MOST_OF_ONE) : all.length >= MOST_OF_ALL ? all.at(-MOST_OF_ALL) : null;
    if (full !== null && full !== undefined) return { kind: 'too-often', againAt: full + SPAN_MS };
    const { lines, speakers } = await this.#lines(guildId, channelId, at);
    if (lines.length === 0) return { kind: 'nothing' };
    const report = await store.add({ ...wish, text: lines.join('\n'), at, posted: null });
    log.info({ guildId, channelId, report: report.id }, 'somebody reported what was said');
    const silent = wish.about !== null && !speakers.has(wish.about.userId);
    const why = await this.#post(report);
    if (why !== undefined) return { kind: 'unposted', id: report.id, why };
    return { kind: 'sealed', id: report.id, lines: lines.length, silent };
  }

  async #lines(guildId: string, channelId: string, at: number) {
    const lines: string[] = [];
    const speakers = new Set<UserId>();
    const since = at - SEALED_MS - LONGEST_LINE_MS;
    for await (const line of this.#deps.reader.lines({ guildId, channelId, since })) {
      if (line.kind !== 'utterance' || line.text === '' || Math.max(line.endedAt, line.startedAt) < at - SEALED_MS)
        continue;
      if (line.userId !== null) speakers.add(line.userId);
      const who = line.userId === null ? `${line.name} (the model)` : `${line.name} (${line.userId})`;
      lines.push(
        reportLine({
          at: line.startedAt,
          who: line.by === 'person' && line.userId === null ? '' : who,
          text: line.text,
        }),
      );
    }
    return { lines, speakers };
  }

  /** What Discord did not take for now is tried again, not only after the next start. */
  #bringLater(guildId: string): void {
    if (this.#later.has(guildId)) return;
    this.#later.add(guildId);
    setTimeout(() => {
      this.#later.delete(guildId);
      this.bring(guildId).catch((error: unknown) => {
        this.#deps.log.warn({ err: error, guildId }, 'reports could not be brought to the moderators');
      });
    }, AGAIN_AFTER_MS).unref();
  }

  /** A sentence for why it could not be posted; undefined: it was. */
  async #post(report: Report): Promise<string | undefined> {
    const { rules, posts, store, log } = this.#deps;
    const { guildId, id } = report;
    const { channelId } = await rules.settings(guildId);
    if (channelId === null) return 'No channel is set for moderators.';
    try {
      const file = { name: `report-${id}.txt`, bytes: Buffer.from(`${report.text}\n`) };
      const at = { guildId, channelId, key: `report:${id}` };
      const posted = await posts.post(at, reportText(report), [], [file]).catch((error: unknown) => {
        if (!(error instanceof ContentRefusedError)) throw error;
        log.warn({ err: error, guildId, report: id }, 'a report was posted without its file');
        return posts.post(at, reportText(report, false), []);
      });
      await store.posted(id, posted);
      return undefined;
    } catch (error) {
      log.warn({ err: error, guildId, report: id }, 'a report could not be posted to the moderators');
      if (!(error instanceof PlaceRefusedError || error instanceof ContentRefusedError)) this.#bringLater(guildId);
      return wordsOf(error, 'It could not be posted.');
    }
  }
}
