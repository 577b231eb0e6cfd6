import { AUDIO_LEVEL_EXTENSION, type Transport, writeRtpHeader } from '@parley/simulator/discord';
import { OpusCodecs } from '../../../src/discord/voice/receive/opus.ts';
import { tone } from './sound.ts';

/** Opus packets of 20 ms of a tone at 24 kHz. */
export function opusTone(options: { hz: number; count: number }): Buffer[] {
  const encoder = new OpusCodecs().lease(24000);
  const made = Array.from({ length: options.count }, (_, i) =>
    encoder.encode(tone({ hz: options.hz, ms: 20, rate: 24000, offset: i * 480 })),
  );
  encoder.release();
  return made;
}

/** One datagram as Discord's clients make them, with the audio level extension. */
export function sealed(
  transport: Transport,
  packet: { ssrc: number; sequence: number; timestamp?: number; opus: Buffer },
): Buffer {
  const { ssrc, sequence, timestamp = sequence * 960, opus } = packet;
  return transport.seal(writeRtpHeader({ ssrc, sequence, timestamp }), Buffer.concat([AUDIO_LEVEL_EXTENSION, opus]));
}
