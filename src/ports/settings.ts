// What servers and people set, and the models that they choose among. Types only.

import type { Provider, ReplyForm, TurnDetection } from './capabilities.ts';
import type { SpeechModel } from './model.ts';
import type { UserId } from './voice.ts';

/** The model that a guild's settings come to. */
export interface ChosenModel {
  readonly model: SpeechModel;
  /** The provider that the guild chose and that is not configured (any more), so that the default stands in; null: none. */
  readonly absent: Provider | null;
  /** People's words are written down, by this model or by another one, so that it can be told whom they were for. */
  readonly transcribed: boolean;
  /** The label of what writes down beside it, and gets everybody's sound, too; null: nothing does. */
  readonly transcriber: string | null;
}

/** The models of every configured provider, and which of them a guild uses. */
export interface SpeechModels {
  /** Configured ones, the default first. */
  readonly providers: readonly Provider[];
  chosen(settings: Pick<GuildSettings, 'provider' | 'model'>): ChosenModel;
  /** Names of models that are known to exist, the default of the provider first. On Azure these are deployments. */
  names(provider: Provider): readonly string[];
  /** Why a model of this name cannot lead a conversation, in a sentence for people; undefined: nothing is known against it. */
  unfit?(name: string): string | undefined;
  /** The variables that have to be set before the provider can be used; none: it is configured. */
  lacking(provider: Provider): readonly string[];
}

/** Where in the transcript's channel a conversation is posted. */
export type LivePlace = 'channel' | 'thread';

/**
 * Whom the bot answers: everybody, who speaks to it, nobody, or who speaks to it as soon as two people or more are there.
 */
export type AnswerMode = 'always' | 'addressed' | 'never' | 'auto';

/** What a guild can set. Every field has a default (store/settings.ts). */
export interface GuildSettings {
  /** null: the one that the bot was started with. */
  readonly provider: Provider | null;
  /** A model of `provider`; null: its default. */
  readonly model: string | null;
  readonly voice: string | null;
  readonly persona: string;
  readonly language: string | null;
  /** Whose clocks and days count: an IANA zone; null: nobody chose one. */
  readonly timeZone: string | null;
  /** Silence that ends a turn. */
  readonly silenceMs: number;
  /** Speech that cuts the bot off; 0: it cannot be interrupted. */
  readonly interruptionMs: number;
  readonly turnDetection: TurnDetection;
  readonly replyForm: ReplyForm;
  readonly answer: AnswerMode;
  /** What people may call the bot, beside its display name. Untrusted text. */
  readonly names: readonly string[];
  /** Other bots that may be heard, by their ids. They have no rights, and are never answered in a row. */
  readonly heardBots: readonly UserId[];
  /** null: the voice channel's own chat. */
  readonly transcriptChannelId: string | null;
  /** What is said is posted at once; false: it is only recorded. */
  readonly liveTranscript: boolean;
  /** Into the channel itself, or into a thread of it for each conversation. */
  readonly livePlace: LivePlace;
  /** Names of our own tools, of server tools, and of hosted MCP servers as `mcp:LABEL`. */
  readonly disabledTools: readonly string[];
  /** Leave after being alone this long. */
  readonly aloneMs: number;
  /** Leave when nobody spoke this long. */
  readonly idleMs: number;
  /** What a UTC day may cost; 0: no limit; null: the operator's default. So are the next three. */
  readonly budgetUsd: number | null;
  /** What a UTC month may cost. */
  readonly budgetMonthUsd: number | null;
  /** What one person may cost on this server in a UTC day, and in a month. */
  readonly budgetPersonUsd: number | null;
  readonly budgetPersonMonthUsd: number | null;
  /** What was said is kept this long. */
  readonly retentionDays: number;
}

/** Settings of every guild. */
export interface SettingsStore {
  get(guildId: string): Promise<GuildSettings>;
  /** Writes the given fields and returns all. Throws RangeError with a readable message for a value out of range. */
  set(guildId: string, change: Partial<GuildSettings>): Promise<GuildSettings>;
}

/** The clocks and the languages of a person on a server. */
export interface PersonTime {
  /** Their own IANA zone here, else the server's; null: nobody chose one. */
  readonly zone: string | null;
  /** Tags of their languages, the likeliest first; empty: nothing is known. */
  readonly locales: readonly string[];
}

/** Time zones and languages of people. Rejects with StoreError. */
export interface PersonTimes {
  /** `userId` null: of the server alone. */
  of(guildId: string, userId: UserId | null): Promise<PersonTime>;
  /** Their own zone here; null: they have none. */
  own(guildId: string, userId: UserId): Promise<string | null>;
  /** `zone`: an IANA zone, or null to have the server's again. */
  choose(guildId: string, userId: UserId, zone: string | null): Promise<void>;
}
