// A client's side of DAVE 1 (https://daveprotocol.com) on @snazzah/davey.
import davey from '@snazzah/davey';
import { VoiceOp } from './messages.ts';
import { SILENCE_FRAME } from './rtp.ts';

/** How the client talks to the voice gateway. */
export interface DaveUplink {
  send(op: number, payload: unknown): void;
  sendBinary(op: number, payload: Buffer): void;
}

const AUDIO = 0; // davey's MediaType.AUDIO, a const enum

/** One client's end-to-end encryption in one channel. */
export class VoiceClientDave {
  readonly #session: InstanceType<typeof davey.DAVESession>;
  readonly #uplink: DaveUplink;
  readonly #others = new Set<string>();
  readonly #ids: { readonly userId: string; readonly channelId: string };
  readonly #onEpoch: () => void;
  readonly #waiting: (() => void)[] = [];
  /** Op 25 came, and before it the list of who else is here. */
  #introduced = false;
  /** The transition that was announced and not yet executed. */
  #pending: number | undefined;
  /** What it seals fits no key of the others. */
  #lost = false;

  /** `onEpoch` is called before another epoch's keys come into force: the last moment to seal with the old ones. */
  constructor(ids: { readonly userId: string; readonly channelId: string }, uplink: DaveUplink, onEpoch: () => void) {
    this.#ids = ids;
    this.#uplink = uplink;
    this.#onEpoch = onEpoch;
    this.#session = new davey.DAVESession(1, ids.userId, ids.channelId);
    this.#sendKeyPackage();
  }

  /** Between op 29 and op 22: what is sent is still sealed with the epoch before. */
  get inTransition(): boolean {
    return this.#pending !== undefined;
  }

  /** There is somebody else, and a group with keys. */
  get ready(): boolean {
    return this.#session.ready;
  }

  /** Alone, or in a group and not in the middle of a transition. */
  get settled(): boolean {
    if (!this.#introduced) return false;
    return this.#others.size === 0 || (this.#session.ready && !this.inTransition);
  }

  /** Resolves when `settled`. */
  whenSettled(): Promise<void> {
    return this.settled ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve));
  }

  joined(userIds: readonly string[]): void {
    for (const userId of userIds) this.#others.add(userId);
  }

  left(userId: string): void {
    this.#others.delete(userId);
    this.#settle();
  }

  /** Its keys are none of the group's any more, as with a client that missed an epoch; the next epoch mends it. */
  loseKeys(): void {
    this.#lost = true;
  }

  seal(opus: Buffer): Buffer {
    if (opus.equals(SILENCE_FRAME)) return opus;
    const sealed = this.#session.encryptOpus(opus);
    if (this.#lost) sealed[0] = (sealed[0] as number) ^ 0xff;
    return sealed;
  }

  /** Undefined when no key fits, or not yet. */
  open(userId: string, payload: Buffer): Buffer | undefined {
    if (payload.equals(SILENCE_FRAME)) return payload;
    if (!this.#session.ready) return undefined;
    try {
      return this.#session.decrypt(userId, AUDIO, payload);
    } catch {
      return undefined;
    }
  }

  /** Ops 21, 22 and 24. */
  receive(op: number, payload: Readonly<Record<string, unknown>>): void {
    if (op === VoiceOp.DavePrepareTransition && payload.transition_id !== 0) {
      this.#uplink.send(VoiceOp.DaveTransitionReady, { transition_id: payload.transition_id });
    } else if (op === VoiceOp.DaveExecuteTransition && payload.transition_id === this.#pending) {
      this.#pending = undefined;
    } else if (op === VoiceOp.DavePrepareEpoch && payload.epoch === 1) {
      this.#restart();
    }
    this.#settle();
  }

  /** Ops 25, 27, 29 and 30. */
  receiveBinary(op: number, payload: Buffer): void {
    if (op === VoiceOp.DaveExternalSender) {
      this.#session.setExternalSender(payload);
      this.#introduced = true;
    } else if (op === VoiceOp.DaveProposals) this.#commit(payload);
    else if (op === VoiceOp.DaveAnnounceCommit) {
      this.#transition(payload, (message) => this.#session.processCommit(message));
    } else if (op === VoiceOp.DaveWelcome) {
      this.#transition(payload, (message) => this.#session.processWelcome(message));
    }
    this.#settle();
  }

  close(): void {
    this.#session.reset();
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #commit(payload: Buffer): void {
    const known = [...this.#others, this.#ids.userId];
    try {
      const { commit, welcome } = this.#session.processProposals(payload.readUInt8(0), payload.subarray(1), known);
      if (!commit) return;
      this.#uplink.sendBinary(VoiceOp.DaveCommitWelcome, welcome ? Buffer.concat([commit, welcome]) : commit);
    } catch {
      this.#recover(0);
    }
  }

  #transition(payload: Buffer, process: (message: Buffer) => void): void {
    const transitionId = payload.readUInt16BE(0);
    if (this.#session.ready) this.#onEpoch();
    try {
      process(payload.subarray(2));
    } catch {
      this.#recover(transitionId);
      return;
    }
    this.#lost = false;
    if (transitionId === 0) return;
    this.#pending = transitionId;
    this.#uplink.send(VoiceOp.DaveTransitionReady, { transition_id: transitionId });
  }

  /** "Recovery from Invalid Commit or Welcome": say so, and begin anew. */
  #recover(transitionId: number): void {
    this.#uplink.send(VoiceOp.DaveInvalidCommitWelcome, { transition_id: transitionId });
    this.#restart();
  }

  #restart(): void {
    this.#pending = undefined;
    this.#session.reinit(1, this.#ids.userId, this.#ids.channelId);
    this.#sendKeyPackage();
  }

  #sendKeyPackage(): void {
    this.#uplink.sendBinary(VoiceOp.DaveKeyPackage, this.#session.getSerializedKeyPackage());
  }

  #settle(): void {
    if (this.settled) for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
