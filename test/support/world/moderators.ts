import type { TestContext } from 'node:test';
import { openRecord } from '../../../src/app/record.ts';
import { ruleButtons } from '../../../src/discord/interactions/rule-buttons.ts';
import { Moderating } from '../../../src/moderation/moderation.ts';
import type { PostedIn } from '../../../src/ports/record.ts';
import type { Person, Turn } from '../../../src/ports/voice.ts';
import { Recorder } from '../../../src/record/recorder.ts';
import { type Database, openDatabase } from '../../../src/store/database/database.ts';
import { unlock } from '../../../src/store/encryption/data-key.ts';
import { defaultSettings } from '../../../src/store/settings.ts';
import { keptLog } from '../doubles/log.ts';

/** Of every stage. */
export const GUILD = '1';
export const VOICE = '10';
export const MODS = '20';
export const ANNA: Person = { userId: '100', name: 'Anna' };
export const BEN: Person = { userId: '101', name: 'Ben' };

/** A moderators' channel, as the last edit of each message left it. */
class Channel {
  readonly posts: { content: string; buttons: number; file: string }[] = [];
  broken = false;
  /** What posts wait for. */
  slow: (channelId: string) => Promise<void> = () => Promise.resolve();

  async post(
    at: { channelId: string },
    content: string,
    buttons: readonly unknown[],
    files: readonly { bytes: Uint8Array }[] = [],
  ) {
    await this.slow(at.channelId);
    if (this.broken) throw new Error('I lack Send Messages in #mods.');
    this.posts.push({ content, buttons: buttons.length, file: Buffer.from(files[0]?.bytes ?? []).toString() });
    return { channelId: at.channelId, messageId: String(this.posts.length) };
  }

  async edit(_guildId: string, { messageId }: PostedIn, content: string, buttons: readonly unknown[]) {
    if (this.broken) throw new Error('I lack View Channel in #mods.');
    const post = this.posts[Number(messageId) - 1];
    if (post) Object.assign(post, { content, buttons: buttons.length });
  }
}

/** The rules, cards and reports on a real database; `say` does what a conversation would. */
export async function stage(
  context: TestContext,
  {
    url = 'sqlite::memory:',
    key = null,
    contextMs = 30_000,
    act = () => Promise.reject(new Error('"Mo" lacks Mute Members.')),
  }: { url?: string; key?: Uint8Array | null; contextMs?: number; act?: () => Promise<void> } = {},
) {
  const { log, lines } = keptLog();
  const database: Database = await openDatabase(url);
  const settings = { get: () => Promise.resolve(defaultSettings) };
  const seal = await unlock(database, key, log);
  const record = await openRecord({ database, settings, seal, log });
  const channel = new Channel();
  const moderating = new Moderating({
    database,
    record,
    settings,
    posts: channel,
    moderation: { act },
    buttons: ruleButtons,
    botName: () => 'Parley',
    log,
    contextMs,
  });
  const recorder = new Recorder({
    writer: record.writer,
    conversation: {
      guildId: GUILD,
      channelId: VOICE,
      transcriptChannelId: VOICE,
      mode: 'talk',
      provider: 'openai',
      model: 'm',
    },
    botName: 'Parley',
    modelName: () => 'm',
    language: () => null,
    now: () => Date.now(),
    log,
  });
  let turns = 0;
  const tell = (event: Parameters<Recorder['observe']>[0]) => {
    recorder.observe(event);
    moderating.observe(event, { guildId: GUILD, channelId: VOICE });
  };
  const words = (turn: Turn, text: string) => tell({ type: 'turn-transcript', turn, text, final: true });
  const say = async (person: Person, text: string) => {
    turns += 1;
    const turn = { id: turns, userId: person.userId, name: person.name } as Turn;
    const soundStart = Date.now();
    tell({ type: 'turn-began', turn, queuedMs: 0, soundStart });
    tell({ type: 'turn-ended', turn, speechMs: 1, respond: true, soundStart, soundEnd: soundStart });
    await recorder.flush();
    words(turn, text);
    await recorder.flush();
    return turn;
  };
  let closed = false;
  const close = async () => {
    if (closed) return;
    closed = true;
    await moderating.close();
    await recorder.close();
    await record.stop();
    await database.destroy();
  };
  context.after(close);
  const add = (...texts: string[]) =>
    moderating.rules.add(
      GUILD,
      '1',
      texts.map((text) => ({ kind: 'word', text })),
    );
  /** The next conversation begins with turn 1. */
  const end = () => {
    moderating.observe({ type: 'ended', reason: { kind: 'alone' } }, { guildId: GUILD, channelId: VOICE });
    turns = 0;
  };
  return { moderating, channel, database, record, recorder, say, words, add, close, lines, end, tell };
}
