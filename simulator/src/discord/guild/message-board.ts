import type { Dispatch } from '../gateway/gateway.ts';
import type { Identity } from '../gateway/identity.ts';
import { memberJson, messageJson } from '../gateway/wire.ts';
import { refusal } from '../rest/discord-error.ts';
import { pollJson } from '../rest/polls.ts';
import type { Channel, Json, Member, StoredFile, StoredMessage, User } from './entities.ts';
import { EPHEMERAL, LOADING } from './entities.ts';
import { pings } from './mentions.ts';

/** What happened to a message. */
export interface MessageChange {
  readonly kind: 'create' | 'edit' | 'delete';
  readonly message: StoredMessage;
}

/** Who writes, and under what circumstances; `body` is checked already (message-rules.ts). */
export interface Posting {
  readonly authorId: string;
  readonly channel: Channel;
  readonly body: Json;
  readonly files: readonly StoredFile[];
  readonly interaction?: StoredMessage['interaction'];
}

/** What the board needs of the guild that it hangs in. */
export interface BoardSurroundings {
  readonly guildId: string;
  readonly applicationId: string;
  readonly identity: Identity;
  readonly dispatch: Dispatch;
  readonly fileUrl: (id: string, name: string) => string;
  user(id: string): User | undefined;
  member(id: string): Member | undefined;
}

/** Discord says “in the past few minutes” of how long it knows a nonce. */
const NONCE_MS = 180_000;

/** All messages of a guild. */
export class MessageBoard {
  readonly #around: BoardSurroundings;
  readonly #messages = new Map<string, StoredMessage>();
  readonly #listeners = new Set<(change: MessageChange) => void>();
  /** By author and nonce, in the order of their making. */
  readonly #nonces = new Map<string, { readonly message: StoredMessage; readonly at: number }>();

  constructor(around: BoardSurroundings) {
    this.#around = around;
  }

  /** Messages of a channel, oldest first, without deleted ones and deferred replies that have nothing to show yet. */
  list(channelId: string): StoredMessage[] {
    return [...this.#messages.values()].filter(
      (one) => one.channelId === channelId && !one.deleted && !(one.flags & LOADING),
    );
  }

  /** Throws Unknown Message. */
  get(channelId: string, id: string): StoredMessage {
    const found = this.#messages.get(id);
    if (!found || found.deleted || found.channelId !== channelId) throw refusal('unknownMessage');
    return found;
  }

  /** The file behind an attachment, as long as its message is there. */
  file(attachmentId: string): StoredFile | undefined {
    for (const { deleted, attachments, files } of this.#messages.values()) {
      const index = attachments.findIndex(({ id }) => id === attachmentId);
      if (index >= 0 && !deleted) return files[index];
    }
    return undefined;
  }

  /** Calls back on every change until the returned function is called. */
  listen(listener: (change: MessageChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** As SimulatedGuild.waitForMessage. */
  async waitFor(
    channelId: string,
    predicate: (message: StoredMessage) => boolean,
    timeoutMs: number,
  ): Promise<StoredMessage> {
    const there = this.list(channelId).find(predicate);
    if (there) return there;
    const { promise, resolve, reject } = Promise.withResolvers<StoredMessage>();
    const stop = this.listen(({ message }) => {
      if (message.channelId === channelId && !message.deleted && predicate(message)) resolve(message);
    });
    const timer = setTimeout(() => {
      const texts = this.list(channelId).map((one) => JSON.stringify(one.content.slice(0, 200)));
      reject(new Error(`No such message within ${timeoutMs} ms; the channel has ${texts.join(', ') || 'none'}`));
    }, timeoutMs);
    return promise.finally(() => {
      clearTimeout(timer);
      stop();
    });
  }

  /**
   * Throws Unknown Message where it answers one that is not there. With `enforce_nonce` a nonce that the author used lately
   * gives the message that was made then, whatever its channel; Unknown Message where that was deleted since.
   * https://docs.discord.com/developers/resources/message#create-message and discord-api-docs#6647
   */
  post(posting: Posting): StoredMessage {
    const { body } = posting;
    const nonce = body.enforce_nonce === true && body.nonce != null ? `${posting.authorId} ${body.nonce}` : undefined;
    const now = performance.now();
    for (const [key, { at }] of this.#nonces) if (now - at >= NONCE_MS) this.#nonces.delete(key);
    const first = nonce === undefined ? undefined : this.#nonces.get(nonce)?.message;
    if (first?.deleted) throw refusal('unknownMessage');
    if (first) return first;
    const message = this.#make(posting);
    if (nonce !== undefined) this.#nonces.set(nonce, { message, at: now });
    return message;
  }

  #make(posting: Posting): StoredMessage {
    const { authorId, channel, body, files, interaction } = posting;
    const replyTo: string | null = body.message_reference?.message_id ?? null;
    if (replyTo && !this.#messages.has(replyTo) && body.message_reference.fail_if_not_exists !== false)
      throw refusal('unknownMessage');
    const allowedMentions: Json | undefined = body.allowed_mentions ?? undefined;
    const content = String(body.content ?? '');
    const message: StoredMessage = {
      id: this.#around.identity.moment(),
      channelId: channel.id,
      guildId: this.#around.guildId,
      authorId,
      content,
      embeds: body.embeds ?? [],
      components: numbered(body.components ?? []),
      attachments: files.map((file) => this.#attachment(file)),
      files: [...files],
      flags: body.flags ?? 0,
      at: performance.now(),
      edits: [],
      wouldPing: pings(content, allowedMentions, this.#messages.get(replyTo ?? '')?.authorId ?? null),
      allowedMentions,
      replyTo,
      nonce: body.nonce ?? null,
      poll: body.poll ? pollJson(body.poll, Date.now()) : null,
      interaction: interaction ?? null,
      editedAt: null,
      deleted: false,
    };
    this.#messages.set(message.id, message);
    channel.lastMessageId = message.id;
    this.#tell('create', message);
    return message;
  }

  /** Takes on what the body has; what it has not stays. An attachment that `attachments` does not name goes. Throws 50006. */
  edit(message: StoredMessage, body: Json, files: readonly StoredFile[]): void {
    const left = { ...message, ...body };
    const kept = body.attachments === undefined ? message.attachments.length : (body.attachments?.length ?? 0);
    if (!left.content && !left.embeds?.length && !left.components?.length && kept + files.length === 0)
      throw refusal('emptyMessage');
    message.flags &= ~LOADING;
    if (body.content !== undefined) message.content = String(body.content ?? '');
    if (body.embeds !== undefined) message.embeds = body.embeds ?? [];
    if (body.components !== undefined) message.components = numbered(body.components ?? []);
    if (body.flags !== undefined) message.flags = (body.flags ?? 0) | (message.flags & EPHEMERAL);
    if (body.attachments !== undefined) {
      const named = new Set((body.attachments ?? []).map((one: Json) => String(one.id)));
      message.files = message.files.filter((_, index) => named.has(message.attachments[index]?.id ?? ''));
      message.attachments = message.attachments.filter((one) => named.has(one.id));
    }
    message.attachments.push(...files.map((file) => this.#attachment(file)));
    message.files.push(...files);
    if (body.allowed_mentions) message.allowedMentions = body.allowed_mentions;
    // An edit pings nobody in truth; that a text with live mentions stands there is shown to tests all the same.
    const found = pings(message.content, message.allowedMentions, null);
    message.wouldPing = [...new Set([...message.wouldPing, ...found])];
    message.editedAt = new Date().toISOString();
    message.edits.push({ at: performance.now(), content: message.content });
    this.#tell('edit', message);
  }

  /** Idempotent. */
  delete(message: StoredMessage): void {
    if (message.deleted) return;
    message.deleted = true;
    this.#tell('delete', message);
  }

  json(message: StoredMessage): Json {
    return messageJson(message, {
      applicationId: this.#around.applicationId,
      user: (id) => this.#around.user(id),
      message: (id) => this.#messages.get(id),
    });
  }

  #attachment(file: StoredFile): StoredMessage['attachments'][number] {
    const id = this.#around.identity.moment();
    const url = this.#around.fileUrl(id, file.name);
    return { id, filename: file.name, size: file.bytes.length, content_type: file.contentType, url };
  }

  #tell(kind: MessageChange['kind'], message: StoredMessage): void {
    for (const listener of this.#listeners) listener({ kind, message });
    if (message.flags & EPHEMERAL) return;
    const { guildId } = this.#around;
    const scope = { guildId, channelId: message.channelId };
    if (kind === 'delete') {
      this.#around.dispatch(
        'MESSAGE_DELETE',
        { id: message.id, channel_id: message.channelId, guild_id: guildId },
        scope,
      );
      return;
    }
    const author = this.#around.member(message.authorId);
    const { user: _, ...member } = author ? memberJson(author) : {};
    const json = { ...this.json(message), guild_id: guildId, ...(author && { member }) };
    this.#around.dispatch(kind === 'create' ? 'MESSAGE_CREATE' : 'MESSAGE_UPDATE', json, scope);
  }
}

/** Discord numbers components that came without an id. https://docs.discord.com/developers/components/reference#anatomy-of-a-component */
function numbered(components: readonly Json[], counter = { last: 0 }): readonly Json[] {
  return components.map((component) => {
    counter.last += 1;
    const id = component.id || counter.last;
    return { ...component, id, ...(component.components && { components: numbered(component.components, counter) }) };
  });
}
