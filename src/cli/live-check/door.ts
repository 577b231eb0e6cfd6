// What the check asks of its two processes, and what they tell it. Types only.
import type { BridgeEvent } from '../../ports/bridge-events.ts';
import type { Person } from '../../ports/voice.ts';
import type { Sentence } from './second-bot/sentences.ts';
import type { HeardFrame } from './second-bot/sound.ts';

/** Where the check takes place. */
export interface Place {
  readonly guildId: string;
  readonly channelId: string;
}

/** A command that somebody typed meanwhile. */
export interface TypedCommand {
  readonly name: string;
  /** From the command to the whole answer; null: none came. */
  readonly tookMs: number | null;
  readonly files: number;
}

/** The process of the bot that is checked. */
export type BotAsks = {
  /** Only `ear` is heard in the guild, and counts as a person. */
  readonly start: readonly [{ readonly guildId: string; readonly ear: string }, { readonly label: string }];
  /** Comes into the channel as `/join` has it come. */
  readonly join: readonly [Place & { readonly by: Person }, null];
  /** Makes the page of `/transcript export` and posts it into the channel. */
  readonly file: readonly [
    Place,
    { readonly messageId: string; readonly bytes: number; readonly sha256: string; readonly lines: number },
  ];
  /** Waits until as many commands were typed in the guild, or the time is over. */
  readonly commands: readonly [
    { readonly guildId: string; readonly count: number; readonly limitMs: number },
    readonly TypedCommand[],
  ];
  readonly leave: readonly [{ readonly guildId: string }, null];
};
export type BotTells = BridgeEvent;

/** What the second bot sees before anything begins. */
export interface Look {
  /** Permissions that each lacks in the channel, in Discord's words. */
  readonly lacking: { readonly second: readonly string[]; readonly bot: readonly string[] };
  readonly people: number;
  readonly otherBots: number;
  /** The bot is in a voice channel of this server already. */
  readonly botInVoice: boolean;
  readonly full: boolean;
  readonly names: {
    readonly server: readonly string[];
    readonly channels: readonly string[];
    readonly second: readonly string[];
    readonly bot: readonly string[];
    readonly others: readonly string[];
  };
  /** As the server shows it. */
  readonly displayName: string;
}

/** The process of the second bot. Instants are its performance.now(). */
export type SecondAsks = {
  readonly login: readonly [{ readonly token: string; readonly apiUrl: string }, null];
  readonly look: readonly [Place & { readonly botId: string }, Look];
  readonly join: readonly [Place & { readonly botId: string }, null];
  /** Waits until everybody in the channel can decrypt the other. */
  readonly sealed: readonly [{ readonly limitMs: number }, boolean];
  /** One after the other, with a pause after each. */
  readonly speak: readonly [
    { readonly sentences: readonly (readonly [sentence: Sentence, pauseMs: number])[] },
    readonly { readonly sentence: Sentence; readonly startedAt: number; readonly endedAt: number }[],
  ];
  /** The first sound of the bot since then; null: none came in time. */
  readonly audible: readonly [{ readonly since: number; readonly limitMs: number }, number | null];
  /** Waits until the bot has been quiet for so long; false: it never was in time. */
  readonly quiet: readonly [{ readonly forMs: number; readonly limitMs: number }, boolean];
  readonly heard: readonly [{ readonly since: number }, readonly HeardFrame[]];
  readonly leave: readonly [object, null];
  /** Whether the bot is out of the channel, at the latest after the time. */
  readonly gone: readonly [Place & { readonly botId: string; readonly limitMs: number }, boolean];
};
/** Somebody came into the channel. */
export interface SecondTells {
  readonly came: 'person' | 'bot';
}
