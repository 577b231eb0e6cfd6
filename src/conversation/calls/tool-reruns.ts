import type { ButtonInteraction, Guild } from 'discord.js';
import { ToolRunner } from '../../bridge/calls/tool-runner.ts';
import { TurnRegistry } from '../../bridge/turns/turn-registry.ts';
import { GuildRoom } from '../../discord/guild/room.ts';
import { openTextChannel } from '../../discord/text/text-channel.ts';
import type { Log } from '../../lib/log.ts';
import type { BridgeEvent } from '../../ports/bridge-events.ts';
import type { Consent } from '../../ports/consent.ts';
import type { Bridges, CancelOutcome, RepeatedCall } from '../../ports/conversation.ts';
import type { ForgottenBeside } from '../../ports/personal-data.ts';
import type { SettingsStore } from '../../ports/settings.ts';
import type { CallOrigin, Toolbox } from '../../ports/tools.ts';
import type { Person, UserId } from '../../ports/voice.ts';
import type { CallButtons } from '../../transcript/page-writer.ts';
import { Transcript } from '../../transcript/transcript.ts';

/** Calls that are remembered for their buttons; the oldest go first. */
const REMEMBERED = 500;
/** Of calls that no conversation bounds. */
const MOST_AT_ONCE = 20;
const STARTED = 'I am running it again; the result comes in a post of its own.';
const RUNNING = 'It is running for you already.';
const TOO_MANY = 'Too much is running at the moment. Try again when some of it is done.';
const FORGOTTEN = 'That call was too long ago: I do not remember it any more. Ask me again.';

/** A call that is over. */
interface Finished extends RepeatedCall {
  readonly guildId: string;
  /** The voice channel of its conversation. */
  readonly channelId: string;
  readonly askers: readonly UserId[];
  readonly callId: string;
}

/** What a call needs that no conversation makes. */
export interface ToolRerunsDeps {
  readonly bridges: () => Bridges;
  readonly toolbox: Toolbox;
  readonly settings: SettingsStore;
  readonly buttons: CallButtons;
  /** Who may be heard, so whose words a tool may tell. */
  readonly consent: Pick<Consent, 'mayHear'>;
  readonly log: Log;
  readonly observe: (event: BridgeEvent, guildId: string) => void;
}

/** Runs calls again for whoever presses the button below their post, in the conversation or after it. */
export class ToolReruns {
  readonly #deps: ToolRerunsDeps;
  readonly #finished = new Map<string, Finished>();
  /** What runs alone: who, what, with which arguments. */
  readonly #keys = new Set<string>();
  /** Calls of no conversation, which are under way. */
  readonly #alone = new Map<ToolRunner, Promise<void>>();

  constructor(deps: ToolRerunsDeps) {
    this.#deps = deps;
  }

  /** To be told of what happens in conversations. */
  observe(event: BridgeEvent, place: { readonly guildId: string; readonly channelId: string }): void {
    if (event.type !== 'tool-ended' || event.againId === undefined) return;
    const { callId, name, arguments: args } = event.call;
    const { guildId, channelId } = place;
    const askers = event.askers.map(({ userId }) => userId);
    const origin = originOf(event);
    this.#finished.set(event.againId, { callId, name, arguments: args, guildId, channelId, askers, origin });
    if (this.#finished.size > REMEMBERED) this.#finished.delete(this.#finished.keys().next().value as string);
  }

  /** What this person asked for, alone or with others, cannot be run again. */
  erase(guildId: string, userId: UserId): void {
    for (const [id, one] of this.#finished) {
      if (one.guildId !== guildId) continue;
      if (one.askers.includes(userId)) this.#finished.delete(id);
      else if (one.origin) this.#finished.set(id, { ...one, origin: without(one.origin, userId) });
    }
  }

  /** Nor what others asked for in their words. */
  eraseBeside({ calls }: ForgottenBeside): void {
    const gone = new Set(calls.map(({ callId }) => callId));
    for (const [id, one] of this.#finished) if (gone.has(one.callId)) this.#finished.delete(id);
  }

  /** Gives the answer for the person who pressed. Rejects where the channel of the post cannot be written to. */
  async press(
    againId: string,
    by: Person,
    { guild, channelId }: Pick<ButtonInteraction<'cached'>, 'guild' | 'channelId'>,
  ): Promise<string> {
    const call = this.#finished.get(againId);
    if (!call || call.guildId !== guild.id) return FORGOTTEN;
    const bridge = this.#deps.bridges().find(guild.id);
    if (bridge?.channelId === call.channelId) return bridge.runAgain(call, by) === 'started' ? STARTED : RUNNING;
    const key = JSON.stringify([by.userId, call.name, call.arguments]);
    if (this.#keys.has(key)) return RUNNING;
    if (this.#keys.size >= MOST_AT_ONCE) return TOO_MANY;
    this.#keys.add(key);
    try {
      const { written } = await this.#runAlone(call, by, { guild, textChannelId: channelId });
      void written.finally(() => this.#keys.delete(key));
    } catch (error) {
      this.#keys.delete(key);
      throw error;
    }
    return STARTED;
  }

  /** Cancels a call of no conversation. */
  cancel(cancelId: string, by: Person, keepsOrder: boolean): CancelOutcome {
    for (const runner of this.#alone.keys()) {
      const outcome = runner.cancelFor(cancelId, by, keepsOrder);
      if (outcome !== 'over') return outcome;
    }
    return 'over';
  }

  /** Stops what runs; resolves when its posts say so. */
  async close(): Promise<void> {
    for (const runner of this.#alone.keys()) runner.close();
    await Promise.all(this.#alone.values());
  }

  async #runAlone(
    call: Finished,
    by: Person,
    place: { guild: Guild; textChannelId: string },
  ): Promise<{ readonly written: Promise<void> }> {
    const { toolbox, settings, buttons, consent, log, observe } = this.#deps;
    const { guild, textChannelId } = place;
    const [text, { disabledTools }] = await Promise.all([
      openTextChannel(guild, textChannelId),
      settings.get(guild.id),
    ]);
    const transcript = new Transcript({
      text,
      botName: guild.members.me?.displayName ?? 'Parley',
      now: () => performance.now(),
      log,
      buttons,
    });
    const turn = { id: 1, ...by };
    const turns = new TurnRegistry();
    turns.add(turn);
    const over = Promise.withResolvers<void>();
    const runner = new ToolRunner({
      toolbox,
      turns,
      room: new GuildRoom({
        guild,
        channelId: call.channelId,
        textChannelId: () => textChannelId,
        mayHear: (userId) => consent.mayHear(guild.id, userId),
      }),
      text,
      session: NOBODY,
      disabled: () => disabledTools,
      observe: (event) => {
        observe(event, guild.id);
        this.observe(event, call);
        transcript.observe(event);
      },
      onSettled: () => over.resolve(),
    });
    const written = over.promise.then(() => transcript.close()).finally(() => this.#alone.delete(runner));
    this.#alone.set(runner, written);
    runner.runAgain(call, turn);
    // Not the bare promise: an async function would wait for it.
    return { written };
  }
}

/** Whose wish the arguments may be: also that of those who asked then, for whoever presses now. */
function originOf({ origin, askers }: BridgeEvent & { readonly type: 'tool-ended' }): CallOrigin {
  const { tainted = false, bystanders = { people: [], certain: true } } = origin ?? {};
  return { tainted, bystanders: { ...bystanders, people: [...bystanders.people, ...askers] } };
}

function without({ tainted, bystanders }: CallOrigin, userId: UserId): CallOrigin {
  const people = bystanders.people.filter((person) => person.userId !== userId);
  return { tainted, bystanders: { ...bystanders, people } };
}

/** No model is there to be told. */
const NOBODY = { acknowledge: () => false, sendToolResult: () => {}, tell: () => {} };
