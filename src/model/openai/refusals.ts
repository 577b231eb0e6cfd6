import type { RealtimeServerEvent } from 'openai/resources/realtime/realtime';
import { SessionLostError } from '../../ports/errors.ts';
import { type ModelLog, repeated } from '../connection/model-socket.ts';
import type { Target } from '../connection/service.ts';
import { fatalProblem, type OpenAIProblem, openingProblem } from './failures.ts';
import type { OpenAIDeeds } from './replies/deeds.ts';
import type { OpenAIReplies } from './replies/replies.ts';
import { failure } from './replies/shortfalls.ts';
import type { OpenAIWords } from './replies/words.ts';
import type { OpenAITurns } from './turns.ts';

/** Those whom a refusal may concern. */
export interface OpenAIRefusalsDeps {
  readonly target: Target;
  readonly log: ModelLog;
  readonly replies: OpenAIReplies;
  readonly words: OpenAIWords;
  readonly deeds: OpenAIDeeds;
  readonly turns: OpenAITurns;
  /** The session is not ready. */
  readonly opening: () => boolean;
  /** We draw the turns. */
  readonly manual: () => boolean;
  /** For the log. */
  readonly emit: (message: string) => void;
  readonly lose: (error: SessionLostError) => void;
}

/** Frames that we do not know and that say something went wrong. */
const ODD = /error|fail|reject|denied/i;

/** What the server of one OpenAI session says no to, and whom that concerns. */
export class OpenAIRefusals {
  readonly #deps: OpenAIRefusalsDeps;
  #complaint: string | undefined;
  #oddFrames = 0;

  constructor(deps: OpenAIRefusalsDeps) {
    this.#deps = deps;
  }

  /** What the server last complained about without saying of what. */
  get complaint(): string | undefined {
    return this.#complaint;
  }

  /** An `error` event. */
  handle(problem: OpenAIProblem): void {
    const { log, target, opening, emit, lose } = this.#deps;
    const fatal = opening() ? openingProblem(problem, target) : fatalProblem(problem, target);
    if (fatal) {
      lose(fatal);
      return;
    }
    const message = repeated(problem.message ?? problem.code ?? 'no reason given', target.secrets);
    if (this.#isRace(problem)) log.debug({ code: problem.code }, 'the provider had been faster');
    else {
      if (!problem.event_id) this.#complaint = message;
      emit(message);
    }
  }

  /** A message that nobody knows: where it speaks of an error, it is counted and shown. */
  unknown(event: RealtimeServerEvent): void {
    const { log, target } = this.#deps;
    if (!ODD.test(event.type) && !('error' in event)) {
      log.debug({ type: event.type }, 'unknown message of the provider');
      return;
    }
    this.#oddFrames += 1;
    const said = repeated(JSON.stringify('error' in event ? event.error : event), target.secrets);
    this.#complaint = said;
    log.warn({ type: event.type, said, count: this.#oddFrames }, 'the provider reports an unknown error');
  }

  /** The loss where the server takes everything and answers nothing. */
  silence(): SessionLostError {
    const { name } = this.#deps.target.service;
    const tail = this.#complaint === undefined ? '' : ` It said: ${this.#complaint}`;
    return new SessionLostError('no-answer', `${name} stays silent.${tail}`, { retryable: true });
  }

  /**
   * Tells whom an error concerns, by the event that it names or, where it names none (openai/openai-agents-python#1466),
   * by what it can only be about. Gives whether it is nothing but one message crossing another.
   */
  #isRace(problem: OpenAIProblem): boolean {
    const { replies, words, deeds, turns, target, manual } = this.#deps;
    const { code } = problem;
    const text = problem.message ?? '';
    const eventId = problem.event_id || undefined;
    if (code === 'response_cancel_not_active' || /no active response/i.test(text)) {
      replies.cancelFailed(eventId);
      return true;
    }
    if (eventId !== undefined && deeds.refused(eventId, code)) return false;
    const commit = code === 'input_audio_buffer_commit_empty' ? (eventId ?? turns.onlyCommit) : eventId;
    const turnId = commit === undefined ? undefined : words.commitFailed(commit);
    // Where the server drew the turn first, ours finds an empty buffer; the turn is in the conversation all the same.
    if (turnId !== undefined && manual()) replies.turnVoid(turnId);
    const active = code === 'conversation_already_has_active_response' || /already has an active response/i.test(text);
    if (active || eventId !== undefined) replies.createFailed(eventId, active, failure(problem, true, target));
    return turnId !== undefined;
  }
}
