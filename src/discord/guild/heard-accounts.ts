import type { Guild } from 'discord.js';
import type { UserId } from '../../ports/voice.ts';
import { HEARS_NO_BOT, type HearsBot } from './hears-bot.ts';
import { MemberLookup } from './member-lookup.ts';
import { userIn } from './names.ts';

/** What decides whose sound may be used on one server. */
export interface HeardAccountsDeps {
  readonly guild: Guild;
  /** Whether somebody wants to be heard. */
  readonly wants: (userId: UserId) => boolean;
  /** Bots that the server lets be heard, by their ids; asked every time. */
  readonly bots: () => readonly UserId[];
  /** Bots that count as people, rights and all; by default none. */
  readonly hearsBot?: HearsBot;
}

/**
 * Whose sound may be used on one server: of people who want to be heard, and of the bots that it names. Another bot's sound
 * is words of whoever made it speak, so by default it is nobody's: a member who may not use a tool could have it said by a
 * bot that may. An account of which nothing is known is looked up, and not heard until then.
 */
export class HeardAccounts {
  readonly #deps: HeardAccountsDeps;
  readonly #lookup: MemberLookup;

  constructor(deps: HeardAccountsDeps) {
    this.#deps = deps;
    this.#lookup = new MemberLookup(deps.guild);
  }

  /** Cheap: it is asked for every packet. */
  mayHear(userId: UserId): boolean {
    const isPerson = this.#isPerson(userId);
    if (isPerson === undefined) this.#lookup.need(userId);
    if (isPerson === undefined || !this.#deps.wants(userId)) return false;
    return isPerson || this.#deps.bots().includes(userId);
  }

  /** Whether it is a bot's account, or Discord's own, and not one that counts as a person. */
  isBot(userId: UserId): boolean {
    return this.#isPerson(userId) === false;
  }

  /** undefined: nothing is known of the account. */
  #isPerson(userId: UserId): boolean | undefined {
    const { guild, hearsBot = HEARS_NO_BOT } = this.#deps;
    if (hearsBot(guild.id, userId)) return true;
    const user = userIn(guild, userId);
    // discord.js knows no more than the id of some: the flag is null there.
    if (!user || user.bot === null || user.bot === undefined) return undefined;
    return !user.bot && !user.system;
  }
}
