// The only file that reads process.env.
import { z } from 'zod';

/** The environment cannot be used. `message` has one line per problem, each naming the variable and what to do. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Which speech model to talk to, with what it needs. */
interface ModelConfig {
  readonly provider: 'openai' | 'gemini';
  readonly apiKey: string;
  /** Without a trailing slash; `http:` stands for plain `ws:`. */
  readonly baseUrl: string;
  readonly model: string;
}

/** Everything that the environment decides; deeply frozen. */
export interface Config {
  readonly discord: {
    readonly token: string;
    /** REST base without the version and without a trailing slash. */
    readonly apiUrl: string;
    /** Register the slash commands in this guild only; null: everywhere. */
    readonly guildId: string | null;
  };
  readonly model: ModelConfig;
  /** `sqlite:PATH` or `sqlite::memory:`. */
  readonly databaseUrl: string;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  /** Bases of Open-Meteo's two services. */
  readonly weather: { readonly forecastUrl: string; readonly geocodingUrl: string };
  /** Started by `npm start`: npm ends at SIGTERM without passing it on. */
  readonly startedByNpm: boolean;
  /** A JSON file with prices that take the place of the built-in ones; null: none. */
  readonly pricesFile: string | null;
  /** Values that no log line may carry. */
  readonly secrets: readonly string[];
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
const PROVIDERS = ['openai', 'gemini', 'azure', 'vertex'] as const;
const WHERE_KEYS_ARE = {
  openai: 'make one at https://platform.openai.com/api-keys',
  gemini: 'make one at https://aistudio.google.com/apikey',
} as const;

const secret = z
  .string()
  .regex(/^[\x21-\x7e]+$/, 'has a space, a line break or another character that no key has: copy it again')
  .optional();
const model = (fallback: string) =>
  z
    .string()
    .regex(/^[\w.:/-]+$/, 'is not the id of a model: leave it empty for the default')
    .default(fallback);
/** A base URL, kept without its trailing slashes: some SDKs make `//path` of them. */
const base = (fallback: string) =>
  z
    .string()
    .default(fallback)
    .refine((text) => isPlainHttpUrl(text), {
      error: 'must be an http:// or https:// address without user name, query and fragment',
    })
    .transform((text) => text.replace(/\/+$/, ''));

const Environment = z.object({
  DISCORD_TOKEN: z
    .string({ error: 'is not set: put the bot token from https://discord.com/developers/applications (Bot) into .env' })
    .regex(/^[\x21-\x7e]+$/, 'has a space or a line break: copy the token again')
    .refine((text) => !/^Bot\b/i.test(text), { error: 'must be the bare token, without "Bot" before it' }),
  DISCORD_API_URL: base('https://discord.com/api').refine((text) => !/\/v\d+$/.test(text), {
    error: 'must not end in a version (/v10): that is added',
  }),
  DISCORD_GUILD_ID: z
    .string()
    .regex(/^\d{1,20}$/, 'must be a server id, digits only: right-click the server, Copy Server ID')
    .optional(),
  PROVIDER: z.enum(PROVIDERS, { error: `must be one of ${PROVIDERS.join(', ')}` }).optional(),
  OPENAI_API_KEY: secret,
  OPENAI_BASE_URL: base('https://api.openai.com/v1'),
  OPENAI_MODEL: model('gpt-realtime-2.1'),
  GEMINI_API_KEY: secret,
  GEMINI_BASE_URL: base('https://generativelanguage.googleapis.com'),
  GEMINI_MODEL: model('gemini-3.8-live'),
  DATABASE_URL: z
    .string()
    .regex(/^sqlite:.+$/, 'must be sqlite:PATH (such as sqlite:data/parley.db) or sqlite::memory:')
    .default('sqlite:data/parley.db'),
  PRICES_FILE: z.string().optional(),
  LOG_LEVEL: z.enum(LOG_LEVELS, { error: `must be one of ${LOG_LEVELS.join(', ')}` }).default('info'),
  WEATHER_API_URL: base('https://api.open-meteo.com'),
  WEATHER_GEOCODING_URL: base('https://geocoding-api.open-meteo.com'),
});
type Environment = z.output<typeof Environment>;

/** Reads the whole configuration; an empty value counts as not set. Throws ConfigError that lists every problem. */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const given = Object.fromEntries(
    Object.keys(Environment.shape).flatMap((name) => {
      const value = env[name]?.trim();
      return value ? [[name, value]] : [];
    }),
  );
  const parsed = Environment.safeParse(given);
  const chosen = chooseModel(parsed.success ? parsed.data : given);
  const problems = parsed.success ? [] : parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`);
  // A key that was refused as such must not also be called absent.
  if ('problem' in chosen && !problems.some((line) => line.startsWith(chosen.variable))) problems.push(chosen.problem);
  if (!parsed.success || 'problem' in chosen) throw new ConfigError(problems.join('\n'));
  return freeze(assemble(parsed.data, chosen.provider, env.npm_lifecycle_event === 'start'));
}

function assemble(read: Environment, provider: 'openai' | 'gemini', startedByNpm: boolean): Config {
  const openai = { apiKey: read.OPENAI_API_KEY, baseUrl: read.OPENAI_BASE_URL, model: read.OPENAI_MODEL };
  const gemini = { apiKey: read.GEMINI_API_KEY, baseUrl: read.GEMINI_BASE_URL, model: read.GEMINI_MODEL };
  const chosen = provider === 'openai' ? openai : gemini;
  return {
    discord: { token: read.DISCORD_TOKEN, apiUrl: read.DISCORD_API_URL, guildId: read.DISCORD_GUILD_ID ?? null },
    model: { provider, ...chosen, apiKey: chosen.apiKey ?? '' },
    databaseUrl: read.DATABASE_URL,
    logLevel: read.LOG_LEVEL,
    pricesFile: read.PRICES_FILE ?? null,
    startedByNpm,
    weather: { forecastUrl: read.WEATHER_API_URL, geocodingUrl: read.WEATHER_GEOCODING_URL },
    secrets: [read.DISCORD_TOKEN, read.OPENAI_API_KEY, read.GEMINI_API_KEY].filter((value) => value !== undefined),
  };
}

function chooseModel(
  read: Partial<Record<'PROVIDER' | 'OPENAI_API_KEY' | 'GEMINI_API_KEY', string>>,
): { provider: 'openai' | 'gemini' } | { variable: string; problem: string } {
  const wanted = read.PROVIDER ?? (read.OPENAI_API_KEY ? 'openai' : read.GEMINI_API_KEY ? 'gemini' : undefined);
  if (wanted === undefined) {
    const problem = 'OPENAI_API_KEY or GEMINI_API_KEY is not set: put the key of the provider that you want into .env';
    return { variable: 'OPENAI_API_KEY', problem };
  }
  if (wanted === 'azure' || wanted === 'vertex') {
    const problem = `PROVIDER ${wanted} comes in a later version: set it to openai or gemini for now`;
    return { variable: 'PROVIDER', problem };
  }
  if (wanted !== 'openai' && wanted !== 'gemini') return { variable: 'PROVIDER', problem: 'PROVIDER is unknown' };
  const variable = wanted === 'openai' ? 'OPENAI_API_KEY' : 'GEMINI_API_KEY';
  if (read[variable]) return { provider: wanted };
  return {
    variable,
    problem: `${variable} is not set, but PROVIDER is ${wanted}: ${WHERE_KEYS_ARE[wanted]} and put it into .env`,
  };
}

function isPlainHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  const plain = !url.username && !url.password && !url.search && !url.hash;
  return plain && (url.protocol === 'http:' || url.protocol === 'https:');
}

function freeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) if (typeof part === 'object' && part !== null) freeze(part);
  return Object.freeze(value);
}
