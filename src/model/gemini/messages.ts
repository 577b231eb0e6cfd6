import type { LiveServerMessage } from '@google/genai';

const KNOWN = new Set([
  'setupComplete',
  'serverContent',
  'toolCall',
  'toolCallCancellation',
  'usageMetadata',
  'goAway',
  'sessionResumptionUpdate',
  'voiceActivityDetectionSignal',
]);

/** Fields of a message that the protocol did not have when this was written. */
export function unknownFields(message: LiveServerMessage): readonly string[] {
  return Object.keys(message).filter((key) => !KNOWN.has(key));
}

/** A protobuf duration in JSON, like `59.5s` (protobuf.dev/programming-guides/json); undefined for anything else. */
export function milliseconds(duration: unknown): number | undefined {
  const [, seconds] = /^(\d+(?:\.\d+)?)s$/.exec(String(duration)) ?? [];
  return seconds === undefined ? undefined : Math.round(Number(seconds) * 1000);
}
