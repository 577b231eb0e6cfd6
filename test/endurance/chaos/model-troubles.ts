import { setTimeout as wait } from 'node:timers/promises';
import type { ModelFaults } from '@parley/simulator/models';
import type { Trouble } from './troubles.ts';

const SECONDS = 20;

/** For 20 s something is wrong with the model's service. `cut`: the line goes first, so that a new one meets it. */
function serviceTrouble(name: string, faults: Partial<ModelFaults>, cut = false): Trouble {
  return {
    name: `model: ${name} for ${SECONDS} s`,
    deafens: false,
    strike: async ({ world }) => {
      const { model } = world;
      const before = { ...model.faults };
      Object.assign(model.faults, faults);
      if (cut) model.dropAll();
      await wait(SECONDS * 1_000);
      for (const key of Object.keys(faults) as (keyof ModelFaults)[])
        Object.assign(model.faults, { [key]: before[key] });
      await wait(2_000);
    },
  };
}

/** The service ends the session in the middle of a conversation that works. */
function closed(code: number, reason: string): Trouble {
  return {
    name: `model: closed with ${code} ${reason}`,
    deafens: false,
    strike: async ({ world }) => {
      world.model.closeAll(code, reason);
      await wait(3_000);
    },
  };
}

/**
 * What the services of models do on bad days. Reasons as in public reports: googleapis/js-genai#1189 (1007 for nothing),
 * googleapis/python-genai#2935 (late pongs), openai/openai-realtime-agents (1011, 429).
 */
export const MODEL_TROUBLES: readonly Trouble[] = [
  {
    name: "model's line cut",
    deafens: false,
    strike: async ({ world }) => {
      world.model.dropAll();
      await wait(2_000);
    },
  },
  serviceTrouble('line half-open', { halfOpen: true }),
  serviceTrouble('new connections refused with 429', { refuse: 429 }, true),
  serviceTrouble('new connections refused with 503', { refuse: 503 }, true),
  serviceTrouble('new sessions without a word', { silentSetup: true }, true),
  serviceTrouble('sessions begin 4 s late', { slowSetupMs: 4_000 }, true),
  serviceTrouble('pongs 5 s late', { slowPongMs: 5_000 }),
  serviceTrouble('words 4 s late', { lateTranscriptMs: 4_000 }),
  closed(1007, 'Request contains an invalid argument.'),
  closed(1008, 'Permission denied: the operation was aborted.'),
  closed(1011, 'Internal error encountered.'),
  closed(1013, 'Try again later.'),
  {
    name: 'model: broken messages',
    deafens: false,
    strike: async ({ world }) => {
      world.model.faults.malformedJson = 3;
      await wait(4_000);
      world.model.faults.malformedJson = 0;
    },
  },
];
