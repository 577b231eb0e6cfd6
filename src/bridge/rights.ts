import type { Person, Room, Turn } from './ports.ts';
import { mcpName } from './session-options.ts';

/** How many turns are remembered; a tool call for an older one counts as by nobody known. */
const REMEMBERED = 400;

/** The turns of one bridge by id: the only way from a reply or a tool call to the people whom it answers. */
export class TurnBook {
  readonly #turns = new Map<number, Turn>();
  /** What each reply answers. */
  readonly #replies = new Map<string, readonly number[]>();

  add(turn: Turn): void {
    this.#turns.set(turn.id, turn);
    if (this.#turns.size > REMEMBERED) this.#turns.delete(this.#turns.keys().next().value as number);
  }

  /** A reply to these turns began. */
  replied(replyId: string, turnIds: readonly number[]): void {
    this.#replies.set(replyId, turnIds);
    if (this.#replies.size > REMEMBERED) this.#replies.delete(this.#replies.keys().next().value as string);
  }

  /** The known turns that a reply answers. */
  behind(replyId: string): Turn[] {
    return this.list(this.#replies.get(replyId) ?? []);
  }

  get(turnId: number): Turn | undefined {
    return this.#turns.get(turnId);
  }

  /** The turns that are known among these, in the given order. */
  list(turnIds: readonly number[]): Turn[] {
    return turnIds.flatMap((id) => this.#turns.get(id) ?? []);
  }

  /**
   * The people behind these turns, each once. `certain` only if every turn is known and has a known speaker, and there
   * is at least one: whoever is asked for rights must then ask for those that all of them share.
   */
  askers(turnIds: readonly number[]): { askers: Person[]; certain: boolean } {
    const askers = new Map<string, Person>();
    let certain = turnIds.length > 0;
    for (const id of turnIds) {
      const turn = this.#turns.get(id);
      if (turn?.userId) askers.set(turn.userId, { userId: turn.userId, name: turn.name });
      else certain = false;
    }
    return { askers: [...askers.values()], certain };
  }
}

/**
 * Whether the provider may run a call on a hosted MCP server for these people. What such a tool does is not known here,
 * so it is judged like one that writes: everybody behind the reply has to be known and allowed to write. `reason` is a
 * sentence that the model can pass on. Pure.
 */
export function judgeHosted(request: {
  readonly server: string;
  readonly askers: readonly Person[];
  readonly certain: boolean;
  readonly disabled: readonly string[];
  readonly room: Pick<Room, 'mayWrite'>;
}): { readonly allowed: boolean; readonly reason: string } {
  const { server, askers, certain, disabled, room } = request;
  const no = (reason: string) => ({ allowed: false, reason });
  if (disabled.includes(mcpName(server))) return no(`The tools of ${server} are switched off in this server.`);
  if (!certain || askers.length === 0) {
    return no(`It is not certain who asked, so the tools of ${server} may not be used now. The person can ask again.`);
  }
  const lacking = askers.filter(({ userId }) => !room.mayWrite(userId));
  if (lacking.length === 0) return { allowed: true, reason: 'Everybody who asked may use it.' };
  const names = lacking.map(({ name }) => JSON.stringify(name)).join(', ');
  return no(`The tools of ${server} are for people who may write in the text channel: not ${names}.`);
}
