import type { UserId } from './bridge/ports.ts';
import type { ReadableChannels, ReaderEntry, Readers } from './bridge/reading-ports.ts';
import type { RecordedLine, RecordReader } from './bridge/record-ports.ts';
import type { SettingsStore } from './bridge/room-ports.ts';
import type { KnownReader, ReadablePlaces } from './discord/readable-places.ts';
import type { ReaderEntries } from './store/reader-entries.ts';

/** What it is decided by. */
export interface ReadersParts {
  readonly entries: Pick<ReaderEntries, 'of' | 'add' | 'remove'>;
  readonly places: Pick<ReadablePlaces, 'reader' | 'voiceChannels' | 'shows'>;
  readonly settings: Pick<SettingsStore, 'get'>;
  readonly record: Pick<RecordReader, 'channels'>;
}

/** What one of them may read. */
interface Reach {
  readonly ids: readonly string[];
  /** Whether they may read what was posted in this channel. */
  posted(channelId: string): Promise<boolean>;
}

const NOTHING: Reach = { ids: [], posted: () => Promise.resolve(false) };

/** Who may read what was said: by role where the guild named readers, else by what Discord shows them. */
export class RecordReaders implements Readers {
  readonly #parts: ReadersParts;

  constructor(parts: ReadersParts) {
    this.#parts = parts;
  }

  async channelsFor(guildId: string, by: readonly UserId[]): Promise<ReadableChannels> {
    const entries = await this.entries(guildId);
    const reaches = await Promise.all([...new Set(by)].map((userId) => this.#reach(guildId, userId, entries)));
    const [first = NOTHING, ...others] = reaches;
    const ids = first.ids.filter((id) => others.every((other) => other.ids.includes(id)));
    const known = new Map<string, Promise<boolean>>();
    const posted = (channelId: string): Promise<boolean> => {
      const asked = known.get(channelId) ?? every(reaches.map((reach) => () => reach.posted(channelId)));
      known.set(channelId, asked);
      return asked;
    };
    return {
      ids,
      async mayRead({ channelId, posts }: Pick<RecordedLine, 'channelId' | 'posts'>) {
        if (!ids.includes(channelId)) return false;
        return every(posts.map((post) => () => posted(post.channelId)));
      },
    };
  }

  entries(guildId: string): Promise<readonly ReaderEntry[]> {
    return this.#parts.entries.of(guildId);
  }

  add(guildId: string, entry: ReaderEntry): Promise<boolean> {
    return this.#parts.entries.add(guildId, entry);
  }

  remove(guildId: string, entry: ReaderEntry): Promise<boolean> {
    return this.#parts.entries.remove(guildId, entry);
  }

  async #reach(guildId: string, userId: UserId, entries: readonly ReaderEntry[]): Promise<Reach> {
    const { places, record } = this.#parts;
    const reader = await places.reader(guildId, userId);
    if (!reader) return NOTHING;
    const all = places.voiceChannels(guildId);
    // Nobody can be asked any more who saw a channel that was deleted.
    if (reader.managesServer) {
      return { ids: [...new Set([...all, ...(await record.channels(guildId))])], posted: () => Promise.resolve(true) };
    }
    const shown = (channelId: string): Promise<boolean> => places.shows(guildId, userId, channelId);
    const seen = await filtered(all, shown);
    if (entries.length > 0) {
      return named(entries, userId, reader) ? { ids: seen, posted: () => Promise.resolve(true) } : NOTHING;
    }
    const { transcriptChannelId } = await this.#parts.settings.get(guildId);
    const reads = transcriptChannelId === null || (await shown(transcriptChannelId));
    return reads ? { ids: seen, posted: shown } : NOTHING;
  }
}

function named(entries: readonly ReaderEntry[], userId: UserId, { roleIds }: KnownReader): boolean {
  return entries.some(({ kind, id }) => (kind === 'role' ? roleIds.includes(id) : id === userId));
}

async function every(checks: readonly (() => Promise<boolean>)[]): Promise<boolean> {
  for (const check of checks) if (!(await check())) return false;
  return true;
}

async function filtered(ids: readonly string[], keep: (id: string) => Promise<boolean>): Promise<readonly string[]> {
  const kept = await Promise.all(ids.map(keep));
  return ids.filter((_, at) => kept[at]);
}
