import { setTimeout as wait } from 'node:timers/promises';
import pino from 'pino';
import { z } from 'zod';
import { Bridge } from '../../src/bridge/bridge.ts';
import type { BridgeEvent, GuildSettings, ToolContext } from '../../src/bridge/ports.ts';
import { Ticker } from '../../src/bridge/ticker.ts';
import { geminiModel } from '../../src/model/gemini.ts';
import { openAIModel } from '../../src/model/openai.ts';
import { SimulatedGemini } from '../../src/simulator/gemini.ts';
import { SimulatedOpenAI } from '../../src/simulator/openai.ts';
import type { Script, ScriptedReply, ScriptInput, Transcriber } from '../../src/simulator/script.ts';
import { defineTool } from '../../src/tools/tool.ts';
import { LocalToolbox } from '../../src/tools/toolbox.ts';
import { FakeLine } from './line.ts';
import { silentLog } from './log.ts';
import { Marks } from './marks.ts';
import { ofType } from './of-type.ts';

/** One thing that happens in a conversation. `afterMs`: after the step before began. Speech comes in chunks of 120 ms. */
export type Step = { readonly afterMs: number } & (
  | { readonly kind: 'speak'; readonly who: number; readonly chunks: number; readonly pauseMs: number }
  | { readonly kind: 'ask'; readonly who: number }
  | { readonly kind: 'leave'; readonly who: number }
);

/** One answer of the model. */
export interface PlannedReply {
  readonly delayMs: number;
  readonly sayMs: number;
  readonly calls: readonly { readonly write: boolean; readonly tookMs: number }[];
  readonly fails: boolean;
}

/** A conversation in which everything is decided but what the machine's clock does. */
export interface Plan {
  readonly steps: readonly Step[];
  readonly replies: readonly PlannedReply[];
  readonly transcriptDelaysMs: readonly number[];
  readonly interruptionMs: number;
  /** Frames of 20 ms played per 4 ms of the test. */
  readonly playSpeed: number;
  readonly turnDetection: 'manual' | 'server';
}

/** A call as the model meant it (`meant`: the people whose turns it had before it) and as it ran. */
export interface RanCall {
  readonly meant: readonly string[];
  readonly askers: readonly string[];
  readonly certain: boolean;
  readonly write: boolean;
}

const PEOPLE = ['anna', 'ben', 'carl'];
/** Who may write; a tool that writes must never run for anybody else. */
export const WRITER = 'anna';
const CHUNK_MS = 120;
const FINAL = 'And finally?';
const QUIET_MS = 12_000;

const SETTINGS: GuildSettings = {
  voice: null,
  persona: 'Be kind.',
  language: null,
  silenceMs: 100,
  interruptionMs: 120,
  turnDetection: 'manual',
  transcriptChannelId: null,
  disabledTools: [],
  aloneMs: 120_000,
  idleMs: 900_000,
};

/** A conversation of three people over a real adapter and a real socket, with the truth beside what the bot made of it. */
export class Conversation {
  readonly plan: Plan;
  readonly events: BridgeEvent[] = [];
  readonly ran: RanCall[] = [];
  /** What went wrong while it ran. */
  readonly faults: string[] = [];
  readonly line = new FakeLine();
  readonly marks: Marks;
  #bridge!: Bridge;
  #server!: SimulatedOpenAI | SimulatedGemini;
  /** Whom the model had before it when it made a call, by the ticket in the call's arguments. */
  readonly #meant = new Map<number, readonly string[]>();
  #tickets = 0;
  #replies = 0;
  #turns = 0;
  #finalAsked = false;
  readonly #present = new Set(PEOPLE);

  private constructor(plan: Plan, rate: number) {
    this.plan = plan;
    this.marks = new Marks(rate);
  }

  /** Plays the plan to its end; gives the conversation with everything that happened. */
  static async play(protocol: 'openai' | 'gemini', plan: Plan): Promise<Conversation> {
    const one = new Conversation(plan, protocol === 'openai' ? 24_000 : 16_000);
    await one.#open(protocol);
    try {
      await one.#run();
    } finally {
      await one.#bridge.close({ kind: 'asked', by: null });
      await one.#server.close();
    }
    return one;
  }

  /** Whose frames each turn held that the model got, oldest first. */
  get turns(): readonly (readonly number[])[] {
    return this.#server.turns.filter(({ pcm }) => pcm.length > 0).map(({ pcm }) => this.marks.read(pcm));
  }

  of<Type extends BridgeEvent['type']>(type: Type): (BridgeEvent & { type: Type })[] {
    return ofType(this.events, type);
  }

  async #open(protocol: 'openai' | 'gemini'): Promise<void> {
    const stage = { script: this.#script, hear: this.#hear };
    this.#server =
      protocol === 'openai' ? await SimulatedOpenAI.start(stage) : await SimulatedGemini.start(stage);
    const { url, apiKey } = this.#server;
    const endpoint = { apiKey, baseUrl: url, log: silentLog };
    const model =
      protocol === 'openai'
        ? openAIModel({ ...endpoint, model: 'gpt-realtime-2.1' })
        : geminiModel({ ...endpoint, model: 'gemini-3.8-live' });
    const { interruptionMs, turnDetection } = this.plan;
    const settings = { ...SETTINGS, interruptionMs, turnDetection };
    const toolbox = new LocalToolbox({ tools: [this.#tool('look', false), this.#tool('post', true)], log: silentLog });
    const session = await model.connect(sessionOptionsOf(settings, model, toolbox), new AbortController().signal);
    this.#bridge = new Bridge({
      line: this.line,
      session,
      model,
      settings,
      toolbox,
      room: {
        guildId: 'guild',
        channelId: 'channel',
        people: () => [...this.#present].map((userId) => ({ userId, name: userId })),
        nameOf: (userId) => userId,
        mayWrite: (userId) => userId === WRITER,
      },
      text: { post: () => Promise.resolve('1'), edit: () => Promise.resolve() },
      ticker: new Ticker(),
      observe: (event) => this.events.push(event),
      log: pino({ level: 'silent' }),
    });
  }
}
