import {
  InteractionStatus,
  type LiveClientMessage,
  type LiveServerContent,
  type LiveServerMessage,
  type Part,
} from '@google/genai';
import type { SessionLostError } from '../../ports/errors.ts';
import type { SessionEvent } from '../../ports/model.ts';
import type { ModelLog } from '../connection/model-socket.ts';
import type { GeminiTools } from './calls/tools.ts';
import type { GeminiErrors } from './failures.ts';
import { milliseconds, unknownFields } from './messages.ts';
import type { GeminiPreface } from './preface.ts';
import { GeminiProviderTools } from './provider-tools.ts';
import type { GeminiReplies } from './replies/replies.ts';
import type { GeminiShortfalls } from './replies/shortfalls.ts';
import type { GeminiTranscriptAttribution } from './replies/transcript-attribution.ts';
import type { GeminiTurnInput } from './turn-input.ts';
import { geminiUsage } from './usage.ts';

/** goAway came a minute before the end where it was seen; where it does not say when, this is assumed. */
const SOON_MS = 60_000;

/** Those whom a message may concern. */
export interface GeminiInboxDeps {
  readonly attribution: GeminiTranscriptAttribution;
  readonly replies: GeminiReplies;
  readonly shortfalls: GeminiShortfalls;
  readonly tools: GeminiTools;
  readonly input: GeminiTurnInput;
  readonly preface: GeminiPreface;
  readonly errors: GeminiErrors;
  readonly log: ModelLog;
  /** See GeminiTraits. */
  readonly laterContent: boolean;
  /** It answers in writing. */
  readonly answersInText: boolean;
  emit(event: SessionEvent): void;
  send(message: LiveClientMessage): void;
  /** The server has accepted the setup. */
  ready(): void;
  lose(error: SessionLostError): void;
}

/** What the Live API sends in one session, handed to those whom it concerns. Several fields may come in one message. */
export class GeminiInbox {
  readonly #deps: GeminiInboxDeps;
  #accepted = false;

  constructor(deps: GeminiInboxDeps) {
    this.#deps = deps;
  }

  /** The server has accepted the setup. */
  get accepted(): boolean {
    return this.#accepted;
  }

  /** Throws where a field is not what the protocol says. */
  handle(message: LiveServerMessage): void {
    const { replies, shortfalls, errors, tools, log } = this.#deps;
    if (message.setupComplete) {
      this.#accepted = true;
      this.#tellBefore();
      this.#deps.ready();
    }
    shortfalls.noteReason(message);
    const loss = 'error' in message ? errors.handle(message.error, this.#accepted) : undefined;
    if (loss) this.#deps.lose(loss);
    const { usageMetadata: usage, serverContent: content, toolCall, toolCallCancellation, goAway } = message;
    if (usage) replies.usage(geminiUsage(usage));
    if (content) this.#handleOutput(content);
    const calls = toolCall?.functionCalls ?? [];
    for (const call of calls) tools.called(call, calls, this.#beforeOutput());
    const interrupted = Boolean(toolCallCancellation || content?.interrupted);
    tools.takenBack(toolCallCancellation?.ids ?? [], interrupted);
    if (content) this.#handleEnds(content);
    const { resumable = false, newHandle = '' } = message.sessionResumptionUpdate ?? {};
    if (resumable && newHandle !== '') this.#deps.emit({ type: 'resumable', handle: newHandle });
    if (goAway) this.#deps.emit({ type: 'going-away', timeLeftMs: milliseconds(goAway.timeLeft) ?? SOON_MS });
    const unknown = unknownFields(message);
    if (unknown.length > 0) log.debug({ fields: unknown }, 'unknown message of the provider');
  }

  /**
   * With no more authority than what people say. The SDK drops historyConfig (googleapis/js-genai#1448), without which
   * Gemini 3.1 takes no clientContent: there it goes with the first label.
   */
  #tellBefore(): void {
    if (!this.#deps.laterContent) return;
    const text = this.#deps.preface.takeBefore();
    if (text === '') return;
    const turns = [{ role: 'user', parts: [{ text }] }];
    this.#deps.send({ clientContent: { turns, turnComplete: false } });
  }

  #handleOutput(content: LiveServerContent): void {
    const { attribution, replies } = this.#deps;
    const { inputTranscription, modelTurn, outputTranscription } = content;
    if (inputTranscription) {
      const { text = '', finished = false } = inputTranscription;
      for (const event of attribution.heard(text, finished, performance.now())) this.#deps.emit(event);
    }
    for (const part of modelTurn?.parts ?? []) if (!part.thought) this.#handlePart(part);
    if (outputTranscription?.text) replies.said(outputTranscription.text, this.#beforeOutput());
    if (content.groundingMetadata || content.urlContextMetadata) replies.grounded(content);
  }

  #handlePart(part: Part): void {
    const { replies, answersInText } = this.#deps;
    const work = GeminiProviderTools.inPart(part);
    if (work) replies.worked(work, this.#beforeOutput());
    // Sessions that speak may write beside it what nobody is to read: their words are the transcription.
    else if (part.text && answersInText) replies.said(part.text, this.#beforeOutput());
    else if (part.inlineData?.data && part.inlineData.mimeType?.startsWith('audio/')) {
      replies.sound(part.inlineData.data, this.#beforeOutput());
    }
  }

  #handleEnds(content: LiveServerContent): void {
    const { replies, input, shortfalls } = this.#deps;
    const { generationComplete, interrupted, turnComplete, interactionStatus } = content;
    if (generationComplete) replies.generated();
    if (interrupted) replies.interrupted();
    if (!turnComplete) return;
    if (replies.completesUnasked) input.closeByServer();
    replies.turnComplete(input.asked(), interactionStatus === InteractionStatus.IN_PROGRESS);
    shortfalls.ended();
  }

  /** Before anything that the model says. Gives the open turns that it may answer, though they have not ended. */
  #beforeOutput(): readonly number[] {
    const { replies, input } = this.#deps;
    if (replies.beginsUnasked) input.closeByServer();
    return input.asked();
  }
}
