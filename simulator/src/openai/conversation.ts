import { fromBase64, joined, type ScriptedTurn } from '../shared/script.ts';
import type { ClientItem } from './events.ts';
import { newId } from './ids.ts';

/** An item with what the server knows beside it. `wire` is the item as clients see it. */
export interface Entry {
  readonly id: string;
  wire: Record<string, unknown> & { content?: ContentPart[] };
  readonly kind: 'user-audio' | 'user-text' | 'system' | 'assistant' | 'call' | 'call-output' | 'hosted' | 'other';
  /** What the person said, 24 kHz. */
  readonly pcm?: Int16Array;
  /** Text of a user's or system's item. */
  readonly text?: string;
  /** Samples of sound that were generated for it. */
  producedSamples: number;
  turn?: number;
  /** A client wrote it into the conversation. */
  readonly given?: boolean;
}
type ContentPart = { type: string; text?: string; transcript?: string | null; audio?: string };

/** The conversation's items in order. */
export class Conversation {
  readonly #entries: Entry[] = [];

  get lastId(): string | null {
    return this.#entries.at(-1)?.id ?? null;
  }

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  find(id: string): Entry | undefined {
    return this.#entries.find((entry) => entry.id === id);
  }

  findCall(callId: string): Entry | undefined {
    return this.#entries.find((entry) => entry.kind === 'call' && entry.wire.call_id === callId);
  }

  /** Appends, or inserts after the named item (`root`: at the start). Gives the id of the item before, null for none. */
  insert(entry: Entry, afterId?: string | null): string | null {
    const index = afterId === 'root' ? 0 : afterId ? this.#indexOf(afterId) + 1 : this.#entries.length;
    this.#entries.splice(index, 0, entry);
    return this.#entries[index - 1]?.id ?? null;
  }

  remove(id: string): void {
    this.#entries.splice(this.#indexOf(id), 1);
  }

  previousOf(id: string): string | null {
    return this.#entries[this.#indexOf(id) - 1]?.id ?? null;
  }

  /** Turns and tool results that no output of the model follows. */
  unanswered(sample = this.#sinceLastOutput()) {
    const turns: (ScriptedTurn & { entry: Entry })[] = [];
    let context: string[] = [];
    const spoken = sample.some((entry) => entry.kind === 'user-audio');
    for (const [at, entry] of sample.entries()) {
      // A text beside spoken turns is a label, as a text alone is a turn, unless it introduces the next one.
      const label = entry.kind === 'user-text' && (spoken || introduces(entry, sample[at + 1]));
      if (entry.kind === 'system' || label) context.push(entry.text ?? '');
      if (entry.kind !== 'user-audio' && (entry.kind !== 'user-text' || label)) continue;
      const pcm = entry.pcm ?? new Int16Array(0);
      turns.push({ turn: entry.turn ?? 0, pcm, text: entry.text ?? '', context: context.join('\n'), entry });
      context = [];
    }
    const toolResults = sample
      .filter((entry) => entry.kind === 'call-output')
      .map(({ wire }) => {
        const callId = String(wire.call_id);
        return { callId, name: String(this.findCall(callId)?.wire.name ?? ''), output: String(wire.output) };
      });
    const everything = sample.filter(
      (entry, at) =>
        entry.kind === 'system' || (entry.kind === 'user-text' && (spoken || introduces(entry, sample[at + 1]))),
    );
    return { turns, toolResults, context: everything.map((entry) => entry.text ?? '').join('\n') };
  }

  /** Labels between the turn before and this place, for the log of turns. */
  labelsBefore(id: string): string[] {
    const labels: string[] = [];
    for (let i = this.#indexOf(id) - 1; i >= 0; i--) {
      const entry = this.#entries[i];
      if (entry?.kind !== 'system' && entry?.kind !== 'user-text') break;
      labels.unshift(entry.text ?? '');
    }
    return labels;
  }

  #sinceLastOutput(): Entry[] {
    const last = this.#entries.findLastIndex(
      (entry) => entry.kind === 'assistant' || entry.kind === 'hosted' || (entry.kind === 'call' && !entry.given),
    );
    return this.#entries.slice(last + 1);
  }

  #indexOf(id: string): number {
    return this.#entries.findIndex((entry) => entry.id === id);
  }
}

/** Whether a text only says what the next one is. */
function introduces(entry: Entry, next: Entry | undefined): boolean {
  return next?.kind === 'user-text' && entry.text?.endsWith(':') === true;
}

/** A copy of an item as it goes over the wire, so that later changes do not reach the log. */
export function snapshot(entry: Entry): Record<string, unknown> {
  return structuredClone(entry.wire);
}

/** The entry for an item that a client creates. */
export function entryOf(item: ClientItem): Entry {
  const id = 'id' in item && typeof item.id === 'string' ? item.id : newId('item');
  const wire = { ...item, id } as unknown as Entry['wire'];
  if (item.type === 'message') wire.status = 'completed';
  if (item.type === 'function_call_output') return { id, kind: 'call-output', wire, producedSamples: 0 };
  if (item.type === 'function_call') return { id, kind: 'call', wire, producedSamples: 0, given: true };
  if (item.type !== 'message') return { id, kind: 'other', wire, producedSamples: 0 };
  const text = item.content.map((part) => ('text' in part ? part.text : '')).join('\n');
  if (item.role === 'system') return { id, kind: 'system', wire, text, producedSamples: 0 };
  if (item.role === 'assistant') return { id, kind: 'assistant', wire, text, producedSamples: 0 };
  const sound = item.content.flatMap((part) => (part.type === 'input_audio' ? [part.audio] : []));
  if (sound.length === 0) return { id, kind: 'user-text', wire, text, producedSamples: 0 };
  return {
    id,
    kind: 'user-audio',
    wire,
    text,
    pcm: joined(sound.map((audio) => fromBase64(audio) ?? new Int16Array(0))),
    producedSamples: 0,
  };
}
