import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Config, environmentWith } from '../../config/config.ts';
import type { ModelConfig } from '../../config/providers.ts';
import type { Prices } from '../../usage/prices.ts';
import { Child } from './child.ts';
import { Bill, priceName } from './cost.ts';
import type { BotAsks, BotTells, Look, SecondAsks, SecondTells } from './door.ts';
import { EventLog } from './event-log.ts';
import type { Masking } from './masking.ts';
import type { Options } from './options.ts';
import { restOf, Unfit } from './preflight.ts';
import { ProviderCheck } from './provider-check.ts';
import type { ProviderReport } from './report.ts';
import type { Step } from './step.ts';
import { unlessStopped } from './stopped.ts';

const TYPED = ['/status', '/transcript export', '/usage show'];
const TYPED_MS = 180_000;

/** What a session is made of. */
export interface SessionParts {
  readonly options: Options;
  readonly config: Config;
  readonly prices: Prices;
  readonly secondToken: string;
  readonly ids: { readonly botId: string; readonly secondId: string };
  readonly masking: Masking;
  readonly print: (line: string) => void;
  readonly tell: (step: Step) => void;
  readonly stop: AbortController;
  /** What somebody who came into the channel does to the check. */
  readonly came: (who: SecondTells['came']) => Error;
}

/** The second bot, from its login to its end, and one conversation for each provider. Close it. */
export class Session {
  readonly #parts: SessionParts;
  #second: Child<SecondAsks, SecondTells>;
  readonly #folder = mkdtempSync(join(tmpdir(), 'parley-live-check-'));
  #displayName = '';

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#second = this.#secondBot();
    // Of MCP servers and tools of one's own nothing is checked here.
    writeFileSync(join(this.#folder, 'mcp.json'), '{"mcpServers":{}}');
  }

  /** Logs the second bot in, and looks whether everything is in its place. Rejects with Unfit. */
  async prepare(): Promise<void> {
    const { options, ids, stop, masking } = this.#parts;
    try {
      await this.#logIn();
      const where = { guildId: options.guildId, channelId: options.channelId, botId: ids.botId };
      const look = await unlessStopped(this.#second.ask('look', where, 15_000), stop.signal);
      masking.name(look.names.server, 'server');
      masking.name(look.names.channels, 'channel');
      masking.name(look.names.second, 'second bot');
      masking.name(look.names.bot, 'bot');
      masking.name(look.names.others, 'somebody');
      judge(look);
      this.#displayName = look.displayName;
    } catch (error) {
      if (error instanceof Unfit || stop.signal.aborted) throw error;
      throw new Unfit(error instanceof Error ? error.message : String(error), { cause: error });
    }
  }

  /** One conversation. Whatever happens, the bot is out of the channel and its process gone afterwards. */
  async check(
    model: ModelConfig,
    first: boolean,
  ): Promise<{ readonly report: ProviderReport; readonly stopped: Error | undefined }> {
    const { options, config, secondToken, ids, prices, stop } = this.#parts;
    const { apiUrl, token } = config.discord;
    // A library that died with one provider is not to cost the others.
    if (!this.#second.running) {
      this.#second = this.#secondBot();
      await this.#logIn().catch(() => {});
    }
    const steps: Step[] = [];
    const events = new EventLog();
    const bill = new Bill(prices, priceName(model));
    const bot = this.#bot(model, (event) => {
      events.add(event);
      bill.observe(event);
    });
    const check = new ProviderCheck({
      bot,
      second: this.#second,
      rest: restOf(apiUrl, token),
      secondRest: restOf(apiUrl, secondToken),
      place: { guildId: options.guildId, channelId: options.channelId },
      botId: ids.botId,
      by: { userId: ids.secondId, name: this.#displayName },
      events,
      bill,
      tell: (step) => {
        steps.push(step);
        this.#parts.tell(step);
      },
      signal: stop.signal,
      ...(options.waitForCommands && first && { commands: this.#typing() }),
    });
    const stopped = await check.run().then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
    );
    await Promise.all([bot.end(), this.#second.ask('leave', {}, 5_000).catch(() => {})]);
    return { report: { title: `${model.provider}, ${priceName(model)}`, steps, log: bot.lines }, stopped };
  }

  /** The second bot leaves and logs out; nothing is left in the file system. */
  async close(): Promise<void> {
    await this.#second.end();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #secondBot(): Child<SecondAsks, SecondTells> {
    const { stop, came } = this.#parts;
    return new Child({
      title: 'The second bot',
      module: new URL('./second-bot/second-bot.ts', import.meta.url),
      env: environmentWith({ LIVE_CHECK_TOKEN: '', DISCORD_TOKEN: '' }),
      told: (told) => stop.abort(came(told.came)),
    });
  }

  async #logIn(): Promise<void> {
    const { config, secondToken, stop } = this.#parts;
    const question = { token: secondToken, apiUrl: config.discord.apiUrl };
    await unlessStopped(this.#second.ask('login', question, 30_000), stop.signal);
  }

  #bot({ provider }: ModelConfig, told: (event: BotTells) => void): Child<BotAsks, BotTells> {
    return new Child({
      title: 'The bot',
      module: new URL('./bot.ts', import.meta.url),
      env: environmentWith({
        LIVE_CHECK_TOKEN: '',
        PROVIDER: provider,
        FALLBACK_PROVIDER: '',
        OPENAI_MCP_SERVERS: '',
        MCP_CONFIG: join(this.#folder, 'mcp.json'),
        TOOLS_DIR: '',
        DATABASE_URL: `sqlite:${join(this.#folder, `${provider}.db`)}`,
      }),
      told,
    });
  }

  #typing() {
    const ask = () => {
      const seconds = TYPED_MS / 1_000;
      this.#parts.print(`  Now type in that server, in any text channel, within ${seconds} s: ${TYPED.join(', ')}`);
    };
    return { names: TYPED, limitMs: TYPED_MS, ask };
  }
}

/** Throws Unfit where the check cannot or must not take place. */
function judge({ lacking, people, otherBots, botInVoice, full }: Look): void {
  const grant = "Grant it to the bot's role in the channel's settings under Permissions.";
  if (lacking.bot.length > 0) throw new Unfit(`Your bot lacks ${lacking.bot.join(', ')} in the channel. ${grant}`);
  if (lacking.second.length > 0)
    throw new Unfit(`The second bot lacks ${lacking.second.join(', ')} in the channel. ${grant}`);
  if (botInVoice)
    throw new Unfit(
      'Your bot is in a voice channel of that server. Send it away with /leave, and stop it: it must not run twice.',
    );
  if (people > 0)
    throw new Unfit('Somebody is in the channel. Nobody is to be recorded by a check: choose an empty one.');
  if (otherBots > 0) throw new Unfit('Another bot is in the channel. Choose an empty one.');
  if (full) throw new Unfit('The channel has room for one only: raise its user limit to 2 or more.');
}
