import type { MessageButton, PostFile, TextChannel } from '../../../src/ports/room.ts';

/** A text channel in memory that keeps Discord's rules, and counts what a real one would mind. */
export class FakeTextChannel implements TextChannel {
  readonly messages = new Map<string, string>();
  /** The buttons below each message that has any. */
  readonly buttons = new Map<string, readonly MessageButton[]>();
  /** The files of each message that has any. */
  readonly files = new Map<string, readonly PostFile[]>();
  readonly writes: { readonly kind: 'post' | 'edit'; readonly id: string; readonly at: number }[] = [];
  /** Rejects writes while it gives an error. */
  refuse: (kind: 'post' | 'edit', id: string, files: readonly PostFile[]) => Error | undefined = () => undefined;
  /** Awaited inside of each write. */
  delay: () => Promise<void> = async () => {};
  mostAtOnce = 0;
  readonly #now: () => number;
  #running = 0;

  constructor(now: () => number = () => 0) {
    this.#now = now;
  }

  /** All messages, oldest first. */
  get contents(): string[] {
    return [...this.messages.values()];
  }

  async post(
    content: string,
    buttons: readonly MessageButton[] = [],
    files: readonly PostFile[] = [],
  ): Promise<string> {
    const id = await this.#write('post', `m${this.messages.size + 1}`, content, files);
    if (buttons.length > 0) this.buttons.set(id, buttons);
    return id;
  }

  async edit(
    messageId: string,
    content: string,
    buttons?: readonly MessageButton[],
    files: readonly PostFile[] = [],
  ): Promise<void> {
    if (!this.messages.has(messageId)) throw new Error('Unknown Message');
    await this.#write('edit', messageId, content, files);
    if (buttons?.length === 0) this.buttons.delete(messageId);
    else if (buttons) this.buttons.set(messageId, buttons);
  }

  async #write(kind: 'post' | 'edit', id: string, content: string, files: readonly PostFile[]): Promise<string> {
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#running);
    this.writes.push({ kind, id, at: this.#now() });
    try {
      await this.delay();
      const refusal = this.refuse(kind, id, files);
      if (refusal) throw refusal;
      if (content.trim() === '') throw new Error('Cannot send an empty message');
      if (content.length > 2_000) throw new Error(`${content.length} characters are too many`);
      if (files.length > 10) throw new Error(`${files.length} files are too many`);
      const tooLarge = files.find(({ bytes }) => bytes.byteLength > 10 * 1024 * 1024);
      if (tooLarge) throw new Error(`${tooLarge.name} is too large`);
      if (files.length > 0) this.files.set(id, files);
      this.messages.set(id, content);
      return id;
    } finally {
      this.#running--;
    }
  }
}
