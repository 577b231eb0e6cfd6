import { geminiToolFault } from '../shared/declared-tools.ts';
import type { GeminiHandles, GeminiState } from './handles.ts';
import type { Setup } from './messages.ts';
import { type GeminiModel, modelName } from './models.ts';

type Refusal = { readonly code: number; readonly reason: string };

const NO_VOICES = 'Cannot extract voices from a non-audio request.';
const NOT_TOGETHER = { code: 1007, reason: 'Multiple tools are supported only when they are all search tools.' };
const INVALID = { code: 1007, reason: 'Request contains an invalid argument.' };

/** Whether the service takes this setup: its model, or the close frame that refuses it. */
export function refusalOf(
  setup: Setup,
  options: {
    readonly models: Readonly<Record<string, GeminiModel>>;
    readonly handles: GeminiHandles;
    readonly vertex: boolean;
    readonly version: string;
  },
): Refusal | { readonly model: GeminiModel; readonly state: GeminiState | undefined } {
  const resource = setup.model ?? '';
  const named = options.vertex
    ? /^projects\/[^/]+\/locations\/[^/]+\/publishers\/google\/models\/[^/]+$/.test(resource)
    : /^models\/[^/]+$/.test(resource);
  const name = modelName(resource);
  const model = named && Object.hasOwn(options.models, name) ? options.models[name] : undefined;
  if (!model) {
    // The reason as clients of the live service report it, cut at 123 bytes.
    const reason = `${resource} is not found for API version ${options.version}, or is not supported for bidiGenerateContent. Call ListModels to see the list of available models and their supported methods.`;
    return { code: 1008, reason };
  }
  const modalities = setup.generationConfig?.responseModalities;
  if (modalities && modalities.length !== 1) return INVALID;
  const writes = modalities?.[0] === 'TEXT';
  // livekit/livekit#4103, google-gemini/cookbook#793; Vertex AI says less: googleapis/python-genai#1780.
  const voiceless = options.vertex ? INVALID : { code: 1007, reason: NO_VOICES };
  if (writes && (!model.modalities.includes('TEXT') || setup.generationConfig?.speechConfig)) return voiceless;
  if (modalities && !writes && modalities[0] !== 'AUDIO') return INVALID;
  const thinking = Object.keys(setup.generationConfig?.thinkingConfig ?? {});
  const known = model.thinking === null ? [] : ['includeThoughts', model.thinking];
  if (setup.generationConfig?.thinkingConfig && model.thinking === null) return INVALID;
  if (thinking.some((field) => !known.includes(field))) return INVALID;
  // On the Gemini API only v1alpha knows it (ai.google.dev/gemini-api/docs/live-guide, proactive audio).
  if (setup.proactivity && !options.vertex && options.version !== 'v1alpha') {
    return {
      code: 1007,
      reason: 'Invalid JSON payload received. Unknown name "proactivity" at \'setup\': Cannot find field.',
    };
  }
  if (setup.proactivity && !model.proactivity) return INVALID;
  const declared = setup.tools?.flatMap((tool) => tool.functionDeclarations ?? []) ?? [];
  const toolFault = geminiToolFault(declared);
  if (toolFault !== undefined) return { code: 1007, reason: toolFault };
  const { asynchronousTools } = model;
  // There the field is known for 3.8 alone (googleapis/python-genai#1739, and the migration page of the platform).
  const knowsBehavior = !options.vertex || asynchronousTools === 'default' || asynchronousTools === 'always';
  if (!knowsBehavior && declared.some(({ behavior }) => behavior !== undefined)) {
    return { code: 1007, reason: 'Invalid JSON payload received. Unknown name "behavior": Cannot find field.' };
  }
  if (asynchronousTools === 'always' && declared.some(({ behavior }) => behavior === 'BLOCKING')) return INVALID;
  const kinds = new Set(setup.tools?.flatMap((tool) => Object.keys(tool)));
  // BerriAI/litellm#26682
  if (options.vertex && kinds.size > 1) return NOT_TOGETHER;
  for (const tool of setup.tools ?? []) {
    if ((tool.codeExecution && !model.codeExecution) || (tool.urlContext && !model.urlContext)) {
      // github.com/googleapis/js-genai/issues/1236
      return { code: 1008, reason: 'Operation is not implemented, or supported, or enabled.' };
    }
  }
  const handle = setup.sessionResumption?.handle;
  const state = handle === undefined ? undefined : options.handles.look(handle, resource);
  return state && 'code' in state ? state : { model, state };
}
