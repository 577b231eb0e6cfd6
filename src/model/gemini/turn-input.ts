import type { LiveClientMessage } from '@google/genai';
import type { Pcm, Turn } from '../../ports/voice.ts';
import { toBase64 } from '../connection/pcm-base64.ts';
import { speakerLabel } from '../connection/prompt-text.ts';
import type { GeminiReplies } from './replies/replies.ts';
import type { GeminiTranscriptAttribution } from './replies/transcript-attribution.ts';

/**
 * The turn that is open; `samplesAtClose`: how much of its sound had been sent when the server closed it by itself, and
 * `takenAtClose`: how much of that the server surely had when it did.
 */
interface OpenTurn {
  readonly turn: Turn;
  samples: number;
  taken: number;
  samplesAtClose: number;
  takenAtClose: number;
  closedByServer: boolean;
}

/** How turns are marked, and where they are sent. */
export interface GeminiTurnInputDeps {
  /** We draw the ends of turns, not the provider. */
  readonly manual: boolean;
  /** See GeminiTraits. */
  readonly laterContent: boolean;
  readonly attribution: GeminiTranscriptAttribution;
  readonly replies: GeminiReplies;
  /** What stands before what a person says; takes what the model has to be told besides. */
  labelled(label: string): string;
  send(message: LiveClientMessage): void;
  /** See ModelSocket.proof. */
  proof(back: () => void): void;
  /** A message that is JSON text already. */
  sendText(json: string): void;
  /** Another turn waits behind the one that ends. */
  turnWaits(): boolean;
  closed(turnId: number): void;
}

/** What a person says, on its way to the Live API: at most one turn is open. */
export class GeminiTurnInput {
  readonly #deps: GeminiTurnInputDeps;
  #open: OpenTurn | undefined;
  #following = false;

  constructor(deps: GeminiTurnInputDeps) {
    this.#deps = deps;
  }

  /** Whether the label of a turn reaches the model. */
  get listens(): boolean {
    return this.#deps.manual || this.#deps.laterContent;
  }

  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  begin(turn: Turn, now: number): void {
    this.#open = { turn, samples: 0, taken: 0, samplesAtClose: 0, takenAtClose: 0, closedByServer: false };
    const label = this.listens ? this.#deps.labelled(speakerLabel(turn)) : '';
    if (this.#deps.manual) {
      this.#deps.replies.turnBegan();
      this.#deps.send({ realtimeInput: { activityStart: {} } });
      // Inside the activity: outside of it a text is a turn of its own, and clientContent closes Gemini 3 sessions
      // (ai.google.dev/gemini-api/docs/live-api/capabilities; livekit/agents#5251, livekit/agents-js#1724).
      this.#deps.send({ realtimeInput: { text: label } });
    } else if (this.#deps.laterContent) {
      // With automatic detection a realtime text counts as activity and would be answered.
      const turns = [{ role: 'user', parts: [{ text: label }] }];
      this.#deps.send({ clientContent: { turns, turnComplete: false } });
    }
    this.#deps.attribution.began(turn, now);
  }

  /** Tells the model something besides, in the turn that is open. False: none is, and alone it would ask for an answer. */
  note(text: string): boolean {
    if (!this.#open || !this.listens) return false;
    if (this.#deps.manual) this.#deps.send({ realtimeInput: { text } });
    else this.#deps.send({ clientContent: { turns: [{ role: 'user', parts: [{ text }] }], turnComplete: false } });
    return true;
  }

  sound(pcm: Pcm): void {
    if (!this.#open) return;
    this.#open.samples += pcm.length;
    // As text, 50 times a second: JSON.stringify would cost five times as much.
    const data = toBase64(pcm);
    this.#deps.sendText(`{"realtimeInput":{"audio":{"mimeType":"audio/pcm;rate=16000","data":"${data}"}}}`);
    this.#follow(this.#open);
  }

  /** Keeps up with how much of the sound the server has, where it draws the turns: one question at a time. */
  #follow(open: OpenTurn): void {
    if (this.#deps.manual || this.#following || open !== this.#open) return;
    this.#following = true;
    const { samples } = open;
    this.#deps.proof(() => {
      this.#following = false;
      open.taken = samples;
      if (open.samples > samples) this.#follow(open);
    });
  }

  end(respond: boolean, now: number): void {
    const open = this.#open;
    this.#open = undefined;
    if (!open) return;
    const { turn } = open;
    const silent = !this.#deps.manual || turn.onlyIfCalled !== undefined;
    if (open.closedByServer) {
      this.#endTail(open, respond);
    } else if (!this.#deps.manual && open.samples === 0) {
      // Nothing was said in it: the server has nothing to answer, and nobody is to wait for that.
      if (respond) this.#deps.replies.respond();
    } else {
      this.#deps.send({ realtimeInput: this.#deps.manual ? { activityEnd: {} } : { audioStreamEnd: true } });
      this.#deps.replies.turnEnded(turn.id, respond, this.#deps.manual && this.#deps.turnWaits(), silent);
    }
    // Behind the mark of the end on the line.
    this.#deps.attribution.ended(turn.id, now);
  }

  /**
   * What was sent of an open turn cannot be taken back: its activity ends, so that nothing of it becomes one with the next
   * person's, and nobody asks for an answer to it.
   */
  withdraw(turnIds: readonly number[], now: number): void {
    if (this.#open && turnIds.includes(this.#open.turn.id)) this.end(false, now);
  }

  /**
   * The server closed the turn, and the person went on for a little: without a mark of its end that sound would become
   * one turn with the next person's.
   */
  #endTail({ turn, samples, samplesAtClose, takenAtClose }: OpenTurn, respond: boolean): void {
    this.#deps.send({ realtimeInput: { audioStreamEnd: true } });
    if (samples === takenAtClose) return;
    if (samples > samplesAtClose) this.#deps.replies.turnEnded(turn.id, respond, false, true);
    // What was on its way when the server closed the turn may have begun another, and may still be answered.
    else this.#deps.replies.mayAnswer([turn.id]);
  }

  /**
   * Where the provider draws the turns, an answer that nothing else asked for shows that it closed this one. More words
   * of the same person may come as long as their sound does.
   */
  closeByServer(): void {
    const open = this.#open;
    if (this.#deps.manual || !open || open.samples === 0 || open.closedByServer) return;
    open.closedByServer = true;
    open.samplesAtClose = open.samples;
    open.takenAtClose = open.taken;
    this.#deps.closed(open.turn.id);
  }

  asked(): readonly number[] {
    return !this.#deps.manual && this.#open && this.#open.samples > 0 ? [this.#open.turn.id] : [];
  }
}
