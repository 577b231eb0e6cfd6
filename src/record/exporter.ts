import { FairQueue, NOBODY } from '../lib/fair-queue.ts';
import { BusyError } from '../ports/errors.ts';
import type { ExportedFiles, ExportRequest, TranscriptExports } from '../ports/export.ts';
import type { RecordReader } from '../ports/record.ts';
import { dayAt, dayName } from '../time/zones.ts';
import { Breath } from './export/breath.ts';
import { formatOf } from './export/formats.ts';
import { LinePieces } from './export/line-pieces.ts';
import { pack } from './export/pack.ts';
import { Timeline } from './export/timeline.ts';
import { minuteText } from './export/times.ts';

/** So much is in memory at most, whatever Discord takes. */
const MOST_BYTES = 100 * 2 ** 20;

/** How often an export begins anew because somebody had their words forgotten meanwhile. */
const MOST_ANEW = 5;

/** What exports are made from. `now` in ms since 1970. */
export interface ExporterDeps {
  readonly record: Pick<RecordReader, 'lines'>;
  readonly now: () => number;
}

/** Writes conversations of the record into files, one at a time, in turn by server and person: each is in memory until it is posted. */
export class Exporter implements TranscriptExports {
  readonly #deps: ExporterDeps;
  readonly #queue = new FairQueue({ atOnce: 1, mostForPerson: 2, mostForGuild: 6, mostWaiting: 200 });

  /** How often somebody was forgotten on a server. */
  readonly #forgotten = new Map<string, number>();

  constructor(deps: ExporterDeps) {
    this.#deps = deps;
  }

  /** Exports of this server that are under way have words of theirs in them: they are made anew. */
  erase(guildId: string): void {
    this.#forgotten.set(guildId, (this.#forgotten.get(guildId) ?? 0) + 1);
  }

  make(request: ExportRequest): Promise<ExportedFiles> {
    return this.#queue.run(request.by ?? { ...NOBODY, guildId: request.conversation.guildId }, {
      tooMany: () =>
        new BusyError('Other exports of yours or of this server are being made. Try again when you have them.'),
      work: () => this.#asItIs(request),
    });
  }

  /** Without what was forgotten while it was made. */
  async #asItIs(request: ExportRequest): Promise<ExportedFiles> {
    const { guildId } = request.conversation;
    for (let tries = 0; tries < MOST_ANEW; tries += 1) {
      const before = this.#forgotten.get(guildId);
      const made = await this.#make(request);
      if (this.#forgotten.get(guildId) === before) return made;
    }
    throw new BusyError('What is kept here changes all the time at the moment. Try again in a minute.');
  }

  async #make({ conversation, mayRead, zone = null, ...request }: ExportRequest): Promise<ExportedFiles> {
    const { guildId, id, startedAt } = conversation;
    const format = formatOf(request.format, zone);
    const pieces = new LinePieces(format.separator, MOST_BYTES);
    const timeline = new Timeline(startedAt);
    const breath = new Breath();
    let withheld = 0;
    let shown = 0;
    for await (const line of this.#deps.record.lines({ guildId, conversationId: id })) {
      if (await mayRead(line)) {
        const written = format.line(timeline.place(line));
        if (written !== undefined) {
          pieces.add(written);
          shown += 1;
        }
      } else withheld += 1;
      await breath.due();
    }
    const { lines, participants, endedAt } = timeline;
    const summary = {
      conversation,
      server: request.server,
      channel: request.channel,
      exportedAt: this.#deps.now(),
      endedAt: Math.max(endedAt, conversation.endedAt ?? 0),
      participants,
      lines,
    };
    const file = {
      name: `transcript-${nameOf(startedAt, zone)}`,
      extension: format.extension,
      head: format.head(summary),
      pieces: pieces.take(),
      separator: format.separator,
      foot: format.foot(summary),
    };
    return { ...(await pack(file, request.fileLimitBytes)), lines: shown, withheld };
  }
}

/** `2026-11-20-2014`. */
function nameOf(startedAt: number, zone: string | null): string {
  return `${dayName(dayAt(startedAt, zone ?? 'UTC'))}-${minuteText(startedAt, zone).replace(':', '')}`;
}
