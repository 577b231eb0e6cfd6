import type { RecordedConversation, RecordedLine } from '../../ports/record.ts';

/** Somebody of whom a transcript has words, calls or comings and goings. */
export interface Participant {
  /** null: the model. */
  readonly userId: string | null;
  /** The first name that was recorded. Untrusted; empty: unknown. */
  readonly name: string;
  /** As the file shows it: never empty, and told apart from the same name of others. Untrusted. */
  readonly shown: string;
}

/** What is known of a conversation once all of it was read. `server` and `channel` are untrusted names. */
export interface TranscriptSummary {
  readonly conversation: RecordedConversation;
  readonly server: string;
  readonly channel: string;
  /** In ms since 1970. */
  readonly exportedAt: number;
  /** The end of the last thing that was recorded, or of the conversation. */
  readonly endedAt: number;
  /** In the order of their first lines. Speaker.place is a place in it. */
  readonly participants: readonly Participant[];
  readonly lines: number;
}

/** Somebody behind a line. */
interface Speaker {
  /** Among the participants. */
  readonly place: number;
  /** As the guild showed it then, told apart from the same name of others. Untrusted; never empty. */
  readonly name: string;
}

/** A line and how it stands among the others. */
export interface PlacedLine {
  readonly line: RecordedLine;
  /** From 1. */
  readonly number: number;
  /** From the beginning of the conversation, never below 0. */
  readonly offsetMs: number;
  /** Who says it, comes or leaves, or asked for the call. Empty: nobody can say. */
  readonly speakers: readonly Speaker[];
  /** Of an utterance: the names of those who were still speaking when it began. Untrusted. */
  readonly over: readonly string[];
}

/**
 * A form of file. It is made in one pass: the lines first, the ends when everybody is known. Pure but for a running
 * number: one is made for each file.
 */
export interface TranscriptFormat {
  readonly extension: string;
  /** Between two lines. */
  readonly separator: string;
  /** Undefined where such a line has no place in this form. */
  line(placed: PlacedLine): string | undefined;
  head(summary: TranscriptSummary): string;
  foot(summary: TranscriptSummary): string;
}
