import { WaitingList } from '../../../src/conversation/waiting-list.ts';
import type { EndReason } from '../../../src/ports/bridge-events.ts';
import type {
  AgainOutcome,
  Announcement,
  BridgeHandle,
  BridgeStatus,
  Bridges,
  CancelOutcome,
  Opening,
  OpenRequest,
} from '../../../src/ports/conversation.ts';
import type { GuildSettings } from '../../../src/ports/settings.ts';
import type { ToolCall } from '../../../src/ports/tool-calls.ts';
import type { Person } from '../../../src/ports/voice.ts';

/** A conversation that only writes down what was asked of it. `waits`: the settings that it cannot take on. */
export class ScriptedBridge implements BridgeHandle {
  readonly guildId: string;
  readonly channelId: string;
  readonly asked: { person: Person; text: string }[] = [];
  readonly announced: Announcement[] = [];
  /** Whether an announcement was heard. */
  hears: (announcement: Announcement) => Promise<boolean> = () => Promise.resolve(true);
  readonly applied: GuildSettings[] = [];
  readonly chosen: (readonly (keyof GuildSettings)[])[] = [];
  readonly closed: EndReason[] = [];
  readonly cancels: { cancelId: string; by: Person; keepsOrder: boolean }[] = [];
  readonly again: { name: string; by: Person }[] = [];
  outcome: CancelOutcome = 'cancelled';
  waits: readonly (keyof GuildSettings)[] = [];
  now: Partial<BridgeStatus> = {};
  readonly #onClosed: () => void;

  constructor(place: { guildId: string; channelId: string }, onClosed: () => void) {
    this.guildId = place.guildId;
    this.channelId = place.channelId;
    this.#onClosed = onClosed;
  }

  status(): BridgeStatus {
    return {
      guildId: this.guildId,
      channelId: this.channelId,
      mode: 'talk',
      model: 'OpenAI (gpt-realtime-2.1)',
      transcriber: null,
      startedAt: performance.now(),
      holder: null,
      waiting: [],
      speaking: false,
      turns: 0,
      replyLatenciesMs: [],
      interruptions: 0,
      badReception: [],
      rejoins: 0,
      deafRejoins: 0,
      ...this.now,
    };
  }

  /** Whether it takes what is typed. */
  takes = true;

  ask(person: Person, text: string): boolean {
    if (this.takes) this.asked.push({ person, text });
    return this.takes;
  }

  announce(announcement: Announcement): Promise<boolean> {
    this.announced.push(announcement);
    return this.hears(announcement);
  }

  cancelTool(cancelId: string, by: Person, keepsOrder: boolean): CancelOutcome {
    this.cancels.push({ cancelId, by, keepsOrder });
    return this.outcome;
  }

  runAgain(call: Pick<ToolCall, 'name' | 'arguments'>, by: Person): AgainOutcome {
    this.again.push({ name: call.name, by });
    return 'started';
  }

  apply(settings: GuildSettings, chosen: readonly (keyof GuildSettings)[] = []): readonly (keyof GuildSettings)[] {
    this.applied.push(settings);
    this.chosen.push(chosen);
    return this.waits;
  }

  close(reason: EndReason): Promise<void> {
    this.closed.push(reason);
    this.#onClosed();
    return Promise.resolve();
  }
}

/**
 * Conversations without a line and without a model. `failure`: what the next open() rejects with. A conversation that was
 * placed already is what open() gives, as with a request that another one forestalled.
 */
export class ScriptedBridges implements Bridges {
  readonly waiting = new WaitingList({ count: () => 0, admit: async () => true, open: async () => undefined });
  readonly opened: OpenRequest[] = [];
  /** What the next conversation's status says. */
  next: Partial<BridgeStatus> = {};
  failure: unknown;
  /** What open() waits for. */
  delay: Promise<unknown> = Promise.resolve();
  readonly #bridges = new Map<string, ScriptedBridge>();

  find(guildId: string): ScriptedBridge | undefined {
    return this.#bridges.get(guildId);
  }

  /** Conversations that are wanted and not there yet. */
  readonly openings = new Map<string, Opening>();

  opening(guildId: string): Opening | undefined {
    return this.openings.get(guildId);
  }

  async open(request: OpenRequest): Promise<ScriptedBridge> {
    const { failure } = this;
    this.failure = undefined;
    await this.delay;
    if (failure !== undefined) throw failure;
    this.opened.push(request);
    return this.find(request.guildId) ?? this.place(request);
  }

  /** A conversation that is under way already. */
  place(place: { guildId: string; channelId: string }): ScriptedBridge {
    const bridge = new ScriptedBridge(place, () => this.#bridges.delete(place.guildId));
    bridge.now = this.next;
    this.next = {};
    this.#bridges.set(place.guildId, bridge);
    return bridge;
  }

  async closeAll(reason: EndReason): Promise<void> {
    await Promise.all([...this.#bridges.values()].map((bridge) => bridge.close(reason)));
  }
}
