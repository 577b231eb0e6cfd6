import type { ModalityTokenCount, UsageMetadata } from '@google/genai';
import type { Usage } from '../../ports/usage.ts';

/**
 * What usageMetadata reports. Thinking is billed as output and counted apart from it, and so is what tools brought as
 * input. Where the report does not say which modality, sound is assumed: it costs most, and a budget must not be
 * overrun for it.
 */
export function geminiUsage(usage: UsageMetadata): Usage {
  const thoughts = usage.thoughtsTokenCount ?? 0;
  const fromTools = usage.toolUsePromptTokenCount ?? 0;
  const prompt = split(usage.promptTokenCount, usage.promptTokensDetails);
  const response = split(usage.responseTokenCount, usage.responseTokensDetails);
  const cached = split(usage.cachedContentTokenCount, usage.cacheTokensDetails);
  const tokens = {
    textIn: Math.max(0, prompt.text - cached.text) + fromTools,
    cachedTextIn: Math.min(prompt.text, cached.text),
    audioIn: Math.max(0, prompt.audio - cached.audio),
    cachedAudioIn: Math.min(prompt.audio, cached.audio),
    textOut: response.text + thoughts,
    audioOut: response.audio,
  };
  return {
    inputTokens: prompt.text + prompt.audio + fromTools,
    outputTokens: response.text + response.audio + thoughts,
    tokens,
    estimated: prompt.estimated || response.estimated || cached.estimated,
  };
}

function split(
  total: number | undefined,
  details: readonly ModalityTokenCount[] | undefined,
): { text: number; audio: number; estimated: boolean } {
  const of = (modality: string): number =>
    (details ?? []).reduce((sum, one) => sum + (one.modality === modality ? (one.tokenCount ?? 0) : 0), 0);
  const text = of('TEXT');
  const audio = of('AUDIO');
  const rest = Math.max(0, (total ?? text + audio) - text - audio);
  return { text, audio: audio + rest, estimated: rest > 0 };
}
