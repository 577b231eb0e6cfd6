import type { Pcm } from '../../../ports/voice.ts';

/** Goes over, in place, from how a guess would have gone on to what really came, over the length of `guessed`. */
export function joinSeam(guessed: Pcm, pcm: Pcm): void {
  const length = Math.min(guessed.length, pcm.length);
  for (let i = 0; i < length; i += 1) {
    const weight = (i + 1) / (length + 1);
    pcm[i] = Math.round((guessed[i] as number) * (1 - weight) + (pcm[i] as number) * weight);
  }
}

/** Rises from silence over the first `samples`, in place. */
export function fadeIn(pcm: Pcm, samples: number): void {
  const length = Math.min(samples, pcm.length);
  for (let i = 0; i < length; i += 1) pcm[i] = Math.round(((pcm[i] as number) * (i + 1)) / (length + 1));
}

/** Falls to silence over the last `samples`, in place. */
export function fadeOut(pcm: Pcm, samples: number): void {
  const length = Math.min(samples, pcm.length);
  for (let i = 1; i <= length; i += 1) {
    const at = pcm.length - i;
    pcm[at] = Math.round(((pcm[at] as number) * i) / (length + 1));
  }
}
