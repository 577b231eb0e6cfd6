// What was said and done, as it is kept: who writes it, and how it is read. Types only.
// Instants (`…At`) are milliseconds since 1970, and those of sound are when it sounded, not when its text came.

import type { Provider } from './capabilities.ts';
import type { Person, UserId } from './voice.ts';

/** `talk`: the model answers; `listen`: it only writes down. */
export type ConversationMode = 'talk' | 'listen';

/** One conversation, from joining the channel to leaving it. */
export interface RecordedConversation {
  readonly id: number;
  readonly guildId: string;
  /** The voice channel. */
  readonly channelId: string;
  /** Where it was posted at the beginning. */
  readonly transcriptChannelId: string;
  readonly mode: ConversationMode;
  readonly provider: Provider;
  /** The model that it began with. */
  readonly model: string;
  readonly startedAt: number;
  /** null: it still goes on. */
  readonly endedAt: number | null;
  /** EndReason's kind, or `stopped`: the process ended without a word. null: it still goes on. */
  readonly endReason: string | null;
}

/** A message of Discord in which a line stands. */
export interface PostedIn {
  readonly channelId: string;
  readonly messageId: string;
}

interface Line {
  /** Unique among all lines of every kind of this database; in the order of their beginnings. */
  readonly id: number;
  readonly conversationId: number;
  readonly guildId: string;
  /** The voice channel. */
  readonly channelId: string;
  readonly startedAt: number;
  /** Where it can be read in Discord, oldest first; a long one stands in several. Empty: nowhere (yet). */
  readonly posts: readonly PostedIn[];
}

/** Something that a person or a model said. `text`, `name`: untrusted. */
export interface RecordedUtterance extends Line {
  readonly kind: 'utterance';
  readonly by: 'person' | 'model';
  /** Who spoke; null: the model, or nobody can say. */
  readonly userId: UserId | null;
  /** As the guild showed it then; of the model, the bot's own. Empty: unknown. */
  readonly name: string;
  /** The last voiced packet, or the last sound that was played. */
  readonly endedAt: number;
  readonly text: string;
  /** BCP-47, where it is known. */
  readonly language: string | null;
  /** The model that spoke; null: a person. */
  readonly model: string | null;
  /** It was typed (or written by the model), not spoken. */
  readonly written: boolean;
  /** `open`: its text may still grow; `unknown`: the words never came. */
  readonly state: 'open' | 'final' | 'unknown';
  /** Of a model's: what of its sound was played, where it was cut off. null: not cut. */
  readonly cut: { readonly heardMs: number; readonly producedMs: number } | null;
  /** Of a person's. */
  readonly turnId: number | null;
  /** Of a model's: the reply, and the turns that it answers. */
  readonly replyId: string | null;
  readonly turnIds: readonly number[];
  /** The provider's ids of it, where it told them. */
  readonly itemIds: readonly string[];
}

/** A tool that ran. `arguments` and `output` are untrusted text. */
export interface RecordedToolCall extends Line {
  readonly kind: 'tool-call';
  readonly callId: string;
  readonly replyId: string;
  readonly askers: readonly { readonly userId: UserId; readonly name: string }[];
  readonly name: string;
  readonly arguments: string;
  /** null: it runs, or the process ended before it did. */
  readonly result: { readonly ok: boolean; readonly output: string } | null;
  readonly endedAt: number | null;
}

/** Somebody came to the voice channel or left it. */
interface RecordedPresence extends Line {
  readonly kind: 'joined' | 'left';
  readonly userId: UserId;
  readonly name: string;
}

/** Something that the bot told the channel, such as a trouble or a notice on joining. */
interface RecordedNotice extends Line {
  readonly kind: 'notice';
  readonly text: string;
  /** Whom it names or is for. Absent: nobody. */
  readonly about?: UserId;
}

/** One line of a record; `kind` says which. */
export type RecordedLine = RecordedUtterance | RecordedToolCall | RecordedPresence | RecordedNotice;

/** What is asked for; every condition has to hold. */
export interface RecordSearch {
  readonly guildId: string;
  /** The voice channels that the asker may read. None: nothing is found. */
  readonly channelIds: readonly string[];
  /**
   * Words that must all occur, in any order, case and accents aside; each also finds what begins with it. Empty: any.
   * In an encrypted database only whole words and the first four letters of words are found.
   */
  readonly text?: string;
  readonly userId?: UserId;
  readonly conversationId?: number;
  /** Inclusive. */
  readonly since?: number;
  /** Exclusive. */
  readonly until?: number;
  /** Default `time`: newest first. `relevance`: best first, among the newest 100 finds. */
  readonly order?: 'time' | 'relevance';
  /** At most 100; default 10. */
  readonly limit?: number;
  /** RecordFinds.next of the page before, or RecordFind.after of one of its finds. */
  readonly after?: string;
}

/** One find. `excerpt` of the text around the first hit, with the places of all hits in it. Untrusted text. */
export interface RecordFind {
  readonly utterance: RecordedUtterance;
  readonly excerpt: string;
  /** Start and end in `excerpt`, in UTF-16 units, in order, not overlapping. */
  readonly hits: readonly (readonly [start: number, end: number])[];
  /** For RecordSearch.after: goes on behind this find. */
  readonly after: string;
}

/** A page of finds. */
export interface RecordFinds {
  readonly finds: readonly RecordFind[];
  /** For RecordSearch.after; null: there is no more. */
  readonly next: string | null;
}

/** Which lines are read. */
export interface LineRange {
  readonly guildId: string;
  readonly conversationId?: number;
  /** A voice channel. */
  readonly channelId?: string;
  /** By their beginning: inclusive. */
  readonly since?: number;
  /** By their beginning: exclusive. */
  readonly until?: number;
}

/**
 * Reads what was kept. Rights are the caller's: it names the channels. Rejects with an Error whose message a person
 * can read. It reads from a connection of its own, so that no reader holds up who writes.
 */
export interface RecordReader {
  /** Newest first; those that began in one of these voice channels or went on there. `before`: the id of the last one of the page before. */
  conversations(query: {
    readonly guildId: string;
    readonly channelIds: readonly string[];
    readonly limit: number;
    readonly before?: number;
  }): Promise<readonly RecordedConversation[]>;
  conversation(guildId: string, id: number): Promise<RecordedConversation | undefined>;
  /** The voice channels in which something was said, those that were deleted included. */
  channels(guildId: string): Promise<readonly string[]>;
  /** How many people spoke, came or left, by the id of the conversation; of at most some hundred. */
  people(conversationIds: readonly number[]): Promise<ReadonlyMap<number, number>>;
  /** Whose the turns of a conversation are, by turnId; null: nobody's. Turns that were deleted are not in it. */
  turnOwners(conversationId: number): Promise<ReadonlyMap<number, UserId | null>>;
  /**
   * Who said something in these voice channels, under the name that they had last there; who spoke last
   * comes first. At most 500.
   */
  speakers(query: { readonly guildId: string; readonly channelIds: readonly string[] }): Promise<readonly Person[]>;
  /**
   * The same people under the names that they had there at the beginning and the end of each conversation, one entry a name,
   * the last used first; of the newest 5,000 times that somebody took part in one. For whoever is not found by the name of today.
   */
  everyName(query: { readonly guildId: string; readonly channelIds: readonly string[] }): Promise<readonly Person[]>;
  /** All lines of a range in the order of their beginnings, read in pages while they are taken. */
  lines(range: LineRange): AsyncIterable<RecordedLine>;
  search(search: RecordSearch): Promise<RecordFinds>;
}

/** Where the lines of one conversation are written, each as it is at that moment; the same id again replaces it. */
export interface RecordWriter {
  /** All or nothing, in one transaction; resolves when it is on disk. Rejects with an Error. */
  write(batch: RecordBatch): Promise<void>;
}

/** A turn, with or without words. `endedAt` null: it is open. */
export interface RecordedTurn {
  readonly turnId: number;
  readonly userId: UserId | null;
  readonly name: string;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly typed: boolean;
  /** Whether the model was asked to answer it; null: it is open. */
  readonly answered: boolean | null;
}

/** What became of one conversation since the last batch. */
export interface RecordBatch {
  readonly conversation: RecordedConversation;
  readonly turns: readonly RecordedTurn[];
  /** `posts` are added to those that are known. */
  readonly lines: readonly RecordedLine[];
  /** Turns that are deleted with what was said in them. Absent: none. */
  readonly withdrawn?: readonly number[];
  /** Lines that are deleted, by their ids. Absent: none. */
  readonly withdrawnLines?: readonly number[];
}

/**
 * The record of a conversation that goes on, as those see it who post from it. Lines have keys: `turn:ID`, `reply:ID`,
 * `call:ID`, `unknown:N` for the Nth utterance of which nobody can say who spoke, and those given to notice().
 */
export interface LiveRecord {
  /** The bot tells the channel something; the same key again replaces it. `about`: whom it names. */
  notice(key: string, text: string, about?: UserId): void;
  /** Everything observed so far is on disk. Rejects when it cannot be written: then it must not be posted either. */
  flush(): Promise<void>;
  /** These lines stand in this message. `messageId`: TextChannel.post's. */
  posted(keys: readonly string[], messageId: string): void;
}
