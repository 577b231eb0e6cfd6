import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import type { Protocol } from '../support/world/world.ts';
import { type ChaosResult, chaos } from './chaos/chaos.ts';
import { deafTimes, needlessPerMinute, postFaults, recordFaults } from './chaos/judgement.ts';
import { trend } from './trend.ts';

const MINUTES = Number(process.env.CHAOS_MINUTES ?? 60);
const SEED = Number(process.env.CHAOS_SEED ?? 1);
/** The process is ended and started in the first third only, so that its memory can be followed. */
const ENDS_UNTIL = 1 / 3;
/** Compilers and pools fill up first: the last third counts. */
const MEMORY_FROM = 2 / 3;
const MEMORY_SLACK_MB = 3;
/** V8's pools grow by so much where the machine is busy, and are not always given back. */
const RESIDENT_SLACK_MB = 64;
const RECOVERED_WITHIN_MS = 60_000;
const ONLY = (process.env.CHAOS_ONLY ?? '').split(',').filter((part) => part !== '');
const EVIDENCE = 'out/chaos.json';
const LOG = 'out/chaos.log';
const MOST_NEEDLESS = 20;
const MOST_CONNECTIONS = 20;
const PROTOCOL: Protocol = process.env.CHAOS_PROTOCOL === 'gemini' ? 'gemini' : 'openai';
/** Of the sentences in the record, as somebody's: Gemini names no turn with its words. */
const MOST_UNCLEAR = { openai: 0, gemini: 0.02 } as const;
const EXAMPLES = 20;

export const name = `${MINUTES} minutes of faults of Discord, the model (${PROTOCOL}) and an MCP server, wrong clocks, a full disk and restarts, while three people speak and one types`;

/** Needs to be root (it mounts a small disk). `CHAOS_MINUTES`, `CHAOS_SEED`, `CHAOS_PROTOCOL=gemini` and `CHAOS_ONLY=disk,network,MCP` change it. */
export async function run(say: (line: string) => void): Promise<void> {
  const result = await chaos({
    lengthMs: MINUTES * 60_000,
    seed: SEED,
    endsUntil: ENDS_UNTIL,
    protocol: PROTOCOL,
    only: ONLY,
    say,
  });
  const failed = [
    ...judgeRecord(result, say),
    ...judgePosts(result, say),
    ...judgeTyped(result, say),
    ...judgeRequests(result, say),
    ...judgeConnections(result, say),
    ...judgeMemory(result, say),
    ...judgeMcp(result, say),
  ];
  const { heard, requests, memory, logged, ...rest } = result;
  mkdirSync('out', { recursive: true });
  writeFileSync(LOG, logged);
  if (failed.length > 0) {
    const asked = requests.map(
      ({ method, path, status, at }) => `${Math.round(at - result.startedAt)} ${method} ${path} ${status}`,
    );
    writeFileSync(EVIDENCE, JSON.stringify({ failed, heard: [...heard], asked, memory, ...rest }, null, 1));
    say(`what was said, recorded and posted is in ${EVIDENCE}, and what was logged in ${LOG}`);
  }
  assert.deepEqual(failed, []);
}

function judgeRecord({ sentences, heard, struck, recorded }: ChaosResult, say: (line: string) => void): string[] {
  const deaf = deafTimes(struck, sentences, heard);
  const { demanded, there, unclear, faults } = recordFaults(sentences, recorded, deaf);
  say(
    `${struck.length} troubles; ${sentences.length} sentences, ${demanded} of them in reach, ${there} recorded, ${unclear} as somebody's`,
  );
  const late = deaf.filter(({ recoveredMs }) => !(recoveredMs <= RECOVERED_WITHIN_MS));
  const longest = Math.max(0, ...deaf.map(({ recoveredMs }) => recoveredMs));
  say(`after ${deaf.length} troubles that deafen, somebody was heard again within ${(longest / 1000).toFixed(1)} s`);
  if (unclear > MOST_UNCLEAR[PROTOCOL] * there) faults.push(`${unclear} stand as somebody's`);
  return [...faults.slice(0, EXAMPLES), ...late.map((one) => `deaf after: ${one.name}`)];
}

/** However the server fails, no call is carried out twice; where everything works, most are carried out. */
function judgeMcp({ mcp: { made, carriedOut } }: ChaosResult, say: (line: string) => void): string[] {
  const once = new Set(carriedOut);
  say(`${made} calls of the MCP server: ${once.size} carried out, ${carriedOut.length - once.size} of them again`);
  return [
    ...(carriedOut.length > once.size ? [`${carriedOut.length - once.size} calls were carried out twice`] : []),
    ...(made >= 10 && once.size < made / 3 ? [`only ${once.size} of ${made} calls were carried out`] : []),
  ];
}

function judgePosts({ posts, recorded }: ChaosResult, say: (line: string) => void): string[] {
  const { twice, missing } = postFaults(posts, recorded);
  say(`posted twice: ${twice.length}; recorded and not posted: ${missing}`);
  return twice.slice(0, EXAMPLES).map((number) => `number ${number} is posted twice`);
}

function judgeTyped({ typed }: ChaosResult, say: (line: string) => void): string[] {
  const of = (outcome: (typeof typed)[number]['outcome']) => typed.filter((one) => one.outcome === outcome);
  say(
    `${typed.length} commands: ${of('answered').length} answered, ${of('refused').length} typed while nobody was there`,
  );
  return of('lost').map(({ command, answer }) => `${command}: ${answer}`);
}

function judgeRequests({ requests, typed, mcp, startedAt }: ChaosResult, say: (line: string) => void): string[] {
  const minutes = needlessPerMinute(requests, [...typed.map(({ at }) => at), ...mcp.madeAt], startedAt);
  const most = Math.max(0, ...minutes);
  say(`${requests.length} requests; of those that the conversation did not need at most ${most} a minute`);
  return most <= MOST_NEEDLESS ? [] : [`${most} needless requests in a minute`];
}

function judgeConnections({ connections }: ChaosResult, say: (line: string) => void): string[] {
  const most = Math.max(0, ...connections);
  say(`at most ${most} connections to the model a minute, ${connections.reduce((sum, one) => sum + one, 0)} in all`);
  return most <= MOST_CONNECTIONS ? [] : [`${most} connections to the model in a minute`];
}

function judgeMemory({ memory }: ChaosResult, say: (line: string) => void): string[] {
  const from = MEMORY_FROM * MINUTES * 60_000;
  const pid = memory.at(-1)?.pid;
  const samples = memory.filter((one) => one.pid === pid && one.at >= from);
  const living = samples.flatMap(({ at, live }) => (live === undefined ? [] : [{ at, value: live }]));
  const { rise, error } = trend(living);
  const resident = trend(samples.map((one) => ({ at: one.at, value: one.resident })));
  say(
    `in the last third what lives rose by ${rise.toFixed(2)} ± ${error.toFixed(2)} MB (${living.length} samples), resident memory by ${resident.rise.toFixed(0)} ± ${resident.error.toFixed(0)} MB`,
  );
  return [
    ...(rise <= 3 * error + MEMORY_SLACK_MB ? [] : [`what lives rose by ${rise.toFixed(1)} MB`]),
    ...(resident.rise <= RESIDENT_SLACK_MB ? [] : [`resident memory rose by ${resident.rise.toFixed(0)} MB`]),
  ];
}
