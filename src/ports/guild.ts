// What tools can have done in a guild beside posting text, and what is kept for them. Types only: nothing here runs.

import type { MessageButton, Room } from './room.ts';
import type { Person, UserId } from './voice.ts';

/** The conversation that something is done for. */
export type Place = Pick<Room, 'guildId' | 'channelId'>;

/** One of Discord's own polls: a question of at most 300 characters, 2–10 answers of at most 55, open for 1–768 hours. */
export interface Poll {
  readonly question: string;
  readonly answers: readonly string[];
  readonly multiple: boolean;
  readonly hours: number;
}

/**
 * The text channel of a conversation: where its transcript goes. Every method rejects with an Error whose message a
 * person can read; `by` are the people whose rights all have to suffice.
 */
export interface GuildTexts {
  /** Gives the id of the message. */
  postPoll(place: Place, poll: Poll, by: readonly Person[]): Promise<string>;
  /** A public thread, in which `first` is posted. Gives its id. */
  createThread(place: Place, thread: { name: string; first: string | null }, by: readonly Person[]): Promise<string>;
  /**
   * Posts, and notifies this one person; where the chosen channel takes nothing, in the chat of the place. `content` at
   * most 1,900 characters, escaped. `key`: what is tried again under it, with other words even, is posted once. `may`: in
   * which channels; absent: in all. False where there is none of these, so that nothing was posted.
   */
  postTo(
    place: Place,
    userId: UserId,
    content: string,
    key?: string,
    also?: {
      readonly buttons?: readonly MessageButton[] | undefined;
      readonly may?: (channelId: string) => Promise<boolean>;
    },
  ): Promise<boolean>;
}

/** What a moderator can have done to somebody in a voice channel. */
export type MemberAct =
  | { readonly kind: 'mute'; readonly muted: boolean }
  | { readonly kind: 'move'; readonly channelId: string }
  | { readonly kind: 'disconnect' }
  | { readonly kind: 'timeout'; readonly minutes: number };

/** What is to be done to a member, and for whom. */
export interface ModerationOrder {
  readonly guildId: string;
  readonly target: Person;
  readonly act: MemberAct;
  readonly by: readonly Person[];
  /** Pressed below a card: a time-out then also reaches who is in no voice channel. Absent: asked for by voice. */
  readonly pressed?: boolean;
}

/** Acts on members with the rights of those who asked. */
export interface Moderation {
  /** The guild's voice channels that all of these people see. Names are untrusted text. */
  voiceChannels(guildId: string, by: readonly Person[]): readonly { readonly id: string; readonly name: string }[];
  /**
   * Whether Discord lets everybody in `by` and the bot do it, and all of them stand above the target. Rejects with an
   * Error whose message a person can read where that is not so.
   */
  check(order: ModerationOrder): Promise<void>;
  /** Checks it anew, and does it. Rejects with an Error whose message a person can read. */
  act(order: ModerationOrder): Promise<void>;
}

/**
 * Something that a guild wants remembered. `text` and the author's name are untrusted. `madeAt`: ms since 1970. `channelId`:
 * the voice channel where it was made; absent: everybody in the guild may know it. `outside`: there may be text from
 * outside in it.
 */
export interface Note {
  readonly id: number;
  readonly channelId?: string;
  readonly outside?: boolean | undefined;
  readonly text: string;
  readonly by: Person;
  readonly madeAt: number;
}

/** What guilds want remembered. Rejects with StoreError where the database fails. */
export interface Notes {
  /** Rejects with RangeError, with a sentence for people, when the guild has too many or the text is too long. */
  add(guildId: string, note: Pick<Note, 'text' | 'by' | 'channelId' | 'outside'>): Promise<Note>;
  /** Oldest first. */
  list(guildId: string): Promise<readonly Note[]>;
  /** False where there is none. */
  remove(guildId: string, id: number): Promise<boolean>;
}

/** Something that comes again: on these days of the week (1: Monday) at a time of day on the clocks of an IANA zone. */
export interface Repeat {
  readonly days: readonly number[];
  readonly hour: number;
  readonly minute: number;
  readonly zone: string;
}

/** What somebody wants to be reminded of. `channelId`: the voice channel where they asked. Instants are ms since 1970. */
export interface Reminder {
  /** There may be text from outside in it. Absent: no. */
  readonly outside?: boolean | undefined;
  readonly id: number;
  readonly guildId: string;
  readonly channelId: string;
  readonly person: Person;
  readonly text: string;
  /** When it comes, or comes next. */
  readonly dueAt: number;
  /** Absent: it comes once. */
  readonly repeat?: Repeat;
  readonly madeAt: number;
}

/** Everybody's reminders. */
export interface Reminders {
  /** Rejects with RangeError, with a sentence for people, when there are too many, or the time or the text is out of range. */
  add(wish: Omit<Reminder, 'id' | 'madeAt'>): Promise<Reminder>;
  /** One person's, the next first. */
  of(guildId: string, userId: UserId): Promise<readonly Reminder[]>;
  /** False where this person has no such reminder. */
  remove(guildId: string, userId: UserId, id: number): Promise<boolean>;
}
