import { setTimeout as wait } from 'node:timers/promises';
import {
  ApplicationCommandType,
  type Client,
  ComponentType,
  Events,
  GatewayDispatchEvents,
  type GatewayInteractionCreateDispatchData,
  type Interaction,
  InteractionResponseType,
  InteractionType,
  MessageFlags,
  Routes,
} from 'discord.js';
import type { Logger } from 'pino';
import { acknowledge, shownResponse } from './acknowledgement.ts';
import { InteractionAges } from './ages.ts';
import { reportUnsent } from './unsent-answer.ts';

/** A resumed session tells again of at most so many as came since its connection was lost. */
const MOST_SEEN = 2_000;
const UNAVAILABLE =
  'Discord has not shown me this server yet, so I cannot do that now. Please try again in a minute; if it stays so, see https://discordstatus.com.';

/** How long each thing is waited for, in ms. */
export interface IntakePatience {
  /** Before a press is acknowledged, and before no choices are offered: Discord's limit is 3 s. */
  readonly pressMs: number;
  /** For a guild that the gateway has not shown yet. */
  readonly guildMs: number;
  /** For what runs when the process stops. */
  readonly runningMs: number;
}
const PATIENCE: IntakePatience = { pressMs: 1_500, guildMs: 6_000, runningMs: 1_500 };

type Data = GatewayInteractionCreateDispatchData;
type Handle = (interaction: Interaction) => Promise<void>;
type State =
  | { readonly status: 'starting' }
  | { readonly status: 'open'; readonly handle: Handle }
  | { readonly status: 'refusing'; readonly text: string };

/**
 * Takes every interaction that this bot answers, from the first event of the gateway to the end of the process. What
 * comes before `open()`, or for a guild that the gateway has not shown yet, is acknowledged at once and handled as soon as
 * it can be; what comes after `refuse()` is told why. One that is told of twice is handled once.
 *
 * discord.js holds interactions back until it has seen all guilds (15 s where one is unavailable), and makes objects of them
 * that lack a guild which comes later. So they are read as they come from the gateway, and made into objects when due.
 */
export class InteractionIntake {
  readonly #client: Client;
  readonly #log: Pick<Logger, 'debug' | 'warn'>;
  readonly #patience: IntakePatience;
  readonly #seen = new Set<string>();
  readonly #ages = new InteractionAges();
  readonly #underWay = new Set<Promise<void>>();
  readonly #interruption = new AbortController();
  #changed = Promise.withResolvers<void>();
  #state: State = { status: 'starting' };
  /** The one whose object may be handled: discord.js makes it within the same event. */
  #passing: { readonly id: string; readonly deferred: boolean } | undefined;

  /** Listens from now on: before the client logs in. */
  constructor(options: {
    readonly client: Client;
    readonly log: Pick<Logger, 'debug' | 'warn'>;
    /** Only tests need another. */
    readonly patience?: IntakePatience;
  }) {
    const { client, log, patience = PATIENCE } = options;
    this.#client = client;
    this.#log = log;
    this.#patience = patience;
    client.ws.on(GatewayDispatchEvents.InteractionCreate, (data: Data) => this.#take(data));
    client.on(Events.InteractionCreate, (interaction) => this.#pass(interaction));
    const look = () => this.#wake();
    client.on(Events.ClientReady, look);
    client.on(Events.GuildCreate, look);
    client.on(Events.GuildAvailable, look);
  }

  /** Aborted when the process can wait no longer for what it does for people; its reason is what they are told, a string. */
  get interruption(): AbortSignal {
    return this.#interruption.signal;
  }

  /** What people are told while the process stops. */
  get refusal(): string | undefined {
    return this.#state.status === 'refusing' ? this.#state.text : undefined;
  }

  /** From now on `handle` gets them, those that wait first. It must not reject. */
  open(handle: Handle): void {
    if (this.#state.status !== 'starting') return;
    this.#state = { status: 'open', handle };
    this.#wake();
  }

  /** From now on each is told `text`; what is being handled may go on for a moment. Idempotent. */
  refuse(text: string): void {
    if (this.#state.status === 'refusing') return;
    this.#state = { status: 'refusing', text };
    this.#wake();
    setTimeout(() => this.#interruption.abort(text), this.#patience.runningMs).unref();
  }

  /** After `refuse()`: interrupts what is still handled, and resolves when all answers are out, or after `limitMs`. */
  async finish(limitMs: number): Promise<void> {
    if (this.refusal !== undefined) this.#interruption.abort(this.refusal);
    const late = new AbortController();
    await Promise.race([this.#settled(), wait(limitMs, undefined, { signal: late.signal }).catch(() => {})]);
    late.abort();
  }

  async #settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  #take(data: Data): void {
    if (!isOurs(data) || this.#isKnown(data.id)) return;
    // A gateway that was away brings what was typed meanwhile: each of them has failed for whoever typed it.
    if (this.#ages.isOver(data.id, performance.now())) return;
    if (this.#state.status === 'open' && this.#isThere(data)) this.#passing = { id: data.id, deferred: false };
    else this.#track(this.#hold(data), data);
  }

  #isKnown(id: string): boolean {
    if (this.#seen.has(id)) return true;
    this.#seen.add(id);
    const [oldest] = this.#seen;
    if (this.#seen.size > MOST_SEEN && oldest !== undefined) this.#seen.delete(oldest);
    return false;
  }

  /** Objects of interactions that were held come here twice: when they are due, and when discord.js gives its own. */
  #pass(interaction: Interaction): void {
    const passing = this.#passing;
    if (passing?.id !== interaction.id || this.#state.status !== 'open') return;
    this.#passing = undefined;
    if (passing.deferred && interaction.isRepliable()) {
      interaction.deferred = true;
      interaction.ephemeral = true;
    }
    this.#track(this.#state.handle(interaction), interaction);
  }

  #track(work: Promise<void>, interaction: { readonly id: string; readonly guild_id?: string }): void {
    const tracked = work
      .catch((error: unknown) => {
        reportUnsent(error, { id: interaction.id, guildId: interaction.guild_id ?? null }, this.#log);
      })
      .finally(() => this.#underWay.delete(tracked));
    this.#underWay.add(tracked);
  }

  async #hold(data: Data): Promise<void> {
    if (this.refusal !== undefined) return this.#tell(data, this.refusal, false);
    const due = this.#due(data);
    const waits = data.type === InteractionType.ApplicationCommand || data.type === InteractionType.ModalSubmit;
    let deferred = waits;
    if (waits) await this.#defer(data);
    else if (!(await this.#within(due, this.#patience.pressMs))) {
      if (data.type === InteractionType.ApplicationCommandAutocomplete) return this.#tell(data, '', false);
      await this.#defer(data);
      deferred = true;
    }
    await due;
    if (this.refusal !== undefined) return this.#tell(data, this.refusal, deferred);
    const guild = this.#client.guilds.cache.get(data.guild_id ?? '');
    if (guild?.available === false) return this.#tell(data, UNAVAILABLE, deferred);
    this.#passing = { id: data.id, deferred };
    handOver(this.#client, data);
  }

  /** Resolves when the interaction can be handled or refused: the guild is there, or was waited for long enough. */
  async #due(data: Data): Promise<void> {
    while (this.#state.status === 'starting') await this.#changed.promise;
    const deadline = performance.now() + this.#patience.guildMs;
    while (this.#state.status === 'open' && !this.#isThere(data)) {
      const left = deadline - performance.now();
      if (left <= 0) return;
      await this.#within(this.#changed.promise, left);
    }
  }

  /** Whether it came before so many ms were over. */
  async #within(promise: Promise<void>, ms: number): Promise<boolean> {
    const late = new AbortController();
    const came = await Promise.race([
      promise.then(() => true),
      wait(ms, false, { signal: late.signal }).catch(() => false),
    ]);
    late.abort();
    return came;
  }

  /** Also where it was used in no guild: then there is none to wait for. */
  #isThere({ guild_id: guildId }: Data): boolean {
    const { guilds } = this.#client;
    return this.#client.isReady() && (guildId === undefined || guilds.cache.get(guildId)?.available === true);
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  async #defer(data: Data): Promise<void> {
    await this.#respond(data, {
      type: InteractionResponseType.DeferredChannelMessageWithSource,
      data: { flags: MessageFlags.Ephemeral },
    });
  }

  async #tell(data: Data, content: string, deferred: boolean): Promise<void> {
    const message = { content, allowed_mentions: { parse: [] } };
    if (deferred) {
      const original = Routes.webhookMessage(data.application_id, data.token);
      await this.#client.rest.patch(original, { body: message, auth: false });
    } else if (data.type === InteractionType.ApplicationCommandAutocomplete) {
      const type = InteractionResponseType.ApplicationCommandAutocompleteResult;
      await this.#respond(data, { type, data: { choices: [] } });
    } else {
      const type = InteractionResponseType.ChannelMessageWithSource;
      await this.#respond(data, { type, data: { ...message, flags: MessageFlags.Ephemeral } });
    }
  }

  async #respond({ id, token, application_id: application }: Data, body: object): Promise<void> {
    const { rest } = this.#client;
    const callback = Routes.interactionCallback(id, token);
    const respond = () => rest.post(callback, { body, auth: false });
    const isThere = async () => (await shownResponse(rest, { application, token })) !== 'none';
    await acknowledge({ deferred: false }, { respond, isThere });
  }
}

/** Slash commands, buttons, forms and what is proposed while somebody types. Context menus and the like are other code's. */
function isOurs(data: Data): boolean {
  switch (data.type) {
    case InteractionType.ApplicationCommand:
      return data.data.type === ApplicationCommandType.ChatInput;
    case InteractionType.MessageComponent:
      return data.data.component_type === ComponentType.Button;
    case InteractionType.ApplicationCommandAutocomplete:
    case InteractionType.ModalSubmit:
      return true;
    default:
      return false;
  }
}

/** Has discord.js make an object of it, which comes as Events.InteractionCreate; the library keeps that to itself. */
function handOver(client: Client, data: Data): void {
  const { actions } = client as unknown as {
    readonly actions: { readonly InteractionCreate: { handle(data: Data): void } };
  };
  actions.InteractionCreate.handle(data);
}
