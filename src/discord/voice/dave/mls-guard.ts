import type { DAVESession } from '@discordjs/voice';
import type { Logger } from 'pino';

/**
 * Works around a fault of @discordjs/voice 0.19.2: an MLS error in `processProposals` or `setExternalSender` is thrown
 * inside the socket's message handler and ends the process (also projectdysnomia/dysnomia #235 in davey's other user).
 * And while a call has no end-to-end encryption, it answers a commit that it cannot read with op 31, but without the key
 * package that has to follow, so that it is put out of the group and not taken in again: then nothing is answered here.
 * It can go when the library does these itself; test/discord/voice/dave/mls-guard.test.ts says when.
 */
export function guardMls(session: DAVESession, log: Logger): void {
  if (guarded.has(session)) return;
  guarded.add(session);
  const processProposals = session.processProposals.bind(session);
  const setExternalSender = session.setExternalSender.bind(session);
  const recover = session.recoverFromInvalidTransition.bind(session);
  session.recoverFromInvalidTransition = (transitionId) => {
    if (session.protocolVersion > 0) recover(transitionId);
  };
  session.processProposals = (payload, clients) => {
    try {
      return processProposals(payload, clients);
    } catch (error) {
      log.warn({ err: error }, 'end-to-end encryption: a proposal was refused, asking to join the group anew');
      session.recoverFromInvalidTransition(session.lastTransitionId ?? 0);
      return undefined;
    }
  };
  session.setExternalSender = (sender) => {
    try {
      setExternalSender(sender);
    } catch (error) {
      log.warn({ err: error }, 'end-to-end encryption: the external sender was refused');
    }
  };
}

const guarded = new WeakSet<DAVESession>();
