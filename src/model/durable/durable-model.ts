import type { SessionOptions } from '../../ports/capabilities.ts';
import type { DurableSession as DurableSessionPort, SpeechModel } from '../../ports/model.ts';
import type { ModelLog } from '../connection/model-socket.ts';
import { DurableSession } from './durable-session.ts';
import type { ModelChoice } from './model-choice.ts';
import { RETRY_POLICY, type RetryPolicy } from './retry-policy.ts';

/** A model whose sessions outlive their connections. */
export interface LastingModel extends SpeechModel {
  connect(options: SessionOptions, signal: AbortSignal): Promise<DurableSessionPort>;
}

export interface ReconnectingOptions {
  readonly log: ModelLog;
  readonly patience?: RetryPolicy;
  /** Asked when a model is lost for good: with which one the conversation goes on; undefined: it ends. */
  readonly fallback?: (failed: SpeechModel) => ModelChoice | undefined;
}

/**
 * The same model, whose sessions survive their connections: a lost one is made anew, one that is about to end is
 * replaced, and the conversation goes on. The first connection still fails as the model's own does.
 */
export function reconnecting(model: SpeechModel, options: ReconnectingOptions): LastingModel {
  const { log, patience = RETRY_POLICY, fallback } = options;
  return {
    ...model,
    connect: async (opening, signal) => {
      const session = await model.connect(opening, signal);
      return new DurableSession({ choice: { model, options: opening }, log, patience, session, fallback });
    },
  };
}
