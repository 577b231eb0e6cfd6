import { randomBytes, randomUUID } from 'node:crypto';
import type { ButtonInteraction, Client } from 'discord.js';
import type { ChannelVisibility, Sight } from '../../discord/guild/channel-visibility.ts';
import type { Answer } from '../../discord/interactions/answer.ts';
import { type ButtonRoutes, buttonId } from '../../discord/interactions/buttons.ts';
import { openTextChannel } from '../../discord/text/text-channel.ts';
import { escapeName } from '../../lib/markdown.ts';
import { personOf } from '../../names/person.ts';
import type { PrivateAnswer, PrivateAnswers } from '../../ports/reading.ts';
import type { RecordedUtterance, RecordReader } from '../../ports/record.ts';
import type { MessageButton, TextChannel } from '../../ports/room.ts';
import type { Person, UserId } from '../../ports/voice.ts';

/** Answers that are remembered for their buttons; the oldest go first. */
const REMEMBERED = 500;
const RESTARTED = 'I was restarted since then and do not remember that answer. Ask me again.';
const FORGOTTEN = 'That answer was too long ago: I do not remember it any more. Ask me again.';
const NOT_YOURS = 'That answer is for whoever asked.';

type Line = PrivateAnswer['lines'][number];

interface Waiting {
  readonly guildId: string;
  readonly askers: readonly UserId[];
  readonly what: string;
  readonly lines: readonly Line[];
  readonly words: string | undefined;
}

/** Whose press it is, and what it is about. */
interface Pressed {
  readonly by: Person;
  readonly guildId: string;
  readonly what: string;
  /** Words of their own; absent: lines of the record. */
  readonly words: string | undefined;
  /** As they are in the record now: what was deleted meanwhile is not among them. No right was asked for yet. */
  lines(): Promise<readonly RecordedUtterance[]>;
}

/** What private answers stand on. */
export interface PrivateAnswersDeps {
  readonly client: Client;
  readonly places: Pick<ChannelVisibility, 'look'>;
  readonly record: Pick<RecordReader, 'lines'>;
}

/**
 * Answers for those who asked alone. Discord hides a message from others only where it answers an interaction
 * (https://docs.discord.com/developers/resources/message#message-object-message-flags, EPHEMERAL), so a post without a word
 * of the answer has a button, and whoever of them presses it gets the lines. A direct message would need to be allowed by
 * the person, and would stay readable after they lost the right. Only ids are remembered, until the process ends.
 */
export class ButtonAnswers implements PrivateAnswers {
  readonly #deps: PrivateAnswersDeps;
  readonly #process = randomBytes(6).toString('hex');
  readonly #waiting = new Map<string, Waiting>();

  constructor(deps: PrivateAnswersDeps) {
    this.#deps = deps;
  }

  async give(answer: PrivateAnswer): Promise<void> {
    const { guildId, askers, what, lines, words: own } = answer;
    const text = await this.#placeFor(answer);
    const id = randomUUID();
    this.#waiting.set(id, {
      guildId,
      askers: askers.map(({ userId }) => userId),
      what,
      words: own,
      lines: lines.map((line) => ({ id: line.id, conversationId: line.conversationId, startedAt: line.startedAt })),
    });
    if (this.#waiting.size > REMEMBERED) this.#waiting.delete(this.#waiting.keys().next().value as string);
    const names = askers.map(({ name }) => `**${escapeName(name)}**`).join(' and ');
    const it = own === undefined ? 'what I found' : 'what you wanted to be reminded of';
    const words = `For ${names}: not everybody here may read ${it}. The button shows it to you alone.`;
    await text.post(words, [this.#button(id)]);
  }

  /** What its buttons do. `answer` gives what the person reads who may read it. */
  routes(answer: (pressed: Pressed) => Promise<Answer>): Pick<ButtonRoutes, 'private-answer'> {
    return {
      'private-answer': {
        press: (pressed, ...parts) => {
          const about = this.#press(pressed, ...parts);
          return typeof about === 'string' ? about : answer(about);
        },
      },
    };
  }

  /** A string: what the person is told instead. */
  #press({ guildId, user, member }: ButtonInteraction<'cached'>, process?: string, id = ''): Pressed | string {
    if (process !== this.#process) return RESTARTED;
    const one = this.#waiting.get(id);
    if (!one || one.guildId !== guildId) return FORGOTTEN;
    if (!one.askers.includes(user.id)) return NOT_YOURS;
    const by = personOf({ user, member });
    return { by, guildId, what: one.what, words: one.words, lines: () => this.#read(one) };
  }

  /** What this person asked for, alone or with others, is not shown any more. */
  erase(guildId: string, userId: UserId): void {
    for (const [id, one] of this.#waiting) {
      if (one.guildId === guildId && one.askers.includes(userId)) this.#waiting.delete(id);
    }
  }

  #button(id: string): MessageButton {
    return { id: buttonId('private-answer', this.#process, id), label: 'Show me' };
  }

  async #read({ guildId, lines }: Waiting): Promise<readonly RecordedUtterance[]> {
    const wanted = new Set(lines.map(({ id }) => id));
    const found: RecordedUtterance[] = [];
    for (const line of lines) {
      const { conversationId, startedAt } = line;
      const range = { guildId, conversationId, since: startedAt, until: startedAt + 1 };
      for await (const one of this.#deps.record.lines(range)) {
        if (one.kind === 'utterance' && wanted.delete(one.id)) found.push(one);
      }
    }
    return found;
  }

  /** Where all of them see the post: where the conversation is posted, else the chat of its voice channel. */
  async #placeFor({ guildId, askers, channelId, text, textChannelId }: PrivateAnswer): Promise<TextChannel> {
    const { client, places } = this.#deps;
    const ids = askers.map(({ userId }) => userId);
    const sight = await places.look(guildId, ids);
    const guild = client.guilds.cache.get(guildId);
    if (guild && textChannelId !== undefined && (await allSee(sight, ids, textChannelId)))
      return text ?? openTextChannel(guild, textChannelId);
    if (guild && (await allSee(sight, ids, channelId))) return openTextChannel(guild, channelId);
    throw new Error('there is no channel that they see and in which I could put it.');
  }
}

async function allSee(sight: Sight, userIds: readonly UserId[], channelId: string): Promise<boolean> {
  for (const userId of userIds) if (!(await sight.shows(userId, channelId))) return false;
  return true;
}
