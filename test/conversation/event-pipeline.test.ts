import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EVENT_ORDER, EventPipeline, type EventSteps } from '../../src/conversation/event-pipeline.ts';
import type { BridgeEvent } from '../../src/ports/bridge-events.ts';

const TROUBLE: BridgeEvent = { type: 'trouble', message: 'the line is bad' };
const OTHER: BridgeEvent = { type: 'trouble', message: 'without the name' };

/** Steps that say what came to them. */
function recorded(filter: (event: BridgeEvent) => BridgeEvent | undefined) {
  const came: [step: string, event: BridgeEvent][] = [];
  const steps = Object.fromEntries(
    EVENT_ORDER.map((step) => [
      step,
      (event: BridgeEvent) => {
        came.push([step, event]);
        return step === 'erased-filter' ? filter(event) : undefined;
      },
    ]),
  ) as unknown as EventSteps;
  return { came, pipeline: new EventPipeline(steps) };
}

test('filters an event first, records it before it is posted, and ends last', () => {
  assert.deepEqual(EVENT_ORDER, [
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
  ]);
});

test('takes an event through every step, in their order', () => {
  const { came, pipeline } = recorded((event) => event);
  pipeline.observe(TROUBLE);
  assert.deepEqual(
    came,
    EVENT_ORDER.map((step) => [step, TROUBLE]),
  );
});

test('shows no step what the filter keeps back', () => {
  const { came, pipeline } = recorded(() => undefined);
  pipeline.observe(TROUBLE);
  assert.deepEqual(came, [['erased-filter', TROUBLE]]);
});

test('shows the steps behind the filter what the filter made of the event', () => {
  const { came, pipeline } = recorded(() => OTHER);
  pipeline.observe(TROUBLE);
  assert.deepEqual(
    came.slice(1).map(([, event]) => event),
    EVENT_ORDER.slice(1).map(() => OTHER),
  );
});

test('runs no step behind one that throws', () => {
  const { came, pipeline } = recorded(() => {
    throw new Error('no');
  });
  assert.throws(() => pipeline.observe(TROUBLE), /no/);
  assert.equal(came.length, 1);
});
