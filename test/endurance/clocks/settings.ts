import type { StartedOptions } from '../../support/world/started-world.ts';

const S = 1_000;
const MINUTE = 60 * S;
const HOUR = 60 * MINUTE;
const YEAR = 365 * 24 * HOUR;

/** One line of the table: what is wrong with a clock, or with what the provider says of its sessions. */
export interface ClockSetting {
  readonly name: string;
  readonly world: Pick<StartedOptions, 'protocol' | 'simulated' | 'discord'>;
  /** By how much the bot's wall clock is ahead so many ms after its start. */
  readonly wrongBy?: (sinceMs: number) => number;
  /** It takes longer than others to show itself, in ms. */
  readonly leastMs?: number;
  /** Whether the record has to show the right times all the same. */
  readonly timesAreRight: boolean;
}

const openai = (simulated: StartedOptions['simulated'] = {}) => ({ protocol: 'openai', simulated }) as const;
const gemini = (simulated: StartedOptions['simulated'] = {}) => ({ protocol: 'gemini', simulated }) as const;
/** As behind a proxy that takes the Date out: the bot has nothing but its own clock. */
const untold = { discord: { tellsTime: false } };
const JUMPS = [0, HOUR, -HOUR, 40 * YEAR, -40 * YEAR, 90 * S, -3 * S];
const inTurns = (sinceMs: number): number => JUMPS[Math.floor(sinceMs / (7 * S)) % JUMPS.length] as number;

/** Over OpenAI a clock matters to the ends of sessions as well; over Gemini, whose ends are durations, to the rest. */
export const CLOCK_SETTINGS: readonly ClockSetting[] = [
  { name: 'OpenAI, all as it should be', world: openai(), timesAreRight: true },
  { name: 'OpenAI, clock an hour ahead', world: openai(), wrongBy: () => HOUR, timesAreRight: true },
  {
    name: 'OpenAI, clock an hour ahead, untold',
    world: { ...openai(), ...untold },
    wrongBy: () => HOUR,
    timesAreRight: false,
  },
  {
    name: 'OpenAI, clock an hour behind, untold',
    world: { ...openai(), ...untold },
    wrongBy: () => -HOUR,
    timesAreRight: false,
  },
  {
    name: 'OpenAI, clock 59 minutes ahead, untold',
    world: { ...openai(), ...untold },
    wrongBy: () => 59 * MINUTE,
    timesAreRight: false,
  },
  { name: 'OpenAI, clock forty years ahead', world: openai(), wrongBy: () => 40 * YEAR, timesAreRight: true },
  {
    name: 'OpenAI, clock forty years behind, untold',
    world: { ...openai(), ...untold },
    wrongBy: () => -40 * YEAR,
    timesAreRight: false,
  },
  {
    name: 'OpenAI, clock in 1970 for 15 s',
    world: openai(),
    wrongBy: (ms) => (ms < 15 * S ? -Date.now() : 0),
    timesAreRight: true,
  },
  { name: 'OpenAI, clock that jumps every 7 s', world: openai(), wrongBy: inTurns, timesAreRight: true },
  { name: 'Gemini, clock that jumps every 7 s', world: gemini(), wrongBy: inTurns, timesAreRight: true },
  {
    name: 'Gemini, clock that jumps every 7 s, untold',
    world: { ...gemini(), ...untold },
    wrongBy: inTurns,
    timesAreRight: true,
  },
  { name: 'OpenAI, clock twice as fast', world: openai(), wrongBy: (ms) => ms, timesAreRight: true },
  {
    name: 'OpenAI, sessions of 4 minutes',
    world: openai({ sessionMs: 4 * MINUTE }),
    leastMs: 4 * MINUTE,
    timesAreRight: true,
  },
  {
    name: 'OpenAI, sessions of a minute',
    world: openai({ sessionMs: MINUTE }),
    leastMs: 2 * MINUTE,
    timesAreRight: true,
  },
  {
    name: 'OpenAI, sessions of 20 s that are told as an hour',
    world: openai({ sessionMs: 20 * S, expiresAt: (ms) => Math.floor((ms + HOUR) / S) }),
    timesAreRight: true,
  },
  { name: 'OpenAI, end told as over', world: openai({ expiresAt: () => 1 }), timesAreRight: true },
  { name: 'OpenAI, end told in ms', world: openai({ expiresAt: (ms) => ms }), timesAreRight: true },
  { name: 'OpenAI, end told in words', world: openai({ expiresAt: () => 'soon' }), timesAreRight: true },
  {
    name: 'OpenAI, end told as in 61 s, and never',
    world: openai({ expiresAt: (ms) => Math.floor((ms - HOUR) / S) + 61 }),
    timesAreRight: true,
  },
  {
    name: 'Gemini, connections of 20 s',
    world: gemini({ connectionMs: 20 * S, goAwayMs: 5 * S }),
    timesAreRight: true,
  },
  {
    name: 'Gemini, goAway every second, no time left',
    world: gemini({ announcing: { everyMs: S, timeLeft: '0s' } }),
    leastMs: 3 * MINUTE,
    timesAreRight: true,
  },
  {
    name: 'Gemini, goAway every second, a year left',
    world: gemini({ announcing: { everyMs: S, timeLeft: '31536000s' } }),
    timesAreRight: true,
  },
  {
    name: 'Gemini, goAway every second, of no meaning',
    world: gemini({ announcing: { everyMs: S, timeLeft: 'soon' } }),
    timesAreRight: true,
  },
];
