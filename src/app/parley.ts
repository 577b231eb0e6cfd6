import type { Client } from 'discord.js';
import type { Config } from '../config/config.ts';
import type { ReturnPatience } from '../conversation/restart-recovery.ts';
import type { LoginError } from '../discord/client/login-error.ts';
import type { HearsBot } from '../discord/guild/hears-bot.ts';
import type { LinkPatience } from '../discord/voice/link/close-codes.ts';
import type { OpusCodecs } from '../discord/voice/receive/opus.ts';
import type { Log } from '../lib/log.ts';
import type { RetryPolicy } from '../model/durable/retry-policy.ts';
import type { BridgeEvent } from '../ports/bridge-events.ts';
import type { Consent } from '../ports/consent.ts';
import type { Bridges } from '../ports/conversation.ts';
import type { TranscriptExports } from '../ports/export.ts';
import type { RecordReader } from '../ports/record.ts';
import type { SettingsStore } from '../ports/settings.ts';
import type { Tool } from '../tools/tool.ts';

/** The running bot. */
export interface Parley {
  /** Codecs alive in this process, for tests and the log. */
  readonly codecs: OpusCodecs;
  /** For `npm run live-check`, which does by hand what commands do: no bot can type a command of another. */
  readonly inside: Inside;
  /** Leaves every channel, writes what is left of the transcripts, closes the database. Idempotent; takes at most 4 s. */
  stop(): Promise<void>;
}

/** The parts behind the commands. */
export interface Inside {
  readonly client: Client;
  readonly bridges: Bridges;
  readonly settings: SettingsStore;
  readonly consent: Consent;
  readonly record: RecordReader;
  readonly exports: TranscriptExports;
  /** The label of the default model. */
  readonly label: string;
  /** The names of all tools that it is offered. */
  readonly toolNames: () => readonly string[];
}

/** What the bot is started with. */
export interface ParleyOptions {
  readonly config: Config;
  readonly log: Log;
  /** Everything that happens in every conversation. */
  readonly observe?: (event: BridgeEvent, guildId: string) => void;
  /** The connection to Discord ended for good: the process should say so and end. */
  readonly onDead?: (error: LoginError) => void;
  /** Tools beside the built-in ones. */
  readonly tools?: readonly Tool[];
  /** Bots that are heard and count as people; default: none do. */
  readonly hearsBot?: HearsBot;
  /** With a lost model; only tests need another. */
  readonly patience?: RetryPolicy;
  /** With a lost voice connection; only tests need another. */
  readonly linkPatience?: LinkPatience;
  /** With a return after a crash; only tests need another. */
  readonly returnPatience?: ReturnPatience;
  /** What moderators see around a hit; only tests need another than 30 s. */
  readonly contextMs?: number;
  /** After a server removed the bot; only tests need another than a minute. */
  readonly settledMs?: number;
  /** After this people are told that an answer takes longer; only tests need another than 7 s. */
  readonly progressMs?: number;
  /** Stops it, also while it starts: then startParley() rejects. */
  readonly signal?: AbortSignal;
}
