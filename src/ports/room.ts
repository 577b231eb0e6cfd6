// Text channels, people and their rights, as Discord has them. Types only.

import type { Delivery } from '../lib/delivery.ts';
import type { Person, UserId } from './voice.ts';

/** A button below a message. `id`: what comes back when somebody presses it, at most 100 characters. */
export interface MessageButton {
  readonly id: string;
  readonly label: string;
}

/** A file below a message; one whose name ends in .png, .jpg, .gif or .webp is shown as a picture. */
export interface PostFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** What a picture shows, for people who cannot see it. Untrusted text. */
  readonly description?: string | undefined;
}

/** A text channel of Discord. Mentions never ping. Rejects with an Error whose message a person can read. */
export interface TextChannel {
  /**
   * Posts and gives the message's id. `content` at most 2,000 characters; files at most 10, of 10 MB each. Rejects with
   * ContentRefusedError or PlaceRefusedError where sending it again cures nothing, with MessageGoneError where it was made
   * and is deleted; after other errors the same `delivery` makes it once.
   */
  post(
    content: string,
    buttons?: readonly MessageButton[],
    files?: readonly PostFile[],
    delivery?: Delivery,
  ): Promise<string>;
  /**
   * Without `buttons` the message keeps those it has; an empty list takes them away. `files` take the place of others.
   * Rejects with MessageGoneError where it can never be edited, ContentRefusedError where this text is never taken.
   */
  edit(
    messageId: string,
    content: string,
    buttons?: readonly MessageButton[],
    files?: readonly PostFile[],
  ): Promise<void>;
  /**
   * The channel as it is chosen at this moment: what is posted there later does not go where another choice leads by then,
   * where other people read. Absent: there is no choice.
   */
  here?(): TextChannel;
  /** Nothing goes where the last post went, whatever Discord says: another place is taken, where there is one. */
  abandon?(why: string): void;
}

/** Permissions of Discord that tools ask for, by their names in Discord's documentation. */
export type Permission =
  | 'MuteMembers'
  | 'DeafenMembers'
  | 'MoveMembers'
  | 'ModerateMembers'
  | 'ManageMessages'
  | 'CreatePublicThreads';

/** Who is in the voice channel and what Discord lets them do. Answers from memory, but for refresh(). */
export interface Room {
  readonly guildId: string;
  readonly channelId: string;
  /** The people (no bots) in the voice channel now. */
  people(): readonly Person[];
  /** The name that the guild shows; the id itself where it is unknown. */
  nameOf(userId: UserId): string;
  /** Whether the bot may hear this person. Absent: everybody. */
  mayHear?(userId: UserId): boolean;
  /** Whether it is the account of another bot, which may be heard and has no rights. Absent: nobody is. */
  isBot?(userId: UserId): boolean;
  /** Whether Discord lets this person write in the transcript's text channel. */
  mayWrite(userId: UserId): boolean;
  /** The text channel or thread to which the conversation is posted now. Absent: nothing is. */
  readonly textChannelId?: string;
  /** Whether a moderator keeps somebody from speaking here: muted them, or timed them out. Absent: nobody is. */
  isSilenced?(userId: UserId): boolean;
  /** Whether somebody is a member of the guild, as far as is known; refreshMembers() asks. Absent: everybody is. */
  isMember?(userId: UserId): boolean;
  /**
   * Asks Discord who these people are now, and what channels and roles give, so that the answers below (and mayWrite) are
   * not those of a while ago. Rejects where Discord cannot be asked; somebody who is no member any more simply has no rights.
   */
  refresh(userIds: readonly UserId[]): Promise<void>;
  /** The same of people alone. Absent: nobody can be asked. */
  refreshMembers?(userIds: readonly UserId[]): Promise<void>;
  /** Ids of this person's roles, without the one that everybody has; empty for somebody unknown. */
  rolesOf(userId: UserId): readonly string[];
  /** Whether Discord gives this person a permission here: what is about text in the text channel, else in voice. */
  permits(userId: UserId, permission: Permission): boolean;
  /** Whether this person's highest role is above the other's; the owner is above all, and nobody above themselves. */
  outranks(userId: UserId, otherId: UserId): boolean;
}
