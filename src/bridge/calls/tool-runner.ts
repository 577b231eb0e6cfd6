import { randomUUID } from 'node:crypto';
import type { BridgeEvent } from '../../ports/bridge-events.ts';
import type { KeptWords } from '../../ports/capabilities.ts';
import type { AgainOutcome, CancelOutcome, RepeatedCall } from '../../ports/conversation.ts';
import type { DurableSession } from '../../ports/model.ts';
import type { Room, TextChannel } from '../../ports/room.ts';
import type { ToolCall, ToolDeclaration, ToolResult } from '../../ports/tool-calls.ts';
import type { CallOrigin, Decision, PostExtras, Toolbox, ToolContext } from '../../ports/tools.ts';
import type { Person, Turn, UserId } from '../../ports/voice.ts';
import type { Waiting } from '../turns/patience.ts';
import type { TurnRegistry } from '../turns/turn-registry.ts';
import { CallAttachments } from './call-attachments.ts';
import { DeferredResults, type Moment } from './deferred-results.ts';
import { KnownWords } from './known-words.ts';
import { type RunningCall, RunningCalls, samenessOf } from './running-calls.ts';
import { Taint } from './taint.ts';
import { ToolReplyGate } from './tool-reply-gate.ts';

/** What a ToolRunner works with. */
export interface ToolRunnerDeps {
  readonly toolbox: Toolbox;
  readonly turns: TurnRegistry;
  readonly room: Room;
  readonly text: TextChannel;
  /** Gets acknowledgements and results. Nothing for a call that the provider took back, nor after close(). */
  readonly session: Pick<DurableSession, 'acknowledge' | 'sendToolResult' | 'tell'>;
  readonly observe: (event: BridgeEvent) => void;
  readonly disabled: () => readonly string[];
  /** A call is over or acknowledged: ask wantsReply() and takeDue(). */
  readonly onSettled: () => void;
}

/** After this nobody counts on the result of a call that the provider runs. */
const HOSTED_LIMIT_MS = 60_000;

/**
 * The tool calls of one session: each runs for the people behind its turns, with an AbortSignal of its own. What the
 * model does not wait for is acknowledged at once, and its result comes in when its delivery says so.
 */
export class ToolRunner {
  readonly #deps: ToolRunnerDeps;
  readonly #gate = new ToolReplyGate();
  readonly #calls = new RunningCalls();
  readonly #later = new DeferredResults();
  /** Calls that were acknowledged while their reply went on; `owes`: the model has to be asked to go on after it. */
  #acknowledged: { readonly call: ToolCall; readonly owes: boolean }[] = [];
  readonly #taint = new Taint();
  readonly #words: KnownWords;
  readonly #closed = new AbortController();
  /** Calls that the provider runs itself, with their replies. */
  readonly #hosted = new Map<string, { readonly replyId: string; readonly beganAt: number; asking: boolean }>();

  constructor(deps: ToolRunnerDeps) {
    this.#deps = deps;
    this.#words = new KnownWords((userId) => deps.room.isBot?.(userId) ?? false);
  }

  /** A reply that covers every result so far was asked for by other means. */
  covered(): void {
    this.#gate.covered();
  }

  /** True once when all results are there, the floor is quiet and the model should be asked to go on. */
  wantsReply(floorQuiet: boolean): boolean {
    return this.#gate.take(floorQuiet);
  }

  /** Later results that the model should speak about now, each once. */
  takeDue(moment: Omit<Moment, 'modelWaits'>): readonly ToolResult[] {
    return this.#later.takeDue({ ...moment, modelWaits: this.modelWaits });
  }

  /** Those who wait for the model to speak about a result that is there. */
  get resultWaits(): readonly Waiting[] {
    const waiting = this.#later.waiting;
    return waiting.length > 0 && this.modelWaits ? [] : waiting;
  }

  /** The model waits for the result of a call. */
  get modelWaits(): boolean {
    const now = performance.now();
    return this.#calls.blocking || [...this.#hosted.values()].some(({ beganAt }) => now - beganAt < HOSTED_LIMIT_MS);
  }

  /** Starts a call. One that came before, and one that does what another is doing for the same people, does not run. */
  run(call: ToolCall): void {
    if (!this.#calls.isNew(call.callId)) return;
    const { askers, certain } = this.#deps.turns.askers(call.turnIds);
    const sameness = samenessOf(call, askers, certain);
    this.#gate.called(call.replyId, call.callId);
    if (this.#calls.hasSame(sameness)) {
      this.#refuseSecond(call);
      return;
    }
    const { delivery, onInterrupt = 'go-on', confirm } = this.#declared(call.name) ?? {};
    const origin = this.#originOf(askers);
    void this.#carryOut({ ...beginning(call), askers, origin, onInterrupt, sameness, delivery, byButton: false });
    if (delivery) this.#acknowledge(call, confirm);
  }

  /**
   * Runs a call once more for the person of this turn, who pressed a button: with their rights alone. The model gets the
   * result without being asked about it.
   */
  runAgain({ name, arguments: args, origin: before }: RepeatedCall, turn: Turn): AgainOutcome {
    const call = { callId: `0/${randomUUID()}`, replyId: '0/button', turnIds: [turn.id], name, arguments: args };
    const { askers, certain } = this.#deps.turns.askers(call.turnIds);
    const sameness = samenessOf(call, askers, certain);
    if (this.#calls.hasSame(sameness)) return 'running';
    const delivery = 'silent';
    const origin = joined(this.#originOf(askers), before, askers);
    void this.#carryOut({
      ...beginning(call),
      askers,
      origin,
      onInterrupt: 'go-on',
      sameness,
      delivery,
      byButton: true,
    });
    return 'started';
  }

  #declared(name: string): ToolDeclaration | undefined {
    const { toolbox, disabled } = this.#deps;
    return toolbox.declarations(disabled()).find((one) => one.name === name);
  }

  async #carryOut(one: RunningCall): Promise<void> {
    const { toolbox, observe, disabled, onSettled } = this.#deps;
    const { call, askers, origin, abort, cancelId } = one;
    this.#calls.add(one);
    observe({ type: 'tool-started', call, askers, cancelId });
    const startedAt = performance.now();
    const { channelId } = this.#deps.room;
    const extras = new CallAttachments();
    const context: ToolContext = {
      ...this.#contextOf(call, origin, abort.signal),
      progress: (fraction: number | null, words = '') => this.#progress(call.callId, fraction, words),
      attach: (more: Partial<PostExtras>) => extras.add(more),
      asking: () => this.#asks(one),
      recordIn: (channelId, value) => {
        observe({ type: 'private-answer', call, askers, channelId, output: JSON.stringify(value ?? null) });
      },
    };
    const raw = await toolbox.run(call, disabled(), context);
    const stillWanted = this.#calls.remove(call.callId) !== undefined;
    const result = stillWanted && one.cancelledBy ? cancelled(call, one.cancelledBy) : raw;
    if (stillWanted) this.#deliver(one, result);
    else this.#gate.settled(call.replyId, call.callId, false);
    const tookMs = performance.now() - startedAt;
    // What was asked for in another channel is not brought here by a button either.
    const isHere = this.#deps.room.channelId === channelId;
    const againId = isHere && this.#declared(call.name) ? randomUUID() : undefined;
    observe({
      type: 'tool-ended',
      call,
      askers,
      result,
      tookMs,
      extras: extras.all,
      againId,
      ...(againId && { origin }),
    });
    onSettled();
  }

  /**
   * Whether the provider may run a call on a hosted MCP server for the people behind it. undefined: nobody waits for it
   * any more. `onAsking`: a person is asked first.
   */
  async permit(
    call: ToolCall,
    server: string,
    onAsking: () => void,
  ): Promise<{ readonly allowed: boolean; readonly reason: string } | undefined> {
    const { toolbox, disabled } = this.#deps;
    this.hostedBegan(call.replyId, call.callId);
    const { signal } = this.#closed;
    const nothing = () => {};
    const asking = () => {
      const hosted = this.#hosted.get(call.callId);
      if (hosted) hosted.asking = true;
      onAsking();
    };
    const origin = this.#originOf(this.#deps.turns.askers(call.turnIds).askers);
    const context = { ...this.#contextOf(call, origin, signal), progress: nothing, attach: nothing, asking };
    const verdict = await toolbox.permit({ ...call, server }, disabled(), context);
    return signal.aborted ? undefined : verdict;
  }

  /** Text from outside came into the conversation by itself, such as a search of the provider. */
  outsideCame(): void {
    this.#taint.entered();
  }

  /** A turn begins. What a turn of the bot's own making tells is what somebody had kept (`about`). */
  turnBegan(turn: Turn): void {
    if (turn.userId === null) this.#taint.keptCame(turn.about ?? null);
    else this.#words.came(turn);
  }

  /** The session is told what people had kept. */
  keptCame(kept: readonly KeptWords[]): void {
    for (const { by, outside } of kept) this.#taint.keptCame(outside ? null : by.userId);
  }

  /** No more calls come of this reply: one request covers all that were acknowledged. */
  replyDone(replyId: string): void {
    this.#calls.replyDone(replyId);
    for (const { call, owes } of this.#acknowledged) {
      if (call.replyId === replyId) this.#gate.settled(replyId, call.callId, owes);
    }
    this.#acknowledged = this.#acknowledged.filter(({ call }) => call.replyId !== replyId);
  }

  /** The provider runs a call by itself: what it says next waits for it as for our own. */
  hostedBegan(replyId: string, callId: string): void {
    if (this.#hosted.has(callId)) return;
    this.#hosted.set(callId, { replyId, beganAt: performance.now(), asking: false });
    this.#gate.called(replyId, callId);
  }

  /** Whether a person is asked about a call that the provider is to run for this reply: nobody can tell how long that takes. */
  asksAbout(replyId: string): boolean {
    return [...this.#hosted.values()].some((one) => one.replyId === replyId && one.asking);
  }

  /** The provider has the call's result, or our refusal. */
  hostedEnded(callId: string): void {
    const hosted = this.#hosted.get(callId);
    if (!hosted) return;
    this.#hosted.delete(callId);
    this.#gate.settled(hosted.replyId, callId, true);
    this.#deps.onSettled();
  }

  /** The provider takes calls back: they are aborted and not answered. */
  cancel(callIds: readonly string[]): void {
    for (const callId of callIds) {
      const one = this.#calls.remove(callId);
      if (!one) continue;
      this.#gate.settled(one.call.replyId, callId, false);
      one.abort.abort(new Error('the model took the call back'));
    }
  }

  /** Somebody cut the bot off: tools that are to stop then stop, and say so to the model without asking for a reply. */
  interrupted(): void {
    for (const one of this.#calls.list) {
      if (one.onInterrupt !== 'abort') continue;
      if (one.delivery) one.delivery = 'silent';
      one.abort.abort(new Error('somebody cut the bot off'));
    }
  }

  /** Somebody wants a call to stop. Its askers may, and whoever keeps order in the channel. */
  cancelFor(cancelId: string, by: Person, keepsOrder: boolean): CancelOutcome {
    const one = this.#calls.byCancelId(cancelId);
    if (!one || one.abort.signal.aborted) return 'over';
    if (!keepsOrder && !one.askers.some(({ userId }) => userId === by.userId)) return 'not-yours';
    one.cancelledBy = by;
    one.abort.abort(new Error('somebody cancelled the call'));
    return 'cancelled';
  }

  /** What this person asked for, alone or with others, is aborted, and no result of it comes in. */
  erase(userId: UserId): void {
    const theirs = this.#calls.list.filter(({ askers }) => askers.some((asker) => asker.userId === userId));
    this.cancel(theirs.map(({ call }) => call.callId));
    this.#later.erase(userId);
    this.#words.erase(userId);
    this.#taint.erase(userId);
  }

  /** Nothing that was asked for so far goes on, and no result of it comes in. */
  leaveAll(): void {
    this.cancel(this.#calls.ids);
    for (const [callId, { replyId }] of this.#hosted) this.#gate.settled(replyId, callId, false);
    this.#hosted.clear();
    this.#later.clear();
    this.#acknowledged = [];
    this.#gate.covered();
    this.#taint.begunAnew();
    this.#words.begunAnew();
  }

  /** Aborts everything; nothing is delivered any more. */
  close(): void {
    this.#closed.abort(new Error('the conversation ended'));
    this.cancel(this.#calls.ids);
  }

  #acknowledge(call: ToolCall, confirm: true | undefined): void {
    this.#acknowledged.push({ call, owes: this.#deps.session.acknowledge({ ...call, confirm }) });
  }

  /** A person is asked first, which may take a minute: the model does not wait for that, and answers others meanwhile. */
  #asks(one: RunningCall): void {
    const { call } = one;
    if (one.delivery || !this.#calls.ids.includes(call.callId)) return;
    one.delivery = 'when-idle';
    this.#acknowledge(call, true);
    if (!one.replyIsDone) return;
    this.replyDone(call.replyId);
    this.#deps.onSettled();
  }

  #progress(callId: string, fraction: number | null, text: string): void {
    if (!this.#calls.ids.includes(callId)) return;
    const share = fraction === null || !Number.isFinite(fraction) ? null : Math.min(Math.max(fraction, 0), 1);
    this.#deps.observe({ type: 'tool-progress', callId, progress: { fraction: share, text: String(text) } });
  }

  /** What the model knew when it made a call for these people. */
  #originOf(askers: readonly Person[]): CallOrigin {
    return { tainted: this.#taint.covers(askers), bystanders: this.#words.beside(askers) };
  }

  #contextOf(call: ToolCall, origin: CallOrigin, signal: AbortSignal): Omit<ToolContext, 'progress' | 'attach'> {
    const { turns, room, text, observe, disabled } = this.#deps;
    const { channelId } = room;
    const decided = (decision: Decision): void => observe({ type: 'decided', decision, channelId });
    return { room, text, ...turns.askers(call.turnIds), ...origin, signal, disabled, decided };
  }

  #deliver({ call, delivery, byButton, askers, origin }: RunningCall, result: ToolResult): void {
    const { turns } = this.#deps;
    // What a call brings that was made again may repeat its arguments.
    if (result.outside || (byButton && origin.tainted)) this.#taint.entered();
    if (byButton) {
      this.#deps.session.tell(result, call.turnIds);
      return;
    }
    if (delivery === 'silent') turns.told(call.turnIds);
    else turns.reopened(call.turnIds);
    if (!delivery) {
      this.#deps.session.sendToolResult(result);
      this.#gate.settled(call.replyId, call.callId, true);
      return;
    }
    const people = askers.map(({ userId }) => userId);
    this.#later.add({ ...result, delivery }, people, performance.now());
    for (const silent of this.#later.takeSilent()) this.#deps.session.sendToolResult(silent);
  }

  #refuseSecond({ callId, name, replyId }: ToolCall): void {
    const output = JSON.stringify({ error: `${name} is already running with these arguments; its result follows.` });
    this.#deps.session.sendToolResult({ callId, name, ok: false, output });
    this.#gate.settled(replyId, callId, true);
    this.#deps.onSettled();
  }
}

/** What led to a call that is made again by one who presses, here and before. Whoever asked then is a bystander now. */
function joined(here: CallOrigin, before: CallOrigin | undefined, askers: readonly Person[]): CallOrigin {
  if (!before) return here;
  const all = [...here.bystanders.people, ...before.bystanders.people];
  const people = new Map(all.map((person) => [person.userId, person]));
  for (const { userId } of askers) people.delete(userId);
  return {
    tainted: here.tainted || before.tainted,
    bystanders: { people: [...people.values()], certain: here.bystanders.certain && before.bystanders.certain },
  };
}

function beginning(call: ToolCall) {
  const abort = new AbortController();
  return { call, cancelId: randomUUID(), abort, cancelledBy: undefined, replyIsDone: false };
}

function cancelled({ callId, name }: ToolCall, by: Person): ToolResult {
  const output = JSON.stringify({ error: `${by.name} cancelled ${name}. Do not call it again unless somebody asks.` });
  return { callId, name, ok: false, output };
}
