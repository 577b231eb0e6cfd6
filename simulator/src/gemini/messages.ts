import { NOT_JSON } from '../shared/model-server.ts';
import { type FieldType, HTTP_MESSAGES, MESSAGES, ONE_OF } from './proto.ts';

// Reading a Live client's messages, with the fields that matter to the stand-in.

export interface Blob {
  readonly mimeType?: string;
  readonly data?: string;
}
export interface Content {
  readonly role?: string;
  readonly parts?: readonly { readonly text?: string; readonly inlineData?: Blob }[];
}
export interface FunctionDeclaration {
  readonly name: string;
  readonly behavior?: 'BLOCKING' | 'NON_BLOCKING';
  readonly parameters?: unknown;
  readonly parametersJsonSchema?: unknown;
}
export interface FunctionResponse {
  readonly id?: string;
  readonly name?: string;
  readonly response?: Record<string, unknown>;
  readonly willContinue?: boolean;
  readonly scheduling?: 'SILENT' | 'WHEN_IDLE' | 'INTERRUPT';
}
export interface Setup {
  readonly model?: string;
  readonly generationConfig?: {
    readonly responseModalities?: readonly string[];
    readonly speechConfig?: object;
    readonly thinkingConfig?: { readonly thinkingBudget?: number; readonly thinkingLevel?: string };
  };
  readonly systemInstruction?: Content;
  readonly tools?: readonly {
    readonly functionDeclarations?: readonly FunctionDeclaration[];
    readonly googleSearch?: object;
    readonly codeExecution?: object;
    readonly urlContext?: object;
  }[];
  readonly realtimeInputConfig?: {
    readonly automaticActivityDetection?: {
      readonly disabled?: boolean;
      readonly prefixPaddingMs?: number;
      readonly silenceDurationMs?: number;
    };
    readonly activityHandling?: string;
  };
  readonly sessionResumption?: { readonly handle?: string };
  readonly proactivity?: object;
  readonly inputAudioTranscription?: object;
  readonly outputAudioTranscription?: object;
}
export interface RealtimeInput {
  readonly mediaChunks?: readonly Blob[];
  readonly audio?: Blob;
  readonly audioStreamEnd?: boolean;
  readonly video?: Blob;
  readonly text?: string;
  readonly activityStart?: object;
  readonly activityEnd?: object;
}
export interface ClientMessage {
  readonly setup?: Setup;
  readonly clientContent?: { readonly turns?: readonly Content[]; readonly turnComplete?: boolean };
  readonly realtimeInput?: RealtimeInput;
  readonly toolResponse?: { readonly functionResponses?: readonly FunctionResponse[] };
}

/** Why a message is refused; `message` is what the close frame says. */
export class InvalidPayload extends Error {
  override readonly name = 'InvalidPayload';
}

/** The message with camelCase names. Throws InvalidPayload for what the proto does not know. */
export function parseClientMessage(raw: unknown): ClientMessage {
  if (raw === NOT_JSON) throw new InvalidPayload('Invalid JSON payload received. Unexpected token.');
  const message = read(raw, 'ClientMessage', '') as ClientMessage;
  if (Object.keys(message).length === 0) throw new InvalidPayload('Request contains an invalid argument.');
  return message;
}

/** What matters of a GenerateContentRequest. */
export interface GenerateRequest {
  readonly contents: readonly Content[];
  readonly systemInstruction?: Content;
}

/** The same for generateContent. */
export function parseGenerateRequest(raw: unknown): GenerateRequest {
  if (raw === NOT_JSON) throw new InvalidPayload('Invalid JSON payload received. Unexpected token.');
  const { contents = [], ...rest } = read(raw, 'GenerateRequest', '') as Partial<GenerateRequest>;
  if (contents.length === 0) throw new InvalidPayload('* GenerateContentRequest.contents: contents is not specified\n');
  return { contents, ...rest };
}

function read(value: unknown, type: FieldType, at: string): unknown {
  if (type.endsWith('[]')) {
    if (!Array.isArray(value)) throw starting(at, value);
    return value.map((one, i) => read(one, type.slice(0, -2), `${at}[${i}]`));
  }
  if (type.endsWith('{}')) {
    if (!isObject(value)) throw starting(at, value);
    return Object.fromEntries(
      Object.entries(value).map(([key, one]) => [key, read(one, type.slice(0, -2), `${at}[${key}].value`)]),
    );
  }
  const fields = MESSAGES[type] ?? HTTP_MESSAGES[type];
  if (!fields) return scalar(value, type, at);
  if (!isObject(value)) throw starting(at, value);
  const message: Record<string, unknown> = {};
  for (const [given, one] of Object.entries(value)) {
    const name = given.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (field === undefined) {
      const where = at ? ` at '${at}'` : '';
      throw new InvalidPayload(`Invalid JSON payload received. Unknown name "${given}"${where}: Cannot find field.`);
    }
    if (one !== null) message[name] = read(one, field, at ? `${at}.${given}` : given);
  }
  const set = (ONE_OF[type] ?? []).filter((name) => message[name] !== undefined);
  if (set.length > 1) throw new InvalidPayload(`Invalid value at '${at}' (oneof), oneof field is already set.`);
  return message;
}

function scalar(value: unknown, type: FieldType, at: string): unknown {
  const integer = Number.isInteger(value) || (typeof value === 'string' && /^-?\d+$/.test(value));
  const checks: Record<string, () => boolean> = {
    string: () => typeof value === 'string',
    bool: () => typeof value === 'boolean',
    int: () => integer,
    number: () => typeof value === 'number',
    bytes: () => typeof value === 'string' && /^[A-Za-z0-9+/_-]*={0,2}$/.test(value),
    struct: () => isObject(value),
    duration: () => typeof value === 'string' && /^-?\d+(\.\d{1,9})?s$/.test(value),
    any: () => true,
  };
  const fits = type.startsWith('=')
    ? typeof value === 'string' && type.slice(1).split('|').includes(value.toUpperCase())
    : checks[type]?.();
  if (!fits) throw starting(at, value);
  return type === 'int' ? Number(value) : value;
}

function starting(at: string, value: unknown): InvalidPayload {
  return new InvalidPayload(`Invalid value at '${at}', ${JSON.stringify(value)?.slice(0, 40)}`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
