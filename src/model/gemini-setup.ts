import { Behavior, EndSensitivity, type LiveConnectConfig, Modality, StartSensitivity } from '@google/genai';
import type { HistoryItem, SessionOptions, ToolDeclaration } from '../bridge/ports.ts';
import type { GeminiTraits } from './capabilities.ts';
import { historyText } from './label.ts';

/**
 * What a session is opened with (ai.google.dev/api/live, BidiGenerateContentSetup). The language is not sent: native
 * audio models choose it themselves, and no model is known to accept a hint for the transcription. The history goes
 * with the instructions: the SDK drops historyConfig (googleapis/js-genai#1448), without which Gemini 3 takes no
 * clientContent.
 */
export function geminiConfig({
  options,
  traits,
  history,
  handle,
}: {
  readonly options: SessionOptions;
  readonly traits: GeminiTraits;
  readonly history: readonly HistoryItem[];
  readonly handle: string | undefined;
}): LiveConnectConfig {
  const { instructions, voice, tools } = options;
  const declarations = tools.map((tool) => ({
    name: tool.name,
    description: tool.description,
    parametersJsonSchema: tool.parameters,
    ...behavior(tool, traits),
  }));
  return {
    responseModalities: [Modality.AUDIO],
    systemInstruction: { parts: [{ text: `${instructions}${historyText(history)}` }] },
    ...(voice && traits.capabilities.voices.includes(voice)
      ? { speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: voice } } } }
      : {}),
    ...(declarations.length > 0 ? { tools: [{ functionDeclarations: declarations }] } : {}),
    realtimeInputConfig: { automaticActivityDetection: activityDetection(options) },
    inputAudioTranscription: {},
    outputAudioTranscription: {},
    ...(traits.resumption ? { sessionResumption: handle === undefined ? {} : { handle } } : {}),
    ...(traits.compression ? { contextWindowCompression: { slidingWindow: {} } } : {}),
  };
}

/** Sent only where it differs from the model's default, and never to a model that does not know the field. */
function behavior({ delivery }: ToolDeclaration, { capabilities, asyncByDefault = false }: GeminiTraits) {
  if (capabilities.asyncTools !== 'native' || (delivery !== undefined) === asyncByDefault) return {};
  return { behavior: delivery === undefined ? Behavior.BLOCKING : Behavior.NON_BLOCKING };
}

function activityDetection({ turnDetection, silenceMs }: SessionOptions) {
  if (turnDetection === 'manual') return { disabled: true };
  // The sensitivities' defaults differ between the Gemini API and Vertex AI.
  return {
    startOfSpeechSensitivity: StartSensitivity.START_SENSITIVITY_HIGH,
    endOfSpeechSensitivity: EndSensitivity.END_SENSITIVITY_HIGH,
    silenceDurationMs: Math.round(silenceMs),
  };
}
