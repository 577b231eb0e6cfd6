import { ApiError, type GenerateContentResponseUsageMetadata, GoogleGenAI } from '@google/genai';
import type { TextModel } from '../../ports/reading.ts';
import type { Usage } from '../../ports/usage.ts';
import { isOwnAddress } from '../connection/address.ts';
import { retryAfterSaid } from '../connection/retry-after.ts';
import { mergedHeaders } from '../connection/service.ts';
import type { TextEndpoint } from '../text-endpoint.ts';
import { type Failure, isUsedUp, WritingTrouble } from '../text-failures.ts';
import { WRITING_PATIENCE, written } from '../writing-again.ts';

const PROVIDER = 'Google Gemini';
/** Thinking counts, too. */
const MOST_TOKENS = 8_000;
const LIMIT_MS = 120_000;

/**
 * A model behind the Gemini API's generateContent (ai.google.dev/api/generate-content). What the SDK would read from the
 * environment for itself is given to it.
 */
export function geminiText(
  { apiKey, baseUrl, headers }: TextEndpoint,
  model: string,
  patience = WRITING_PATIENCE,
): TextModel {
  const own = apiKey === '' ? {} : { 'x-goog-api-key': apiKey };
  // The SDK always adds the key's header; which headers are sent is for the person who runs the bot to say.
  const fetchWith: typeof fetch = (input, init) => {
    const sdk = Object.fromEntries(new Headers(init?.headers));
    return fetch(input, { ...init, headers: mergedHeaders({ ...sdk, 'x-goog-api-key': null, ...own }, headers) });
  };
  const httpOptions = { baseUrl, apiVersion: 'v1beta', timeout: LIMIT_MS, fetch: fetchWith };
  const client = new GoogleGenAI({ apiKey: apiKey || 'in-the-headers', vertexai: false, httpOptions });
  return {
    provider: 'gemini',
    name: model,
    label: `${PROVIDER} (${model})`,
    write({ instructions, input, schema }, signal) {
      const config = {
        systemInstruction: instructions,
        responseMimeType: 'application/json',
        responseJsonSchema: schema,
        maxOutputTokens: MOST_TOKENS,
        abortSignal: signal,
      };
      const contents = [{ role: 'user', parts: [{ text: input }] }];
      const asked = {
        provider: PROVIDER,
        model,
        key: 'GEMINI_API_KEY and GEMINI_HEADERS',
        gateway: isOwnAddress('gemini', baseUrl) ? null : 'GEMINI_BASE_URL',
      };
      const attempt = async () => {
        const response = await client.models.generateContent({ model, contents, config }).catch((cause: unknown) => {
          throw new WritingTrouble(failureOf(cause), cause);
        });
        const { text, promptFeedback, candidates, usageMetadata } = response;
        if (!candidates && !promptFeedback) throw new WritingTrouble({ kind: 'unreadable' }, response);
        const reason = promptFeedback?.blockReason ?? candidates?.[0]?.finishReason;
        if (reason !== undefined && reason !== 'STOP') throw new WritingTrouble({ kind: 'stopped', reason }, reason);
        if (!text) throw new WritingTrouble({ kind: 'nothing' }, reason);
        return { text, usage: usageOf(usageMetadata) };
      };
      return written(attempt, asked, { signal, patience });
    },
  };
}

/** A wrong key is a bad request to this service: ai.google.dev/gemini-api/docs/troubleshooting. */
function failureOf(cause: unknown): Failure {
  if (cause instanceof SyntaxError) return { kind: 'unreadable' };
  if (!(cause instanceof ApiError)) return { kind: 'no-answer' };
  if (cause.status === 404 && /models?\/.*not found/i.test(cause.message)) return { kind: 'unknown-model' };
  const wrongKey = cause.status === 400 && cause.message.includes('API_KEY_INVALID');
  const { message } = cause;
  const status = wrongKey ? 401 : cause.status;
  const page = (status === 403 || status === 407) && /<html|<!doctype/i.test(message);
  // “Check your plan” it says of a limit a minute as well.
  const quota = isUsedUp(message.replace(/check your plan[^.]*\./i, ''));
  return { kind: 'refused', status, quota, page, retryAfterMs: retryAfterSaid(message) };
}

function usageOf(usage: GenerateContentResponseUsageMetadata | undefined): Usage {
  const inputTokens = usage?.promptTokenCount ?? 0;
  const outputTokens = (usage?.candidatesTokenCount ?? 0) + (usage?.thoughtsTokenCount ?? 0);
  const cachedTextIn = usage?.cachedContentTokenCount ?? 0;
  const sound = { audioIn: 0, cachedAudioIn: 0, audioOut: 0 };
  const tokens = { textIn: inputTokens - cachedTextIn, cachedTextIn, textOut: outputTokens, ...sound };
  return { inputTokens, outputTokens, tokens, estimated: usage === undefined };
}
