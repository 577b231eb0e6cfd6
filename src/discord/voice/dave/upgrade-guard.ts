import type { DAVESession } from '@discordjs/voice';

/** How long unsealed packets may still be on the way after a call was sealed again, in seconds; the library's own. */
const PASSTHROUGH_S = 10;

/**
 * Works around a fault of @discordjs/voice 0.19.2: a call that goes down to no end-to-end encryption and up again by a new
 * group at transition 0 counts as downgraded for ever, because only a numbered transition ends that; and with it the
 * leave to decode what is not sealed. It can go when the library ends it; test/discord/voice/dave/upgrade-guard.test.ts says when.
 */
export function guardUpgrade(session: DAVESession): void {
  if (guarded.has(session)) return;
  guarded.add(session);
  const processCommit = session.processCommit.bind(session);
  const processWelcome = session.processWelcome.bind(session);
  session.processCommit = (payload) => upgraded(session, processCommit(payload));
  session.processWelcome = (payload) => upgraded(session, processWelcome(payload));
}

const guarded = new WeakSet<DAVESession>();

function upgraded<T extends ReturnType<DAVESession['processCommit']>>(session: DAVESession, result: T): T {
  const flags = session as unknown as { downgraded: boolean };
  if (result.success && result.transitionId === 0 && session.protocolVersion > 0 && flags.downgraded) {
    flags.downgraded = false;
    session.session?.setPassthroughMode(true, PASSTHROUGH_S);
  }
  return result;
}
