// The part of the configuration that says which speech model answers, and where. config.ts reads the variables.
import { z } from 'zod';
import { isOwnAddress } from '../model/connection/address.ts';
import { authorizes, bringsCredential, type Headers } from '../model/connection/service.ts';
import { unsupported } from '../model/connection/unsupported.ts';
import type { McpServer } from '../model/openai/mcp-server.ts';
import { address, googleAddress, headers, mcpServers, model, name, openAIAddress, secret } from './provider-values.ts';

/**
 * Which speech model to talk to, with what it needs. Base URLs have no trailing slash; `http:` means plain `ws:`. The
 * headers go with every connection, for gateways; their values count as secrets. An empty key: the headers bring it.
 */
export type ModelConfig =
  | {
      readonly provider: 'openai';
      readonly apiKey: string;
      readonly baseUrl: string;
      readonly model: string;
      /** What writes down where nothing answers. */
      readonly transcriber: string;
      /** What writes down where something answers, where that was chosen; null: nothing is to. */
      readonly inputTranscriber?: string | null;
      readonly headers: Headers;
      readonly mcpServers: readonly McpServer[];
    }
  | {
      readonly provider: 'gemini';
      readonly apiKey: string;
      readonly baseUrl: string;
      readonly model: string;
      readonly headers: Headers;
    }
  | {
      readonly provider: 'azure';
      readonly apiKey: string;
      readonly baseUrl: string;
      readonly deployment: string;
      /** Which model the deployment is; null: the one that it is named after, if any. */
      readonly model: string | null;
      /** The deployment that writes down what people say; null: nobody does. */
      readonly transcriber: string | null;
      /** How the key is shown; absent: as Azure wants it. */
      readonly keyAs?: 'bearer';
      readonly headers: Headers;
      readonly mcpServers: readonly McpServer[];
    }
  | {
      readonly provider: 'vertex';
      readonly project: string;
      readonly location: string;
      /** null: Google credentials of the machine. */
      readonly apiKey: string | null;
      /** null: Google's own address of the location. */
      readonly baseUrl: string | null;
      readonly model: string;
      readonly headers: Headers;
    };
type Provider = ModelConfig['provider'];

/** What writes down beside models that do not do it by themselves. */
export interface TranscriberConfig {
  readonly provider: 'openai';
  readonly apiKey: string;
  readonly baseUrl: string;
  readonly headers: Headers;
  readonly transcriber: string;
}

/** In the order in which they are looked for. */
const PROVIDERS = ['openai', 'azure', 'gemini', 'vertex'] as const;

/** The variables of every provider. */
export const providerVariables = {
  PROVIDER: z.enum(PROVIDERS, { error: `must be one of ${PROVIDERS.join(', ')}` }).optional(),
  FALLBACK_PROVIDER: z.enum(PROVIDERS, { error: `must be one of ${PROVIDERS.join(', ')}` }).optional(),
  OPENAI_API_KEY: secret,
  OPENAI_BASE_URL: openAIAddress.default('https://api.openai.com/v1'),
  OPENAI_MODEL: model('gpt-realtime-2.1'),
  OPENAI_HEADERS: headers,
  OPENAI_MCP_SERVERS: mcpServers,
  OPENAI_TRANSCRIBE_MODEL: name('is not the id of a model: leave it empty for the default').optional(),
  TRANSCRIBER: z
    .enum(['openai'], { error: 'must be openai, or empty: the model that answers then writes down as well as it can' })
    .optional(),
  AZURE_OPENAI_API_KEY: secret,
  AZURE_OPENAI_ENDPOINT: address.optional(),
  AZURE_OPENAI_BASE_URL: openAIAddress.optional(),
  AZURE_OPENAI_DEPLOYMENT: name('is not the name of a deployment').optional(),
  AZURE_OPENAI_MODEL: name('is not the id of a model').optional(),
  AZURE_OPENAI_TRANSCRIPTION_DEPLOYMENT: name('is not the name of a deployment').optional(),
  AZURE_OPENAI_HEADERS: headers,
  GEMINI_API_KEY: secret,
  GEMINI_BASE_URL: googleAddress.default('https://generativelanguage.googleapis.com'),
  GEMINI_MODEL: model('gemini-3.8-live'),
  GEMINI_HEADERS: headers,
  VERTEX_PROJECT: z
    .string()
    .regex(/^[\w.:-]+$/, 'is not the id of a Google Cloud project')
    .optional(),
  VERTEX_LOCATION: z
    .string()
    .regex(/^[a-z0-9-]+$/, 'is not a location such as us-central1')
    .default('us-central1'),
  VERTEX_API_KEY: secret,
  VERTEX_BASE_URL: googleAddress.optional(),
  VERTEX_MODEL: model('gemini-live-2.5-flash-native-audio'),
  VERTEX_HEADERS: headers,
};
const Variables = z.object(providerVariables);
export type ProviderVariables = z.output<typeof Variables>;
type Given = Partial<Record<keyof ProviderVariables, unknown>>;

/** The provider that is asked for, else the first whose credentials are set; undefined: none, or an unknown one. */
function chosenProvider(given: Given): Provider | undefined {
  if (given.PROVIDER) return PROVIDERS.find((one) => one === given.PROVIDER);
  if (given.OPENAI_API_KEY) return 'openai';
  if (given.AZURE_OPENAI_API_KEY) return 'azure';
  if (given.GEMINI_API_KEY) return 'gemini';
  if (given.VERTEX_PROJECT || given.VERTEX_API_KEY) return 'vertex';
  // Keys first: headers may be left from another time.
  if (inHeaders(given.OPENAI_HEADERS)) return 'openai';
  if (inHeaders(given.AZURE_OPENAI_HEADERS)) return 'azure';
  return inHeaders(given.GEMINI_HEADERS) ? 'gemini' : undefined;
}

/** Whether the headers of a provider bring a credential, so that its key need not be set. */
function inHeaders(headers: unknown): boolean {
  return typeof headers === 'object' && bringsCredential(headers as Headers);
}

interface Problem {
  readonly variable: string;
  /** One line for the person who runs the bot. */
  readonly problem: string;
}

/** One line per variable that is not set and has to be, or that contradicts another. */
export function missing(given: Given): readonly Problem[] {
  const provider = chosenProvider(given);
  if (provider === undefined) {
    if (given.PROVIDER) return [];
    const keys = 'OPENAI_API_KEY, AZURE_OPENAI_API_KEY, GEMINI_API_KEY or VERTEX_PROJECT';
    return [{ variable: keys, problem: `${keys} is not set: put that of the provider that you want into .env` }];
  }
  const why = given.PROVIDER ? `PROVIDER is ${provider}` : `other variables choose ${provider}`;
  const problems = [...unset(provider, given, why), ...missingFallback(provider, given, why), ...wrongModels(given)];
  if (given.TRANSCRIBER === 'openai') problems.push(...unset('openai', given, 'TRANSCRIBER is openai'));
  return problems.filter(({ variable }, at) => problems.findIndex((one) => one.variable === variable) === at);
}

function missingFallback(provider: Provider, given: Given, why: string): readonly Problem[] {
  const fallback = PROVIDERS.find((one) => one === given.FALLBACK_PROVIDER);
  if (fallback === undefined) return [];
  if (fallback !== provider) return unset(fallback, given, `FALLBACK_PROVIDER is ${fallback}`);
  const problem = `FALLBACK_PROVIDER must be another provider than the one in use (${why}): name one whose key is set, or leave it empty`;
  return [{ variable: 'FALLBACK_PROVIDER', problem }];
}

/** Models that exist and cannot lead a conversation here: what they are, and what to take instead. */
function wrongModels(given: Given): readonly Problem[] {
  const named = ['OPENAI_MODEL', 'AZURE_OPENAI_MODEL', 'GEMINI_MODEL', 'VERTEX_MODEL'] as const;
  return named.flatMap((variable) => {
    const why = unsupported(String(given[variable] ?? ''));
    return why === undefined ? [] : [{ variable, problem: `${variable}: ${why}` }];
  });
}

/** What TRANSCRIBER asks for; null: nothing. */
export function transcriberConfig(read: ProviderVariables): TranscriberConfig | null {
  if (read.TRANSCRIBER === undefined) return null;
  return {
    provider: read.TRANSCRIBER,
    apiKey: read.OPENAI_API_KEY ?? '',
    baseUrl: read.OPENAI_BASE_URL,
    headers: read.OPENAI_HEADERS ?? {},
    transcriber: listener(read),
  };
}

const NOTHING = 'none';
/** What only writes down, where a session does nothing else. */
function listener({ OPENAI_TRANSCRIBE_MODEL: chosen }: ProviderVariables): string {
  return chosen === undefined || chosen === NOTHING ? 'gpt-live-transcribe' : chosen;
}

function unset(provider: Provider, given: Given, why: string): readonly Problem[] {
  return required(provider, given)
    .filter(([variable]) => !given[variable])
    .map(([variable, remedy]) => ({
      variable,
      problem: `${variable} is not set, but ${why}: ${remedy} and put it into .env`,
    }));
}

function required(provider: Provider, given: Given): readonly (readonly [keyof ProviderVariables, string])[] {
  switch (provider) {
    case 'openai':
      if (inHeaders(given.OPENAI_HEADERS)) return [];
      return [['OPENAI_API_KEY', 'make one at https://platform.openai.com/api-keys']];
    case 'gemini':
      if (inHeaders(given.GEMINI_HEADERS)) return [];
      return [['GEMINI_API_KEY', 'make one at https://aistudio.google.com/apikey']];
    case 'azure':
      return [
        ...(inHeaders(given.AZURE_OPENAI_HEADERS)
          ? []
          : [
              [
                'AZURE_OPENAI_API_KEY',
                'take it from the resource (Keys and Endpoint) in https://portal.azure.com',
              ] as const,
            ]),
        ...(given.AZURE_OPENAI_BASE_URL
          ? []
          : [['AZURE_OPENAI_ENDPOINT', 'take it from the resource, such as https://NAME.openai.azure.com'] as const]),
        ['AZURE_OPENAI_DEPLOYMENT', 'deploy a realtime model in https://ai.azure.com, take its name'],
      ];
    case 'vertex':
      return [['VERTEX_PROJECT', "take the project's id from https://console.cloud.google.com"]];
    default:
      return provider satisfies never;
  }
}

/** Every provider whose variables are all set, the one to use first. Throws TypeError where missing() has something to say. */
export function modelConfigs(read: ProviderVariables): readonly [ModelConfig, ...ModelConfig[]] {
  const chosen = chosenProvider(read);
  if (chosen === undefined || missing(read).length > 0) throw new TypeError('the provider is not configured');
  const others = PROVIDERS.filter((one) => one !== chosen && lacking(one, read).length === 0);
  return [modelConfig(chosen, read), ...others.map((one) => modelConfig(one, read))];
}

/** The variables that every provider lacks before it can be used; none: it is configured. */
export function lackingVariables(given: Given): Readonly<Record<Provider, readonly string[]>> {
  const of = (provider: Provider) => lacking(provider, given);
  return { openai: of('openai'), azure: of('azure'), gemini: of('gemini'), vertex: of('vertex') };
}

function lacking(provider: Provider, given: Given): readonly string[] {
  return required(provider, given).flatMap(([variable]) => (given[variable] ? [] : [variable]));
}

function modelConfig(provider: Provider, read: ProviderVariables): ModelConfig {
  switch (provider) {
    case 'openai':
      return {
        provider,
        apiKey: read.OPENAI_API_KEY ?? '',
        baseUrl: read.OPENAI_BASE_URL,
        model: read.OPENAI_MODEL,
        transcriber: listener(read),
        ...(read.OPENAI_TRANSCRIBE_MODEL !== undefined && {
          inputTranscriber: read.OPENAI_TRANSCRIBE_MODEL === NOTHING ? null : read.OPENAI_TRANSCRIBE_MODEL,
        }),
        headers: read.OPENAI_HEADERS ?? {},
        mcpServers: read.OPENAI_MCP_SERVERS ?? [],
      };
    case 'gemini':
      return {
        provider,
        apiKey: read.GEMINI_API_KEY ?? '',
        baseUrl: read.GEMINI_BASE_URL,
        model: read.GEMINI_MODEL,
        headers: read.GEMINI_HEADERS ?? {},
      };
    case 'azure':
      return {
        provider,
        apiKey: read.AZURE_OPENAI_API_KEY ?? '',
        baseUrl: read.AZURE_OPENAI_BASE_URL ?? azureBase(read.AZURE_OPENAI_ENDPOINT ?? ''),
        deployment: read.AZURE_OPENAI_DEPLOYMENT ?? '',
        model: read.AZURE_OPENAI_MODEL ?? null,
        transcriber: read.AZURE_OPENAI_TRANSCRIPTION_DEPLOYMENT ?? null,
        ...(shownAsBearer(read) && { keyAs: 'bearer' as const }),
        headers: read.AZURE_OPENAI_HEADERS ?? {},
        mcpServers: read.OPENAI_MCP_SERVERS ?? [],
      };
    case 'vertex':
      return {
        provider,
        project: read.VERTEX_PROJECT ?? '',
        location: read.VERTEX_LOCATION,
        apiKey: read.VERTEX_API_KEY ?? null,
        baseUrl: read.VERTEX_BASE_URL ?? null,
        model: read.VERTEX_MODEL,
        headers: read.VERTEX_HEADERS ?? {},
      };
    default:
      return provider satisfies never;
  }
}

/**
 * Azure takes its key as `api-key`; the gateways that stand for it take theirs as everybody does (LiteLLM, Kong, Envoy AI
 * Gateway, Portkey), unless the headers say how.
 */
function shownAsBearer({ AZURE_OPENAI_BASE_URL: url, AZURE_OPENAI_HEADERS: headers = {} }: ProviderVariables): boolean {
  return url !== undefined && !isOwnAddress('azure', url) && !isApiManagement(url) && !authorizes(headers);
}

/** Azure's own gateway takes keys as Azure does (learn.microsoft.com/azure/api-management/azure-openai-api-from-specification). */
function isApiManagement(url: string): boolean {
  return /\.azure-api\.(net|us|cn)$/i.test(new URL(url).hostname);
}

/** Keys and header values of every provider: no log line may carry them. */
export function providerSecrets(read: ProviderVariables): readonly string[] {
  const keys = [read.OPENAI_API_KEY, read.AZURE_OPENAI_API_KEY, read.GEMINI_API_KEY, read.VERTEX_API_KEY];
  const all = [read.OPENAI_HEADERS, read.AZURE_OPENAI_HEADERS, read.GEMINI_HEADERS, read.VERTEX_HEADERS];
  const servers = read.OPENAI_MCP_SERVERS ?? [];
  const tokens = servers.flatMap(({ authorization }) => authorization ?? []);
  const values = [...all, ...servers.map((one) => one.headers)]
    .flatMap((one) => Object.values(one ?? {}))
    .filter((value) => value !== null);
  // `Bearer KEY`: the key also turns up alone.
  const bare = values.flatMap((value) => /^\w+ +(\S+)$/.exec(value)?.[1] ?? []);
  return [...keys.filter((key) => key !== undefined), ...tokens, ...values, ...bare];
}

/** The portal shows the endpoint with and without the path of the API. */
function azureBase(endpoint: string): string {
  return `${endpoint.replace(/\/openai(\/v1)?$/, '')}/openai/v1`;
}
