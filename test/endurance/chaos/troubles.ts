import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { RestFault } from '@parley/simulator/discord';
import type { StrictMcp } from '../../support/mcp/mcp-http.ts';
import type { StartedWorld } from '../../support/world/started-world.ts';
import { MODEL_TROUBLES } from './model-troubles.ts';

/** Where troubles strike. */
export interface Ground {
  readonly world: StartedWorld;
  readonly random: () => number;
  readonly mcp: StrictMcp;
  /** The mounted folder of the database. */
  readonly disk: string;
  /** Sets the wall clock of the bot's process forward by so much, or back; 0: right again. */
  setClock(ms: number): void;
  /** Brings the bot into the channel. */
  join(): Promise<void>;
}

/** Something that goes wrong, until it is over. */
export interface Trouble {
  readonly name: string;
  /** What is said meanwhile may not be heard. */
  readonly deafens: boolean;
  /** The process, or its way to Discord, is gone meanwhile: Discord itself tells people that nobody answers. */
  readonly takesAway?: boolean;
  /** What had ended so long before may be lost as well, in ms: it was not at the model, or not written yet. */
  readonly losesMs?: number;
  /** Resolves when nothing is in the bot's way any more. */
  strike(ground: Ground): Promise<void>;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const FORTY_YEARS_MS = 40 * 365.25 * 24 * HOUR_MS;

/** Troubles that end the process. */
export const ENDS: readonly Trouble[] = [
  {
    name: 'stopped and started again, called in',
    deafens: true,
    takesAway: true,
    losesMs: 3_000,
    strike: async ({ world, join }) => {
      await world.bot.stop();
      await world.boot().logs('ready');
      await join();
    },
  },
  {
    name: 'killed and started again, comes back by itself',
    deafens: true,
    takesAway: true,
    losesMs: 6_000,
    strike: async ({ world }) => {
      world.bot.kill();
      await world.bot.exit().catch(() => {});
      await world.boot().logs('ready');
    },
  },
];

const CHANNELS = /^\/channels\//;

/** For 20 s some of what the bot asks of channels goes wrong like this. */
function restTrouble(name: string, fault: RestFault): Trouble {
  return {
    name: `REST: ${name} for 20 s`,
    deafens: false,
    strike: async ({ world, random }) => {
      const { restFaults } = world.discord;
      const added = restFaults.add({ path: CHANNELS, fault: () => (random() < 0.5 ? fault : undefined) });
      await wait(20_000);
      added.remove();
    },
  };
}

/** All of the bot's network is gone: Discord's, voice, and the model's. */
function networkGone(outage: 'reset' | 'silent', seconds: number): Trouble {
  return {
    name: `network gone (${outage}) for ${seconds} s`,
    deafens: true,
    takesAway: true,
    losesMs: 3_000,
    strike: async ({ world }) => {
      world.discord.cutNetwork(outage);
      world.model.faults.halfOpen = true;
      await wait(seconds * 1_000);
      world.model.faults.halfOpen = false;
      world.discord.restoreNetwork();
      await resumed(world);
    },
  };
}

/** Troubles that the process has to live through. */
export const TROUBLES: readonly Trouble[] = [
  networkGone('reset', 10),
  networkGone('silent', 90),
  restTrouble('502 after it was done', { kind: 'status', status: 502, acts: true, body: '<html>', type: 'text/html' }),
  restTrouble('500', { kind: 'status', status: 500 }),
  restTrouble('connection cut after it was done', { kind: 'cut', acts: true }),
  restTrouble('connection cut', { kind: 'cut' }),
  restTrouble('no answer', { kind: 'hang', acts: true }),
  restTrouble('answers 4 s late', { kind: 'late', ms: 4_000 }),
  restTrouble('429', {
    kind: 'status',
    status: 429,
    headers: { 'retry-after': '2' },
    body: { message: 'slow', retry_after: 2, global: false },
  }),
  {
    name: 'gateway connection cut, resumed',
    deafens: false,
    strike: async ({ world }) => {
      world.discord.gateway.drop();
      await resumed(world);
    },
  },
  {
    name: 'gateway asks to reconnect (op 7)',
    deafens: false,
    strike: async ({ world }) => {
      world.discord.gateway.askToReconnect();
      await resumed(world);
    },
  },
  {
    name: 'gateway session ended (op 9)',
    deafens: true,
    takesAway: true,
    strike: async ({ world }) => {
      world.discord.gateway.invalidate();
      await resumed(world);
    },
  },
  {
    name: 'gateway away for 20 s',
    deafens: false,
    takesAway: true,
    strike: async ({ world }) => {
      const { gateway } = world.discord;
      gateway.unreachable = true;
      gateway.drop();
      await wait(20_000);
      gateway.unreachable = false;
      await resumed(world);
    },
  },
  {
    name: 'voice server replaced',
    deafens: true,
    strike: async ({ world }) => {
      world.guild.places.reallocate(world.discord.botUser.id, 1_500);
      await wait(3_000);
    },
  },
  {
    name: 'server unavailable for 10 s',
    deafens: false,
    strike: async ({ world }) => {
      world.discord.outage(world.guild);
      await wait(10_000);
      world.discord.outageOver(world.guild);
    },
  },
  ...MODEL_TROUBLES,
  ...[HOUR_MS, -HOUR_MS, FORTY_YEARS_MS, -FORTY_YEARS_MS].map(
    (ms): Trouble => ({
      name: `clock wrong by ${Math.abs(ms) > 24 * HOUR_MS ? `${Math.sign(ms) * 40} years` : `${ms / HOUR_MS} h`} for 20 s`,
      deafens: false,
      strike: async ({ setClock }) => {
        setClock(ms);
        await wait(20_000);
        setClock(0);
      },
    }),
  ),
  {
    name: 'disk full for 30 s',
    deafens: false,
    strike: async ({ disk }) => {
      const filler = join(disk, 'filler');
      fill(filler);
      await wait(30_000);
      rmSync(filler, { force: true });
      await wait(6_000);
    },
  },
];

/** Takes all the space that is left. */
function fill(path: string): void {
  const file = openSync(path, 'w');
  for (let chunk = 1 << 20; chunk >= 1; ) {
    try {
      writeSync(file, Buffer.alloc(chunk));
    } catch {
      chunk >>= 1;
    }
  }
  closeSync(file);
}

async function resumed({ discord }: StartedWorld): Promise<void> {
  for (let waitedMs = 0; waitedMs < 90_000; waitedMs += 100) {
    await wait(100);
    if (discord.gateway.sessions.some((session) => session.socket !== undefined)) return;
  }
  throw new Error('the bot did not come back to the gateway within 90 s');
}
