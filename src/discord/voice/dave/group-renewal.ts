import type { DAVESession } from '@discordjs/voice';
import { DAVESession as Group } from '@snazzah/davey';
import type { Logger } from 'pino';

/** What was sealed before the renewal may be on its way; the library's own time for a transition, in ms. */
const FORMER_MS = 10_000;

/** In a channel in which somebody always speaks, so many times the commits are let come together. */
const PATIENCE = 4;

/**
 * @snazzah/davey 0.1.12 keeps 2 to 5 kB of native memory for every commit, until its session is reset or let go. This
 * has the end-to-end group take this client in anew, now and then, with a new session, so that what the old one has
 * gathered is given back: op 31 with a new key package, upon which the server removes and adds us in one commit (DAVE
 * protocol, "Recovery from Invalid Commit or Welcome"). The old session goes on opening what is sealed for it. Where the
 * server removes us first and adds us with the next commit, the few frames between are lost: so it is done while nobody
 * speaks. The bot's own voice would wait, so it has to be silent, too.
 */
export class GroupRenewal {
  readonly #dave: DAVESession;
  readonly #log: Logger;
  readonly #commits: number;
  #externalSender: Buffer | undefined;
  #seen = 0;
  #former: { readonly group: Group; readonly until: number } | undefined;

  /** Counts the commits of `dave` from now on. `commits`: after so many it is due. */
  constructor(dave: DAVESession, options: { log: Logger; commits: number }) {
    this.#dave = dave;
    this.#log = options.log;
    this.#commits = options.commits;
    const setExternalSender = dave.setExternalSender.bind(dave);
    const processCommit = dave.processCommit.bind(dave);
    dave.setExternalSender = (sender) => {
      setExternalSender(sender);
      this.#externalSender = Buffer.from(sender);
    };
    dave.processCommit = (payload) => {
      this.#seen += 1;
      return processCommit(payload);
    };
  }

  /** Enough has come together, and the group stands. `quiet`: nobody speaks; without a quiet moment it waits four times as long. */
  isDue(quiet: boolean): boolean {
    if (this.#seen < (quiet ? 1 : PATIENCE) * this.#commits) return false;
    return this.#dave.session?.ready === true && this.#externalSender !== undefined;
  }

  /** The session that opens what the present one does not. */
  former(now: number): Group | undefined {
    if (this.#former && now >= this.#former.until) this.#former = undefined;
    return this.#former?.group;
  }

  /** Asks to be taken in anew. Call it while the bot is silent. */
  renew(now: number): void {
    const dave = this.#dave;
    const group = dave.session as Group | undefined;
    if (!group || !this.#externalSender || dave.reinitializing) return;
    const commits = this.#seen;
    // Also where nothing comes of it: it is not tried at every tick.
    this.#seen = 0;
    const fresh = newGroup(group, this.#externalSender);
    if (!fresh) return;
    this.#log.debug({ commits }, 'end-to-end encryption: joining the group anew, to free its memory');
    this.#former = { group, until: now + FORMER_MS };
    dave.session = fresh;
    dave.recoverFromInvalidTransition(dave.lastTransitionId ?? 0);
  }
}

/** undefined: the server's credential is not one; then the session that took it goes on. */
function newGroup({ protocolVersion, userId, channelId }: Group, externalSender: Buffer): Group | undefined {
  try {
    const fresh = new Group(protocolVersion, userId, channelId);
    fresh.setExternalSender(externalSender);
    return fresh;
  } catch {
    return undefined;
  }
}
