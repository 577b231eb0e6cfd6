// Who may read what was said, and who did. Types only.

import type { Provider } from './capabilities.ts';
import type { RecordedLine, RecordedUtterance } from './record.ts';
import type { TextChannel } from './room.ts';
import type { Usage } from './usage.ts';
import type { Person, UserId } from './voice.ts';

/** A role or a person that a guild lets read its record. */
export interface ReaderEntry {
  readonly kind: 'role' | 'person';
  readonly id: string;
}

/** What of a guild's record some people may read. */
export interface ReadableChannels {
  /** Voice channels, those that were deleted included. None: nothing may be read. */
  readonly ids: readonly string[];
  /**
   * Whether one line may be shown: a conversation that was moved has lines of several channels, and a channel's lines
   * may have been posted where not everybody reads. Ask it of every line. Answers from memory but for archived threads.
   */
  mayRead(line: Pick<RecordedLine, 'channelId' | 'posts'>): Promise<boolean>;
}

/** Who gets to know what is told in a conversation: who is there, and whoever may come in or read its posts. */
export interface Audience {
  readonly guildId: string;
  /** The voice channel, and the channel of the posts; a thread counts as its channel. */
  readonly channelIds: readonly string[];
  /** Who is in the voice channel now, whatever they may. */
  readonly people: readonly UserId[];
}

/** Who may read what was said in a guild: the one place that decides. Rejects with an Error whose message a person can read. */
export interface Readers {
  /**
   * What all of these people may read; of nobody: nothing. Whoever manages the server may read all. Where the guild
   * named readers, these may read the voice channels that they see; otherwise everybody who sees the voice channel and
   * what was posted of it. Discord is asked for all of it. `told`: it is not, since these people are using a command at
   * this moment, and Discord told of them with it.
   */
  channelsFor(guildId: string, by: readonly UserId[], asOf?: 'now' | 'told'): Promise<ReadableChannels>;
  /** Whether a line may be told to a whole audience: all of them may read it. In doubt it may not. Discord is asked. */
  mayTell(audience: Audience): Promise<(line: Pick<RecordedLine, 'channelId' | 'posts'>) => Promise<boolean>>;
  /** Whether all of an audience could listen in a voice channel. In doubt they could not. Discord is asked. */
  couldListen(audience: Audience): Promise<(channelId: string) => Promise<boolean>>;
  entries(guildId: string): Promise<readonly ReaderEntry[]>;
  /** False where it was there already. Rejects with RangeError, with a sentence for people, when there are too many. */
  add(guildId: string, entry: ReaderEntry): Promise<boolean>;
  /** False where there is none. */
  remove(guildId: string, entry: ReaderEntry): Promise<boolean>;
}

/** What only those who asked may read of an answer. */
export interface PrivateAnswer {
  readonly guildId: string;
  readonly askers: readonly Person[];
  /** What they asked for, in words for the audit log. Untrusted. */
  readonly what: string;
  /** What is read from the record. */
  readonly lines: readonly Pick<RecordedUtterance, 'id' | 'conversationId' | 'startedAt'>[];
  /** Words of their own instead, escaped. */
  readonly words?: string;
  /** Where the conversation is: its voice channel, and where it is posted. */
  readonly channelId: string;
  /** Absent: the conversation is posted nowhere. */
  readonly text?: TextChannel;
  readonly textChannelId: string | undefined;
}

/**
 * Brings answers to those who asked, and to nobody else: a post with a button, and whoever of them presses it reads the
 * lines in a message that Discord shows to them alone. What they may read is asked again then.
 */
export interface PrivateAnswers {
  /** Resolves when the post is made. Rejects with an Error whose message a person can read. */
  give(answer: PrivateAnswer): Promise<void>;
}

/** What somebody did with the record. `tool`: a model searched it for them. */
export type AuditedAct = 'search' | 'summary' | 'missed' | 'export' | 'tool';

/** One entry of the audit log. */
export interface AuditNote {
  readonly guildId: string;
  readonly by: Person;
  readonly act: AuditedAct;
  /** What was asked for, in words such as `text: "rent", since: yesterday`. Untrusted; cut at 500 characters. */
  readonly what: string;
  /** Lines of the record that they were shown. */
  readonly lines: number;
}

/** An entry as it is kept. `at`: ms since 1970. */
export interface KeptAuditNote extends AuditNote {
  readonly id: number;
  readonly at: number;
}

/** Who read what, for those who manage the server. Kept for a year. Rejects with StoreError. */
export interface Audit {
  /** Resolves when it is on disk: what is noted may be shown only then. */
  note(note: AuditNote): Promise<void>;
  /** Newest first. `before`: the id of the last one of the page before. */
  page(query: {
    readonly guildId: string;
    readonly limit: number;
    readonly before?: number;
  }): Promise<readonly KeptAuditNote[]>;
}

/** What a text model is to write. `input` may hold untrusted text; `schema`: JSON Schema of the JSON text that it gives. */
export interface WritingOrder {
  readonly instructions: string;
  readonly input: string;
  readonly schema: Readonly<Record<string, unknown>>;
}

/** A model that reads and writes text. */
export interface TextModel {
  readonly provider: Provider;
  readonly name: string;
  /** For people: where the text goes. */
  readonly label: string;
  /** Rejects with WritingFailedError. `text`: unchecked. */
  write(order: WritingOrder, signal: AbortSignal): Promise<{ readonly text: string; readonly usage: Usage }>;
}

/** One sentence of a summary with the utterances that it rests on, at least one. `text` is untrusted. */
export interface Statement {
  readonly text: string;
  readonly evidence: readonly RecordedUtterance[];
}

/** Sums up what was said. */
export interface Summaries {
  /** For people: the model that does it. null: none is configured. */
  readonly label: string | null;
  /**
   * What these lines come to, in their order; `by` had it done, and it counts as theirs. Rejects with WritingFailedError,
   * also where today's budget is spent.
   */
  sumUp(
    order: {
      readonly guildId: string;
      readonly channelId: string;
      readonly by: Person;
      readonly lines: readonly RecordedUtterance[];
    },
    signal: AbortSignal,
  ): Promise<readonly Statement[]>;
}
