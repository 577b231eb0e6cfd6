import { type DAVESession, type Networking, NetworkingStatusCode } from '@discordjs/voice';
import type { Logger } from 'pino';
import type { UserId } from '../../../ports/voice.ts';
import { isSealed } from './dave-decryptor.ts';
import type { GroupRenewal } from './group-renewal.ts';

/** davey's MediaType.AUDIO; its const enum does not exist at run time. */
const MEDIA_AUDIO = 0;
/** The version of DAVE in which packets are sealed; there is no other yet. */
const SEALED_VERSION = 1;

/**
 * End-to-end decryption as the networking has it at the time of each packet; a version of 0 means none. It throws where
 * a packet is not to be decoded. While the group is renewed, the former session's keys count too. The library's own
 * decrypt() is not used: it hands on what it cannot open.
 */
export function unsealerOf(
  networking: Networking,
  renewal: () => GroupRenewal | undefined,
): (userId: UserId, packet: Buffer) => Buffer {
  return (userId, packet) => {
    const dave = sessionOf(networking);
    const session = dave?.session;
    if (!dave || !session) {
      if (isSealed(packet)) throw new Error('sealed, and there is no session to open it');
      return packet;
    }
    // While a call goes down to no encryption or up again, both kinds are on their way (DAVE protocol, "Passthrough Mode").
    if (!isSealed(packet) && (dave.protocolVersion === 0 || wasDowngraded(dave))) return packet;
    try {
      if (!session.ready) throw new Error('the session is not ready');
      return session.decrypt(userId, MEDIA_AUDIO, packet);
    } catch (error) {
      const former = renewal()?.former(performance.now());
      if (!former) throw error;
      return former.decrypt(userId, MEDIA_AUDIO, packet);
    }
  };
}

/** The user ids of the end-to-end group's members; none without one. The library's types hide davey's getUserIds. */
export function membersOf(networking: Networking): readonly UserId[] {
  const session = sessionOf(networking)?.session as unknown as { ready: boolean; getUserIds(): UserId[] } | undefined;
  return session?.ready ? session.getUserIds() : [];
}

/**
 * Joins the end-to-end group anew, from whatever transition: op 31 with a new key package, upon which the server removes
 * and adds us (DAVE protocol, "Recovery from Invalid Commit or Welcome"). The library does so only when its last
 * transition was not 0, which is the one that a real call begins with.
 */
export function rejoinGroup(networking: Networking, log: Logger): void {
  const dave = sessionOf(networking);
  if (!dave) return;
  log.warn('end-to-end encryption: packets stay closed, asking to join the group anew');
  // Whoever is asked for this a second time had no answer to the first.
  dave.reinitializing = false;
  // Only sealed packets are refused while the call is said to have no encryption: the others never heard of that.
  if (dave.protocolVersion === 0) dave.protocolVersion = SEALED_VERSION;
  dave.recoverFromInvalidTransition(dave.lastTransitionId ?? 0);
}

/** Whether the people who are there can be heard: the end-to-end group stands and its first transition was executed. */
export function isGroupReady(networking: Networking | undefined): boolean {
  const state = networking?.state;
  if (state?.code !== NetworkingStatusCode.Ready) return false;
  if (!state.dave || state.dave.protocolVersion === 0) return true;
  return state.dave.session?.ready === true && state.dave.lastTransitionId !== undefined;
}

/** Whether what is said is end-to-end encrypted; undefined: the connection does not stand yet. */
export function isEndToEnd(networking: Networking | undefined): boolean | undefined {
  const state = networking?.state;
  if (state?.code !== NetworkingStatusCode.Ready) return undefined;
  return state.dave !== undefined && state.dave.protocolVersion > 0;
}

/** The library's types hide it: the call had gone down to no encryption, and the transition up was not executed yet. */
function wasDowngraded(dave: DAVESession): boolean {
  return (dave as unknown as { readonly downgraded: boolean }).downgraded;
}

function sessionOf(networking: Networking): DAVESession | undefined {
  return 'dave' in networking.state ? networking.state.dave : undefined;
}
