import type { DAVESession } from '@discordjs/voice';
import { DAVESession as Group } from '@snazzah/davey';
import type { Logger } from 'pino';

/** What was sealed before the renewal may be on its way; the library's own time for a transition, in ms. */
const FORMER_MS = 10_000;

/**
 * @snazzah/davey 0.1.12 keeps 2 to 5 kB of native memory for every commit, until its session is reset or let go. This
 * has the end-to-end group take this client in anew, now and then, with a new session, so that what the old one has
 * gathered is given back: op 31 with a new key package, upon which the server removes and adds us in one commit (DAVE
 * protocol, "Recovery from Invalid Commit or Welcome"). The old session goes on opening what is sealed for it, so that
 * nothing that anybody says meanwhile is lost; what the bot plays would be, so it has to be silent.
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

  /** Enough has come together, and the group stands. */
  get isDue(): boolean {
    return this.#seen >= this.#commits && this.#dave.session?.ready === true && this.#externalSender !== undefined;
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
    const fresh = new Group(group.protocolVersion, group.userId, group.channelId);
    fresh.setExternalSender(this.#externalSender);
    this.#log.debug({ commits: this.#seen }, 'end-to-end encryption: joining the group anew, to free its memory');
    this.#seen = 0;
    this.#former = { group, until: now + FORMER_MS };
    dave.session = fresh;
    dave.recoverFromInvalidTransition(dave.lastTransitionId ?? 0);
  }
}
