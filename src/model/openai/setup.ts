import type { SessionUpdateEvent } from 'openai/resources/realtime/realtime';
import type { SessionOptions } from '../../ports/capabilities.ts';
import type { OpenAITraits } from '../traits.ts';
import { type McpServer, mcpTool } from './mcp-server.ts';
import { transcriberTraits } from './transcription/models.ts';

type Session = SessionUpdateEvent['session'] & { type: 'realtime' };
type Input = NonNullable<NonNullable<Session['audio']>['input']>;

const PCM_24K = { type: 'audio/pcm', rate: 24_000 } as const;

/** The session.update that makes a session what the options ask for. Without `voice` the voice stays as it is. */
export function openAISession(
  options: SessionOptions,
  model: { readonly traits: OpenAITraits; readonly mcpServers: readonly McpServer[]; readonly withVoice: boolean },
): Session {
  const { voice, tools, replyForm } = options;
  const { traits, mcpServers, withVoice } = model;
  const functions = tools.map(({ name, description, parameters }) => ({
    type: 'function' as const,
    name,
    description,
    parameters,
  }));
  // An unknown voice is an invalid value, and would cost the session.
  const known = voice !== null && traits.capabilities.voices.includes(voice);
  const hosted = mcpServers.filter(({ label }) => options.mcpServers.includes(label)).map(mcpTool);
  return {
    type: 'realtime',
    // One of them: both at once are refused.
    output_modalities: [replyForm === 'text' && traits.capabilities.replyForms.includes('text') ? 'text' : 'audio'],
    instructions: options.instructions,
    audio: {
      input: { format: PCM_24K, ...transcription(options, traits), turn_detection: turnDetection(options) },
      output: { format: PCM_24K, ...(withVoice && known ? { voice } : {}) },
    },
    tools: [...functions, ...(traits.hostedMcp ? hosted : [])],
    tool_choice: 'auto',
  };
}

function transcription({ language }: SessionOptions, { transcriber }: OpenAITraits): Pick<Input, 'transcription'> {
  if (transcriber === null) return {};
  // ISO 639-1 only: the first part of the tag.
  const iso = language?.split('-')[0]?.toLowerCase();
  const inList = transcriberTraits(transcriber).languageAs === 'languages';
  const spoken = iso ? (inList ? { languages: [iso] } : { language: iso }) : {};
  return { transcription: { model: transcriber, ...spoken } };
}

/**
 * null: we draw the turns. Otherwise the provider draws them but never answers or cuts by itself: when to answer is
 * ours to say. Semantic detection knows no milliseconds, only how eager it is.
 */
function turnDetection({ turnDetection, silenceMs }: SessionOptions): NonNullable<Input['turn_detection']> | null {
  const quiet = { create_response: false, interrupt_response: false };
  switch (turnDetection) {
    case 'manual':
      return null;
    case 'server':
      return { type: 'server_vad', silence_duration_ms: Math.round(silenceMs), ...quiet };
    case 'semantic':
      return { type: 'semantic_vad', ...quiet };
    default:
      return turnDetection satisfies never;
  }
}
