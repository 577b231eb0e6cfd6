import { setTimeout as sleep } from 'node:timers/promises';
import { VoiceClient, type VoiceClientOptions } from '../../../src/discord/voice/client.ts';
import type { VoiceAdmission } from '../../../src/discord/voice/place.ts';
import type { VoiceServer } from '../../../src/discord/voice/server.ts';
import type { Sound } from '../../../src/shared/wav.ts';

export const GUILD = '100000000000000001';
export const CHANNEL = '200000000000000001';
export const ANNA = '300000000000000001';
export const BEN = '300000000000000002';
export const CLEO = '300000000000000003';
export const BOT = '300000000000000009';

export function admission(userId: string, more: Partial<VoiceAdmission> = {}): VoiceAdmission {
  return { guildId: GUILD, channelId: CHANNEL, userId, sessionId: `session-${userId}`, ...more };
}

/** A person in the channel. */
export function join(
  server: VoiceServer,
  userId: string,
  more: { admission?: Partial<VoiceAdmission>; client?: Partial<VoiceClientOptions> } = {},
): Promise<VoiceClient> {
  const admitted = admission(userId, more.admission);
  const token = server.admit(admitted);
  const { endpoint, certificate } = server;
  return VoiceClient.connect({ ...admitted, token, endpoint, certificate, ...more.client });
}

/** A sine at a quarter of full scale, mono at 24 kHz. */
export function tone(hertz: number, ms: number): Sound {
  const pcm = new Int16Array((24000 * ms) / 1000);
  for (let i = 0; i < pcm.length; i++) pcm[i] = 8192 * Math.sin((2 * Math.PI * hertz * i) / 24000);
  return { pcm, sampleRate: 24000, channels: 1 };
}

/** The pitch of 48 kHz mono sound from its zero crossings, the first and last 100 ms left out. */
export function pitch(pcm: Int16Array): number {
  const middle = pcm.subarray(4800, pcm.length - 4800 - 5 * 960);
  let crossings = 0;
  for (let i = 1; i < middle.length; i++) {
    if ((middle[i - 1] as number) < 0 !== (middle[i] as number) < 0) crossings++;
  }
  return (crossings / 2 / middle.length) * 48000;
}

/** Waits until something is so; throws after `ms`. */
export async function until(condition: () => boolean, what: string, ms = 5000): Promise<void> {
  const end = performance.now() + ms;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await sleep(5);
  }
}
