import { Delivery } from '../lib/delivery.ts';
import type { TextChannel } from '../ports/room.ts';
import type { Entry } from './entry.ts';

/** A line's place. An entry has one line at least, even while it shows nothing: it holds the place. */
export interface Line {
  readonly entry: Entry;
  readonly part: number;
  readonly order: number;
  /** What Discord has of it. */
  shown: string;
  /**
   * Discord never takes its text: a note stands in its place, or where that was refused as well, nothing; `as-shown`: what
   * it has.
   */
  refused?: 'noted' | 'left-out' | 'as-shown';
}

/** One message of the transcript. */
export interface Page {
  /** Where it goes: nothing that is said in one place is ever posted in another. */
  readonly text: TextChannel;
  messageId: string | null;
  lines: Line[];
  /** What Discord has. */
  shown: string;
  failures: number;
  /** Those of the failures that were no answers. */
  lost: number;
  /** It belongs to one tool call alone. */
  solo: boolean;
  /** Something in it was refused: lines are written one by one, until it is known which. */
  careful: boolean;
  /** How it is posted once, however often it is sent. */
  readonly delivery: Delivery;
}

/** A message that is not posted yet. */
export function newPage(text: TextChannel): Page {
  return {
    text,
    messageId: null,
    lines: [],
    shown: '',
    failures: 0,
    lost: 0,
    solo: false,
    careful: false,
    delivery: new Delivery(),
  };
}

/** Whether there is a message of it, as far as anybody knows: then what is taken back has to go from there. */
export function mayStand({ messageId, delivery }: Page): boolean {
  return messageId !== null || delivery.doubtful;
}

/** Whether it is a tool's post that is about to come. */
export function isHeld({ entry }: Line): boolean {
  return entry.kind === 'tool' && entry.held;
}

/** The call that the page belongs to; undefined for every other page. */
export function callOf({ lines, solo }: Page): Extract<Entry, { kind: 'tool' }> | undefined {
  const entry = lines[0]?.entry;
  return solo && entry?.kind === 'tool' ? entry : undefined;
}

/** Lines as the content of a message; empty ones are left out. */
export function joined(texts: readonly string[]): string {
  return texts.filter((text) => text !== '').join('\n');
}
