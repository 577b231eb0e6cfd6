import type { Identity } from '../gateway/identity.ts';
import type { User } from './entities.ts';

/** A bot's account: what it logs in with, and who it then is. */
export interface BotAccount {
  readonly token: string;
  readonly user: User;
  /** Privileged intents that the application was granted (bits). */
  readonly grantedIntents: number;
}

/** The bots of the simulated Discord, by their tokens. */
export class BotAccounts {
  readonly #identity: Identity;
  readonly #byToken = new Map<string, BotAccount>();

  constructor(identity: Identity) {
    this.#identity = identity;
  }

  /** The application and its bot share an id, as with every application made since 2016. */
  make(name: string, grantedIntents = 0): BotAccount {
    const user = { id: this.#identity.entity(), username: name, globalName: null, bot: true };
    const token = `${Buffer.from(user.id).toString('base64url')}.simul8.${this.#identity.secret(19)}`;
    const account = { token, user, grantedIntents };
    this.#byToken.set(token, account);
    return account;
  }

  find(token: string): BotAccount | undefined {
    return this.#byToken.get(token);
  }
}
