import { ApiError, type GenerateContentResponseUsageMetadata, GoogleGenAI } from '@google/genai';
import { WritingFailedError } from '../bridge/errors.ts';
import type { Usage } from '../bridge/ports.ts';
import type { TextModel } from '../bridge/reading-ports.ts';
import type { TextEndpoint } from './text-model.ts';
import { writingFailed } from './writing-failures.ts';

const PROVIDER = 'Google Gemini';
/** Thinking counts, too. */
const MOST_TOKENS = 8_000;
const LIMIT_MS = 120_000;

/**
 * A model behind the Gemini API's generateContent (ai.google.dev/api/generate-content). What the SDK would read from the
 * environment for itself is given to it.
 */
export function geminiText({ apiKey, baseUrl, headers }: TextEndpoint, model: string): TextModel {
  const httpOptions = { baseUrl, apiVersion: 'v1beta', headers: { ...headers }, timeout: LIMIT_MS };
  const client = new GoogleGenAI({ apiKey, vertexai: false, httpOptions });
  return {
    provider: 'gemini',
    name: model,
    label: `${PROVIDER} (${model})`,
    async write({ instructions, input, schema }, signal) {
      const config = {
        systemInstruction: instructions,
        responseMimeType: 'application/json',
        responseJsonSchema: schema,
        maxOutputTokens: MOST_TOKENS,
        abortSignal: signal,
      };
      const contents = [{ role: 'user', parts: [{ text: input }] }];
      const response = await client.models.generateContent({ model, contents, config }).catch((cause: unknown) => {
        const status = statusOf(cause);
        throw writingFailed(cause, { status, provider: PROVIDER, model, key: 'GEMINI_API_KEY and GEMINI_HEADERS' });
      });
      const { text, promptFeedback, candidates, usageMetadata } = response;
      const why = promptFeedback?.blockReason ?? candidates?.[0]?.finishReason;
      if (!text || (why !== undefined && why !== 'STOP')) {
        throw new WritingFailedError('The model wrote nothing that I can use. Try again.', { cause: why });
      }
      return { text, usage: usageOf(usageMetadata) };
    },
  };
}

/** A wrong key is a bad request to this service: ai.google.dev/gemini-api/docs/troubleshooting. */
function statusOf(cause: unknown): number | undefined {
  if (!(cause instanceof ApiError)) return undefined;
  return cause.status === 400 && cause.message.includes('API_KEY_INVALID') ? 401 : cause.status;
}

function usageOf(usage: GenerateContentResponseUsageMetadata | undefined): Usage {
  const inputTokens = usage?.promptTokenCount ?? 0;
  const outputTokens = (usage?.candidatesTokenCount ?? 0) + (usage?.thoughtsTokenCount ?? 0);
  const cachedTextIn = usage?.cachedContentTokenCount ?? 0;
  const sound = { audioIn: 0, cachedAudioIn: 0, audioOut: 0 };
  const tokens = { textIn: inputTokens - cachedTextIn, cachedTextIn, textOut: outputTokens, ...sound };
  return { inputTokens, outputTokens, tokens, estimated: usage === undefined };
}
