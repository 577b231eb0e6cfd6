import { OpusLease } from '../../src/discord/voice/receive/opus.ts';

const LEVEL = 0.3 * 32_767;

/**
 * Gives what the codec makes up for lost packets a pitch of its own, in this process, so that it can be told from speech
 * wherever it turns up. The decoder's state is what it would be without.
 */
export function markConcealed(hz: number): void {
  const conceal = OpusLease.prototype.conceal;
  OpusLease.prototype.conceal = function (this: OpusLease, ms: number) {
    const step = (2 * Math.PI * hz) / this.rate;
    return conceal.call(this, ms).map((_, i) => Math.round(LEVEL * Math.sin(step * i)));
  };
}
