import { sessionOptions } from '../bridge/session-options.ts';
import type { Log } from '../lib/log.ts';
import { reconnecting } from '../model/durable/durable-model.ts';
import type { ModelChoice } from '../model/durable/model-choice.ts';
import type { RetryPolicy } from '../model/durable/retry-policy.ts';
import type { Models } from '../model/models.ts';
import { TranscribedSession } from '../model/transcription/transcribed-session.ts';
import type { Provider } from '../ports/capabilities.ts';
import { SessionLostError } from '../ports/errors.ts';
import type { Note } from '../ports/guild.ts';
import type { DurableSession, SpeechModel } from '../ports/model.ts';
import type { ConversationMode } from '../ports/record.ts';
import type { GuildSettings } from '../ports/settings.ts';
import type { Toolbox } from '../ports/tools.ts';
import type { UserId } from '../ports/voice.ts';
import { leftOut } from './server-tools.ts';

/** A session, with the model that it was opened with. */
export interface Opened {
  readonly session: DurableSession;
  readonly model: SpeechModel;
  /** What people should know about it: that it is not the model which was wanted. */
  readonly notice: string | undefined;
}

/** What of a conversation changes while it runs, for those of its parts that were made before the bridge. */
export interface Now {
  settings: GuildSettings;
  /** What the guild wanted remembered, when the conversation began; see heardNotes(). */
  notes: readonly Note[];
  /** Whether everybody who may follow the conversation now could listen in this voice channel, too. */
  readonly mayTellOf: (channelId: string) => boolean;
  /** Whether this person wants to be heard, now. */
  readonly mayHear: (userId: UserId) => boolean;
  readonly mode: ConversationMode;
  /** Providers that were lost for good: nobody falls back to them. */
  readonly lost: Set<Provider>;
}

/** What sessions are opened with. */
export interface SessionOpenerDeps {
  readonly models: Models;
  readonly toolbox: Toolbox;
  readonly log: Log;
  /** With a lost model. */
  readonly patience: RetryPolicy;
}

/** Nobody waits longer at /join for what only writes down beside the model. */
const BESIDE_MS = 3_000;

/** Opens sessions that outlive their connections, with the fallback where the model cannot be had. */
export class SessionOpener {
  readonly #deps: SessionOpenerDeps;

  constructor(deps: SessionOpenerDeps) {
    this.#deps = deps;
  }

  /**
   * A session with the guild's model, or with the fallback where there is one; where the bot only listens, with what
   * writes down for it. Rejects with SessionLostError, and with the reason of `signal`, after which there is no session.
   */
  async open(now: Now, signal: AbortSignal): Promise<Opened> {
    const model = this.#wanted(now);
    try {
      return { session: await this.#connect(model, now, signal), model, notice: undefined };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof SessionLostError)) throw error;
      const other = this.#fallback(model, now)?.model;
      if (!other) throw error;
      this.#deps.log.warn({ model: model.name, reason: error.message }, 'the fallback takes the place of the model');
      const session = await this.#connect(other, now, signal).catch((second: unknown) => {
        signal.throwIfAborted();
        throw second instanceof SessionLostError ? bothLost(error, second) : second;
      });
      const notice = `${error.message} So I use the fallback, ${other.label}.`;
      return { session, model: other, notice };
    }
  }

  async #connect(model: SpeechModel, now: Now, signal: AbortSignal): Promise<DurableSession> {
    const { toolbox, log, patience } = this.#deps;
    const fallback = (failed: SpeechModel): ModelChoice | undefined => this.#fallback(failed, now);
    const lasting = reconnecting(model, { log, patience, fallback });
    const options = sessionOptions(now.settings, model, toolbox, heardNotes(now));
    const session = await lasting.connect(options, signal);
    const left = leftOut(model.capabilities, now.settings.disabledTools);
    if (left.length > 0) log.info({ model: model.name, leftOut: left }, 'the model is not given all that there is');
    const whole = now.mode === 'listen' ? session : await this.#transcribed(session, { model, options }, signal);
    if (!signal.aborted) return whole;
    whole.close();
    throw signal.reason;
  }

  #wanted(now: Now): SpeechModel {
    const { models } = this.#deps;
    if (now.mode === 'talk') return models.chosen(now.settings).model;
    const listener = models.listener(now.settings);
    if (typeof listener !== 'string') return listener;
    throw new SessionLostError('invalid-request', listener, { retryable: false });
  }

  /** With somebody beside it who writes down, where that is configured. */
  async #transcribed(session: DurableSession, choice: ModelChoice, signal: AbortSignal): Promise<DurableSession> {
    const { models, log, patience } = this.#deps;
    const { transcriber } = models;
    if (!transcriber) return session;
    const whole = new TranscribedSession({ session, ...choice, transcriber, log, patience });
    const enough = AbortSignal.any([signal, AbortSignal.timeout(BESIDE_MS)]);
    const { promise: waited, resolve } = Promise.withResolvers<void>();
    enough.addEventListener('abort', () => resolve(), { once: true });
    if (!enough.aborted) await Promise.race([whole.ready, waited]);
    return whole;
  }

  #fallback(failed: SpeechModel, now: Now): ModelChoice | undefined {
    const { models, toolbox } = this.#deps;
    now.lost.add(failed.provider);
    const other = models.fallbackFor(failed);
    const model = other && now.mode === 'listen' ? models.listener({ provider: other.provider, model: null }) : other;
    // The same one again: another provider has nothing of its own that writes down.
    if (!model || typeof model === 'string' || now.lost.has(model.provider)) return undefined;
    return { model, options: sessionOptions(now.settings, model, toolbox, heardNotes(now)) };
  }
}

/**
 * The notes that a model may be told: of nobody who does not want it to hear them, and none that was made where not
 * everybody could listen who hears the bot now.
 */
export function heardNotes({
  notes,
  mayHear,
  mayTellOf,
}: Pick<Now, 'notes' | 'mayHear' | 'mayTellOf'>): readonly Note[] {
  return notes.filter(({ by, channelId }) => mayHear(by.userId) && (channelId === undefined || mayTellOf(channelId)));
}

function bothLost(first: SessionLostError, second: SessionLostError): SessionLostError {
  const message = `${first.message} The fallback could not be had either: ${second.message}`;
  return new SessionLostError(second.kind, message, { retryable: first.retryable || second.retryable, cause: first });
}
