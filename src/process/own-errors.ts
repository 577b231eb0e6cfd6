import { LoginError } from '../discord/client/login-error.ts';
import { RestRefusal, RestTimeout } from '../discord/rest/refusal.ts';
import {
  AnswerLostError,
  BusyError,
  CalledOffError,
  ConfigError,
  LineLostError,
  MessageGoneError,
  SessionLostError,
  WritingFailedError,
} from '../ports/errors.ts';
import { StoreError } from '../store/database/database.ts';
import { DatabaseTrouble } from '../store/database/trouble.ts';

/**
 * Classes whose message is a sentence of ours for the operator. Those for people who asked for something are not among
 * them, since they name people and channels: ToolError, PlaceRefusedError, ContentRefusedError, plain Errors.
 */
const OWN = [
  AnswerLostError,
  BusyError,
  CalledOffError,
  ConfigError,
  DatabaseTrouble,
  LineLostError,
  MessageGoneError,
  RestRefusal,
  RestTimeout,
  SessionLostError,
  LoginError,
  StoreError,
  WritingFailedError,
];

/** Whether its message was written by us, and for a log. */
export function isOwnSentence(error: Error): boolean {
  return OWN.some((one) => error instanceof one);
}
