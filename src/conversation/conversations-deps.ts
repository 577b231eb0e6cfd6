import type { Client } from 'discord.js';
import type { Ticker } from '../bridge/ticker.ts';
import type { HearsBot } from '../discord/guild/hears-bot.ts';
import type { ToolButtons } from '../discord/interactions/tool-buttons.ts';
import type { VoiceStatuses } from '../discord/text/voice-status.ts';
import type { LinkPatience } from '../discord/voice/link/close-codes.ts';
import type { OpusCodecs } from '../discord/voice/receive/opus.ts';
import type { FrameClock } from '../discord/voice/send/frame-clock.ts';
import type { Log } from '../lib/log.ts';
import type { RetryPolicy } from '../model/durable/retry-policy.ts';
import type { Models } from '../model/models.ts';
import type { BridgeEvent } from '../ports/bridge-events.ts';
import type { Consent } from '../ports/consent.ts';
import type { Notes } from '../ports/guild.ts';
import type { RecordWriter } from '../ports/record.ts';
import type { SettingsStore } from '../ports/settings.ts';
import type { StorageHealth } from '../ports/storage.ts';
import type { Toolbox } from '../ports/tools.ts';
import type { CheaperModel } from '../ports/usage.ts';
import type { VoicePlaceStore } from '../store/voice-places.ts';
import type { UsageTracker } from '../usage/usage-tracker.ts';
import type { DecisionLog } from './decision-log.ts';

/** What every conversation is made of. */
export interface ConversationsDeps {
  readonly client: Client;
  readonly models: Models;
  readonly settings: SettingsStore;
  /** Who may be heard. */
  readonly consent: Consent;
  /** A page about what is heard and kept; null: there is none. */
  readonly privacyUrl: string | null;
  readonly spending: UsageTracker;
  /** What goes on where the money runs out; null: nothing else. */
  readonly cheaperModel: CheaperModel | null;
  readonly notes: Pick<Notes, 'list'>;
  /** Where what is said is kept. */
  readonly record: RecordWriter;
  /** Whether it can be written. */
  readonly health: StorageHealth;
  readonly toolbox: Toolbox;
  readonly ticker: Ticker;
  readonly codecs: OpusCodecs;
  /** Paces what every conversation plays. */
  readonly clock: FrameClock;
  readonly places: VoicePlaceStore;
  /** Quiet and loud people are brought to a common level for the model. */
  readonly evenVoices: boolean;
  readonly statuses: VoiceStatuses;
  readonly buttons: ToolButtons;
  readonly decisions: DecisionLog;
  readonly log: Log;
  /** With a lost model. */
  readonly patience: RetryPolicy;
  /** With a lost voice connection; only tests need another. */
  readonly linkPatience?: LinkPatience;
  /** Default: none. */
  readonly hearsBot?: HearsBot;
  readonly observe: (event: BridgeEvent, place: { readonly guildId: string; readonly channelId: string }) => void;
}
