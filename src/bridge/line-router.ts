import type { BridgeEvent } from '../ports/bridge-events.ts';
import type { LineEvent, UserId } from '../ports/voice.ts';
import type { ActiveModel } from './active-model.ts';
import type { IdleTimeout } from './idle-timeout.ts';
import { troubleOf } from './line-notices.ts';
import type { Participants } from './participants.ts';
import type { Ticker } from './ticker.ts';
import type { TurnSender } from './turn-sender.ts';
import type { Floor } from './turns/floor.ts';

/** Whom the line's events concern. */
export interface LineRouterDeps {
  readonly model: ActiveModel;
  readonly people: Participants;
  /** See BridgeDeps. */
  readonly mayCost?: ((userId: UserId) => boolean) | undefined;
  readonly floor: Floor;
  readonly feed: TurnSender;
  readonly company: IdleTimeout;
  readonly ticker: Ticker;
  readonly observe: (event: BridgeEvent) => void;
}

/** Hears what comes over the line: people's sound, who comes and goes, and what becomes of the line itself. */
export class LineRouter {
  readonly #deps: LineRouterDeps;
  #rejoins = 0;
  #deafRejoins = 0;

  constructor(deps: LineRouterDeps) {
    this.#deps = deps;
  }

  /** How often the line was made anew, and how often of these because somebody was not heard. */
  get rejoins(): { readonly rejoins: number; readonly deafRejoins: number } {
    return { rejoins: this.#rejoins, deafRejoins: this.#deafRejoins };
  }

  take(event: LineEvent): void {
    const { model, people, floor, feed, company, ticker, observe } = this.#deps;
    const now = performance.now();
    switch (event.type) {
      case 'frame':
        // It may have waited here since before they said no.
        if (!people.mayHear(event.userId)) return;
        if (this.#deps.mayCost?.(event.userId) === false) {
          feed.apply(floor.left(event.userId, now));
          return;
        }
        feed.apply(floor.hear(event, now));
        if (floor.busy) ticker.wake();
        return;
      case 'joined':
        observe({ type: 'joined', person: people.person(event.userId) });
        return;
      case 'left':
        feed.apply(floor.left(event.userId, now));
        observe({ type: 'left', person: people.person(event.userId) });
        return;
      case 'moved':
        company.spoke(now);
        observe(event);
        return;
      case 'recovered':
        this.#rejoins += 1;
        if (event.cause === 'deaf') this.#deafRejoins += 1;
        observe(event);
        return;
      case 'unheard':
      case 'hindered':
        // That nobody hears it is nothing to people whom it does not answer.
        if (model.listens && event.type === 'hindered' && event.by !== 'deaf') return;
        observe({ type: 'trouble', message: troubleOf(event, (id) => people.nameOf(id)) });
        return;
      default:
        event satisfies never;
    }
  }
}
