// Text channels, people and their rights, tools, settings and usage, as the rooms see them. Types only.

import type { Delivery } from '../lib/delivery.ts';
import type { BudgetState, SpanLimits } from './budget.ts';
import type {
  Person,
  Provider,
  ReplyForm,
  Source,
  SpeechModel,
  Tokens,
  ToolCall,
  ToolDeclaration,
  ToolResult,
  TurnDetection,
  UserId,
} from './model.ts';

/** The model that a guild's settings come to. */
export interface ChosenModel {
  readonly model: SpeechModel;
  /** The provider that the guild chose and that is not configured (any more), so that the default stands in; null: none. */
  readonly absent: Provider | null;
  /** People's words are written down, by this model or by another one, so that it can be told whom they were for. */
  readonly written: boolean;
  /** The label of what writes down beside it, and gets everybody's sound, too; null: nothing does. */
  readonly writer: string | null;
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

/** A button below a message. `id`: what comes back when somebody presses it, at most 100 characters. */
export interface MessageButton {
  readonly id: string;
  readonly label: string;
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

/**
 * Who may use a tool of a guild: one entry of its policy. `id` of `everyone` is the guild's own; a person's entry goes
 * before those of their roles, and these before the one for everyone. Without any, the tool's risk decides.
 */
export interface ToolRule {
  /** Its name; for hosted MCP servers `mcp:LABEL`. */
  readonly tool: string;
  readonly kind: 'everyone' | 'role' | 'person';
  readonly id: string;
  readonly allowed: boolean;
}

/** The policies of every guild. */
export interface ToolPolicies {
  rules(guildId: string): Promise<readonly ToolRule[]>;
  /** Replaces the entry for the same tool and the same person, role or everyone. Throws RangeError, readable. */
  put(guildId: string, rule: ToolRule): Promise<void>;
  remove(guildId: string, rule: Pick<ToolRule, 'tool' | 'kind' | 'id'>): Promise<void>;
}

/** Something that was decided about a person's wish, in words for `/why`. All of `what` and `because` is untrusted text. */
export interface Decision {
  /** More kinds may come. */
  readonly kind: 'tool';
  readonly outcome: 'allowed' | 'refused';
  readonly askers: readonly Person[];
  /** False where somebody behind it is unknown. */
  readonly certain: boolean;
  /** What was wanted: a tool with its arguments. */
  readonly what: string;
  /** A whole sentence. */
  readonly because: string;
}

/** A file below a message; one whose name ends in .png, .jpg, .gif or .webp is shown as a picture. */
export interface PostFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** What a picture shows, for people who cannot see it. Untrusted text. */
  readonly description?: string | undefined;
}

/** What a tool brings for people, beside the result that the model gets. */
export interface PostExtras {
  /** Pages behind the answer. */
  readonly links: readonly Source[];
  readonly files: readonly PostFile[];
}

/** How far a call is. `fraction` 0–1; null: unknown. `text` is untrusted. */
export interface Progress {
  readonly fraction: number | null;
  readonly text: string;
}

/** Whose words a model also knew. `certain` false: also somebody's of whom nothing is known. */
export interface Bystanders {
  readonly people: readonly Person[];
  readonly certain: boolean;
}

/** What may have led a model to a call, beside the wish of those who asked. */
export interface CallOrigin {
  /** Text from outside, or what somebody else had kept. */
  readonly tainted: boolean;
  readonly bystanders: Bystanders;
}

/**
 * For whom a tool runs. `askers` are the people whose turns are answered; `certain` is false where one of them is unknown.
 */
export interface ToolContext {
  readonly room: Room;
  readonly text: TextChannel;
  readonly askers: readonly Person[];
  readonly certain: boolean;
  /** Text from outside may have led to this call. Absent: no. */
  readonly tainted?: boolean;
  /** Whose wish it may be beside theirs: they never ask for it, but where one of them may not, a button does. Absent: nobody's. */
  readonly bystanders?: Bystanders;
  /** One person typed this very call: no model had a part in it, and its result is shown to them alone. Absent: no. */
  readonly typed?: boolean;
  readonly signal: AbortSignal;
  /** To be called where there is text from outside in this one result; a tool says `outside` where there always may be. */
  outsideFound?(): void;
  /** Is told that a person was asked before the call goes on, which may take a minute. Absent: nobody waits for it. */
  readonly asking?: () => void;
  /** The tools that are switched off at this moment. Absent: those that were when the call came. */
  disabled?(): readonly string[];
  /**
   * To be called by what had to wait before it acts: whether those who asked still may. Rejects with ToolError where they
   * may not. Absent: nothing asked for a right.
   */
  stillMay?(): Promise<void>;
  /** Is told what was decided about the call, for `/why`. */
  decided(decision: Decision): void;
  /** Shows on the call's post how far it is. Costs nothing: the post is edited at a bounded rate. Ignored after the end. */
  progress(fraction: number | null, text?: string): void;
  /**
   * Puts something into the record that only those may read who may read this voice channel. It is posted to nobody.
   * Absent: there is no record of the call.
   */
  recordIn?(channelId: string, value: unknown): void;
  /** Adds links and files to the call's post, shown with its result or failure. What Discord would not take is left out. */
  attach(extras: Partial<PostExtras>): void;
}

/** A server of tools that this process starts or calls (MCP), as people see it. `reason` completes "because …". */
export interface ToolServer {
  readonly name: string;
  /**
   * `tools` of the `offered` ones are used; fewer where they are too many: `limit` is a clause that says for what.
   * `unusable`: how many more can only be called by way of a task, which Parley does not.
   */
  readonly state:
    | {
        readonly status: 'running';
        readonly tools: number;
        readonly offered: number;
        readonly limit?: string;
        readonly unusable?: number;
      }
    | { readonly status: 'starting' | 'stopped' | 'disabled' }
    /** `nextTryMs` null: it is not tried again. */
    | { readonly status: 'failed'; readonly reason: string; readonly nextTryMs: number | null };
}

/** What the model may do. */
export interface Toolbox {
  /** The tools switched on in this guild. */
  declarations(disabled: readonly string[]): readonly ToolDeclaration[];
  /** Never throws: refusal, bad arguments, deadline and failure are results. */
  run(call: ToolCall, disabled: readonly string[], context: ToolContext): Promise<ToolResult>;
  /**
   * Whether the provider may run a call on a hosted MCP server for these people; may ask them first. Never throws.
   * `reason` is a sentence that the model can pass on.
   */
  permit(
    call: ToolCall & { readonly server: string },
    disabled: readonly string[],
    context: ToolContext,
  ): Promise<{ readonly allowed: boolean; readonly reason: string }>;
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

/** What one person used of one model. `costUsd` null: no price is known. `userId` empty: nobody knows whose it was. */
export interface UsageLine {
  readonly userId: UserId;
  /** The name that the guild showed last. Untrusted text. */
  readonly name: string;
  readonly channelId: string;
  readonly provider: Provider;
  readonly model: string;
  /** A share of a reply counts as that part of one. */
  readonly replies: number;
  readonly tokens: Tokens;
  /** Sound that was transcribed and billed apart. */
  readonly seconds: number;
  readonly estimated: boolean;
  readonly costUsd: number | null;
}

/** What one UTC day (YYYY-MM-DD) cost, by model. `costUsd` null: no price is known for a part of it. */
export interface UsageDay {
  readonly day: string;
  readonly costs: readonly { readonly model: string; readonly costUsd: number | null }[];
}

/** What guilds used; days and months are those of UTC. */
export interface UsageReport {
  today(guildId: string): Promise<readonly UsageLine[]>;
  month(guildId: string): Promise<readonly UsageLine[]>;
  /** The last 30 days, today included, oldest first; a day without use has no costs. */
  days(guildId: string): Promise<readonly UsageDay[]>;
  /** The limits that hold for this guild and the bot, and how much of each is spent. */
  budgets(guildId: string): Promise<readonly BudgetState[]>;
  /** What one person may cost here; 0: no limit. */
  personLimits(guildId: string): Promise<SpanLimits>;
  /** A limit of the bot, of this guild or, where `userId` is given, of this person that is spent; undefined: none is. */
  spent(guildId: string, userId?: UserId): Promise<BudgetState | undefined>;
}
