import type { Bridge } from '../../bridge/bridge.ts';
import type { Announcement } from '../../discord/text/channel-notices.ts';
import type { DiscordVoiceLine } from '../../discord/voice/voice-line.ts';
import type { Log } from '../../lib/log.ts';
import type { BridgeEvent } from '../../ports/bridge-events.ts';
import type { Consent, ConsentChange } from '../../ports/consent.ts';
import type { Room } from '../../ports/room.ts';
import { JoinNotices } from './join-notices.ts';
import { WaitingPeople } from './waiting-people.ts';

/** What a conversation's hearing is made of. */
export interface ConsentWatcherDeps {
  readonly consent: Consent;
  readonly line: Pick<DiscordVoiceLine, 'consentChanged'>;
  readonly bridge: Pick<Bridge, 'consentChanged' | 'waiting' | 'answerable' | 'dropWaiting'>;
  readonly room: Room;
  readonly log: Pick<Log, 'info'>;
  readonly announcement: Announcement;
}

/** Who is heard in one conversation, and what people are told about that. Whoever made it closes it. */
export class ConsentWatcher {
  readonly #deps: ConsentWatcherDeps;
  readonly #newcomers: JoinNotices;
  readonly #waiting: WaitingPeople;
  readonly #unwatch: () => void;

  constructor(deps: ConsentWatcherDeps) {
    const { consent, room, bridge, announcement, log } = deps;
    this.#deps = deps;
    this.#newcomers = new JoinNotices({
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
    const { consent, line, bridge, room, announcement } = this.#deps;
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
