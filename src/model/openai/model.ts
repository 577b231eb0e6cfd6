import type { SpeechModel } from '../../ports/model.ts';
import { openAITraits } from '../capabilities.ts';
import { isOwnAddress } from '../connection/address.ts';
import { type ModelLog, TIMING, type Timing } from '../connection/model-socket.ts';
import { untilReady } from '../connection/open-session.ts';
import { bringsCredential, type Headers, type Service, secretsIn } from '../connection/service.ts';
import { demandSupported } from '../connection/unsupported.ts';
import type { OpenAITraits } from '../traits.ts';
import { type McpServer, mcpSecrets } from './mcp-server.ts';
import { openAIService } from './service.ts';
import { OpenAISession } from './session.ts';
import { type OpenAIEndpoint, openOpenAISocket } from './socket.ts';

/** `timing`: only tests need another patience. `mcpServers`: whose tools the provider may call by itself. */
interface Running {
  readonly log: ModelLog;
  readonly mcpServers?: readonly McpServer[] | undefined;
  readonly timing?: Timing;
  /** Where the model's name comes from, for messages; by default its variable. */
  readonly chosenBy?: string;
}
type ModelEndpoint = OpenAIEndpoint & { readonly model: string };
export type OpenAIModelOptions = Omit<ModelEndpoint, 'keyAs'> &
  Running & {
    /** What writes down what people say, in place of the model's usual one; null: nothing is to. */
    readonly inputTranscriber?: string | null | undefined;
  };

/** `baseUrl`: with the path of the API, `{endpoint}/openai/v1` or a gateway's. */
export interface AzureModelOptions extends Running {
  readonly apiKey: string;
  readonly baseUrl: string;
  readonly deployment: string;
  /** Which model the deployment is; null: the one that it is named after. An unknown one gets the safe minimum. */
  readonly model: string | null;
  /** The deployment that writes down what people say; null: their words are not written down. */
  readonly transcriber: string | null;
  readonly headers?: Headers | undefined;
  /** How the key is shown: as Azure wants it, which is the default, or as a gateway does. */
  readonly keyAs?: 'bearer' | 'api-key' | undefined;
}

/** A model of the OpenAI Realtime API. TypeError for an empty key or model. */
export function openAIModel(options: OpenAIModelOptions): SpeechModel {
  const { log, timing, mcpServers, chosenBy = 'OPENAI_MODEL', inputTranscriber, ...endpoint } = options;
  const service = openAIService('openai', endpoint, chosenBy);
  const own = endpoint.baseUrl === undefined || isOwnAddress('openai', endpoint.baseUrl);
  const known = openAITraits(endpoint.model, own);
  const traits = inputTranscriber === undefined ? known : { ...known, transcriber: inputTranscriber };
  return realtimeModel('openai', endpoint, { service, traits, mcpServers, log, timing });
}

/** A deployment of Azure OpenAI, on its GA route. TypeError for an empty key or deployment. */
export function azureModel(options: AzureModelOptions): SpeechModel {
  const { apiKey, baseUrl, deployment, model, transcriber, headers, mcpServers, log, timing } = options;
  const { keyAs = 'api-key', chosenBy = 'AZURE_OPENAI_DEPLOYMENT' } = options;
  const service = openAIService('azure', options, chosenBy);
  // Azure knows transcription models by their deployments only: OpenAI's own names would fail there.
  const traits = { ...openAITraits(model ?? deployment), transcriber };
  const endpoint = { apiKey, baseUrl, model: deployment, headers, keyAs };
  return realtimeModel('azure', endpoint, { service, traits, mcpServers, log, timing });
}

function realtimeModel(
  provider: 'openai' | 'azure',
  endpoint: ModelEndpoint,
  deps: {
    readonly service: Service;
    readonly traits: OpenAITraits;
    readonly mcpServers: readonly McpServer[] | undefined;
    readonly log: ModelLog;
    readonly timing: Timing | undefined;
  },
): SpeechModel {
  const { apiKey, model, headers } = endpoint;
  const { service, traits, mcpServers = [], log, timing = TIMING } = deps;
  if ((apiKey === '' && !bringsCredential(headers)) || model === '') {
    throw new TypeError(`${service.name} needs an API key and a ${service.modelNoun}`);
  }
  const labels = mcpServers.map(({ label }) => label);
  const target = { service, model, secrets: [...secretsIn(apiKey, headers), ...mcpSecrets(mcpServers)] };
  return {
    provider,
    name: model,
    label: `${service.name} (${model})`,
    inputRate: 24_000,
    capabilities: {
      ...traits.capabilities,
      unprompted: traits.transcriber === null ? null : traits.capabilities.unprompted,
      mcpServers: traits.hostedMcp ? labels : [],
      ...(!traits.hostedMcp && labels.length > 0 && { unusedMcpServers: labels }),
    },
    connect: (options, signal, history = []) =>
      untilReady({
        provider: service.name,
        limitMs: timing.connectMs,
        signal,
        open: (hooks) => {
          demandSupported(model);
          const rt = openOpenAISocket(endpoint);
          return new OpenAISession({ rt, target, traits, mcpServers, options, history, log, timing, hooks });
        },
      }),
  };
}
