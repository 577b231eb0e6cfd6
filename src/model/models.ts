import type { Provider } from '../ports/capabilities.ts';
import type { SpeechModel } from '../ports/model.ts';
import type { ChosenModel, GuildSettings, SpeechModels } from '../ports/settings.ts';
import { knownModels } from './capabilities.ts';
import type { ModelLog } from './connection/model-socket.ts';
import { unsupported } from './connection/unsupported.ts';
import { type SpeechModelConfig, speechModel, transcriberOf } from './factory.ts';
import { openAITranscriber, type TranscriberOptions } from './openai/transcription/transcriber.ts';

/** Models that are kept beside the configured ones; the oldest goes first, and is made anew when it is wanted. */
const KEPT = 200;

/** What the registry of models is made of: the configured providers, the default first. */
export interface ModelsDeps {
  /** Every configured provider with its default model; the first is the one to use. At least one. */
  readonly configs: readonly SpeechModelConfig[];
  /** One of them, and not the first; null: none. */
  readonly fallback: Provider | null;
  /** The variables that each provider lacks. */
  readonly lacking: Readonly<Record<Provider, readonly string[]>>;
  /** What writes down beside models that do not do it by themselves (TRANSCRIBER); absent: nobody. */
  readonly transcriber?: Omit<TranscriberOptions, 'log'> | null;
  readonly log: ModelLog;
}

/** The models that guilds can use, each made once. TypeError where no provider is configured. */
export class Models implements SpeechModels {
  readonly default: SpeechModel;
  readonly providers: readonly Provider[];
  readonly #deps: ModelsDeps;
  readonly #defaults: ReadonlyMap<Provider, SpeechModel>;
  /** Those that write down, where their provider has such sessions. */
  readonly #listeners: ReadonlyMap<Provider, SpeechModel>;
  /** What writes down beside models that do not do it by themselves; null: nobody. */
  readonly transcriber: SpeechModel | null;
  readonly #made = new Map<string, SpeechModel>();

  constructor(deps: ModelsDeps) {
    const [first] = deps.configs;
    if (!first) throw new TypeError('no provider is configured');
    this.#deps = deps;
    this.providers = deps.configs.map(({ provider }) => provider);
    this.#defaults = new Map(deps.configs.map((config) => [config.provider, speechModel(config, deps.log)]));
    this.default = this.#defaults.get(first.provider) as SpeechModel;
    const listeners = deps.configs.map((config) => [config.provider, transcriberOf(config, deps.log)] as const);
    this.#listeners = new Map(listeners.flatMap(([provider, model]) => (model ? [[provider, model]] : [])));
    this.transcriber = deps.transcriber ? openAITranscriber({ ...deps.transcriber, log: deps.log }) : null;
  }

  /**
   * The model that writes down where the bot only listens: that of the guild's provider, or the one for all; a sentence
   * for people where there is none.
   */
  listener(settings: Pick<GuildSettings, 'provider' | 'model'>): SpeechModel | string {
    const { provider } = this.chosen(settings).model;
    return this.#listeners.get(provider) ?? this.transcriber ?? NO_LISTENER[provider];
  }

  chosen({ provider, model }: Pick<GuildSettings, 'provider' | 'model'>): ChosenModel {
    const own = this.#defaults.get(provider ?? this.default.provider);
    if (!own) return this.#choice(this.default, provider);
    return this.#choice(model === null || model === own.name ? own : this.#make(own.provider, model), null);
  }

  #choice(model: SpeechModel, absent: Provider | null): ChosenModel {
    const transcriber = model.capabilities.unprompted === 'waits' ? null : (this.transcriber?.label ?? null);
    return { model, absent, transcribed: model.capabilities.unprompted !== null || transcriber !== null, transcriber };
  }

  names(provider: Provider): readonly string[] {
    const own = this.#defaults.get(provider);
    return [...new Set([...(own ? [own.name] : []), ...knownModels(provider)])];
  }

  unfit(name: string): string | undefined {
    return unsupported(name);
  }

  lacking(provider: Provider): readonly string[] {
    return this.#deps.lacking[provider];
  }

  /** Where a conversation goes on that lost this model for good; undefined: nowhere, or only where it was before. */
  fallbackFor(failed: SpeechModel): SpeechModel | undefined {
    const { fallback } = this.#deps;
    if (fallback === null) return undefined;
    // A guild may have chosen the fallback's provider itself: then the default stands in for it.
    return failed.provider === fallback
      ? [this.default].find(({ provider }) => provider !== fallback)
      : this.#defaults.get(fallback);
  }

  #make(provider: Provider, name: string): SpeechModel {
    const key = `${provider} ${name}`;
    const known = this.#made.get(key);
    if (known) return known;
    const config = this.#deps.configs.find((one) => one.provider === provider) as SpeechModelConfig;
    const made = speechModel(named(config, name), this.#deps.log);
    this.#made.set(key, made);
    if (this.#made.size > KEPT) this.#made.delete(this.#made.keys().next().value as string);
    return made;
  }
}

const TRANSCRIBER_HELPS =
  'Whoever runs me can set `TRANSCRIBER=openai` and `OPENAI_API_KEY` and start me anew; where OpenAI is configured, `/voice provider` chooses it.';
/** Why nobody writes down, and what to do. */
const NO_LISTENER: Readonly<Record<Provider, string>> = {
  openai: `I cannot only listen: nothing writes down here. ${TRANSCRIBER_HELPS}`,
  azure:
    'I cannot only listen with Azure OpenAI: no deployment writes down what is said. Whoever runs me can set `AZURE_OPENAI_TRANSCRIPTION_DEPLOYMENT`, or `TRANSCRIBER=openai` and `OPENAI_API_KEY`, and start me anew.',
  gemini: `I cannot only listen with Google Gemini: it answers whatever it hears. ${TRANSCRIBER_HELPS}`,
  vertex: `I cannot only listen with Google Vertex AI: it answers whatever it hears. ${TRANSCRIBER_HELPS}`,
};

/** The same endpoint with another model, which somebody chose by `/voice model`. */
function named(config: SpeechModelConfig, name: string): SpeechModelConfig {
  const chosenBy = '`/voice model`';
  // Which model another deployment is, nobody told: it counts as the one that it is named after.
  if (config.provider === 'azure') return { ...config, deployment: name, model: null, chosenBy };
  return { ...config, model: name, chosenBy };
}
