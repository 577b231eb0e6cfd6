import { NOT_JSON } from '../shared/model-server.ts';
import { jsonOf, type TextAnswer, type TextRequest, tokensOf, type Writer } from '../shared/text-answers.ts';
import { type Content, InvalidPayload, parseGenerateRequest } from './messages.ts';

const PATH = /\/(v1beta|v1)\/models\/([^/:]+):generateContent$/;
const MODELS = ['gemini-3.1-flash-lite', 'gemini-3-flash-preview', 'gemini-2.5-flash'];

/** What the text models of the stand-in know. */
export interface GeminiTexts {
  readonly apiKey: string;
  readonly write: Writer | undefined;
}

/** Answers generateContent (ai.google.dev/api/generate-content); undefined: it is for another endpoint. */
export async function answerGenerate(
  request: TextRequest,
  { apiKey, write }: GeminiTexts,
): Promise<TextAnswer | undefined> {
  const [, , model = ''] = PATH.exec(request.url.pathname) ?? [];
  if (model === '' || request.method !== 'POST') return undefined;
  const key = request.headers['x-goog-api-key'] ?? request.url.searchParams.get('key');
  if (!key) {
    const message = "Method doesn't allow unregistered callers (callers without established identity).";
    return refused(403, 'PERMISSION_DENIED', message);
  }
  if (key !== apiKey) {
    const details = [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' }];
    return refused(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.', details);
  }
  if (!MODELS.includes(model)) {
    const message = `models/${model} is not found for API version v1beta, or is not supported for generateContent.`;
    return refused(404, 'NOT_FOUND', message);
  }
  try {
    const { contents, systemInstruction } = parseGenerateRequest(jsonOf(request.body) ?? NOT_JSON);
    if (contents.some(({ role }) => role !== undefined && role !== 'user' && role !== 'model')) {
      throw new InvalidPayload('Please use a valid role: user, model.');
    }
    const instructions = systemInstruction ? textOf(systemInstruction) : '';
    const input = contents.map(textOf).join('\n');
    const text = await Promise.try(() => write?.({ model, instructions, input }) ?? '{}').catch(() => undefined);
    if (text === undefined) return refused(500, 'INTERNAL', 'An internal error has occurred.');
    return { status: 200, body: responseOf({ model, asked: instructions + input, text }) };
  } catch (error) {
    if (error instanceof InvalidPayload) return refused(400, 'INVALID_ARGUMENT', error.message);
    throw error;
  }
}

function responseOf({ model, asked, text }: { model: string; asked: string; text: string }): object {
  const promptTokenCount = tokensOf(asked);
  const candidatesTokenCount = tokensOf(text);
  return {
    candidates: [{ content: { parts: [{ text }], role: 'model' }, finishReason: 'STOP', index: 0 }],
    usageMetadata: {
      promptTokenCount,
      candidatesTokenCount,
      totalTokenCount: promptTokenCount + candidatesTokenCount,
      promptTokensDetails: [{ modality: 'TEXT', tokenCount: promptTokenCount }],
    },
    modelVersion: model,
    responseId: 'simulated',
  };
}

function textOf({ parts }: Content): string {
  return (parts ?? []).map(({ text }) => text ?? '').join('');
}

function refused(code: number, status: string, message: string, details?: readonly object[]): TextAnswer {
  return { status: code, body: { error: { code, message, status, ...(details && { details }) } } };
}
