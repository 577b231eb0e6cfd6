import OpenAI from 'openai';
import type { ResponseUsage } from 'openai/resources/responses/responses';
import { WritingFailedError } from '../bridge/errors.ts';
import type { Usage } from '../bridge/ports.ts';
import type { TextModel } from '../bridge/reading-ports.ts';
import type { TextEndpoint } from './text-model.ts';
import { writingFailed } from './writing-failures.ts';

const PROVIDER = 'OpenAI';
/** Reasoning counts, too. */
const MOST_TOKENS = 8_000;
const LIMIT_MS = 120_000;

/**
 * A model behind OpenAI's Responses API (platform.openai.com/docs/api-reference/responses). Nothing is stored there. What
 * the client would read from the environment is given to it, but for OPENAI_CUSTOM_HEADERS, which it always adds.
 */
export function openAIText({ apiKey, baseUrl, headers }: TextEndpoint, model: string): TextModel {
  const client = new OpenAI({
    apiKey,
    baseURL: baseUrl,
    organization: null,
    project: null,
    adminAPIKey: null,
    webhookSecret: null,
    defaultHeaders: headers,
    logLevel: 'off',
    maxRetries: 1,
    timeout: LIMIT_MS,
  });
  return {
    provider: 'openai',
    name: model,
    label: `${PROVIDER} (${model})`,
    async write({ instructions, input, schema }, signal) {
      const format = { type: 'json_schema', name: 'answer', strict: true, schema } as const;
      const asked = { model, instructions, input, text: { format }, store: false, max_output_tokens: MOST_TOKENS };
      const response = await client.responses.create(asked, { signal }).catch((cause: unknown) => {
        const status = statusOf(cause);
        throw writingFailed(cause, { status, provider: PROVIDER, model, key: 'OPENAI_API_KEY and OPENAI_HEADERS' });
      });
      if (response.status !== 'completed' || response.output_text === '') {
        const why = response.incomplete_details?.reason ?? response.status;
        throw new WritingFailedError('The model wrote nothing that I can use. Try again.', { cause: why });
      }
      return { text: response.output_text, usage: usageOf(response.usage) };
    },
  };
}

/** An unknown model is a bad request here, and not a missing page. */
function statusOf(cause: unknown): number | undefined {
  if (!(cause instanceof OpenAI.APIError)) return undefined;
  return cause.code === 'model_not_found' ? 404 : cause.status;
}

function usageOf(usage: ResponseUsage | undefined): Usage {
  const inputTokens = usage?.input_tokens ?? 0;
  const outputTokens = usage?.output_tokens ?? 0;
  const cachedTextIn = usage?.input_tokens_details.cached_tokens ?? 0;
  const sound = { audioIn: 0, cachedAudioIn: 0, audioOut: 0 };
  const tokens = { textIn: inputTokens - cachedTextIn, cachedTextIn, textOut: outputTokens, ...sound };
  return { inputTokens, outputTokens, tokens, estimated: usage === undefined };
}
