import { Pitches } from '../sound/pitches.ts';
import { ProviderEars } from './provider-ears.ts';
import { INPUT_RATE, type Protocol, World } from './world.ts';

const NAMES = ['Anna', 'Ben', 'Carl', 'Dora'];
/** Everybody speaks in a pitch of their own. */
export const pitches = new Pitches(NAMES);

/** A world whose model stays silent and writes down whose pitch it hears, and all that reaches the provider. */
export async function earsScene(protocol: Protocol, options: Partial<Parameters<typeof World.start>[0]> = {}) {
  const world = await World.start({
    protocol,
    script: () => ({ silent: true }),
    hear: ({ pcm, sampleRate }) => {
      const there = new Set(pitches.read(pcm, sampleRate));
      return `I am ${NAMES.filter((name) => there.has(name)).join(' and ')}.`;
    },
    ...options,
  });
  return { world, ears: new ProviderEars(world.model, { pitches, rate: INPUT_RATE[protocol] }) };
}
