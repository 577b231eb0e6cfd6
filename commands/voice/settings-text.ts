import type { ReplyForm, TurnDetection } from '../../src/ports/capabilities.ts';
import type { BridgeStatus } from '../../src/ports/conversation.ts';
import type { AnswerMode, ChosenModel, GuildSettings } from '../../src/ports/settings.ts';
import type { Asked, CommandContext } from '../command.ts';
import { channelLink, duration, labelWords, listed, plain } from '../text.ts';

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

/** Whom each mode answers, for people. */
export const ANSWER_WORDS: Readonly<Record<AnswerMode, string>> = {
  always: 'everybody',
  addressed: 'who speaks to me: by a name of mine at the start or end, or within 20 s after my answer to them',
  never: 'nobody; I only write down what is said, and `/ask` still works',
  auto: 'everybody while one person is there, and with two or more only who speaks to me',
};

/** The label of the model in use, and what it does. */
type Running = Pick<BridgeStatus, 'model' | 'mode'>;

const SHOWN_PERSONA = 600;
/** Of what was set while the bot is on its way. */
export const ONCE_I_AM_THERE = 'I am just joining: it is in effect as soon as I am there.';
const ONCE_IT_TALKS = 'I only write down now: it takes effect when I next join to talk (`/leave`, then `/join`).';

/**
 * Writes settings and hands them to the running conversation. Gives what `done` says of the settings as they are now,
 * and when they take effect (`meanwhile`: where the running conversation cannot take them on); for a value that the
 * store refuses, its sentence.
 */
export async function change(
  asked: Asked,
  context: CommandContext,
  wanted: Partial<GuildSettings>,
  done: (now: GuildSettings) => string,
  meanwhile = 'The running conversation cannot take it on: it takes effect with the next `/join` (`/leave` first).',
): Promise<string> {
  const now = await stored(asked, context, wanted);
  if (typeof now === 'string') return now;
  const bridge = context.bridges.find(asked.guildId);
  if (!bridge)
    return `${done(now)} ${context.bridges.opening(asked.guildId) ? ONCE_I_AM_THERE : 'It takes effect when I next join.'}`;
  const chosen = Object.keys(wanted) as (keyof GuildSettings)[];
  const waiting = bridge.apply(now, chosen);
  if (!chosen.some((name) => waiting.includes(name))) return `${done(now)} It is in effect now.`;
  return `${done(now)} ${bridge.status().mode === 'listen' ? ONCE_IT_TALKS : meanwhile}`;
}

/** Writes settings and gives all of them; for a value that the store refuses, its sentence. */
export async function stored(
  { guildId }: Asked,
  { settings }: CommandContext,
  wanted: Partial<GuildSettings>,
): Promise<GuildSettings | string> {
  try {
    return await settings.set(guildId, wanted);
  } catch (error) {
    if (error instanceof RangeError) return `${error.message} Nothing was changed.`;
    throw error;
  }
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

interface Shown {
  readonly settings: GuildSettings;
  readonly chosen: ChosenModel;
  readonly running: Running | undefined;
}

/**
 * The line of each setting in `/voice show`, in the order of the lines. null: it stands in the line of another setting, or
 * another command shows it.
 */
const LINES: Readonly<Record<keyof GuildSettings, ((shown: Shown) => string) | null>> = {
  provider: null,
  model: ({ chosen, running }) => `**Model:** ${modelText(chosen, running)}`,
  voice: ({ settings, chosen }) => `**Voice:** ${voiceText(settings.voice, chosen.model.capabilities.voices)}`,
  language: ({ settings }) => `**Language:** ${languageWords(settings.language)}`,
  silenceMs: ({ settings }) => `**Silence that ends a turn:** ${duration(settings.silenceMs)}`,
  interruptionMs: ({ settings }) => `**Interruption:** ${interruptionWords(settings.interruptionMs)}`,
  turnDetection: ({ settings, chosen }) => {
    const detects = chosen.model.capabilities.turnDetection.includes(settings.turnDetection);
    return `**Ends of turns are drawn** ${TURN_WORDS[detects ? settings.turnDetection : 'manual']}`;
  },
  replyForm: ({ settings, chosen }) => {
    const writes = chosen.model.capabilities.replyForms.includes(settings.replyForm);
    return `**Answers:** I ${REPLY_WORDS[writes ? settings.replyForm : 'voice']}`;
  },
  answer: ({ settings, chosen }) => `**I answer** ${answerText(settings.answer, chosen)}`,
  names: ({ settings }) => `**Names:** ${namesText(settings.names)}`,
  aloneMs: ({ settings: { aloneMs, idleMs } }) =>
    `**I leave** after ${duration(aloneMs)} alone, or ${duration(idleMs)} without a word`,
  idleMs: null,
  liveTranscript: ({ settings }) => `**Transcript:** ${transcriptText(settings)}`,
  livePlace: null,
  transcriptChannelId: null,
  disabledTools: ({ settings: { disabledTools } }) =>
    `**Tools switched off:** ${disabledTools.length === 0 ? 'none' : listed(disabledTools.map((name) => `\`${name}\``))}`,
  heardBots: ({ settings }) => `**Other bots that I hear:** ${botsText(settings.heardBots)}`,
  timeZone: ({ settings }) => `**Time zone:** ${settings.timeZone ?? 'none: I ask for a city'}`,
  persona: ({ settings: { persona } }) =>
    `**Persona:** ${persona.trim() === '' ? 'none' : plain(persona, SHOWN_PERSONA)}`,
  budgetUsd: null,
  budgetMonthUsd: null,
  budgetPersonUsd: null,
  budgetPersonMonthUsd: null,
  retentionDays: null,
};

/** All settings, one a line. `running`: of the conversation under way. */
export function settingsText(settings: GuildSettings, chosen: ChosenModel, running: Running | undefined): string {
  const shown = { settings, chosen, running };
  return Object.values(LINES)
    .flatMap((line) => line?.(shown) ?? [])
    .join('\n');
}

function transcriptText({ liveTranscript, livePlace, transcriptChannelId }: GuildSettings): string {
  if (!liveTranscript) return 'recorded, and not posted';
  const where = transcriptChannelId === null ? "the voice channel's own chat" : channelLink(transcriptChannelId);
  return livePlace === 'thread' ? `a thread of ${where} for each conversation` : where;
}

function answerText(answer: AnswerMode, { model, transcribed }: ChosenModel): string {
  const tells = transcribed || answer === 'always' || answer === 'never';
  return tells
    ? ANSWER_WORDS[answer]
    : `everybody (${labelWords(model.label)} writes nothing down, so I cannot tell who speaks to me)`;
}

/** What the bot listens to beside its display name. */
export function namesText(names: readonly string[]): string {
  const also = names.map((name) => `“${plain(name, 40)}”`);
  return listed(['my display name', ...also]);
}

function botsText(heardBots: readonly string[]): string {
  return heardBots.length === 0 ? 'none' : listed(heardBots.map((id) => `<@${id}>`));
}

function modelText({ model, absent }: ChosenModel, running: Running | undefined): string {
  const gone = absent === null ? '' : `; ${absent} was chosen and is not configured any more: \`/voice provider\``;
  const does = running?.mode === 'listen' ? 'only writes down' : 'answers';
  const other = !running || running.model === model.label ? '' : `; now ${labelWords(running.model)} ${does}`;
  return `${labelWords(model.label)}${gone}${other}`;
}

function voiceText(voice: string | null, voices: readonly string[]): string {
  if (voice === null) return "the model's own";
  return voices.includes(voice) ? plain(voice) : `the model's own (it has no ${plain(voice)})`;
}

/** What an interruption limit means. */
export function interruptionWords(ms: number): string {
  return ms === 0 ? 'off: I talk to the end' : `after ${duration(ms)} of speech`;
}
