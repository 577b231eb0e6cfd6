import { z } from 'zod';
import { jsonOf, type TextAnswer, type TextRequest, tokensOf, type Writer } from '../shared/text-answers.ts';
import { describeFault, invalidRequest } from './events.ts';
import { newId } from './ids.ts';

const MODELS = ['gpt-5.4-mini', 'gpt-5.4', 'gpt-5-mini'];

/** POST /responses as far as text in and text out go: platform.openai.com/docs/api-reference/responses/create. */
const requestShape = z.strictObject({
  model: z.string(),
  instructions: z.string().nullish(),
  input: z.string().min(1),
  text: z
    .strictObject({
      format: z.union([
        z.strictObject({ type: z.literal('text') }),
        z.strictObject({
          type: z.literal('json_schema'),
          name: z.string().regex(/^[\w-]{1,64}$/),
          description: z.string().optional(),
          schema: z.record(z.string(), z.unknown()),
          strict: z.boolean().nullish(),
        }),
      ]),
    })
    .optional(),
  store: z.boolean().nullish(),
  max_output_tokens: z.number().int().min(16).nullish(),
});

/** What the text models of the stand-in know. */
export interface OpenAITexts {
  readonly apiKey: string;
  readonly write: Writer | undefined;
}

/** Answers a request for text; undefined: it is for another endpoint. */
export async function answerResponses(
  request: TextRequest,
  { apiKey, write }: OpenAITexts,
): Promise<TextAnswer | undefined> {
  if (!request.url.pathname.endsWith('/responses')) return undefined;
  if (request.method !== 'POST') return refused(405, invalidRequest(null, 'Not allowed'));
  const key = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
  if (key === undefined) return refused(401, invalidRequest(null, "You didn't provide an API key."));
  if (key !== apiKey) return refused(401, invalidRequest('invalid_api_key', 'Incorrect API key provided.'));
  if (!/^application\/json/.test(request.headers['content-type'] ?? '')) {
    return refused(400, invalidRequest(null, 'Unsupported content type. Use application/json.'));
  }
  const raw = jsonOf(request.body);
  if (raw === undefined) return refused(400, invalidRequest(null, 'We could not parse the JSON body of your request.'));
  const read = requestShape.safeParse(raw);
  if (!read.success) return refused(400, describeFault(read.error, raw));
  const asked = read.data;
  if (!MODELS.includes(asked.model)) {
    const text = `The requested model '${asked.model}' does not exist.`;
    return refused(400, invalidRequest('model_not_found', text, 'model'));
  }
  const { format } = asked.text ?? {};
  const fault = format?.type === 'json_schema' && format.strict ? strictFault(format.schema, '()') : undefined;
  if (fault) {
    const text = `Invalid schema for response_format '${format?.type === 'json_schema' ? format.name : ''}': ${fault}`;
    return refused(400, invalidRequest('invalid_json_schema', text, 'text.format.schema'));
  }
  const instructions = asked.instructions ?? '';
  const text = await Promise.try(() => write?.({ model: asked.model, instructions, input: asked.input }) ?? '{}').catch(
    () => undefined,
  );
  if (text === undefined) {
    const message = 'The server had an error while processing your request. Sorry about that!';
    return refused(500, { type: 'server_error', code: null, message, param: null });
  }
  return { status: 200, body: responseOf(asked, instructions, text) };
}

function responseOf(asked: z.output<typeof requestShape>, instructions: string, text: string): object {
  const inputTokens = tokensOf(instructions + asked.input);
  const outputTokens = tokensOf(text);
  return {
    id: newId('resp'),
    object: 'response',
    created_at: Math.floor(Date.now() / 1_000),
    status: 'completed',
    error: null,
    incomplete_details: null,
    instructions: asked.instructions ?? null,
    max_output_tokens: asked.max_output_tokens ?? null,
    model: asked.model,
    output: [
      {
        id: newId('msg'),
        type: 'message',
        status: 'completed',
        role: 'assistant',
        content: [{ type: 'output_text', text, annotations: [] }],
      },
    ],
    parallel_tool_calls: true,
    previous_response_id: null,
    store: asked.store ?? true,
    temperature: 1,
    text: asked.text ?? { format: { type: 'text' } },
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
    truncation: 'disabled',
    usage: {
      input_tokens: inputTokens,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: outputTokens,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: inputTokens + outputTokens,
    },
    metadata: {},
  };
}

/** Every object closed, every property required: platform.openai.com/docs/guides/structured-outputs, "Supported schemas". */
function strictFault(schema: unknown, at: string): string | undefined {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return undefined;
  const { type, properties, required, additionalProperties, items } = schema as Record<string, unknown>;
  if (type === 'array') return strictFault(items, `${at}.items`);
  if (type !== 'object') return undefined;
  if (additionalProperties !== false) {
    return `In context=${at}, 'additionalProperties' is required to be supplied and to be false.`;
  }
  const names = Object.keys((properties ?? {}) as object);
  if (!Array.isArray(required) || names.some((name) => !required.includes(name))) {
    return `In context=${at}, 'required' is required to be supplied and to be an array including every key in properties.`;
  }
  for (const [name, one] of Object.entries((properties ?? {}) as object)) {
    const fault = strictFault(one, `${at}.properties.${name}`);
    if (fault) return fault;
  }
  return undefined;
}

function refused(status: number, error: object): TextAnswer {
  return { status, body: { error } };
}
