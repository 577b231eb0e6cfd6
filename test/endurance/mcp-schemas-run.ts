import { seededRandom } from '@parley/simulator/discord';
import fc from 'fast-check';
import { argumentsSchema, wrongWith } from '../support/mcp/mcp-schemas.ts';

export const name = '10,000 random schemas of MCP tools: whatever is written by the declaration fits the original';

const RUNS = 10_000;
const REPORT_EVERY = 1_000;

/** Throws with the schema, its declaration and the value where one does not fit. */
export async function run(say: (line: string) => void): Promise<void> {
  let [done, exact, slowestMs] = [0, 0, 0];
  const property = fc.property(argumentsSchema, fc.nat(), (schema, seed) => {
    const startedAt = performance.now();
    const { what, exact: whole } = wrongWith(schema, seededRandom(seed, 'values'));
    slowestMs = Math.max(slowestMs, performance.now() - startedAt);
    if (what !== undefined) throw new Error(what);
    exact += Number(whole);
    done += 1;
    if (done % REPORT_EVERY === 0)
      say(`${done} schemas, ${exact} declared exactly, the slowest took ${Math.round(slowestMs)} ms`);
  });
  fc.assert(property, { numRuns: RUNS, endOnFailure: true });
  if (exact < RUNS / 2) throw new Error(`only ${exact} of ${RUNS} were declared exactly`);
}
