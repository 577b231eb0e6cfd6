/** Why a session could not be had or was lost; decides what people are told and whether trying again makes sense. */
export type SessionLossKind =
  | 'authentication'
  | 'quota'
  | 'unknown-model'
  | 'invalid-request'
  | 'no-answer'
  | 'expired'
  | 'network'
  | 'provider';

/** The model's connection failed or ended against our will. `message` is for people: no key, no URL, no stack. */
export class SessionLostError extends Error {
  override readonly name = 'SessionLostError';
  readonly kind: SessionLossKind;
  readonly retryable: boolean;
  constructor(kind: SessionLossKind, message: string, options: { retryable: boolean; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.kind = kind;
    this.retryable = options.retryable;
  }
}

/** The bot's place in the voice channel could not be had or was lost. `message` is for people. */
export class LineLostError extends Error {
  override readonly name = 'LineLostError';
  readonly retryable: boolean;
  constructor(message: string, options: { retryable: boolean; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.retryable = options.retryable;
  }
}

/** A text model did not write what it should. `message` is a sentence for people. */
export class WritingFailedError extends Error {
  override readonly name = 'WritingFailedError';
}

/** A message that was posted can never be edited again: it, its channel or its thread is gone or closed. `message` is for people. */
export class MessageGoneError extends Error {
  override readonly name = 'MessageGoneError';
}
