// The voice server's side of DAVE 1 for one channel: https://daveprotocol.com ("Group Key Exchange", "Voice Gateway Opcodes").

import { VoiceOp } from '../voice/messages.ts';
import {
  appendProposals,
  type CommitWelcome,
  type ExternalSender,
  type KeyPackage,
  type MemberChange,
  readCommitWelcome,
  type SignedProposal,
  snowflakeBytes,
  withTransition,
} from './messages.ts';
import { DaveTransitions } from './transitions.ts';

/** A client in the channel, as the group speaks to it. */
export interface DaveMember {
  readonly userId: string;
  send(op: number, payload: unknown): void;
  sendBinary(op: number, payload: Buffer): void;
}

interface Entry {
  readonly member: DaveMember;
  keyPackage: KeyPackage | undefined;
  /** Key packages that must still come before one counts: every reset asks for a new one, and older ones may be on the way. */
  owed: number;
  /** Op 31 came: what it sends next, in the same order of messages, is the key package that belongs to it. */
  rejoins: boolean;
}

/** Proposals that wait for a commit which names them all. `founding`: they make the group. */
interface Round {
  readonly founding: boolean;
  readonly changes: ReadonlyMap<string, MemberChange>;
  readonly timer: NodeJS.Timeout;
}

/** Joins and leaves that follow each other within this time go into one commit … */
const BATCH_MS = 20;
/** … but none waits longer than this. A commit costs every member the more, the more there are. */
const LONGEST_BATCH_MS = 250;
/** Without any usable commit for so long the group is made anew. */
const COMMIT_MS = 4000;

/**
 * Who is in the channel's MLS group, and how the others get in and out. One round of proposals is open at a time; what
 * happens meanwhile waits for the next. Every way out of a round that nobody can finish is a new group.
 */
export class DaveGroup {
  readonly #sender: ExternalSender;
  readonly #groupId: Uint8Array;
  readonly #entries = new Map<string, Entry>();
  /** User ids by leaf index; empty while there is no group. */
  #leaves: (string | undefined)[] = [];
  /** Leaves whose owner went, or said that it can't follow. */
  readonly #leaving = new Set<number>();
  readonly #transitions: DaveTransitions;
  #epoch = 0n;
  #round: Round | undefined;
  #batch: { readonly since: number; timer?: NodeJS.Timeout } | undefined;
  #tasks: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(channelId: string, sender: ExternalSender) {
    this.#groupId = snowflakeBytes(channelId);
    this.#sender = sender;
    this.#transitions = new DaveTransitions((id) => {
      for (const member of this.#members()) member.send(VoiceOp.DaveExecuteTransition, { transition_id: id });
    });
  }

  /** A client is connected (op 4 was sent); the others know it already (op 11). */
  connect(member: DaveMember): void {
    this.#entries.set(member.userId, { member, keyPackage: undefined, owed: 1, rejoins: false });
    member.sendBinary(VoiceOp.DaveExternalSender, this.#sender.announcement);
  }

  /** A client is gone for good. */
  disconnect(userId: string): void {
    if (!this.#entries.delete(userId)) return;
    this.#markLeaving(userId); // at once: should the user come back, its new client holds nothing of this group
    this.#transitions.leave(userId);
    this.#enqueue(async () => this.#afterLeave(userId));
  }

  /** Op 26. */
  keyPackage(userId: string, payload: Buffer): void {
    const entry = this.#entries.get(userId);
    if (!entry) return;
    if (entry.rejoins) entry.rejoins = false;
    else entry.owed = Math.max(0, entry.owed - 1);
    if (entry.owed > 0) return;
    this.#enqueue(async () => {
      const keyPackage = await this.#sender.readKeyPackage(payload, userId);
      if (!keyPackage || this.#entries.get(userId) !== entry || entry.owed > 0 || entry.rejoins) return;
      entry.keyPackage = keyPackage;
      this.#markLeaving(userId);
      this.#schedule();
    });
  }

  /** Op 28. Commits that lost the race or fit no open round are dropped, as the protocol says. */
  commitWelcome(userId: string, payload: Buffer): void {
    this.#enqueue(async () => {
      const message = readCommitWelcome(payload);
      if (message && this.#isValid(userId, message)) this.#accept(userId, message);
    });
  }

  /** Op 23. */
  ready(userId: string, transitionId: number): void {
    this.#transitions.ready(userId, transitionId);
  }

  /** Op 31: the client can't follow, and sends a new key package; until that comes it is out of the group. */
  invalid(userId: string): void {
    const entry = this.#entries.get(userId);
    if (!entry) return;
    entry.rejoins = true;
    entry.keyPackage = undefined;
    this.#enqueue(async () => {
      this.#markLeaving(userId);
      this.#schedule();
    });
  }

  close(): void {
    this.#closed = true;
    this.#clear();
  }

  /** Signing is asynchronous: one thing after the other, so that every step sees a settled state. */
  #enqueue(task: () => Promise<void>): void {
    this.#tasks = this.#tasks.then(() => (this.#closed ? undefined : task()));
  }

  #afterLeave(userId: string): void {
    const busy = this.#round || this.#leaves.length > 0;
    // A revoked founding proposal leaves clients with a commit that lacks its welcome (davey 0.1.12): found it anew.
    const foundingLost = this.#round?.founding === true && this.#adds(this.#round, userId);
    if (busy && (this.#entries.size < 2 || foundingLost)) this.#reset();
    else this.#schedule();
  }

  #markLeaving(userId: string): void {
    const leaf = this.#leaves.indexOf(userId);
    if (leaf >= 0) this.#leaving.add(leaf);
  }

  #adds(round: Round, userId: string): boolean {
    return [...round.changes.values()].some((change) => change.kind === 'add' && change.userId === userId);
  }

  #schedule(): void {
    if (this.#round) return;
    const now = performance.now();
    this.#batch ??= { since: now };
    clearTimeout(this.#batch.timer);
    const waitMs =
      this.#leaves.length > 0 ? Math.max(0, Math.min(BATCH_MS, this.#batch.since + LONGEST_BATCH_MS - now)) : 0;
    this.#batch.timer = setTimeout(() => {
      this.#batch = undefined;
      this.#enqueue(() => this.#propose());
    }, waitMs);
  }

  /** Opens a round with all that is due. */
  async #propose(): Promise<void> {
    if (this.#round) return;
    const group = { groupId: this.#groupId, epoch: this.#epoch };
    const signed: { proposal: SignedProposal; change: MemberChange }[] = [];
    for (const change of this.#due()) {
      const proposal = await this.#sender.propose(change, group);
      signed.push({ proposal, change });
    }
    // Who left while this was signed is known to nobody any more: clients refuse such an Add, @discordjs/voice dies of it.
    const valid = signed.filter(({ change }) => change.kind === 'remove' || this.#isCurrent(change));
    const founding = this.#leaves.length === 0;
    if (valid.length < (founding ? 2 : 1)) return;
    const founders = valid.flatMap(({ change }) => (change.kind === 'add' ? [change.userId] : []));
    const readers = founding ? founders.flatMap((userId) => this.#entries.get(userId)?.member ?? []) : this.#members();
    if (readers.length === 0) return this.#reset();
    const changes = new Map(valid.map(({ proposal, change }) => [proposal.ref, change]));
    this.#round = { founding, changes, timer: setTimeout(() => this.#enqueue(async () => this.#reset()), COMMIT_MS) };
    for (const reader of readers) {
      const others = valid.filter(({ change }) => change.kind === 'remove' || change.userId !== reader.userId);
      reader.sendBinary(VoiceOp.DaveProposals, appendProposals(others.map(({ proposal }) => proposal)));
    }
  }

  /** Who is to be removed, and who can be added. */
  #due(): MemberChange[] {
    const changes: MemberChange[] = [...this.#leaving].map((leaf) => ({ kind: 'remove', leaf }));
    for (const { keyPackage, member } of this.#entries.values()) {
      if (!keyPackage || this.#leaves.includes(member.userId)) continue;
      changes.push({ kind: 'add', userId: member.userId, keyPackage });
    }
    return changes;
  }

  #isCurrent(change: MemberChange & { readonly kind: 'add' }): boolean {
    return this.#entries.get(change.userId)?.keyPackage === change.keyPackage;
  }

  /** Connected members of the group who can commit. */
  #members(): DaveMember[] {
    const members: DaveMember[] = [];
    this.#leaves.forEach((userId, leaf) => {
      const entry = userId === undefined || this.#leaving.has(leaf) ? undefined : this.#entries.get(userId);
      if (entry) members.push(entry.member);
    });
    return members;
  }

  /** "Voice Gateway Commit Validity": names every proposal of the round and nothing else, from a member, in this epoch. */
  #isValid(userId: string, message: CommitWelcome): boolean {
    const round = this.#round;
    if (!round || !message.refs || message.epoch !== this.#epoch) return false;
    if (Buffer.compare(message.groupId, this.#groupId) !== 0 || !this.#entries.has(userId)) return false;
    if (!round.founding && this.#leaves[message.leaf] !== userId) return false;
    const expected = new Set<string>();
    let welcomes = 0;
    for (const [ref, change] of round.changes) {
      if (change.kind === 'add' && change.userId === userId) continue; // a founder isn't asked to add itself
      if (change.kind === 'add') welcomes++;
      expected.add(ref);
    }
    if (welcomes > 0 && message.welcome.length === 0) return false;
    return message.refs.length === expected.size && message.refs.every((ref) => expected.has(ref));
  }

  #accept(userId: string, message: CommitWelcome): void {
    const round = this.#round as Round;
    clearTimeout(round.timer);
    this.#round = undefined;
    this.#epoch++;
    if (round.founding) this.#leaves = [userId];
    const changes = (message.refs ?? []).map((ref) => round.changes.get(ref) as MemberChange);
    for (const change of changes) if (change.kind === 'remove') this.#removeLeaf(change.leaf);
    const stayed = round.founding ? [this.#entries.get(userId)?.member as DaveMember] : this.#members();
    const added = changes.flatMap((change) =>
      change.kind === 'add' ? this.#addLeaf(change.userId, change.keyPackage) : [],
    );
    if (round.founding) (this.#entries.get(userId) as Entry).keyPackage = undefined;

    // The first group has nothing to move over from: transition 0, which is executed at once.
    const moving = [...stayed, ...added].map((member) => member.userId);
    const transitionId = round.founding ? 0 : this.#transitions.begin(moving);
    const announcement = withTransition(transitionId, message.commit);
    const welcome = withTransition(transitionId, message.welcome);
    for (const member of stayed) member.sendBinary(VoiceOp.DaveAnnounceCommit, announcement);
    for (const member of added) member.sendBinary(VoiceOp.DaveWelcome, welcome);
    this.#schedule();
  }

  #removeLeaf(leaf: number): void {
    this.#leaves[leaf] = undefined;
    this.#leaving.delete(leaf);
  }

  /** New members take the leftmost free leaf (RFC 9420 section 12.1.1). Gives nobody when the user went meanwhile. */
  #addLeaf(userId: string, keyPackage: KeyPackage): DaveMember[] {
    const free = this.#leaves.indexOf(undefined);
    const leaf = free >= 0 ? free : this.#leaves.length;
    this.#leaves[leaf] = userId;
    const entry = this.#entries.get(userId);
    // With another key package, or none, the client has begun anew since: the welcome would fit nothing that it holds.
    if (entry?.keyPackage !== keyPackage) {
      this.#leaving.add(leaf);
      return [];
    }
    entry.keyPackage = undefined;
    return [entry.member];
  }

  /** A new group from nothing: everybody makes a new key package. Alone, a client goes on by itself ("Sole member reset"). */
  #reset(): void {
    this.#clear();
    for (const entry of this.#entries.values()) {
      entry.keyPackage = undefined;
      entry.owed++;
      entry.member.send(VoiceOp.DavePrepareEpoch, { protocol_version: 1, epoch: 1 });
      if (this.#entries.size > 1) continue;
      entry.member.send(VoiceOp.DavePrepareTransition, { protocol_version: 1, transition_id: 0 });
    }
  }

  #clear(): void {
    clearTimeout(this.#round?.timer);
    clearTimeout(this.#batch?.timer);
    this.#transitions.clear();
    this.#round = undefined;
    this.#batch = undefined;
    this.#leaves = [];
    this.#leaving.clear();
    this.#epoch = 0n;
  }
}
