import { LoginError } from '../discord/client/login-error.ts';
import { ConfigError } from '../ports/errors.ts';
import { StoreError } from '../store/database/database.ts';

/** What a supervisor reads; the last three as in sysexits.h where it has one. README.md, "Run it as a service". */
export const ExitCode = {
  /** It was asked to stop. */
  stopped: 0,
  /** Somebody has to change something first: starting it again does not help. */
  wrong: 1,
  /** A bug; starting it again may help. */
  bug: 70,
  /** It works again later, by itself: start it again after a while. */
  later: 75,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** Whether the message says by itself what an operator is to do. */
export function isExpected(error: unknown): error is ConfigError | LoginError | StoreError {
  return error instanceof ConfigError || error instanceof LoginError || error instanceof StoreError;
}

/** The code for an error that ends the process. */
export function exitCodeOf(error: unknown): ExitCode {
  if (!isExpected(error)) return ExitCode.bug;
  const isTemporary = (error instanceof LoginError || error instanceof StoreError) && error.temporary;
  return isTemporary ? ExitCode.later : ExitCode.wrong;
}
