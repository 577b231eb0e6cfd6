import type { Room, TextChannel } from '../ports/room.ts';

/**
 * Where a call was allowed: the room and the channel for posts of that instant. What the call posts goes there, even where
 * the bot was moved or another channel was chosen since.
 */
export class JudgedPlace implements TextChannel {
  readonly #room: Pick<Room, 'channelId' | 'textChannelId'>;
  readonly #chosen: TextChannel;
  #text: TextChannel;
  #where = '';

  constructor({
    room,
    text,
  }: { readonly room: Pick<Room, 'channelId' | 'textChannelId'>; readonly text: TextChannel }) {
    this.#room = room;
    this.#chosen = text;
    this.#text = text;
  }

  /** It was judged by what is the room and the channel now. */
  judged(): void {
    this.#where = this.#now;
    this.#text = this.#chosen.here?.() ?? this.#chosen;
  }

  /** Nothing was moved or chosen since then. */
  get isSame(): boolean {
    return this.#where === this.#now;
  }

  post(...message: Parameters<TextChannel['post']>): Promise<string> {
    return this.#text.post(...message);
  }

  edit(...message: Parameters<TextChannel['edit']>): Promise<void> {
    return this.#text.edit(...message);
  }

  abandon(why: string): void {
    this.#text.abandon?.(why);
  }

  get #now(): string {
    const { channelId, textChannelId = '' } = this.#room;
    return `${channelId}/${textChannelId}`;
  }
}
