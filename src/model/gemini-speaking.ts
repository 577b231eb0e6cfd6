import type { LiveClientMessage } from '@google/genai';
import type { Pcm, Turn } from '../bridge/ports.ts';
import type { GeminiGenerations } from './gemini-generations.ts';
import type { GeminiHearing } from './gemini-hearing.ts';
import { speakerLabel } from './label.ts';
import { toBase64 } from './pcm-base64.ts';

/** The turn that is open; `samplesAtClose`: how much of its sound had been sent when the server closed it by itself. */
interface OpenTurn {
  readonly turn: Turn;
  samples: number;
  samplesAtClose: number;
  closedByServer: boolean;
}

export interface GeminiSpeakingParts {
  /** We draw the ends of turns, not the provider. */
  readonly manual: boolean;
  /** See GeminiTraits. */
  readonly laterContent: boolean;
  readonly hearing: GeminiHearing;
  readonly generations: GeminiGenerations;
  /** What stands before what a person says; takes what the model has to be told besides. */
  labelled(label: string): string;
  send(message: LiveClientMessage): void;
  /** A message that is JSON text already. */
  sendText(json: string): void;
  /** Another turn waits behind the one that ends. */
  turnWaits(): boolean;
  closed(turnId: number): void;
}

/** What a person says, on its way to the Live API: at most one turn is open. */
export class GeminiSpeaking {
  readonly #parts: GeminiSpeakingParts;
  #open: OpenTurn | undefined;

  constructor(parts: GeminiSpeakingParts) {
    this.#parts = parts;
  }

  /** Whether the label of a turn reaches the model. */
  get listens(): boolean {
    return this.#parts.manual || this.#parts.laterContent;
  }

  begin(turn: Turn, now: number): void {
    this.#open = { turn, samples: 0, samplesAtClose: 0, closedByServer: false };
    const label = this.listens ? this.#parts.labelled(speakerLabel(turn)) : '';
    if (this.#parts.manual) {
      this.#parts.generations.turnBegan();
      this.#parts.send({ realtimeInput: { activityStart: {} } });
      // Inside the activity: outside of it a text is a turn of its own, and clientContent closes Gemini 3 sessions
      // (ai.google.dev/gemini-api/docs/live-api/capabilities; livekit/agents#5251, livekit/agents-js#1724).
      this.#parts.send({ realtimeInput: { text: label } });
    } else if (this.#parts.laterContent) {
      // With automatic detection a realtime text counts as activity and would be answered.
      const turns = [{ role: 'user', parts: [{ text: label }] }];
      this.#parts.send({ clientContent: { turns, turnComplete: false } });
    }
    this.#parts.hearing.began(turn, now);
  }

  sound(pcm: Pcm): void {
    if (!this.#open) return;
    this.#open.samples += pcm.length;
    // As text, 50 times a second: JSON.stringify would cost five times as much.
    const data = toBase64(pcm);
    this.#parts.sendText(`{"realtimeInput":{"audio":{"mimeType":"audio/pcm;rate=16000","data":"${data}"}}}`);
  }

  end(respond: boolean, now: number): void {
    const open = this.#open;
    this.#open = undefined;
    if (!open) return;
    const { turn } = open;
    if (open.closedByServer) {
      this.#endTail(open, respond, now);
      return;
    }
    // Nothing was said in it: the server has nothing to answer, and nobody is to wait for that.
    if (!this.#parts.manual && open.samples === 0) {
      this.#parts.hearing.ended(turn.id, now);
      if (respond) this.#parts.generations.respond();
      return;
    }
    this.#parts.hearing.ended(turn.id, now);
    this.#parts.generations.turnEnded(turn.id, respond, this.#parts.manual && this.#parts.turnWaits(), now);
    this.#parts.send({ realtimeInput: this.#parts.manual ? { activityEnd: {} } : { audioStreamEnd: true } });
  }

  /**
   * The server closed the turn, and the person went on for a little: without a mark of its end that sound would become
   * one turn with the next person's.
   */
  #endTail({ turn, samples, samplesAtClose }: OpenTurn, respond: boolean, now: number): void {
    if (samples !== samplesAtClose) {
      this.#parts.hearing.ended(turn.id, now);
      this.#parts.generations.turnEnded(turn.id, respond, false, now);
    }
    // Also where nothing seems to have followed: what was on its way when the server closed it came after that.
    this.#parts.send({ realtimeInput: { audioStreamEnd: true } });
  }

  /** Where the provider draws the turns, an answer that nothing else asked for shows that it closed this one. */
  closeByServer(): void {
    const open = this.#open;
    if (this.#parts.manual || !open || open.samples === 0 || open.closedByServer) return;
    open.closedByServer = true;
    open.samplesAtClose = open.samples;
    this.#parts.hearing.ended(open.turn.id, performance.now());
    this.#parts.closed(open.turn.id);
  }

  asked(): readonly number[] {
    return !this.#parts.manual && this.#open && this.#open.samples > 0 ? [this.#open.turn.id] : [];
  }
}
