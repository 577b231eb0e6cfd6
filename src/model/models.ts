import type { Provider, SpeechModel } from '../bridge/ports.ts';
import type { ChosenModel, GuildSettings, SpeechModels } from '../bridge/room-ports.ts';
import { knownModels } from './capabilities.ts';
import { type SpeechModelConfig, speechModel } from './model.ts';
import type { ModelLog } from './wire.ts';

/** Models that are kept beside the configured ones; the oldest goes first, and is made anew when it is wanted. */
const KEPT = 200;

export interface ModelsParts {
  /** Every configured provider with its default model; the first is the one to use. At least one. */
  readonly configs: readonly SpeechModelConfig[];
  /** One of them, and not the first; null: none. */
  readonly fallback: Provider | null;
  /** The variables that each provider lacks. */
  readonly lacking: Readonly<Record<Provider, readonly string[]>>;
  readonly log: ModelLog;
}

/** The models that guilds can use, each made once. TypeError where no provider is configured. */
export class Models implements SpeechModels {
  readonly default: SpeechModel;
  readonly providers: readonly Provider[];
  readonly #parts: ModelsParts;
  readonly #defaults: ReadonlyMap<Provider, SpeechModel>;
  readonly #made = new Map<string, SpeechModel>();

  constructor(parts: ModelsParts) {
    const [first] = parts.configs;
    if (!first) throw new TypeError('no provider is configured');
    this.#parts = parts;
    this.providers = parts.configs.map(({ provider }) => provider);
    this.#defaults = new Map(parts.configs.map((config) => [config.provider, speechModel(config, parts.log)]));
    this.default = this.#defaults.get(first.provider) as SpeechModel;
  }

  chosen({ provider, model }: Pick<GuildSettings, 'provider' | 'model'>): ChosenModel {
    const own = this.#defaults.get(provider ?? this.default.provider);
    if (!own) return { model: this.default, absent: provider };
    return { model: model === null || model === own.name ? own : this.#make(own.provider, model), absent: null };
  }

  names(provider: Provider): readonly string[] {
    const own = this.#defaults.get(provider);
    return [...new Set([...(own ? [own.name] : []), ...knownModels(provider)])];
  }

  lacking(provider: Provider): readonly string[] {
    return this.#parts.lacking[provider];
  }

  /** Where a conversation goes on that lost this model for good; undefined: nowhere, or only where it was before. */
  fallbackFor(failed: SpeechModel): SpeechModel | undefined {
    const { fallback } = this.#parts;
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
    const config = this.#parts.configs.find((one) => one.provider === provider) as SpeechModelConfig;
    const made = speechModel(named(config, name), this.#parts.log);
    this.#made.set(key, made);
    if (this.#made.size > KEPT) this.#made.delete(this.#made.keys().next().value as string);
    return made;
  }
}

/** The same endpoint with another model, which somebody chose by `/voice model`. */
function named(config: SpeechModelConfig, name: string): SpeechModelConfig {
  const chosenBy = '`/voice model`';
  // Which model another deployment is, nobody told: it counts as the one that it is named after.
  if (config.provider === 'azure') return { ...config, deployment: name, model: null, chosenBy };
  return { ...config, model: name, chosenBy };
}
