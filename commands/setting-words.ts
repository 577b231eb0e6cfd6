import type { GuildSettings, ReplyForm, TurnDetection } from '../src/bridge/ports.ts';
import type { Asked, CommandContext } from './command.ts';
import { channelLink, duration, listed, plain } from './words.ts';

/** What each way of ending a turn is called for people. */
export const TURN_WORDS: Readonly<Record<TurnDetection, string>> = {
  manual: 'by Parley itself (who speaks is always certain)',
  server: 'by the provider, from the level of the sound',
  semantic: 'by the provider, from what is said',
};

/** What each form of answers is called for people. */
export const REPLY_WORDS: Readonly<Record<ReplyForm, string>> = {
  voice: 'speak my answers',
  text: 'post my answers instead of speaking them',
};

const SHOWN_PERSONA = 600;

/**
 * Writes settings and hands them to the running conversation. Gives what `done` says of the settings as they are now,
 * and when they take effect (`meanwhile`: where the running conversation cannot take them on); for a value that the
 * store refuses, its sentence.
 */
export async function change(
  asked: Asked,
  { settings, bridges }: CommandContext,
  wanted: Partial<GuildSettings>,
  done: (now: GuildSettings) => string,
  meanwhile = 'The running conversation cannot take it on: it takes effect with the next `/join` (`/leave` first).',
): Promise<string> {
  let now: GuildSettings;
  try {
    now = await settings.set(asked.guildId, wanted);
  } catch (error) {
    if (error instanceof RangeError) return `${error.message} Nothing was changed.`;
    throw error;
  }
  const bridge = bridges.find(asked.guildId);
  if (!bridge) return `${done(now)} It takes effect when I next join.`;
  const waiting = bridge.apply(now);
  const waits = (Object.keys(wanted) as (keyof GuildSettings)[]).some((name) => waiting.includes(name));
  return `${done(now)} ${waits ? meanwhile : 'It is in effect now.'}`;
}

/** A language tag for people: `German (de)`. */
export function languageWords(tag: string | null): string {
  if (tag === null) return 'automatic';
  const name = languageName(tag);
  return name ? `${name} (${tag})` : tag;
}

/** The English name of a well-formed BCP-47 tag; undefined where no such language is known. */
export function languageName(tag: string): string | undefined {
  try {
    return new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' }).of(tag);
  } catch {
    return undefined;
  }
}

/** All settings, one a line, with the command that changes each. */
export function settingsText(settings: GuildSettings, modelLabel: string): string {
  const { disabledTools, transcriptChannelId: transcript } = settings;
  return [
    `**Model:** ${modelLabel}`,
    `**Voice:** ${settings.voice === null ? "the model's own" : plain(settings.voice)}`,
    `**Language:** ${languageWords(settings.language)}`,
    `**Silence that ends a turn:** ${duration(settings.silenceMs)}`,
    `**Interruption:** ${interruptionWords(settings.interruptionMs)}`,
    `**Ends of turns are drawn** ${TURN_WORDS[settings.turnDetection]}`,
    `**Answers:** I ${REPLY_WORDS[settings.replyForm]}`,
    `**I leave** after ${duration(settings.aloneMs)} alone, or ${duration(settings.idleMs)} without a word`,
    `**Transcript:** ${transcript === null ? "the voice channel's own chat" : channelLink(transcript)}`,
    `**Tools switched off:** ${disabledTools.length === 0 ? 'none' : listed(disabledTools.map((name) => `\`${name}\``))}`,
    `**Persona:** ${settings.persona.trim() === '' ? 'none' : plain(settings.persona, SHOWN_PERSONA)}`,
  ].join('\n');
}

/** What an interruption limit means. */
export function interruptionWords(ms: number): string {
  return ms === 0 ? 'off: I talk to the end' : `after ${duration(ms)} of speech`;
}
