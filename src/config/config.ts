// The only file that reads process.env.
import { z } from 'zod';
import { ConfigError } from '../ports/errors.ts';
import type { McpConfig } from '../tools/mcp/entry.ts';
import { type LimitsConfig, limitsConfig, limitVariables } from './limits.ts';
import { readMcp } from './mcp.ts';
import { base } from './provider-values.ts';
import {
  lackingVariables,
  type ModelConfig,
  missing,
  modelConfigs,
  providerSecrets,
  providerVariables,
  type TranscriberConfig,
  transcriberConfig,
} from './providers.ts';

/** Everything that the environment decides; deeply frozen. */
export interface Config extends LimitsConfig {
  readonly discord: {
    readonly token: string;
    /** REST base without the version and without a trailing slash. */
    readonly apiUrl: string;
    /** Register the slash commands in this guild only; null: everywhere. */
    readonly guildId: string | null;
  };
  /** What answers where a guild chose nothing else. */
  readonly model: ModelConfig;
  /** Every provider that is fully configured, that of `model` first. */
  readonly models: readonly ModelConfig[];
  /** Where a conversation goes on whose provider is lost for good; one of `models`, and not the first. null: nowhere. */
  readonly fallbackProvider: ModelConfig['provider'] | null;
  /** What writes down beside models that do not do it by themselves; null: nothing. */
  readonly transcriber: TranscriberConfig | null;
  /** The variables that have to be set before a provider can be used; none: it is one of `models`. */
  readonly lacking: Readonly<Record<ModelConfig['provider'], readonly string[]>>;
  /** `sqlite:PATH` or `sqlite::memory:`. */
  readonly databaseUrl: string;
  /** 32 bytes: what people say is encrypted in the database with them. null: it is not. */
  readonly dataKey: Uint8Array | null;
  /** 32 bytes: the key that `npm run rekey` puts in the place of `dataKey`. null: none. */
  readonly newDataKey: Uint8Array | null;
  /** For so many days what is kept of a server outlives its removing the bot. */
  readonly keepLeftServersDays: number;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  /** Bases of Open-Meteo's two services. */
  readonly weather: { readonly forecastUrl: string; readonly geocodingUrl: string };
  /** Started by `npm start`: npm ends at SIGTERM without passing it on. */
  readonly startedByNpm: boolean;
  /** A JSON file with prices that take the place of the built-in ones; null: none. */
  readonly pricesFile: string | null;
  /** The text model that sums up what was said, by its id or `openai:ID`, `gemini:ID`; null: the usual one. */
  readonly summaryModel: string | null;
  /** Quiet and loud people are brought to a common level for the model. */
  readonly evenVoices: boolean;
  /** A page for people about what is heard and kept; null: there is none. */
  readonly privacyUrl: string | null;
  /** The MCP servers that Parley itself starts or calls. */
  readonly mcp: McpConfig;
  /** A folder with tools of one's own; null: none. */
  readonly toolsFolder: string | null;
  /** Values that no log line may carry. */
  readonly secrets: readonly string[];
}

/** The token of the second bot of `npm run live-check`; null: it is not set. */
export function liveCheckToken(env: NodeJS.ProcessEnv = process.env): string | null {
  return unquoted(env.LIVE_CHECK_TOKEN?.trim()) || null;
}

/** This process's environment with other variables, for a process that it starts; an empty one counts as not set. */
export function environmentWith(changes: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  return { ...process.env, ...changes };
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

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
  ...providerVariables,
  ...limitVariables,
  DATABASE_URL: z
    .string()
    .regex(/^sqlite:.+$/, 'must be sqlite:PATH (such as sqlite:data/parley.db) or sqlite::memory:')
    .default('sqlite:data/parley.db'),
  DATA_KEY: z
    .string()
    .refine((text) => keyBytes(text) !== null, {
      error: 'must be 32 bytes in base64 or hex: make one with  openssl rand -base64 32',
    })
    .optional(),
  DATA_KEY_NEW: z
    .string()
    .refine((text) => keyBytes(text) !== null, {
      error: 'must be 32 bytes in base64 or hex: make one with  openssl rand -base64 32',
    })
    .optional(),
  KEEP_LEFT_SERVERS_DAYS: z
    .string()
    .regex(/^\d{1,4}$/, 'must be a number of days, such as 7; 0: at once')
    .default('7'),
  PRICES_FILE: z.string().optional(),
  SUMMARY_MODEL: z
    .string()
    .regex(/^[\w.:/-]+$/, 'is not the id of a model, such as gpt-5.4-mini or gemini:gemini-3.1-flash-lite')
    .optional(),
  EVEN_VOICES: z.enum(['on', 'off'], { error: 'must be on or off' }).default('on'),
  PRIVACY_URL: z
    .url({ protocol: /^https$/, hostname: z.regexes.domain, error: 'must be the https:// address of a page' })
    .regex(/^[^\s<>`]{1,300}$/, 'must be an address of at most 300 characters, without < > or `')
    .optional(),
  MCP_CONFIG: z.string().optional(),
  TOOLS_DIR: z.string().optional(),
  LOG_LEVEL: z.enum(LOG_LEVELS, { error: `must be one of ${LOG_LEVELS.join(', ')}` }).default('info'),
  WEATHER_API_URL: base('https://api.open-meteo.com'),
  WEATHER_GEOCODING_URL: base('https://geocoding-api.open-meteo.com'),
});
type Environment = z.output<typeof Environment>;

/** Reads the whole configuration; an empty value counts as not set. Throws ConfigError that lists every problem. */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const given = Object.fromEntries(
    Object.keys(Environment.shape).flatMap((name) => {
      const value = unquoted(env[name]?.trim());
      return value ? [[name, value]] : [];
    }),
  );
  const parsed = Environment.safeParse(given);
  const problems = parsed.success ? [] : parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`);
  for (const { variable, problem } of missing(parsed.success ? parsed.data : given)) {
    // A key that was refused as such must not also be called absent.
    if (!problems.some((line) => line.startsWith(`${variable} `))) problems.push(problem);
  }
  const { problems: wrong, secrets, ...mcp } = readMcp(given.MCP_CONFIG, env);
  problems.push(...wrong);
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems.join('\n'));
  const config = assemble(parsed.data, env.npm_lifecycle_event === 'start');
  const { cheaperModel: cheaper, models } = config;
  if (cheaper && !models.some(({ provider }) => provider === cheaper.provider)) {
    throw new ConfigError(
      `CHEAPER_MODEL is of ${cheaper.provider}, which is not configured: fill it in, or name another model`,
    );
  }
  return freeze({ ...config, mcp, secrets: [...config.secrets, ...secrets] });
}

/** `docker run --env-file` and others hand quotation marks on as a part of the value: https://github.com/docker/cli/issues/3630 */
function unquoted(value: string | undefined): string | undefined {
  return /^(["'])(.*)\1$/s.exec(value ?? '')?.[2]?.trim() ?? value;
}

function assemble(read: Environment, startedByNpm: boolean): Omit<Config, 'mcp'> {
  const models = modelConfigs(read);
  return {
    discord: { token: read.DISCORD_TOKEN, apiUrl: read.DISCORD_API_URL, guildId: read.DISCORD_GUILD_ID ?? null },
    model: models[0],
    models,
    fallbackProvider: read.FALLBACK_PROVIDER ?? null,
    transcriber: transcriberConfig(read),
    lacking: lackingVariables(read),
    databaseUrl: read.DATABASE_URL,
    dataKey: keyBytes(read.DATA_KEY ?? ''),
    newDataKey: keyBytes(read.DATA_KEY_NEW ?? ''),
    keepLeftServersDays: Number(read.KEEP_LEFT_SERVERS_DAYS),
    logLevel: read.LOG_LEVEL,
    pricesFile: read.PRICES_FILE ?? null,
    summaryModel: read.SUMMARY_MODEL ?? null,
    ...limitsConfig(read, models[0].provider),
    evenVoices: read.EVEN_VOICES === 'on',
    privacyUrl: read.PRIVACY_URL ?? null,
    toolsFolder: read.TOOLS_DIR ?? null,
    startedByNpm,
    weather: { forecastUrl: read.WEATHER_API_URL, geocodingUrl: read.WEATHER_GEOCODING_URL },
    secrets: [
      read.DISCORD_TOKEN,
      ...(read.DATA_KEY ? [read.DATA_KEY] : []),
      ...(read.DATA_KEY_NEW ? [read.DATA_KEY_NEW] : []),
      ...providerSecrets(read),
    ],
  };
}

/** The 32 bytes of a key in hex, base64 or base64url; null: it is none. */
function keyBytes(text: string): Uint8Array | null {
  if (/^[0-9a-f]{64}$/i.test(text)) return Uint8Array.from(Buffer.from(text, 'hex'));
  if (!/^[\w+/-]{43}=?$/.test(text)) return null;
  const bytes = Uint8Array.from(Buffer.from(text, 'base64url'));
  return bytes.length === 32 ? bytes : null;
}

function freeze<T extends object>(value: T): T {
  // Views on bytes cannot be frozen.
  if (ArrayBuffer.isView(value)) return value;
  for (const part of Object.values(value)) if (typeof part === 'object' && part !== null) freeze(part);
  return Object.freeze(value);
}
