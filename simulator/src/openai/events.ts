import { z } from 'zod';

// The events that a client may send to the Realtime API, strictly: github.com/openai/openai-openapi, RealtimeClientEvent*.

const eventId = { event_id: z.string().max(512).optional() };
const format = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('audio/pcm'), rate: z.literal(24_000) }),
  z.strictObject({ type: z.literal('audio/pcmu') }),
  z.strictObject({ type: z.literal('audio/pcma') }),
]);
const modalities = z.array(z.enum(['text', 'audio'])).length(1); // both at once is refused since GA
const voice = z.union([z.string().min(1), z.strictObject({ id: z.string() })]);
const functionTool = z.strictObject({
  type: z.literal('function'),
  name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/),
  description: z.string().optional(),
  parameters: z.record(z.string(), z.unknown()).optional(),
});
const toolFilter = z.strictObject({ tool_names: z.array(z.string()).optional(), read_only: z.boolean().optional() });
/** MCPTool; connectors and tunnels are not simulated. */
const mcpTool = z.strictObject({
  type: z.literal('mcp'),
  server_label: z.string().regex(/^[a-zA-Z][\w-]*$/),
  server_url: z.url(),
  server_description: z.string().optional(),
  authorization: z.string().optional(),
  headers: z.record(z.string(), z.string()).nullish(),
  allowed_tools: z.union([z.array(z.string()), toolFilter]).nullish(),
  require_approval: z
    .union([
      z.enum(['always', 'never']),
      z.strictObject({ always: toolFilter.optional(), never: toolFilter.optional() }),
    ])
    .nullish(),
});
export type McpTool = z.infer<typeof mcpTool>;
const tools = z.array(z.discriminatedUnion('type', [functionTool, mcpTool]));
const toolChoice = z.union([
  z.enum(['none', 'auto', 'required']),
  z.strictObject({ type: z.literal('function'), name: z.string() }),
  z.strictObject({ type: z.literal('mcp'), server_label: z.string(), name: z.string().nullish() }),
]);
const maxTokens = z.union([z.number().int().min(1).max(4096), z.literal('inf')]);
const reasoning = z.strictObject({ effort: z.enum(['minimal', 'low', 'medium', 'high', 'xhigh']).optional() });
const prompt = z.strictObject({
  id: z.string(),
  version: z.string().nullish(),
  variables: z.record(z.string(), z.unknown()).nullish(),
});
const responses = { create_response: z.boolean().optional(), interrupt_response: z.boolean().optional() };
const turnDetection = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('server_vad'),
    threshold: z.number().min(0).max(1).optional(),
    prefix_padding_ms: z.number().int().min(0).optional(),
    silence_duration_ms: z.number().int().min(0).optional(),
    idle_timeout_ms: z.number().int().min(5_000).max(30_000).nullish(),
    ...responses,
  }),
  z.strictObject({
    type: z.literal('semantic_vad'),
    eagerness: z.enum(['low', 'medium', 'high', 'auto']).optional(),
    ...responses,
  }),
]);
const transcription = z.strictObject({
  model: z.string().optional(),
  language: z.string().nullish(),
  languages: z.array(z.string()).min(1).optional(),
  keywords: z.array(z.string()).optional(),
  prompt: z.string().nullish(),
  delay: z.enum(['minimal', 'low', 'medium', 'high', 'xhigh']).optional(),
});
const audioInput = z.strictObject({
  format: format.optional(),
  transcription: transcription.nullish(),
  noise_reduction: z.strictObject({ type: z.enum(['near_field', 'far_field']) }).nullish(),
  turn_detection: turnDetection.nullish(),
});
const audioOutput = z.strictObject({
  format: format.optional(),
  voice: voice.optional(),
  speed: z.number().min(0.25).max(1.5).optional(),
});

/** What session.update may carry: RealtimeSessionCreateRequestGA. */
export const sessionShape = z.strictObject({
  type: z.literal('realtime'),
  output_modalities: modalities.optional(),
  model: z.string().optional(),
  instructions: z.string().optional(),
  audio: z.strictObject({ input: audioInput.optional(), output: audioOutput.optional() }).optional(),
  include: z.array(z.literal('item.input_audio_transcription.logprobs')).nullish(),
  tracing: z.union([z.literal('auto'), z.looseObject({})]).nullish(),
  tools: tools.optional(),
  tool_choice: toolChoice.optional(),
  parallel_tool_calls: z.boolean().optional(),
  reasoning: reasoning.optional(),
  max_output_tokens: maxTokens.optional(),
  truncation: z
    .union([
      z.enum(['auto', 'disabled']),
      z.strictObject({
        type: z.literal('retention_ratio'),
        retention_ratio: z.number().min(0).max(1),
        token_limits: z.strictObject({ post_instructions: z.number().int().optional() }).optional(),
      }),
    ])
    .optional(),
  prompt: prompt.nullish(),
});
export type SessionUpdate = z.infer<typeof sessionShape>;

/** What session.update may carry in a session that only transcribes: RealtimeTranscriptionSessionCreateRequestGA. */
const transcriptionSessionShape = z.strictObject({
  type: z.literal('transcription'),
  audio: z.strictObject({ input: audioInput.optional() }).optional(),
  include: z.array(z.literal('item.input_audio_transcription.logprobs')).nullish(),
});
export type TranscriptionUpdate = z.infer<typeof transcriptionSessionShape>;

const common = {
  id: z.string().min(1).max(32).optional(),
  object: z.literal('realtime.item').optional(),
  status: z.enum(['completed', 'incomplete', 'in_progress']).optional(),
};
const inputText = z.strictObject({ type: z.literal('input_text'), text: z.string() });
const message = z.discriminatedUnion('role', [
  z.strictObject({
    ...common,
    type: z.literal('message'),
    role: z.literal('user'),
    content: z.array(
      z.discriminatedUnion('type', [
        inputText,
        z.strictObject({ type: z.literal('input_audio'), audio: z.string(), transcript: z.string().nullish() }),
        z.strictObject({ type: z.literal('input_image'), image_url: z.string(), detail: z.string().optional() }),
      ]),
    ),
  }),
  z.strictObject({
    ...common,
    type: z.literal('message'),
    role: z.literal('system'),
    content: z.array(inputText),
  }),
  z.strictObject({
    ...common,
    type: z.literal('message'),
    role: z.literal('assistant'),
    content: z.array(
      z.discriminatedUnion('type', [
        z.strictObject({ type: z.literal('output_text'), text: z.string() }),
        z.strictObject({ type: z.literal('output_audio'), audio: z.string().optional(), transcript: z.string() }),
      ]),
    ),
  }),
]);
const itemShape = z.discriminatedUnion('type', [
  message,
  z.strictObject({
    ...common,
    type: z.literal('function_call'),
    call_id: z.string().optional(),
    name: z.string(),
    arguments: z.string(),
  }),
  z.strictObject({ ...common, type: z.literal('function_call_output'), call_id: z.string(), output: z.string() }),
  z.strictObject({
    type: z.literal('mcp_approval_response'),
    id: z.string().min(1).max(32).optional(),
    approval_request_id: z.string(),
    approve: z.boolean(),
    reason: z.string().nullish(),
  }),
]);
export type ClientItem = z.infer<typeof itemShape>;

const responseShape = z.strictObject({
  output_modalities: modalities.optional(),
  instructions: z.string().optional(),
  audio: z
    .strictObject({ output: z.strictObject({ format: format.optional(), voice: voice.optional() }).optional() })
    .optional(),
  tools: tools.optional(),
  tool_choice: toolChoice.optional(),
  parallel_tool_calls: z.boolean().optional(),
  reasoning: reasoning.optional(),
  max_output_tokens: maxTokens.optional(),
  conversation: z.enum(['auto', 'none']).optional(),
  metadata: z.record(z.string().max(64), z.string().max(512)).nullish(),
  prompt: prompt.nullish(),
  input: z
    .array(z.union([itemShape, z.strictObject({ type: z.literal('item_reference'), id: z.string() })]))
    .optional(),
});
export type ResponseParams = z.infer<typeof responseShape>;

function event<T extends string, S extends z.ZodRawShape>(type: T, shape: S) {
  return z.strictObject({ ...eventId, type: z.literal(type), ...shape });
}

/** Every event of a client, by type. */
export const clientEventShape = z.discriminatedUnion('type', [
  event('session.update', { session: sessionShape }),
  event('input_audio_buffer.append', { audio: z.string() }),
  event('input_audio_buffer.commit', {}),
  event('input_audio_buffer.clear', {}),
  event('output_audio_buffer.clear', {}),
  event('conversation.item.create', { previous_item_id: z.string().nullish(), item: itemShape }),
  event('conversation.item.delete', { item_id: z.string() }),
  event('conversation.item.retrieve', { item_id: z.string() }),
  event('conversation.item.truncate', {
    item_id: z.string(),
    content_index: z.number().int(),
    audio_end_ms: z.number().int().min(0),
  }),
  event('response.create', { response: responseShape.optional() }),
  event('response.cancel', { response_id: z.string().optional() }),
]);
export type ClientEvent = z.infer<typeof clientEventShape>;

/**
 * Every event that makes sense where nothing answers: developers.openai.com/api/docs/guides/realtime-transcription. The
 * others are about a conversation, which such a session has not.
 */
const transcriptionEventShape = z.discriminatedUnion('type', [
  event('session.update', { session: transcriptionSessionShape }),
  event('input_audio_buffer.append', { audio: z.string() }),
  event('input_audio_buffer.commit', {}),
  event('input_audio_buffer.clear', {}),
]);
export type TranscriptionEvent = z.infer<typeof transcriptionEventShape>;

/** What goes into the `error` field of an error event. */
export interface ProtocolError {
  readonly type: 'invalid_request_error' | 'server_error';
  readonly code: string | null;
  readonly message: string;
  readonly param: string | null;
}

/** An error of the kind that the server reports about a client's event. */
export function invalidRequest(code: string | null, text: string, param: string | null = null): ProtocolError {
  return { type: 'invalid_request_error', code, message: text, param };
}

/** Checks one event of a client. */
export function parseClientEvent(raw: unknown): { event: ClientEvent } | { error: ProtocolError } {
  const kind = (raw as { type?: unknown; session?: { type?: unknown } } | null) ?? {};
  if (kind.type === 'session.update' && kind.session?.type === 'transcription') {
    // The text of the live server: github.com/crmitchelmore/justspeaktoit/pull/427.
    const text = 'Passing a transcription session update event to a realtime session is not allowed.';
    return { error: invalidRequest('invalid_parameter', text, 'session.type') };
  }
  const result = clientEventShape.safeParse(raw);
  if (result.success) return { event: result.data };
  return { error: describe(innermost(result.error.issues), raw) };
}

/** What is wrong with a body that another shape refused. */
export function describeFault(error: z.ZodError, raw: unknown): ProtocolError {
  return describe(innermost(error.issues), raw);
}

/** Checks one event of a client whose session only transcribes. */
export function parseTranscriptionEvent(raw: unknown): { event: TranscriptionEvent } | { error: ProtocolError } {
  const kind = (raw as { type?: unknown; session?: { type?: unknown } } | null) ?? {};
  if (kind.type === 'session.update' && kind.session?.type === 'realtime') {
    const text = 'Passing a realtime session update event to a transcription session is not allowed.';
    return { error: invalidRequest('invalid_parameter', text, 'session.type') };
  }
  const result = transcriptionEventShape.safeParse(raw);
  if (result.success) return { event: result.data };
  return { error: describe(innermost(result.error.issues), raw) };
}

type Issue = z.core.$ZodIssue;

/** Of a choice between shapes, the complaint that got furthest. */
function innermost(issues: readonly Issue[]): Issue {
  const [first] = issues;
  if (first?.code !== 'invalid_union' || first.errors.length === 0) return first as Issue;
  const branches = first.errors.map((branch) => innermost(branch));
  const deepest = branches.reduce((best, issue) => (issue.path.length > best.path.length ? issue : best));
  return { ...deepest, path: [...first.path, ...deepest.path] };
}

function describe(issue: Issue, raw: unknown): ProtocolError {
  const path = issue.path.map(String);
  const name = issue.path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : text ? `${text}.${String(key)}` : String(key)),
    '',
  );
  if (issue.code === 'unrecognized_keys') {
    const param = name ? `${name}.${issue.keys[0]}` : String(issue.keys[0]);
    return invalidRequest('unknown_parameter', `Unknown parameter: '${param}'.`, param);
  }
  const value = path.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], raw);
  if (value === undefined) {
    return invalidRequest('missing_required_parameter', `Missing required parameter: '${name}'.`, name);
  }
  if (issue.code === 'invalid_type') {
    const text = `Invalid type for '${name}': expected ${issue.expected}, but got ${kindOf(value)} instead.`;
    return invalidRequest('invalid_type', text, name);
  }
  return invalidRequest('invalid_value', `Invalid value: '${String(value)}'. ${issue.message}`, name);
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}
