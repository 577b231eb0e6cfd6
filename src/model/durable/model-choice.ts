import type { SessionOptions, SpeechModel } from '../../ports/model.ts';

/** A model, and what a session with it is opened with. */
export interface ModelChoice {
  readonly model: SpeechModel;
  readonly options: SessionOptions;
}
