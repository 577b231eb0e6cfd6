import type { UserId } from '../../../ports/voice.ts';
import { isSealed } from './dave-decryptor.ts';

/**
 * Whose packet it is where nobody said so: what one member's end-to-end key opens, nobody else has sealed (DAVE
 * protocol, "Frame encryption": every sender has keys of their own). Undefined where there is no such proof, as for
 * what is not sealed.
 */
export function whoseKeyOpens(
  payload: Buffer,
  people: readonly UserId[],
  unseal: (userId: UserId, packet: Buffer) => Buffer,
): { readonly userId: UserId; readonly opened: Buffer } | undefined {
  if (!isSealed(payload)) return undefined;
  for (const userId of people) {
    try {
      const opened = unseal(userId, payload);
      // Passed through as it is, it proves nothing: a seal makes a frame longer.
      if (opened.length < payload.length) return { userId, opened };
    } catch {
      // Not theirs, or not yet.
    }
  }
  return undefined;
}
