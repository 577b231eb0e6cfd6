import type { BridgeEvent } from '../ports/bridge-events.ts';

/**
 * What happens to each event of a conversation, in this order.
 * - The filter is first: nothing else sees what belongs to somebody who had it erased.
 * - The record is before the transcript: a post is recorded before it is posted.
 * - The end is last: it closes the parts that the other steps use.
 */
export const EVENT_ORDER = [
  'erased-filter',
  'record',
  'observers',
  'decision-log',
  'budget',
  'log',
  'transcript',
  'model-notice',
  'consent',
  'channel',
  'told',
  'end',
] as const;

/** What each step does. The filter gives the event as the others may see it; undefined: none of them does. */
export interface EventSteps extends Readonly<Record<ReadingStep, (event: BridgeEvent) => void>> {
  readonly 'erased-filter': (event: BridgeEvent) => BridgeEvent | undefined;
}

type ReadingStep = Exclude<(typeof EVENT_ORDER)[number], 'erased-filter'>;

/** Takes every event of one conversation through the steps of EVENT_ORDER, synchronously. */
export class EventPipeline {
  readonly #steps: EventSteps;

  constructor(steps: EventSteps) {
    this.#steps = steps;
  }

  /** An error of a step goes to the caller; the later steps do not run. */
  observe(event: BridgeEvent): void {
    let seen: BridgeEvent = event;
    for (const step of EVENT_ORDER) {
      if (step !== 'erased-filter') {
        this.#steps[step](seen);
        continue;
      }
      const passed = this.#steps[step](seen);
      if (!passed) return;
      seen = passed;
    }
  }
}
