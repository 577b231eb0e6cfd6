import {
  Behavior,
  EndSensitivity,
  type FunctionDeclaration,
  type LiveConnectConfig,
  Modality,
  StartSensitivity,
  type Tool,
} from '@google/genai';
import type { ServerTool, SessionOptions } from '../../ports/capabilities.ts';
import type { ToolDeclaration } from '../../ports/tool-calls.ts';
import type { GeminiTraits } from '../traits.ts';
import { geminiSchema } from './calls/schema.ts';

const SERVER_TOOLS: Readonly<Record<ServerTool, Tool>> = {
  google_search: { googleSearch: {} },
  code_execution: { codeExecution: {} },
  url_context: { urlContext: {} },
};

/**
 * What a session is opened with (ai.google.dev/api/live, BidiGenerateContentSetup). The language is not sent: native
 * audio models choose it themselves, and no model is known to accept a hint for the transcription. `told`: what nobody but
 * the instructions can tell the model; '' where there is nothing.
 */
export function geminiConfig({
  options,
  traits,
  told,
  handle,
}: {
  readonly options: SessionOptions;
  readonly traits: GeminiTraits;
  readonly told: string;
  readonly handle: string | undefined;
}): LiveConnectConfig {
  const { instructions, voice } = options;
  const writes = options.replyForm === 'text' && traits.capabilities.replyForms.includes('text');
  const tools = toolsOf(options, traits);
  return {
    responseModalities: [writes ? Modality.TEXT : Modality.AUDIO],
    systemInstruction: { parts: [{ text: told === '' ? instructions : `${instructions}\n\n${told}` }] },
    // A voice, or the words of one, in a session without sound is an invalid argument.
    ...(!writes && voice && traits.capabilities.voices.includes(voice)
      ? { speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: voice } } } }
      : {}),
    ...(tools.length > 0 ? { tools } : {}),
    realtimeInputConfig: { automaticActivityDetection: activityDetection(options) },
    // cloud.google.com/vertex-ai/generative-ai/docs/live-api/proactive-audio
    ...(options.choosing && traits.proactiveAudio === 'optional' ? { proactivity: { proactiveAudio: true } } : {}),
    inputAudioTranscription: {},
    ...(writes ? {} : { outputAudioTranscription: {} }),
    ...(traits.resumption ? { sessionResumption: handle === undefined ? {} : { handle } } : {}),
    ...(traits.compression ? { contextWindowCompression: { slidingWindow: {} } } : {}),
  };
}

/**
 * One entry a tool, as the combinations of ai.google.dev/gemini-api/docs/live-tools have it. Where a session takes one kind
 * only, functions go before the service's own.
 */
function toolsOf(options: SessionOptions, traits: GeminiTraits): Tool[] {
  const offered = options.serverTools.filter((name) => traits.capabilities.serverTools.includes(name));
  const declarations = options.tools.map((tool) => ({
    name: tool.name,
    description: tool.description,
    ...parametersOf(tool, traits),
    ...behavior(tool, traits),
  }));
  const own = traits.functions && declarations.length > 0 ? [{ functionDeclarations: declarations }] : [];
  const hosted = offered.map((name) => SERVER_TOOLS[name]);
  if (traits.capabilities.oneKindOfTool) return own.length > 0 ? own : hosted.slice(0, 1);
  return [...hosted, ...own];
}

function parametersOf({ parameters }: ToolDeclaration, { readsJsonSchema }: GeminiTraits): FunctionDeclaration {
  if (readsJsonSchema) return { parametersJsonSchema: parameters };
  const schema = geminiSchema(parameters);
  return schema ? { parameters: schema } : {};
}

/** Sent only where it differs from the model's default, and never to a model that does not know the field. */
function behavior({ delivery }: ToolDeclaration, { capabilities, asyncFunctions }: GeminiTraits) {
  const beside = capabilities.asyncTools === 'native' && delivery !== undefined;
  switch (asyncFunctions) {
    case 'default':
      return beside ? {} : { behavior: Behavior.BLOCKING };
    case 'opt-in':
      return beside ? { behavior: Behavior.NON_BLOCKING } : {};
    case 'only':
    case 'none':
      return {};
    default:
      return asyncFunctions satisfies never;
  }
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
