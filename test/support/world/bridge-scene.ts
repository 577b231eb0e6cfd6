import { setTimeout as wait } from 'node:timers/promises';
import pino from 'pino';
import { Bridge } from '../../../src/bridge/bridge.ts';
import { Ticker } from '../../../src/bridge/ticker.ts';
import type { BridgeEvent } from '../../../src/ports/bridge-events.ts';
import type { SpeechModel } from '../../../src/ports/model.ts';
import type { GuildSettings } from '../../../src/ports/settings.ts';
import type { ToolDeclaration, ToolResult } from '../../../src/ports/tool-calls.ts';
import type { Toolbox, ToolContext } from '../../../src/ports/tools.ts';
import type { Person } from '../../../src/ports/voice.ts';
import { FakeLine } from '../doubles/line.ts';
import { ScriptedSession, scriptedModel } from '../doubles/session.ts';
import { plainRights } from '../doubles/toolbox-gate.ts';
import { tone } from '../sound/sound.ts';
import { eventually } from '../time/eventually.ts';

export const settings: GuildSettings = {
  provider: null,
  model: null,
  voice: null,
  persona: 'Be kind.',
  language: null,
  timeZone: null,
  silenceMs: 200,
  interruptionMs: 120,
  turnDetection: 'manual',
  replyForm: 'voice',
  answer: 'always',
  names: [],
  transcriptChannelId: null,
  liveTranscript: true,
  livePlace: 'channel',
  disabledTools: [],
  aloneMs: 120_000,
  idleMs: 900_000,
  heardBots: [],
  budgetUsd: 0,
  budgetMonthUsd: 0,
  budgetPersonUsd: 0,
  budgetPersonMonthUsd: 0,
  retentionDays: 30,
};

/** A toolbox whose calls wait until the test settles them. */
class HeldToolbox implements Toolbox {
  readonly calls: { context: ToolContext; settle: (result: ToolResult) => void }[] = [];
  declared: readonly ToolDeclaration[] = [];
  declarations(): readonly ToolDeclaration[] {
    return this.declared;
  }
  run(_call: unknown, _disabled: unknown, context: ToolContext): Promise<ToolResult> {
    return new Promise((settle) => this.calls.push({ context, settle }));
  }
  /** What it answers to calls on hosted servers, and for whom. */
  verdict: { allowed: boolean; reason: string } | Promise<never> = {
    allowed: true,
    reason: 'Everybody who asked may use it.',
  };
  readonly permits: ToolContext[] = [];
  permit(_call: unknown, _disabled: unknown, context: ToolContext) {
    this.permits.push(context);
    return Promise.resolve(this.verdict);
  }
}

/** A bridge between a line and a session that the test plays by hand. */
export class Scene {
  readonly line = new FakeLine();
  readonly session = new ScriptedSession();
  readonly toolbox = new HeldToolbox();
  readonly events: BridgeEvent[] = [];
  people: Person[] = [
    { userId: 'anna', name: 'Anna' },
    { userId: 'ben', name: 'Ben' },
  ];
  readonly bridge: Bridge;
  constructor(
    change: Partial<GuildSettings> = {},
    ticker = new Ticker(),
    mayHear: (userId: string) => boolean = () => true,
    own: Partial<SpeechModel['capabilities']> = {},
  ) {
    const scripted = { ...scriptedModel, capabilities: { ...scriptedModel.capabilities, ...own } };
    this.bridge = new Bridge({
      lastWordsMs: 100,
      line: this.line,
      mayHear,
      session: this.session,
      model: scripted,
      modelFor: ({ provider, model }) => ({
        ...scripted,
        ...(provider !== null && { provider }),
        ...(model !== null && { name: model }),
      }),
      settings: { ...settings, ...change },
      toolbox: this.toolbox,
      room: {
        guildId: 'guild',
        channelId: 'channel',
        people: () => this.people,
        nameOf: (userId) => this.people.find((person) => person.userId === userId)?.name ?? userId,
        mayWrite: () => true,
        ...plainRights,
      },
      text: { post: () => Promise.resolve('1'), edit: () => Promise.resolve() },
      ticker,
      observe: (event) => this.events.push(event),
      log: pino({ level: 'silent' }),
    });
  }
  /** The person sends this much speech, in one burst. */
  async speak(userId: string, ms: number): Promise<void> {
    for (let at = 0; at < ms; at += 20) {
      const pcm = tone({ hz: 300, ms: 20, rate: 24000 });
      this.line.events.push({ type: 'frame', userId, pcm, gapMs: 0, receivedAt: performance.now(), concealed: false });
    }
    await wait(1);
  }
  async says(...events: Parameters<ScriptedSession['events']['push']>[0][]): Promise<void> {
    for (const event of events) this.session.events.push(event);
    await wait(1);
  }
  /** Waits until the bridge has made this call. */
  async called(call: string): Promise<void> {
    const story = (): string => JSON.stringify(this.session.calls);
    await eventually(`the call "${call}"`, () => this.session.calls.includes(call), { story });
  }
  of<Type extends BridgeEvent['type']>(type: Type): (BridgeEvent & { type: Type })[] {
    return this.events.filter((event): event is BridgeEvent & { type: Type } => event.type === type);
  }
}

/** Sound of a reply. */
export const audio = (replyId: string, ms: number) =>
  ({ type: 'audio', replyId, itemId: `${replyId}-item`, pcm: new Int16Array(ms * 24).fill(1000) }) as const;
export const started = (replyId: string, ...turnIds: number[]) =>
  ({ type: 'reply-started', replyId, turnIds }) as const;
export const done = (replyId: string, awaitsTools = false) =>
  ({ type: 'reply-done', replyId, status: 'completed', awaitsTools, usage: null }) as const;
