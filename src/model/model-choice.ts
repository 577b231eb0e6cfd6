import type { SessionOptions, SpeechModel } from '../bridge/ports.ts';

/** A model, and what a session with it is opened with. */
export interface ModelChoice {
  readonly model: SpeechModel;
  readonly options: SessionOptions;
}
