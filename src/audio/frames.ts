/** Frames put together in their order to pieces of at most `maxSamples` (a longer frame stays whole). One frame is not copied. */
export function joined(frames: readonly Int16Array[], maxSamples: number): Int16Array[] {
  if (frames.length <= 1) return [...frames];
  const pieces: Int16Array[] = [];
  for (let from = 0; from < frames.length; ) {
    let to = from;
    let samples = 0;
    do {
      samples += (frames[to] as Int16Array).length;
      to += 1;
    } while (to < frames.length && samples + (frames[to] as Int16Array).length <= maxSamples);
    const piece = new Int16Array(samples);
    let at = 0;
    for (const frame of frames.slice(from, to)) {
      piece.set(frame, at);
      at += frame.length;
    }
    pieces.push(piece);
    from = to;
  }
  return pieces;
}
