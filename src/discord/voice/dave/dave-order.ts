import type { DAVESession } from '@discordjs/voice';

/** An order that was overtaken by what it belongs to is worth nothing after this. Ms. */
const OVERTAKEN_MS = 10_000;

/**
 * Works around three faults of @discordjs/voice 0.19.2: a commit, a Welcome or proposals that come a second time are taken
 * for wrong ones, upon which it leaves the end-to-end group (op 31), and so are proposals that overtake the external
 * sender; and an op 22 that overtakes the op 21, 29 or 30 of its transition is forgotten, so that the transition is never
 * executed. It can go when the library sees to them: when test/discord/event-order.test.ts passes without it.
 */
export function guardOrder(session: DAVESession): void {
  if (guarded.has(session)) return;
  guarded.add(session);
  const seen = { proposals: new Repeats(), commits: new Repeats(), welcomes: new Repeats() };
  const early = new Map<number, number>();
  const { processProposals, processCommit, processWelcome, prepareTransition, executeTransition } = bound(session);
  const due = (transitionId: number): void => {
    const since = early.get(transitionId);
    if (!early.delete(transitionId) || performance.now() - (since ?? 0) > OVERTAKEN_MS) return;
    executeTransition(transitionId);
  };
  let hasSender = false;
  let held: Buffer | undefined;
  const setExternalSender = session.setExternalSender.bind(session);
  session.setExternalSender = (sender) => {
    setExternalSender(sender);
    hasSender = true;
    const welcome = held;
    held = undefined;
    if (welcome) session.processWelcome(welcome);
  };
  session.processProposals = (payload, clients) => {
    // Nobody can read them without it; another member commits, and its Welcome comes later.
    if (seen.proposals.isRepeat(payload) || !hasSender) return undefined;
    return processProposals(payload, clients);
  };
  session.processCommit = (payload) => {
    if (seen.commits.isRepeat(payload)) return { transitionId: payload.readUInt16BE(0), success: false };
    const result = processCommit(payload);
    if (result.success) due(result.transitionId);
    return result;
  };
  session.processWelcome = (payload) => {
    if (!hasSender) {
      // The library would leave the group for it. The server does not wait for our word (op 23) for long.
      held = payload;
      return { transitionId: payload.readUInt16BE(0), success: false };
    }
    if (seen.welcomes.isRepeat(payload)) return { transitionId: payload.readUInt16BE(0), success: false };
    const result = processWelcome(payload);
    if (result.success) due(result.transitionId);
    return result;
  };
  session.prepareTransition = (data) => {
    const sendReady = prepareTransition(data);
    due(data.transition_id);
    return sendReady;
  };
  session.executeTransition = (transitionId) => {
    const executed = executeTransition(transitionId);
    // The number of a later one overwrites it: there are 65,536.
    if (!executed && transitionId !== session.lastTransitionId) early.set(transitionId, performance.now());
    return executed;
  };
}

const guarded = new WeakSet<DAVESession>();

/** Messages of one kind, of which none is ever the same twice: each is signed anew. */
class Repeats {
  #last: Buffer | undefined;

  isRepeat(payload: Buffer): boolean {
    if (this.#last?.equals(payload)) return true;
    this.#last = Buffer.from(payload);
    return false;
  }
}

function bound(session: DAVESession) {
  return {
    processProposals: session.processProposals.bind(session),
    processCommit: session.processCommit.bind(session),
    processWelcome: session.processWelcome.bind(session),
    prepareTransition: session.prepareTransition.bind(session),
    executeTransition: session.executeTransition.bind(session),
  };
}
