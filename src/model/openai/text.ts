import OpenAI from 'openai';
import type { ResponseUsage } from 'openai/resources/responses/responses';
import type { TextModel } from '../../ports/reading.ts';
import type { Usage } from '../../ports/usage.ts';
import { isOwnAddress } from '../connection/address.ts';
import { retryAfterIn, retryAfterSaid } from '../connection/retry-after.ts';
import type { TextEndpoint } from '../text-endpoint.ts';
import { type Failure, isUsedUp, WritingTrouble } from '../text-failures.ts';
import { WRITING_PATIENCE, written } from '../writing-again.ts';
import { openAIHeaders } from './socket.ts';

const PROVIDER = 'OpenAI';
/** Reasoning counts, too. */
const MOST_TOKENS = 8_000;
const LIMIT_MS = 120_000;

/**
 * A model behind OpenAI's Responses API (platform.openai.com/docs/api-reference/responses). Nothing is stored there. What
 * the client would read from the environment is given to it, but for OPENAI_CUSTOM_HEADERS, which it always adds.
 */
export function openAIText(
  { apiKey, baseUrl, headers }: TextEndpoint,
  model: string,
  patience = WRITING_PATIENCE,
): TextModel {
  const sent = openAIHeaders({ apiKey, baseUrl, model, headers });
  const client = new OpenAI({
    apiKey: apiKey || 'in-the-headers',
    baseURL: baseUrl,
    organization: null,
    project: null,
    adminAPIKey: null,
    webhookSecret: null,
    defaultHeaders: sent,
    logLevel: 'off',
    // How often is for written() to say.
    maxRetries: 0,
    timeout: LIMIT_MS,
  });
  return {
    provider: 'openai',
    name: model,
    label: `${PROVIDER} (${model})`,
    write({ instructions, input, schema }, signal) {
      const format = { type: 'json_schema', name: 'answer', strict: true, schema } as const;
      const request = { model, instructions, input, text: { format }, store: false, max_output_tokens: MOST_TOKENS };
      const asked = {
        provider: PROVIDER,
        model,
        key: 'OPENAI_API_KEY and OPENAI_HEADERS',
        gateway: isOwnAddress('openai', baseUrl) ? null : 'OPENAI_BASE_URL',
      };
      const attempt = async () => {
        const response = await client.responses.create(request, { signal }).catch((cause: unknown) => {
          throw new WritingTrouble(failureOf(cause), cause);
        });
        if (response.object !== 'response') throw new WritingTrouble({ kind: 'unreadable' }, response);
        const reason = response.incomplete_details?.reason;
        if (reason) throw new WritingTrouble({ kind: 'stopped', reason }, reason);
        if (response.status !== 'completed' || response.output_text === '') {
          throw new WritingTrouble({ kind: 'nothing' }, response.error ?? response.status);
        }
        return { text: response.output_text, usage: usageOf(response.usage) };
      };
      return written(attempt, asked, { signal, patience });
    },
  };
}

/** An unknown model is a bad request here; a page that is missing is that of no model at all. */
function failureOf(cause: unknown): Failure {
  if (cause instanceof SyntaxError || cause instanceof TypeError) return { kind: 'unreadable' };
  if (!(cause instanceof OpenAI.APIError) || cause.status === undefined) return { kind: 'no-answer' };
  // A proxy's own page, and not the service's.
  if (cause.status === 400 && cause.error === undefined) return { kind: 'unreadable' };
  const unknown = cause.code === 'model_not_found' || (cause.status === 404 && /model/i.test(cause.message));
  if (unknown) return { kind: 'unknown-model' };
  const { status, message, error, headers } = cause;
  const quota = isUsedUp(`${cause.code} ${cause.type} ${message}`);
  const retryAfterMs = retryAfterIn(Object.fromEntries(headers ?? [])) ?? retryAfterSaid(message);
  // A body that is no JSON is nothing that the service says.
  return {
    kind: 'refused',
    status,
    quota,
    page: (status === 403 || status === 407) && error === undefined,
    retryAfterMs,
  };
}

function usageOf(usage: ResponseUsage | undefined): Usage {
  const inputTokens = usage?.input_tokens ?? 0;
  const outputTokens = usage?.output_tokens ?? 0;
  const cachedTextIn = usage?.input_tokens_details.cached_tokens ?? 0;
  const sound = { audioIn: 0, cachedAudioIn: 0, audioOut: 0 };
  const tokens = { textIn: inputTokens - cachedTextIn, cachedTextIn, textOut: outputTokens, ...sound };
  return { inputTokens, outputTokens, tokens, estimated: usage === undefined };
}
