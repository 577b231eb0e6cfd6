import type { Client } from 'discord.js';
import type { BridgeEvent } from './bridge/bridge-ports.ts';
import type { CheaperModel } from './bridge/budget-ports.ts';
import type { Consent } from './bridge/consent-ports.ts';
import type { DecisionLog } from './bridge/decision-log.ts';
import type { Notes } from './bridge/guild-ports.ts';
import type { RecordWriter } from './bridge/record-ports.ts';
import type { SettingsStore, Toolbox } from './bridge/room-ports.ts';
import type { StorageHealth } from './bridge/storage-ports.ts';
import type { Ticker } from './bridge/ticker.ts';
import type { FrameClock } from './discord/frame-clock.ts';
import type { HearsBot } from './discord/hears-bot.ts';
import type { OpusCodecs } from './discord/opus.ts';
import type { ToolButtons } from './discord/tool-buttons.ts';
import type { LinkPatience } from './discord/voice-policy.ts';
import type { VoiceStatuses } from './discord/voice-status.ts';
import type { Log } from './log.ts';
import type { Patience } from './model/back-off.ts';
import type { Models } from './model/models.ts';
import type { Spending } from './spending.ts';
import type { PlaceStore } from './store/places.ts';

/** What every conversation is made of. */
export interface ConversationsParts {
  readonly client: Client;
  readonly models: Models;
  readonly settings: SettingsStore;
  /** Who may be heard. */
  readonly consent: Consent;
  /** A page about what is heard and kept; null: there is none. */
  readonly privacyUrl: string | null;
  readonly spending: Spending;
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
  readonly places: PlaceStore;
  /** Quiet and loud people are brought to a common level for the model. */
  readonly evenVoices: boolean;
  readonly statuses: VoiceStatuses;
  readonly buttons: ToolButtons;
  readonly decisions: DecisionLog;
  readonly log: Log;
  /** With a lost model. */
  readonly patience: Patience;
  /** With a lost voice connection; only tests need another. */
  readonly linkPatience?: LinkPatience;
  /** Default: none. */
  readonly hearsBot?: HearsBot;
  readonly observe: (event: BridgeEvent, place: { readonly guildId: string; readonly channelId: string }) => void;
}
