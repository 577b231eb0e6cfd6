import { setTimeout as wait } from 'node:timers/promises';
import type { Answer, SimulatedPerson } from '@parley/simulator/discord';
import type { StartedWorld } from '../../support/world/started-world.ts';

/** For an answer, from the moment when there is somebody to give it. */
export const ANSWERED_WITHIN_MS = 10_000;

/** What is typed: nothing that changes who is in the channel. */
const COMMANDS: readonly (readonly [typed: string, values?: Readonly<Record<string, string>>])[] = [
  ['/status'],
  ['/why'],
  ['/voice show'],
  ['/tools list'],
  ['/usage show'],
  ['/transcript search', { text: 'number' }],
  ['/transcript export'],
  ['/privacy about'],
  ['/privacy show'],
  ['/privacy export'],
  ['/rules list'],
  ['/notes list'],
  ['/reminders list'],
  ['/missed'],
];

/** A command, and what became of it. `refused`: nobody was there to take it, so Discord itself said so. */
export interface Typed {
  readonly command: string;
  readonly at: number;
  readonly outcome: 'answered' | 'refused' | 'lost';
  readonly answer: string;
  readonly files: number;
}

/**
 * Types commands until the signal. `mayFail(from, to)`: whether something took the bot or its way to Discord away in this
 * time, so that Discord itself tells the person that there was no response.
 */
export async function type(
  person: SimulatedPerson,
  world: StartedWorld,
  options: {
    readonly everyMs: number;
    readonly random: () => number;
    readonly mayFail: (from: number, to: number) => boolean;
    readonly signal: AbortSignal;
  },
): Promise<Typed[]> {
  const { everyMs, random, mayFail, signal } = options;
  const typed: Typed[] = [];
  const under = new Set<Promise<void>>();
  while (!signal.aborted) {
    await wait(everyMs * (0.5 + random()), undefined, { signal }).catch(() => {});
    if (signal.aborted) break;
    const [command, values] = COMMANDS[Math.floor(random() * COMMANDS.length)] as (typeof COMMANDS)[number];
    const at = performance.now();
    const isThere = world.discord.gateway.sessions.some((session) => session.socket !== undefined);
    const one = person.command(command, values ?? {}, { timeoutMs: ANSWERED_WITHIN_MS }).then(
      (answer: Answer) => {
        typed.push({ command, at, outcome: 'answered', answer: answer.content, files: answer.files.length });
      },
      (error: unknown) => {
        const isExcused = !isThere || mayFail(at, performance.now());
        const reason = error instanceof Error ? error.message : String(error);
        typed.push({ command, at, outcome: isExcused ? 'refused' : 'lost', answer: reason, files: 0 });
      },
    );
    under.add(one);
    void one.finally(() => under.delete(one));
  }
  await Promise.all(under);
  return typed;
}
