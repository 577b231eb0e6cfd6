import type { SpeechModel } from '../../../ports/model.ts';
import { type ModelLog, TIMING, type Timing } from '../../connection/model-socket.ts';
import { untilReady } from '../../connection/open-session.ts';
import { bringsCredential, type Headers, secretsIn } from '../../connection/service.ts';
import { openAIService } from '../service.ts';
import { type OpenAIEndpoint, openOpenAISocket } from '../socket.ts';
import { TRANSCRIBER_CAPABILITIES } from './models.ts';
import { OpenAITranscription } from './session.ts';

/** `transcriber`: the model that writes down, on Azure its deployment. `baseUrl` as of the speech model. */
export interface TranscriberOptions {
  readonly provider: 'openai' | 'azure';
  readonly apiKey: string;
  readonly baseUrl?: string | undefined;
  readonly headers?: Headers | undefined;
  readonly transcriber: string;
  /** How the key is shown; by default as the provider wants it. */
  readonly keyAs?: 'bearer' | 'api-key' | undefined;
  readonly log: ModelLog;
  /** Only tests need others. */
  readonly timing?: Timing;
  readonly lateMs?: number;
}

/** Sessions that only write down, as a SpeechModel that never answers. TypeError for an empty key or model. */
export function openAITranscriber(options: TranscriberOptions): SpeechModel {
  const { provider, apiKey, baseUrl, headers, transcriber, log, timing = TIMING, lateMs } = options;
  const variable = provider === 'azure' ? 'AZURE_OPENAI_TRANSCRIPTION_DEPLOYMENT' : 'OPENAI_TRANSCRIBE_MODEL';
  const service = openAIService(provider, options, variable);
  if ((apiKey === '' && !bringsCredential(headers)) || transcriber === '') {
    throw new TypeError(`${service.name} needs an API key and a ${service.modelNoun} that writes down`);
  }
  const target = { service, model: transcriber, secrets: secretsIn(apiKey, headers) };
  const endpoint: OpenAIEndpoint = {
    apiKey,
    baseUrl,
    model: null,
    headers,
    keyAs: options.keyAs ?? (provider === 'azure' ? 'api-key' : 'bearer'),
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
