import { DaveGroup, type DaveMember } from '../dave/group.ts';
import type { ExternalSender } from '../dave/messages.ts';
import type { LinkFaults } from './link-faults.ts';
import { VoiceOp } from './messages.ts';

/** What a room knows of somebody who is in it. */
export interface Occupant extends DaveMember {
  readonly ssrc: number;
  readonly admission: { readonly bot?: boolean };
  speaking: number | undefined;
}

/** One voice channel on the server: who is in it, who is told what, and its DAVE group. */
export class VoiceRoom<Place extends Occupant = Occupant> {
  readonly channelId: string;
  /** Those who came as far as op 4, by user id. */
  readonly places = new Map<string, Place>();
  /** Undefined: transport encryption only. */
  readonly dave: DaveGroup | undefined;

  readonly #links: LinkFaults;

  constructor(channelId: string, sender: ExternalSender | undefined, links: LinkFaults) {
    this.channelId = channelId;
    this.#links = links;
    this.dave = sender && new DaveGroup(channelId, sender);
  }

  /** Tells the newcomer of the others, them of it, and then begins with DAVE: Adds are only taken for known users. */
  enter(place: Place): void {
    const others = [...this.places.values()];
    this.places.set(place.userId, place);
    if (others.length > 0) place.send(VoiceOp.ClientsConnect, { user_ids: others.map((other) => other.userId) });
    for (const other of others) {
      other.send(VoiceOp.ClientsConnect, { user_ids: [place.userId] });
      // Somebody in the middle of a sentence doesn't announce it again.
      if (other.speaking) this.#tellSpeaking(place, other);
    }
    this.dave?.connect(place);
  }

  leave(place: Place): void {
    if (this.places.get(place.userId) !== place) return;
    this.places.delete(place.userId);
    for (const other of this.places.values()) other.send(VoiceOp.ClientDisconnect, { user_id: place.userId });
    this.dave?.disconnect(place.userId);
  }

  /** Op 5 of a client, on to the others. */
  speaking(place: Place, flags: number): void {
    place.speaking = flags;
    for (const other of this.places.values()) {
      if (other !== place) this.#tellSpeaking(other, place);
    }
  }

  #tellSpeaking(listener: Occupant, speaker: Occupant): void {
    if (listener.admission.bot && this.#links.withholdSpeaking) return;
    listener.send(VoiceOp.Speaking, speakingOf(speaker));
  }

  close(): void {
    this.dave?.close();
    this.places.clear();
  }
}

function speakingOf(place: Occupant): unknown {
  return { user_id: place.userId, ssrc: place.ssrc, speaking: place.speaking ?? 0, delay: 0 };
}
