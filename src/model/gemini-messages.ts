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

/** A protobuf duration like `59.5s`. */
export function milliseconds(duration: string | undefined): number {
  return Math.round(Number.parseFloat(duration ?? '0') * 1000) || 0;
}
