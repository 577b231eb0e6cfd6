import { setImmediate as turn } from 'node:timers/promises';
import type { Tool } from '../tool.ts';
import { MOST_DETAIL } from './schema/schema.ts';

/** Everything else has its turn after so long: somebody may be listening to the bot. */
const LONGEST_STEP_MS = 5;

/** What a session pays for a tool, about: the characters of its declaration. */
function sizeOf(tool: Tool): number {
  const known = sizes.get(tool);
  if (known !== undefined) return known;
  const size = Buffer.byteLength(tool.name + tool.description + JSON.stringify(tool.parameters));
  sizes.set(tool, size);
  return size;
}

const sizes = new WeakMap<Tool, number>();

/**
 * Tools of which as much is said as fits: where it is too much, less is said of those that say the most, and where that
 * is not enough either, the last ones are left out. `make`: the tool at this place, with less said the more `least` is.
 */
export async function fitting(
  count: number,
  make: (at: number, least: number) => Tool,
  mostBytes: number,
): Promise<readonly Tool[]> {
  const pause = pauses();
  const made: { tool: Tool; least: number }[] = [];
  for (let at = 0; at < count; at += 1) {
    made.push({ tool: make(at, 0), least: 0 });
    await pause();
  }
  let bytes = made.reduce((total, { tool }) => total + sizeOf(tool), 0);
  while (bytes > mostBytes) {
    const open = made.filter(({ least }) => least < MOST_DETAIL - 1);
    const [first] = open;
    if (!first) break;
    const largest = open.reduce((one, other) => (sizeOf(other.tool) > sizeOf(one.tool) ? other : one), first);
    const at = made.indexOf(largest);
    const tool = make(at, largest.least + 1);
    bytes += sizeOf(tool) - sizeOf(largest.tool);
    made[at] = { tool, least: largest.least + 1 };
    await pause();
  }
  return within(
    made.map(({ tool }) => tool),
    { tools: count, bytes: mostBytes },
  ).kept;
}

/** The first tools that fit, and what is left of the room. */
export function within(
  tools: readonly Tool[],
  room: { readonly tools: number; readonly bytes: number },
): { kept: readonly Tool[]; left: { tools: number; bytes: number } } {
  let bytes = room.bytes;
  const end = tools.findIndex((tool, at) => {
    bytes -= sizeOf(tool);
    return at >= room.tools || bytes < 0;
  });
  const kept = end < 0 ? tools : tools.slice(0, end);
  const used = kept.reduce((total, tool) => total + sizeOf(tool), 0);
  return { kept, left: { tools: room.tools - kept.length, bytes: room.bytes - used } };
}

function pauses(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < LONGEST_STEP_MS) return;
    await turn();
    since = performance.now();
  };
}
