import type { Dispatch } from '../gateway/gateway.ts';
import type { Identity } from '../gateway/identity.ts';
import type { Channel, Json, StoredFile, StoredMessage } from '../guild/entities.ts';
import { EPHEMERAL, LOADING } from '../guild/entities.ts';
import type { MessageBoard } from '../guild/message-board.ts';
import { checkChoices, OptionType } from '../rest/command-rules.ts';
import { FormFaults, refusal } from '../rest/discord-error.ts';
import { checkMessage } from '../rest/message-rules.ts';
import { checkModal } from '../rest/modal-rules.ts';

/** https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-object-interaction-type */
export const InteractionType = { command: 2, component: 3, autocomplete: 4, modalSubmit: 5 } as const;
/** How long a token can be used after the interaction. https://docs.discord.com/developers/interactions/receiving-and-responding#followup-messages */
const TOKEN_MS = 15 * 60_000;

/** What somebody asks of the application. `payload`: INTERACTION_CREATE without id, token and application. */
export interface Asking {
  readonly type: number;
  readonly board: MessageBoard;
  /** Absent: in the direct messages with the bot. */
  readonly guildId?: string;
  readonly channel: Channel;
  readonly userId: string;
  /** The command, as it is shown above the reply. */
  readonly name: string | null;
  /** The message whose component was used. */
  readonly source?: StoredMessage;
  /** For autocomplete: the type of the focused option. */
  readonly optionType?: number;
  readonly payload: Json;
}

type Phase =
  | { readonly status: 'waiting' }
  | { readonly status: 'expired' }
  | { readonly status: 'deferred'; readonly message: StoredMessage }
  | { readonly status: 'answered'; readonly message: StoredMessage | null };

/** One interaction, from the person's act to its final answer. Instants are performance.now(). */
export class Interaction {
  readonly id: string;
  readonly token: string;
  readonly asking: Asking;
  readonly sentAt = performance.now();
  phase: Phase = { status: 'waiting' };
  acknowledgedAt: number | null = null;
  deferred = false;
  choices: readonly { name: string; value: string | number }[] | null = null;
  modal: Json | null = null;
  readonly followUps: StoredMessage[] = [];
  readonly #final = Promise.withResolvers<void>();

  constructor(id: string, token: string, asking: Asking) {
    this.id = id;
    this.token = token;
    this.asking = asking;
    // An interaction that nobody waits for may fail in silence.
    this.#final.promise.catch(() => {});
  }

  /** Resolves with the final answer; rejects when the application did not respond in time. */
  get final(): Promise<void> {
    return this.#final.promise;
  }

  answer(message: StoredMessage | null): void {
    this.phase = { status: 'answered', message };
    this.#final.resolve();
  }

  expire(limitMs: number): void {
    if (this.phase.status !== 'waiting') return;
    this.phase = { status: 'expired' };
    this.#final.reject(new Error(`The application did not respond within ${limitMs} ms`));
  }
}

/** What comes with an interaction's messages. */
export interface Reply {
  readonly body: Json;
  readonly files: readonly StoredFile[];
}

/** Interactions under way and their answers. https://docs.discord.com/developers/interactions/receiving-and-responding */
export class Interactions {
  readonly #around: { identity: Identity; applicationId: string; botId: string; dispatch: Dispatch; limitMs: number };
  readonly #byToken = new Map<string, Interaction>();
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(around: {
    identity: Identity;
    applicationId: string;
    botId: string;
    dispatch: Dispatch;
    limitMs: number;
  }) {
    this.#around = around;
  }

  /** Sends INTERACTION_CREATE and gives the application its 3 s. */
  send(asking: Asking): Interaction {
    const { identity, applicationId, dispatch, limitMs } = this.#around;
    const interaction = new Interaction(identity.moment(), `aW50ZXJhY3Rpb24${identity.secret(40)}`, asking);
    this.#byToken.set(interaction.token, interaction);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      interaction.expire(limitMs);
    }, limitMs).unref();
    this.#timers.add(timer);
    const payload = {
      id: interaction.id,
      application_id: applicationId,
      type: asking.type,
      token: interaction.token,
      version: 1,
      ...asking.payload,
    };
    dispatch('INTERACTION_CREATE', payload, { guildId: asking.guildId });
    return interaction;
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  /** The first response. Throws Unknown interaction, 40060 for a second one, 50035. */
  respond(id: string, token: string, { body, files }: Reply): Interaction {
    const interaction = this.#byToken.get(token);
    if (!interaction || interaction.id !== id || interaction.phase.status === 'expired')
      throw refusal('unknownInteraction');
    if (interaction.phase.status !== 'waiting') throw refusal('alreadyAcknowledged');
    const { type } = interaction.asking;
    const faults = new FormFaults();
    const allowed =
      {
        [InteractionType.command]: [4, 5, 9, 12],
        [InteractionType.component]: [4, 5, 6, 7, 9, 12],
        [InteractionType.autocomplete]: [8],
        [InteractionType.modalSubmit]: [4, 5, 6, 7],
      }[type] ?? [];
    faults.choice(body.type, 'type', allowed);
    faults.check();
    this.#acknowledge(interaction, body, files);
    interaction.acknowledgedAt = performance.now();
    return interaction;
  }

  #acknowledge(interaction: Interaction, body: Json, files: readonly StoredFile[]): void {
    const reply = body.data ?? {};
    const { source, board } = interaction.asking;
    if (body.type === 4) interaction.answer(this.#post(interaction, { body: reply, files }));
    else if (body.type === 5) {
      interaction.deferred = true;
      const message = this.#store(interaction, { flags: ((reply.flags ?? 0) & EPHEMERAL) | LOADING }, []);
      interaction.phase = { status: 'deferred', message };
    } else if (body.type === 8) {
      const faults = new FormFaults();
      checkChoices(reply.choices, 'data.choices', interaction.asking.optionType ?? OptionType.string, faults);
      faults.check();
      interaction.choices = reply.choices ?? [];
      interaction.answer(null);
    } else if (body.type === 9) {
      checkModal(reply);
      interaction.modal = reply;
      interaction.answer(null);
    } else {
      if (body.type === 7 && source) edit(board, source, { body: reply, files });
      interaction.deferred = body.type === 6;
      interaction.answer(source ?? null);
    }
  }

  /** By a webhook's token. Throws Unknown Webhook before the first response and Invalid Webhook Token after 15 minutes. */
  find(applicationId: string, token: string): Interaction {
    const interaction = this.#byToken.get(token);
    if (!interaction || applicationId !== this.#around.applicationId || interaction.acknowledgedAt === null)
      throw refusal('unknownWebhook');
    if (performance.now() - interaction.sentAt > TOKEN_MS) throw refusal('invalidWebhookToken');
    return interaction;
  }

  /** The message `@original`, or a later one of this interaction. Throws Unknown Message. */
  message(interaction: Interaction, id: string): StoredMessage {
    const { phase } = interaction;
    const original = phase.status === 'deferred' || phase.status === 'answered' ? phase.message : null;
    const found =
      id === '@original' || id === original?.id ? original : interaction.followUps.find((one) => one.id === id);
    if (!found || found.deleted) throw refusal('unknownMessage');
    return found;
  }

  /** Edits; the first edit after a deferral is the answer. */
  edit(interaction: Interaction, id: string, reply: Reply): StoredMessage {
    const message = this.message(interaction, id);
    edit(interaction.asking.board, message, reply);
    if (interaction.phase.status === 'deferred' && interaction.phase.message === message) interaction.answer(message);
    return message;
  }

  /** A further message; after a deferral the first one takes the place of the message that was promised. */
  followUp(interaction: Interaction, reply: Reply): StoredMessage {
    if (interaction.phase.status === 'deferred') return this.edit(interaction, '@original', reply);
    const message = this.#post(interaction, reply);
    interaction.followUps.push(message);
    return message;
  }

  delete(interaction: Interaction, id: string): void {
    const message = this.message(interaction, id);
    interaction.asking.board.delete(message);
    if (interaction.phase.status === 'deferred' && interaction.phase.message === message) interaction.answer(message);
  }

  #post(interaction: Interaction, { body, files }: Reply): StoredMessage {
    checkMessage(body, { files: files.length, edit: false, ephemeral: true });
    return this.#store(interaction, body, files);
  }

  #store(interaction: Interaction, body: Json, files: readonly StoredFile[]): StoredMessage {
    const { board, channel, type, userId, name } = interaction.asking;
    const origin = { id: interaction.id, type, userId, name };
    return board.post({ authorId: this.#around.botId, channel, body, files, interaction: origin });
  }
}

function edit(board: MessageBoard, message: StoredMessage, { body, files }: Reply): void {
  checkMessage(body, { files: files.length, edit: true, ephemeral: false });
  board.edit(message, body, files);
}
