import type { SpeechModel } from '../../ports/model.ts';
import { geminiTraits } from '../capabilities.ts';
import { isOwnAddress } from '../connection/address.ts';
import { type ModelLog, TIMING, type Timing } from '../connection/model-socket.ts';
import { untilReady } from '../connection/open-session.ts';
import { bringsCredential, credentialVariables, type Headers, type Service, secretsIn } from '../connection/service.ts';
import { demandSupported } from '../connection/unsupported.ts';
import { GeminiSession } from './session.ts';
import { type GeminiEndpoint, needsGoogleCredentials } from './socket.ts';

/** `timing`: only tests need another patience. */
interface Running {
  readonly log: ModelLog;
  readonly timing?: Timing;
  /** Where the model's name comes from, for messages; by default its variable. */
  readonly chosenBy?: string;
}
export interface GeminiModelOptions extends Running {
  readonly apiKey: string;
  readonly baseUrl?: string | undefined;
  readonly model: string;
  readonly headers?: Headers | undefined;
}
/** `apiKey` null: Google credentials of the machine. `baseUrl` null: Google's own address of the location. */
export interface VertexModelOptions extends Running {
  readonly project: string;
  readonly location: string;
  readonly apiKey: string | null;
  readonly baseUrl: string | null;
  readonly model: string;
  readonly headers?: Headers | undefined;
}

/** A model of the Gemini Live API. TypeError for an empty key or model. */
export function geminiModel({ log, timing, chosenBy = 'GEMINI_MODEL', ...endpoint }: GeminiModelOptions): SpeechModel {
  const { apiKey, baseUrl, headers } = endpoint;
  if (apiKey === '' && !bringsCredential(headers)) throw new TypeError('Gemini needs an API key');
  const own = baseUrl === undefined || isOwnAddress('gemini', baseUrl);
  const service: Service = {
    name: 'Gemini',
    credentialNoun: 'API key',
    credentials: credentialVariables({
      key: apiKey === '' ? null : 'GEMINI_API_KEY',
      headersVariable: 'GEMINI_HEADERS',
      headers,
      own,
    }),
    modelNoun: 'model',
    modelVariable: chosenBy,
    addressVariable: 'GEMINI_BASE_URL',
    gateway: !own,
  };
  return liveModel(endpoint, { service, product: 'Google Gemini', log, timing });
}

/** A Live model on Vertex AI. TypeError for an empty project, location, key or model. */
export function vertexModel(options: VertexModelOptions): SpeechModel {
  const { log, timing, chosenBy = 'VERTEX_MODEL and VERTEX_LOCATION', project, location, ...rest } = options;
  if (project === '' || location === '' || rest.apiKey === '') throw new TypeError('Vertex AI needs a project');
  const service: Service = {
    name: 'Vertex AI',
    credentialNoun: rest.apiKey === null ? 'credentials' : 'API key',
    credentials: vertexCredentials({ ...rest, vertex: { project, location } }),
    modelNoun: 'model',
    modelVariable: chosenBy,
    addressVariable: 'VERTEX_BASE_URL and VERTEX_LOCATION',
    gateway: rest.baseUrl !== null && !isOwnAddress('vertex', rest.baseUrl),
  };
  return liveModel({ ...rest, vertex: { project, location } }, { service, product: 'Google Vertex AI', log, timing });
}

function vertexCredentials(endpoint: GeminiEndpoint): string {
  const { apiKey, baseUrl, headers } = endpoint;
  const own = !baseUrl || isOwnAddress('vertex', baseUrl);
  const named = (key: string | null) => credentialVariables({ key, headersVariable: 'VERTEX_HEADERS', headers, own });
  if (apiKey !== null) return named('VERTEX_API_KEY');
  if (!needsGoogleCredentials(endpoint)) return named(null);
  const google = 'the Google credentials (GOOGLE_APPLICATION_CREDENTIALS)';
  return own ? `${google} and VERTEX_PROJECT` : `VERTEX_HEADERS, ${google} and VERTEX_PROJECT`;
}

function liveModel(
  endpoint: GeminiEndpoint,
  deps: {
    readonly service: Service;
    readonly product: string;
    readonly log: ModelLog;
    readonly timing: Timing | undefined;
  },
): SpeechModel {
  const { apiKey, model, headers, vertex } = endpoint;
  const { service, product, log, timing = TIMING } = deps;
  if (model === '') throw new TypeError(`${service.name} needs a model`);
  const traits = geminiTraits(model, vertex ? 'vertex' : 'gemini');
  const target = { service, model, secrets: secretsIn(apiKey, headers) };
  return {
    provider: vertex ? 'vertex' : 'gemini',
    name: model,
    label: `${product} (${model})`,
    inputRate: 16_000,
    capabilities: traits.capabilities,
    connect: (options, signal, history = [], handle) =>
      untilReady({
        provider: service.name,
        limitMs: timing.connectMs,
        signal,
        open: (hooks) => {
          demandSupported(model);
          return new GeminiSession({ endpoint, target, traits, options, history, handle, log, timing, hooks });
        },
      }),
  };
}
