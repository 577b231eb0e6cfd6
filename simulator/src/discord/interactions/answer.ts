import type { Json, StoredFile, StoredMessage } from '../guild/entities.ts';
import { EPHEMERAL } from '../guild/entities.ts';
import type { Interaction } from './interactions.ts';

/** The final answer to a command or a press of a button. Reads what the message is now. */
export interface Answer {
  readonly content: string;
  readonly embeds: readonly Json[];
  readonly components: readonly Json[];
  readonly files: readonly StoredFile[];
  readonly ephemeral: boolean;
  /** "… is thinking" was shown first. */
  readonly deferred: boolean;
  /** From the act to the first response. */
  readonly ackMs: number;
  /** What later edits left, without the one that answered after a deferral. */
  readonly edits: readonly string[];
  /** null where the answer is no message (a modal). */
  readonly message: StoredMessage | null;
  readonly followUps: readonly StoredMessage[];
  readonly modal: Json | null;
}

/** What an answered interaction shows. */
export function answerOf(interaction: Interaction): Answer {
  const message = interaction.phase.status === 'answered' ? interaction.phase.message : null;
  const { deferred, modal, followUps, asking } = interaction;
  const editsBefore = asking.source ? (message?.edits.length ?? 0) : deferred ? 1 : 0;
  return {
    get content() {
      return message?.content ?? '';
    },
    get embeds() {
      return message?.embeds ?? [];
    },
    get components() {
      return message?.components ?? [];
    },
    get files() {
      return message?.files ?? [];
    },
    get edits() {
      return (message?.edits ?? []).slice(editsBefore).map((one) => one.content);
    },
    ephemeral: Boolean((message?.flags ?? 0) & EPHEMERAL),
    deferred,
    ackMs: (interaction.acknowledgedAt ?? Number.NaN) - interaction.sentAt,
    message,
    followUps,
    modal,
  };
}

/** Waits for at most so long (30 s unless said), then rejects and names what did not come. */
export async function within<T>(promise: Promise<T>, timeoutMs = 30_000, what: string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`${what} did not come within ${timeoutMs} ms`)), timeoutMs);
  return Promise.race([promise, late.promise]).finally(() => clearTimeout(timer));
}
