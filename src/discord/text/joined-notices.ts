import { setTimeout as wait } from 'node:timers/promises';
import { ContentRefusedError } from '../../ports/errors.ts';

/** Lines of one post come within this time; then there is another one. */
const TOGETHER_MS = 10 * 60_000;
/** Between two edits. */
const EDIT_MS = 2_000;
/** Discord takes 2,000 characters. */
const MOST_CHARACTERS = 1_800;

/** One line, and what stands there where a rule of the server keeps out a name. */
export interface NoticeLine {
  readonly text: string;
  readonly bare: string;
  /** It stands in this message. */
  readonly onPosted: (messageId: string) => void;
}

/** Where the post stands. Both reject where Discord does not take it. */
export interface NoticePlace {
  post(text: string): Promise<string>;
  edit(messageId: string, text: string): Promise<void>;
}

interface Joined {
  readonly place: NoticePlace;
  readonly since: number;
  readonly lines: Map<string, NoticeLine>;
  /** Those that were told that they stand there. */
  readonly told: Set<NoticeLine>;
  /** undefined: it could not be posted. */
  readonly messageId: Promise<string | undefined>;
  editing: Promise<void> | undefined;
}

/**
 * Notices that anybody can bring about again and again, such as a choice that is changed forty times: they stand in one post
 * with the last word of each, so that they push nothing away that others have to read or press.
 */
export class JoinedNotices {
  readonly #place: () => NoticePlace;
  readonly #failed: (error: unknown) => void;
  #joined: Joined | undefined;

  /** `place`: where a new post goes. */
  constructor(place: () => NoticePlace, failed: (error: unknown) => void) {
    this.#place = place;
    this.#failed = failed;
  }

  /** What comes from now on stands in a post of its own. */
  separate(): void {
    this.#joined = undefined;
  }

  /** What was said of this key is not said again with what comes. */
  forget(key: string): void {
    this.#joined?.lines.delete(key);
  }

  /** Says it, in the place of what was said of the same `key` before. Resolves when it stands there. Never rejects. */
  async say(key: string, line: NoticeLine): Promise<void> {
    const joined = this.#joined;
    const length = [...(joined?.lines.values() ?? [])].reduce(
      (sum, { text }) => sum + text.length + 1,
      line.text.length,
    );
    if (!joined || performance.now() - joined.since > TOGETHER_MS || length > MOST_CHARACTERS) {
      await this.#begin(new Map([[key, line]]));
      return;
    }
    joined.lines.delete(key);
    joined.lines.set(key, line);
    joined.editing ??= this.#editSoon(joined);
    await joined.editing;
  }

  async #begin(lines: Map<string, NoticeLine>): Promise<void> {
    const place = this.#place();
    const messageId = allowing(lines, (text) => place.post(text)).catch((error: unknown) => {
      this.#failed(error);
      return undefined;
    });
    const joined: Joined = { place, since: performance.now(), lines, told: new Set(), messageId, editing: undefined };
    this.#joined = joined;
    const id = await messageId;
    if (id !== undefined) tell(joined, lines, id);
  }

  async #editSoon(joined: Joined): Promise<void> {
    await wait(EDIT_MS, undefined, { ref: false });
    const id = await joined.messageId;
    joined.editing = undefined;
    const lines = new Map(joined.lines);
    // All of them were taken back meanwhile: whoever did that edits what stands there.
    if (lines.size === 0) return;
    try {
      if (id === undefined) throw new Error('there is no post to edit');
      await allowing(lines, (text) => joined.place.edit(id, text));
      tell(joined, lines, id);
    } catch {
      // It was deleted, or never came: people are told all the same, in a post of its own.
      if (this.#joined === joined) await this.#begin(lines);
    }
  }
}

function tell({ told }: Joined, lines: ReadonlyMap<string, NoticeLine>, messageId: string): void {
  for (const line of lines.values()) {
    if (!told.has(line)) line.onPosted(messageId);
    told.add(line);
  }
}

/** Without names where a rule of the server keeps one out. */
async function allowing<Value>(
  lines: ReadonlyMap<string, NoticeLine>,
  send: (text: string) => Promise<Value>,
): Promise<Value> {
  const all = [...lines.values()];
  try {
    return await send(all.map(({ text }) => text).join('\n'));
  } catch (error) {
    if (!(error instanceof ContentRefusedError)) throw error;
    return send(all.map(({ bare }) => bare).join('\n'));
  }
}
