import type { Socket } from 'node:dgram';
import type { Networking } from '@discordjs/voice';
import type { Logger } from 'pino';
import type { UserId } from '../../ports/voice.ts';
import { guardOrder } from './dave/dave-order.ts';
import { membersOf, rejoinGroup, unsealerOf } from './dave/dave-session.ts';
import { GroupRenewal } from './dave/group-renewal.ts';
import { guardMls } from './dave/mls-guard.ts';
import { guardUpgrade } from './dave/upgrade-guard.ts';
import { guardVoiceUdp } from './link/udp-guard.ts';
import type { MediaKeys } from './receive/receiver.ts';
import { guardVoiceGateway } from './voice-gateway-guard.ts';

/** What is told of a connection. Ids and numbers are as the voice server sent them. */
export interface NetworkingOwner {
  /** Any message came on the voice websocket. */
  wsHeard(): void;
  /** Voice gateway op 5: this SSRC is this person's. */
  onSpeaking(userId: UserId, ssrc: number, speaking: boolean): void;
  /** Voice gateway op 11. */
  onConnected(userId: UserId): void;
  /** Voice gateway op 13. */
  onDisconnected(userId: UserId): void;
  /** A datagram of the voice server. */
  onDatagram(datagram: Buffer): void;
  /** How the datagrams are decrypted from now on. */
  onKeys(keys: MediaKeys): void;
}

/** Hooks into the connections of @discordjs/voice: the guards around their faults, and what comes over them. */
export class NetworkingHooks {
  readonly #owner: NetworkingOwner;
  readonly #log: Logger;
  readonly #renewCommits: number;
  readonly #hooked = new WeakSet<object>();
  #renewal: GroupRenewal | undefined;

  /** `renewCommits`: see GroupRenewal. */
  constructor(owner: NetworkingOwner, { log, renewCommits }: { log: Logger; renewCommits: number }) {
    this.#owner = owner;
    this.#log = log;
    this.#renewCommits = renewCommits;
  }

  /** Of the end-to-end group of the connection that was hooked last; undefined: it has none yet. */
  get renewal(): GroupRenewal | undefined {
    return this.#renewal;
  }

  isHooked(networking: Networking): boolean {
    return this.#hooked.has(networking);
  }

  /** Hooks into a connection, and into the parts of it as the library makes them. Call it once for each. */
  hook(networking: Networking): void {
    this.#hooked.add(networking);
    const onState = (state: Networking['state']): void => this.#onState(networking, state);
    networking.on('stateChange', (_, state) => onState(state));
    onState(networking.state);
  }

  #onState(networking: Networking, state: Networking['state']): void {
    if ('ws' in state && this.#isNew(state.ws)) {
      guardVoiceGateway(state.ws, this.#log);
      state.ws.on('packet', (packet: { op: number; d: unknown }) => this.#onVoiceGateway(packet));
      state.ws.on('binary', () => this.#owner.wsHeard());
    }
    if ('dave' in state && state.dave) {
      if (this.#isNew(state.dave)) {
        // Innermost: it is to know what the session really took.
        this.#renewal = new GroupRenewal(state.dave, { log: this.#log, commits: this.#renewCommits });
      }
      guardMls(state.dave, this.#log);
      guardUpgrade(state.dave);
      guardOrder(state.dave);
    }
    if (!('udp' in state)) return;
    if ('connectionData' in state && 'secretKey' in state.connectionData) {
      const { encryptionMode, secretKey } = state.connectionData;
      const recover = (): void => rejoinGroup(networking, this.#log);
      const dave = unsealerOf(networking, () => this.#renewal);
      const members = (): readonly UserId[] => membersOf(networking);
      this.#owner.onKeys({ encryptionMode, secretKey, dave, members, recover });
    }
    if (!this.#isNew(state.udp)) return;
    guardVoiceUdp(state.udp);
    const { socket } = state.udp as unknown as { socket: Socket };
    // Of the voice server alone: see guardVoiceUdp.
    socket.on('message', (datagram) => this.#owner.onDatagram(datagram));
  }

  #isNew(part: object): boolean {
    if (this.#hooked.has(part)) return false;
    this.#hooked.add(part);
    return true;
  }

  /** Voice gateway messages (v8): 5 Speaking, 11 Clients Connect, 13 Client Disconnect. Any of them may be malformed. */
  #onVoiceGateway(packet: { op: number; d: unknown }): void {
    const owner = this.#owner;
    owner.wsHeard();
    const d = (packet.d ?? {}) as { user_id?: unknown; user_ids?: unknown; ssrc?: unknown; speaking?: unknown };
    if (packet.op === 5 && typeof d.user_id === 'string' && typeof d.ssrc === 'number') {
      owner.onSpeaking(d.user_id, d.ssrc, Number(d.speaking) > 0);
    } else if (packet.op === 11 && Array.isArray(d.user_ids)) {
      for (const userId of d.user_ids) if (typeof userId === 'string') owner.onConnected(userId);
    } else if (packet.op === 13 && typeof d.user_id === 'string') {
      owner.onDisconnected(d.user_id);
    }
  }
}
