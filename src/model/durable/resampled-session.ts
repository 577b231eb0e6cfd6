import { Resampler } from '../../audio/resampler.ts';
import type { SessionOptions } from '../../ports/capabilities.ts';
import type { Heard, SessionEvent, SpeechSession } from '../../ports/model.ts';
import type { Acknowledged, ToolResult } from '../../ports/tool-calls.ts';
import type { Pcm, PcmRate, Turn, UserId } from '../../ports/voice.ts';

/** The session, taking sound at another rate than its own; the session itself where the rates are the same. */
export function resampled(session: SpeechSession, from: PcmRate, to: PcmRate): SpeechSession {
  return from === to ? session : new ResampledSession(session, from, to);
}

/** Every turn is converted as a stretch of its own: nothing of one person's sound gets into the next one's turn. */
class ResampledSession implements SpeechSession {
  readonly #session: SpeechSession;
  readonly #from: PcmRate;
  readonly #to: PcmRate;
  #turn: Resampler | undefined;

  constructor(session: SpeechSession, from: PcmRate, to: PcmRate) {
    this.#session = session;
    this.#from = from;
    this.#to = to;
  }

  get events(): AsyncIterable<SessionEvent> {
    return this.#session.events;
  }

  get expiresAt(): number | undefined {
    return this.#session.expiresAt;
  }

  get keepsTold(): boolean | undefined {
    return this.#session.keepsTold;
  }

  beginTurn(turn: Turn): void {
    this.#turn = new Resampler(this.#from, this.#to);
    this.#session.beginTurn(turn);
  }

  appendAudio(pcm: Pcm): void {
    const converted = this.#turn?.push(pcm);
    if (converted && converted.length > 0) this.#session.appendAudio(converted);
  }

  endTurn(respond: boolean): void {
    const rest = this.#turn?.end();
    this.#turn = undefined;
    if (rest && rest.length > 0) this.#session.appendAudio(rest);
    this.#session.endTurn(respond);
  }

  appendText(turn: Turn, text: string): void {
    this.#session.appendText(turn, text);
  }

  respond(): void {
    this.#session.respond();
  }

  pass(turnIds: readonly number[]): void {
    this.#session.pass(turnIds);
  }

  interrupt(heard: readonly Heard[]): void {
    this.#session.interrupt(heard);
  }

  withdraw(userId: UserId, turnIds: readonly number[]): void {
    this.#session.withdraw(userId, turnIds);
  }

  acknowledge(call: Acknowledged): boolean {
    return this.#session.acknowledge(call);
  }

  sendToolResult(result: ToolResult): void {
    this.#session.sendToolResult(result);
  }

  approve(callId: string, approved: boolean, reason: string): void {
    this.#session.approve(callId, approved, reason);
  }

  update(options: SessionOptions): void {
    this.#session.update(options);
  }

  close(): void {
    this.#session.close();
  }
}
