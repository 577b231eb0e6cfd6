import type { Bridge } from './bridge/bridge.ts';
import type { BridgeEvent } from './bridge/bridge-ports.ts';
import type { Consent, ConsentChange } from './bridge/consent-ports.ts';
import type { Room } from './bridge/room-ports.ts';
import type { Announcement } from './discord/announcement.ts';
import type { DiscordVoiceLine } from './discord/voice-line.ts';
import type { Log } from './log.ts';
import { Newcomers } from './newcomers.ts';
import { WaitingPeople } from './waiting-people.ts';

/** What a conversation's hearing is made of. */
export interface HearingParts {
  readonly consent: Consent;
  readonly line: Pick<DiscordVoiceLine, 'consentChanged'>;
  readonly bridge: Pick<Bridge, 'consentChanged' | 'waiting' | 'answerable' | 'dropWaiting'>;
  readonly room: Room;
  readonly log: Pick<Log, 'info'>;
  readonly announcement: Announcement;
}

/** Who is heard in one conversation, and what people are told about that. Whoever made it closes it. */
export class Hearing {
  readonly #parts: HearingParts;
  readonly #newcomers: Newcomers;
  readonly #waiting: WaitingPeople;
  readonly #unwatch: () => void;

  constructor(parts: HearingParts) {
    const { consent, room, bridge, announcement, log } = parts;
    this.#parts = parts;
    this.#newcomers = new Newcomers({
      people: () => room.people(),
      tell: (people) =>
        announcement.newcomers(
          people.map((person) => ({ ...person, choice: consent.choiceOf(room.guildId, person.userId)?.choice })),
        ),
    });
    this.#waiting = new WaitingPeople({
      room,
      waiting: () => bridge.waiting,
      answerable: () => bridge.answerable,
      drop: (userId) => bridge.dropWaiting(userId),
      log,
    });
    this.#unwatch = consent.watch((change) => this.#changed(change));
  }

  /** Everybody in the channel is being told now that the bot listens. */
  presentTold(): void {
    this.#newcomers.presentTold();
  }

  /** Takes in what happened. */
  observe(event: BridgeEvent): void {
    if (event.type === 'joined') this.#newcomers.joined(event.person.userId);
    if (event.type === 'left') this.#newcomers.left(event.person.userId);
  }

  /** Idempotent. */
  close(): void {
    this.#unwatch();
    this.#waiting.close();
    this.#newcomers.close();
  }

  #changed({ guildId, userId }: ConsentChange): void {
    const { consent, line, bridge, room, announcement } = this.#parts;
    if (guildId !== room.guildId) return;
    // The packets first: nothing more comes in while the rest is thrown away.
    line.consentChanged(userId);
    bridge.consentChanged(userId);
    if (userId === null) {
      this.#newcomers.presentTold();
      void announcement.modeChanged();
      return;
    }
    // Who is not here is told of when they come.
    const person = room.people().find((one) => one.userId === userId);
    if (person) void announcement.chose(person, consent.mayHear(guildId, userId) ? 'in' : 'out');
  }
}
