import type { AsOf, ChannelVisibility, KnownReader, Sight } from '../discord/guild/channel-visibility.ts';
import type { Audience, ReadableChannels, ReaderEntry, Readers } from '../ports/reading.ts';
import type { RecordedLine, RecordReader } from '../ports/record.ts';
import type { SettingsStore } from '../ports/settings.ts';
import type { UserId } from '../ports/voice.ts';
import type { ReaderEntries } from '../store/reader-entries.ts';

/** What it is decided by. */
export interface ReadersDeps {
  readonly entries: Pick<ReaderEntries, 'of' | 'add' | 'remove'>;
  readonly places: Pick<ChannelVisibility, 'look'>;
  readonly settings: Pick<SettingsStore, 'get'>;
  readonly record: Pick<RecordReader, 'channels'>;
}

type Told = Pick<RecordedLine, 'channelId' | 'posts'>;

/** What one of them may read. */
interface Reach {
  readonly ids: readonly string[];
  /** Whether they may read what was posted in this channel. */
  posted(channelId: string): Promise<boolean>;
}

const NOTHING: Reach = { ids: [], posted: () => Promise.resolve(false) };
/** Where more people are, only what everybody in the guild may read is told. */
const MOST_ASKED_ABOUT = 50;

/** Who may read what was said: by role where the guild named readers, else by what Discord shows them. */
export class RecordReaders implements Readers {
  readonly #deps: ReadersDeps;

  constructor(deps: ReadersDeps) {
    this.#deps = deps;
  }

  async channelsFor(guildId: string, by: readonly UserId[], asOf: AsOf = 'now'): Promise<ReadableChannels> {
    const sight = await this.#deps.places.look(guildId, [...new Set(by)], asOf);
    const reaches = await this.#reaches(guildId, by, sight);
    const [first = NOTHING, ...others] = reaches;
    const ids = first.ids.filter((id) => others.every((other) => other.ids.includes(id)));
    return { ids, mayRead: mayReadOf(ids, reaches) };
  }

  async mayTell({ guildId, channelIds, people }: Audience): Promise<(line: Told) => Promise<boolean>> {
    const crowd = people.length > MOST_ASKED_ABOUT;
    const asked = crowd ? [] : people;
    const sight = await this.#deps.places.look(guildId, [...new Set(asked)]);
    const [entries, { transcriptChannelId }, reaches] = await Promise.all([
      this.entries(guildId),
      this.#deps.settings.get(guildId),
      this.#reaches(guildId, asked, sight),
    ]);
    const here = mayReadOf(undefined, reaches);
    const known = new Map<string, Promise<boolean>>();
    const followed = (needed: readonly string[]): Promise<boolean> => {
      const needs = { channelIds: needed, named: entries.length > 0 ? namedBy(entries) : null };
      return every([...new Set(channelIds)].map((id) => () => sight.everyFollower(id, needs)));
    };
    return async (line) => {
      if (crowd || !(await here(line))) return false;
      const posted =
        entries.length > 0
          ? []
          : [
              ...line.posts.map((post) => post.channelId),
              ...(transcriptChannelId === null ? [] : [transcriptChannelId]),
            ];
      const needed = [...new Set([line.channelId, ...posted])];
      const key = needed.sort().join();
      const told = known.get(key) ?? followed(needed);
      known.set(key, told);
      return told;
    };
  }

  async couldListen({ guildId, channelIds, people }: Audience): Promise<(channelId: string) => Promise<boolean>> {
    if (people.length > MOST_ASKED_ABOUT) return async () => false;
    const sight = await this.#deps.places.look(guildId, [...new Set(people)]);
    return (channelId) =>
      every([
        ...people.map((userId) => async () => sight.hears(userId, channelId)),
        ...channelIds.map((id) => () => sight.everyFollower(id, { channelIds: [channelId], named: null })),
      ]);
  }

  entries(guildId: string): Promise<readonly ReaderEntry[]> {
    return this.#deps.entries.of(guildId);
  }

  add(guildId: string, entry: ReaderEntry): Promise<boolean> {
    return this.#deps.entries.add(guildId, entry);
  }

  remove(guildId: string, entry: ReaderEntry): Promise<boolean> {
    return this.#deps.entries.remove(guildId, entry);
  }

  async #reaches(guildId: string, by: readonly UserId[], sight: Sight): Promise<readonly Reach[]> {
    const entries = await this.entries(guildId);
    return Promise.all([...new Set(by)].map((userId) => this.#reach(guildId, userId, { entries, sight })));
  }

  async #reach(
    guildId: string,
    userId: UserId,
    { entries, sight }: { readonly entries: readonly ReaderEntry[]; readonly sight: Sight },
  ): Promise<Reach> {
    const { record } = this.#deps;
    const reader = sight.reader(userId);
    if (!reader) return NOTHING;
    const all = sight.voiceChannels;
    // Nobody can be asked any more who saw a channel that was deleted.
    if (reader.managesServer) {
      return { ids: [...new Set([...all, ...(await record.channels(guildId))])], posted: () => Promise.resolve(true) };
    }
    const shown = (channelId: string): Promise<boolean> => sight.shows(userId, channelId);
    const seen = await filtered(all, shown);
    if (entries.length > 0) {
      return named(entries, userId, reader) ? { ids: seen, posted: () => Promise.resolve(true) } : NOTHING;
    }
    const { transcriptChannelId } = await this.#deps.settings.get(guildId);
    const reads = transcriptChannelId === null || (await shown(transcriptChannelId));
    return reads ? { ids: seen, posted: shown } : NOTHING;
  }
}

/** Whether all of them may read a line; asks of each channel once. `ids`: those that all may read, where that is known. */
function mayReadOf(ids: readonly string[] | undefined, reaches: readonly Reach[]): (line: Told) => Promise<boolean> {
  const known = new Map<string, Promise<boolean>>();
  const posted = (channelId: string): Promise<boolean> => {
    const asked = known.get(channelId) ?? every(reaches.map((reach) => () => reach.posted(channelId)));
    known.set(channelId, asked);
    return asked;
  };
  return async ({ channelId, posts }) => {
    if (ids ? !ids.includes(channelId) : reaches.some((reach) => !reach.ids.includes(channelId))) return false;
    return every(posts.map((post) => () => posted(post.channelId)));
  };
}

function namedBy(entries: readonly ReaderEntry[]) {
  const of = (wanted: ReaderEntry['kind']) => entries.flatMap(({ kind, id }) => (kind === wanted ? [id] : []));
  return { roleIds: of('role'), userIds: of('person') };
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
