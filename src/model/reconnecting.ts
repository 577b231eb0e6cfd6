import type { SpeechModel } from '../bridge/ports.ts';
import { PATIENCE, type Patience } from './back-off.ts';
import { LastingSession } from './lasting-session.ts';
import type { ModelLog } from './wire.ts';

/**
 * The same model, whose sessions survive their connections: a lost one is made anew, one that is about to end is
 * replaced, and the conversation goes on. The first connection still fails as the model's own does.
 */
export function reconnecting(model: SpeechModel, log: ModelLog, patience: Patience = PATIENCE): SpeechModel {
  return {
    ...model,
    connect: async (options, signal) => {
      const session = await model.connect(options, signal);
      return new LastingSession({ model, options, log, patience, session });
    },
  };
}
