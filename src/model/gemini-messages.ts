import type { LiveServerMessage, UsageMetadata } from '@google/genai';
import type { Usage } from '../bridge/ports.ts';

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

/** Thinking is billed as output and counted apart from it. */
export function usageOf(usage: UsageMetadata): Usage {
  const outputTokens = (usage.responseTokenCount ?? 0) + (usage.thoughtsTokenCount ?? 0);
  return { inputTokens: usage.promptTokenCount ?? 0, outputTokens };
}

/** A protobuf duration like `59.5s`. */
export function milliseconds(duration: string | undefined): number {
  return Math.round(Number.parseFloat(duration ?? '0') * 1000) || 0;
}
