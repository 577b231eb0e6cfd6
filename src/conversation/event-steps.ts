import type { Bridge } from '../bridge/bridge.ts';
import type { RoomReach } from '../discord/guild/room-reach.ts';
import { type Announcement, farewellFor } from '../discord/text/channel-notices.ts';
import type { BridgeEvent, EndReason } from '../ports/bridge-events.ts';
import type { ChannelTracker } from './channel-tracker.ts';
import type { ConversationText } from './conversation-text.ts';
import type { ConversationsDeps } from './conversations-deps.ts';
import type { ErasedTurns } from './erased-turns.ts';
import type { EventSteps } from './event-pipeline.ts';
import type { ConsentWatcher } from './people/consent-watcher.ts';

export interface EventStepsDeps {
  readonly shared: Pick<ConversationsDeps, 'observe' | 'decisions' | 'spending' | 'log'>;
  readonly bridge: Pick<Bridge, 'guildId' | 'channelId' | 'model'>;
  readonly erased: Pick<ErasedTurns, 'passing'>;
  readonly text: ConversationText;
  readonly journey: Pick<ChannelTracker, 'channelId' | 'follow'>;
  readonly announcement: Pick<Announcement, 'goesTo'>;
  readonly hearing: Pick<ConsentWatcher, 'observe' | 'presentTold'>;
  readonly reach: Pick<RoomReach, 'moved'>;
  /** The cost of an event could not be counted. */
  readonly budgetFailed: (error: unknown) => void;
  /** The conversation is over: closes its parts. */
  readonly end: (reason: EndReason) => void;
}

/** What the parts of one conversation do with its events; EVENT_ORDER says in which order. */
export function eventSteps(deps: EventStepsDeps): EventSteps {
  const { shared, bridge, erased, text, journey, announcement, hearing, reach } = deps;
  const { log } = shared;
  return {
    'erased-filter': (event) => erased.passing(event),
    record: (event) => text.recorder.observe(event),
    observers: (event) => shared.observe(event, placeOf(bridge)),
    'decision-log': (event) => shared.decisions.observe(event, bridge.guildId),
    budget: (event) => {
      const { provider, name: model } = bridge.model;
      shared.spending.note({ ...placeOf(bridge), provider, model }, event).catch(deps.budgetFailed);
    },
    log: (event) => {
      if (event.type === 'ended') log.info({ ...placeOf(bridge), reason: event.reason.kind }, 'left a voice channel');
    },
    transcript: (event) => {
      // Why the bot left or went elsewhere is said in the channel's own chat by the announcement: once is enough.
      if (!isAnnounced(event) || text.channel.channelId !== journey.channelId) text.transcript.observe(event);
    },
    'model-notice': (event) => {
      if (event.type !== 'model-changed') return;
      log.info({ ...placeOf(bridge), model: event.model.name }, 'another model answers now');
      // Whoever is heard should know where the sound goes, wherever the transcript is.
      if (text.channel.channelId !== bridge.channelId) void announcement.goesTo(event.message);
    },
    consent: (event) => hearing.observe(event),
    channel: (event) => {
      if (event.type === 'moved' || event.type === 'recovered') journey.follow(event);
    },
    told: (event) => {
      if (event.type !== 'moved') return;
      // The greeting in the new channel is for everybody there.
      hearing.presentTold();
      reach.moved();
    },
    end: (event) => {
      if (event.type === 'ended') deps.end(event.reason);
    },
  };
}

function placeOf({ guildId, channelId }: Pick<Bridge, 'guildId' | 'channelId'>) {
  return { guildId, channelId };
}

function isAnnounced(event: BridgeEvent): boolean {
  return event.type === 'moved' || (event.type === 'ended' && farewellFor(event.reason) !== null);
}
