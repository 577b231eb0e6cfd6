import type { RealtimeResponseUsage } from 'openai/resources/realtime/realtime';
import type { Usage } from '../../ports/usage.ts';

/** https://platform.openai.com/docs/guides/realtime-costs: a token is 100 ms of a person's sound. */
const TOKENS_PER_SECOND = 10;

/**
 * What response.done reports. Reasoning is in the text that came out; cached tokens are a part of the input. Where the
 * report does not say which modality, sound is assumed: it costs most, and a budget must not be overrun for it.
 */
export function openAIUsage(usage: RealtimeResponseUsage): Usage {
  const { input_tokens: inputTokens = 0, output_tokens: outputTokens = 0 } = usage;
  const { input_token_details: input, output_token_details: output } = usage;
  const text = input?.text_tokens ?? 0;
  const cached = input?.cached_tokens_details;
  const cachedAudioIn = cached?.audio_tokens ?? 0;
  const cachedTextIn = cached?.text_tokens ?? Math.min(text, input?.cached_tokens ?? 0);
  const textOut = output?.text_tokens ?? 0;
  const tokens = {
    textIn: Math.max(0, text - cachedTextIn),
    cachedTextIn,
    audioIn: Math.max(0, (input?.audio_tokens ?? inputTokens - text) - cachedAudioIn),
    cachedAudioIn,
    textOut,
    audioOut: output?.audio_tokens ?? Math.max(0, outputTokens - textOut),
  };
  const isWhole = input?.audio_tokens !== undefined && output?.audio_tokens !== undefined;
  return { inputTokens, outputTokens, tokens, estimated: !isWhole };
}

/** Seconds in the `usage` of a finished transcription; undefined where it says nothing. Never throws. */
export function transcribedSeconds(usage: unknown): { seconds: number; estimated: boolean } | undefined {
  if (typeof usage !== 'object' || usage === null) return undefined;
  if ('seconds' in usage && typeof usage.seconds === 'number') return { seconds: usage.seconds, estimated: false };
  const details = 'input_token_details' in usage ? usage.input_token_details : undefined;
  if (typeof details !== 'object' || details === null || !('audio_tokens' in details)) return undefined;
  // Our prices for transcription are those of a minute.
  return { seconds: Number(details.audio_tokens) / TOKENS_PER_SECOND || 0, estimated: true };
}
