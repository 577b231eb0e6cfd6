import type { SessionOptions } from '../../ports/capabilities.ts';
import type { SpeechModel } from '../../ports/model.ts';

/** A model, and what a session with it is opened with. */
export interface ModelChoice {
  readonly model: SpeechModel;
  readonly options: SessionOptions;
}
