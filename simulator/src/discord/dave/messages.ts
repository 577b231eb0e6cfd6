// The MLS messages (RFC 9420) that the voice server makes and reads for DAVE (https://daveprotocol.com), on ts-mls.
import { p256 } from '@noble/curves/nist.js';
import {
  type CiphersuiteImpl,
  decodeMlsMessage,
  encodeExternalSender,
  encodeMlsMessage,
  getCiphersuiteFromName,
  getCiphersuiteImpl,
  type KeyPackage,
  type Proposal,
} from 'ts-mls';
import { makeProposalRef } from 'ts-mls/authenticatedContent.js';
import { decodeKeyPackage, verifyKeyPackage } from 'ts-mls/keyPackage.js';
import { protectExternalProposalPublic } from 'ts-mls/messageProtectionPublic.js';

export type { KeyPackage };

/** What a proposal of the server does. Leaves are counted as in the ratchet tree. */
export type MemberChange =
  | { readonly kind: 'add'; readonly userId: string; readonly keyPackage: KeyPackage }
  | { readonly kind: 'remove'; readonly leaf: number };

/** A proposal as it goes out, and the reference by which a commit names it (hex). */
export interface SignedProposal {
  readonly ref: string;
  readonly message: Uint8Array;
}

/** What a commit of a client says, as far as the server reads it. */
export interface CommitWelcome {
  readonly groupId: Uint8Array;
  readonly epoch: bigint;
  readonly leaf: number;
  /** Hex references in the order in which they apply; undefined when it carries a proposal of its own. */
  readonly refs: readonly string[] | undefined;
  readonly commit: Buffer;
  /** Empty when nobody is added. */
  readonly welcome: Buffer;
}

const MAX_LIFETIME = 2n ** 64n - 1n;
const EMPTY = new Uint8Array();

/** The voice server as MLS external sender: one key pair, and the messages that need it. */
export class ExternalSender {
  readonly #suite: CiphersuiteImpl;
  readonly #signKey: Uint8Array;
  /** Payload of op 25. */
  readonly announcement: Buffer;

  private constructor(suite: CiphersuiteImpl, signKey: Uint8Array) {
    this.#suite = suite;
    this.#signKey = signKey;
    // MLS wants the uncompressed point (RFC 9420 section 5.1.1); ts-mls' own keygen gives the compressed one.
    const signaturePublicKey = p256.getPublicKey(signKey, false);
    const credential = { credentialType: 'basic' as const, identity: snowflakeBytes('0') };
    this.announcement = Buffer.from(encodeExternalSender({ signaturePublicKey, credential }));
  }

  static async create(): Promise<ExternalSender> {
    const suite = await getCiphersuiteImpl(getCiphersuiteFromName('MLS_128_DHKEMP256_AES128GCM_SHA256_P256'));
    return new ExternalSender(suite, p256.utils.randomSecretKey());
  }

  /** Signs an Add or Remove for a group in an epoch. */
  async propose(change: MemberChange, group: { groupId: Uint8Array; epoch: bigint }): Promise<SignedProposal> {
    const proposal: Proposal =
      change.kind === 'add'
        ? { proposalType: 'add', add: { keyPackage: change.keyPackage } }
        : { proposalType: 'remove', remove: { removed: change.leaf } };
    // The signature of an external sender covers no group context beyond id and epoch (RFC 9420 section 6.1).
    const context = {
      version: 'mls10' as const,
      cipherSuite: this.#suite.name,
      ...group,
      treeHash: EMPTY,
      confirmedTranscriptHash: EMPTY,
      extensions: [],
    };
    const sender = { senderType: 'external' as const, senderIndex: 0 };
    const { publicMessage } = await protectExternalProposalPublic(
      this.#signKey,
      context,
      EMPTY,
      proposal,
      sender,
      this.#suite,
    );
    const wireformat = 'mls_public_message' as const;
    const { content, auth } = publicMessage;
    const ref = await makeProposalRef({ wireformat, content, auth } as never, this.#suite.hash);
    return { ref: hex(ref), message: encodeMlsMessage({ version: 'mls10', wireformat, publicMessage }) };
  }

  /** The key package of op 26, or undefined when it isn't one that Discord would take from this user. */
  async readKeyPackage(payload: Buffer, userId: string): Promise<KeyPackage | undefined> {
    const keyPackage = decoded(() => decodeKeyPackage(payload, 0)?.[0]);
    if (!keyPackage) return undefined;
    const { credential, lifetime } = keyPackage.leafNode;
    if (credential.credentialType !== 'basic' || hex(credential.identity) !== hex(snowflakeBytes(userId))) {
      return undefined;
    }
    if (lifetime.notBefore !== 0n || lifetime.notAfter !== MAX_LIFETIME) return undefined;
    return (await verifyKeyPackage(keyPackage, this.#suite.signature)) ? keyPackage : undefined;
  }
}

/** Reads op 28, or undefined when it isn't a commit of a member. */
export function readCommitWelcome(payload: Buffer): CommitWelcome | undefined {
  const read = decoded(() => decodeMlsMessage(payload, 0));
  if (read?.[0].wireformat !== 'mls_public_message') return undefined;
  const { content } = read[0].publicMessage;
  if (content.contentType !== 'commit' || content.sender.senderType !== 'member') return undefined;
  const refs: string[] = [];
  for (const proposal of content.commit.proposals) {
    if (proposal.proposalOrRefType === 'reference') refs.push(hex(proposal.reference));
  }
  return {
    groupId: content.groupId,
    epoch: content.epoch,
    leaf: content.sender.leafIndex,
    refs: refs.length === content.commit.proposals.length ? refs : undefined,
    commit: payload.subarray(0, read[1]),
    welcome: payload.subarray(read[1]),
  };
}

/** Payload of op 27 that appends proposals: the operation, then a vector of messages. */
export function appendProposals(proposals: readonly SignedProposal[]): Buffer {
  const messages = Buffer.concat(proposals.map((proposal) => proposal.message));
  return Buffer.concat([Buffer.from([0]), vectorLength(messages.length), messages]);
}

/** Payload of op 29 or 30: the transition, then the commit or the welcome. */
export function withTransition(transitionId: number, message: Buffer): Buffer {
  const payload = Buffer.allocUnsafe(2 + message.length);
  payload.writeUInt16BE(transitionId, 0);
  payload.set(message, 2);
  return payload;
}

/** A snowflake as DAVE writes it into group ids and credentials: 64 bits, big-endian. */
export function snowflakeBytes(id: string): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(id));
  return new Uint8Array(bytes);
}

/** Variable-size vector length (RFC 9420 section 2.1.2). */
function vectorLength(length: number): Buffer {
  if (length < 2 ** 6) return Buffer.from([length]);
  const bytes = Buffer.alloc(length < 2 ** 14 ? 2 : 4);
  if (bytes.length === 2) bytes.writeUInt16BE(0x4000 | length);
  else bytes.writeUInt32BE((0x80000000 | length) >>> 0);
  return bytes;
}

function decoded<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch {
    return undefined; // ts-mls throws on some malformed input and returns undefined on other
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}
