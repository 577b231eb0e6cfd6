import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type BotAccount,
  type DiscordOptions,
  type PermissionName,
  SimulatedDiscord,
  type SimulatedGuild,
} from '@parley/simulator/discord';
import { type Script, SimulatedGemini, SimulatedOpenAI, type Transcriber } from '@parley/simulator/models';
import { BotProcess } from '../process/process.ts';

const SAID = [
  'Good evening! My sister plays the violin in the garden.',
  'The old clock in the kitchen is slow.',
  'The morning train was early today.',
  'Please tell me a story about a green boat.',
  'Thank you. That is enough for now.',
];
const STORY =
  'Once upon a time there was a green boat that nobody wanted to sail, because it leaked in the rain and sang in the wind, and it lived alone behind a long grey wall for years.';

/** Transcribes the turns as if it understood what the second bot says, in its order. */
export function understands(said: readonly string[] = SAID): Transcriber {
  let turn = 0;
  return () => said[turn++] ?? '';
}

/** Answers as the check wants it: briefly, and the fourth turn with a story. */
export function answers(more: object = {}): Script {
  return ({ turn }) => ({ say: { text: turn === 4 ? STORY : 'I heard you.' }, delayMs: 200, ...more });
}

/** What the world of a live check is made of. */
export interface LiveCheckOptions {
  readonly script?: Script;
  readonly hear?: Transcriber;
  readonly discord?: DiscordOptions;
  /** Of the second bot; default: what an invitation grants. */
  readonly second?: readonly PermissionName[];
}

/** Stand-ins of Discord and both models, two bots, and the check in a process of its own. Close it. */
export class LiveCheckWorld {
  readonly discord: SimulatedDiscord;
  readonly openai: SimulatedOpenAI;
  readonly gemini: SimulatedGemini;
  readonly second: BotAccount;
  readonly guild: SimulatedGuild;
  readonly channelId: string;
  readonly folder = mkdtempSync(join(tmpdir(), 'parley-live-check-test-'));

  private constructor(servers: Pick<LiveCheckWorld, 'discord' | 'openai' | 'gemini'>, options: LiveCheckOptions) {
    this.discord = servers.discord;
    this.openai = servers.openai;
    this.gemini = servers.gemini;
    this.guild = servers.discord.createGuild({ name: 'Orchard Court' });
    this.channelId = this.guild.createVoiceChannel({ name: 'Lindenhall' });
    this.second = servers.discord.addBot({ name: 'Checkmate' });
    servers.discord.invite(this.second, this.guild, options.second);
    writeFileSync(join(this.folder, 'discord.pem'), servers.discord.certificate);
    mkdirSync(join(this.folder, 'tmp'));
  }

  static async start(options: LiveCheckOptions = {}): Promise<LiveCheckWorld> {
    const { script = answers() } = options;
    const discord = await SimulatedDiscord.start({ botName: 'Wintergreen', ...options.discord });
    const openai = await SimulatedOpenAI.start({ script, hear: options.hear ?? understands() });
    const gemini = await SimulatedGemini.start({ script, hear: options.hear ?? understands() });
    return new LiveCheckWorld({ discord, openai, gemini }, options);
  }

  /** Where the report goes. */
  get reportPath(): string {
    return join(this.folder, 'report.md');
  }

  /** What the check left of its temporary files. */
  get left(): readonly string[] {
    return readdirSync(join(this.folder, 'tmp'));
  }

  /** '' where there is none. */
  get report(): string {
    try {
      return readFileSync(this.reportPath, 'utf8');
    } catch {
      return '';
    }
  }

  /** Starts the check, begun at once unless `args` say otherwise; it lasts about half a minute for each provider. */
  run(options: { readonly args?: readonly string[]; readonly env?: NodeJS.ProcessEnv } = {}): BotProcess {
    const { args = ['--yes'], env = {} } = options;
    const place = ['--guild', this.guild.id, '--channel', this.channelId, '--out', this.reportPath];
    return new BotProcess({ ...this.env, ...env }, ['src/cli/live-check/live-check.ts', ...place, ...args]);
  }

  get env(): NodeJS.ProcessEnv {
    return {
      DISCORD_TOKEN: this.discord.token,
      DISCORD_API_URL: this.discord.apiUrl,
      LIVE_CHECK_TOKEN: this.second.token,
      NODE_EXTRA_CA_CERTS: join(this.folder, 'discord.pem'),
      TMPDIR: join(this.folder, 'tmp'),
      OPENAI_API_KEY: this.openai.apiKey,
      OPENAI_BASE_URL: this.openai.url,
    };
  }

  /** What leads to the second provider. */
  get geminiEnv(): NodeJS.ProcessEnv {
    return { GEMINI_API_KEY: this.gemini.apiKey, GEMINI_BASE_URL: this.gemini.url };
  }

  async close(): Promise<void> {
    await Promise.all([this.openai.close(), this.gemini.close()]);
    await this.discord.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The rows of the table that a check printed, by their names: `✓`, `✗`, `–` or `·`, and the rest of the line. */
export function rowsOf(stdout: string): ReadonlyMap<string, { readonly mark: string; readonly text: string }> {
  const rows = stdout.split('\n').flatMap((line) => {
    const [, mark, name, text] = /^([✓✗–·]) (.{1,28}?) {2,}(.*)$/.exec(line) ?? [];
    return mark && name ? [[name, { mark, text: text ?? '' }] as const] : [];
  });
  return new Map(rows);
}

/** The names of those with this mark. */
export function marked(stdout: string, mark: string): readonly string[] {
  return [...rowsOf(stdout)].filter(([, row]) => row.mark === mark).map(([name]) => name);
}
