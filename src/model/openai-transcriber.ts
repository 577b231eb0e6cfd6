import type { SpeechModel } from '../bridge/ports.ts';
import { type OpenAIEndpoint, openOpenAISocket } from './openai-socket.ts';
import { OpenAITranscription } from './openai-transcription.ts';
import { untilReady } from './opening.ts';
import { authorizes, type Headers, type Service, secretsIn } from './service.ts';
import { TRANSCRIBER_CAPABILITIES } from './transcribers.ts';
import { type ModelLog, TIMING, type Timing } from './wire.ts';

/** `transcriber`: the model that writes down, on Azure its deployment. `baseUrl` as of the speech model. */
export interface TranscriberOptions {
  readonly provider: 'openai' | 'azure';
  readonly apiKey: string;
  readonly baseUrl?: string | undefined;
  readonly headers?: Headers | undefined;
  readonly transcriber: string;
  readonly log: ModelLog;
  /** Only tests need others. */
  readonly timing?: Timing;
  readonly lateMs?: number;
}

/** Sessions that only write down, as a SpeechModel that never answers. TypeError for an empty key or model. */
export function openAITranscriber(options: TranscriberOptions): SpeechModel {
  const { provider, apiKey, baseUrl, headers, transcriber, log, timing = TIMING, lateMs } = options;
  const service = serviceOf(provider, headers);
  if (apiKey === '' || transcriber === '') {
    throw new TypeError(`${service.name} needs an API key and a ${service.modelNoun} that writes down`);
  }
  const target = { service, model: transcriber, secrets: secretsIn(apiKey, headers) };
  const endpoint: OpenAIEndpoint = {
    apiKey,
    baseUrl,
    model: null,
    headers,
    keyAs: provider === 'azure' ? 'api-key' : 'bearer',
  };
  return {
    provider,
    name: transcriber,
    label: `${service.name} (${transcriber})`,
    inputRate: 24_000,
    capabilities: TRANSCRIBER_CAPABILITIES,
    // What was said before is nothing to it.
    connect: (session, signal) =>
      untilReady({
        provider: service.name,
        limitMs: timing.connectMs,
        signal,
        open: (hooks) => {
          const rt = openOpenAISocket(endpoint);
          return new OpenAITranscription({
            rt,
            provider,
            target,
            transcriber,
            options: session,
            log,
            timing,
            hooks,
            lateMs,
          });
        },
      }),
  };
}

function serviceOf(provider: TranscriberOptions['provider'], headers: Headers | undefined): Service {
  if (provider === 'azure') {
    return {
      name: 'Azure OpenAI',
      credentialNoun: 'API key',
      credentials: `AZURE_OPENAI_API_KEY${authorizes(headers) ? ' and AZURE_OPENAI_HEADERS' : ''}`,
      modelNoun: 'deployment',
      modelVariable: 'AZURE_OPENAI_TRANSCRIPTION_DEPLOYMENT',
      addressVariable: 'AZURE_OPENAI_ENDPOINT or AZURE_OPENAI_BASE_URL',
    };
  }
  return {
    name: 'OpenAI',
    credentialNoun: 'API key',
    credentials: `OPENAI_API_KEY${authorizes(headers) ? ' and OPENAI_HEADERS' : ''}`,
    modelNoun: 'model',
    modelVariable: 'OPENAI_TRANSCRIBE_MODEL',
    addressVariable: 'OPENAI_BASE_URL',
  };
}
