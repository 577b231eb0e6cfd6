// Which results of tools say nothing. gemini-3.8-live calls again after such a result, two to five times, with other
// arguments, unless the result says that this does not help: docs.cloud.google.com/gemini-enterprise-agent-platform/models/
// live-api/migrate-from-gemini-2-5-to-gemini-3-8-live, "Mitigating redundant sweeps and function-call retries".

/** What stands beside such a result. */
export const NO_RESULTS = {
  status: 'no_results',
  retryable: false,
  message: 'Nothing was found. Calling the tool again does not help: tell people so.',
} as const;

/** Whether a tool's output, as text or as JSON text, has nothing in it: no value at all, or empty lists and counts of 0. */
export function saysNothing(output: string): boolean {
  const text = output.trim();
  if (text === '') return true;
  try {
    return isNothing(JSON.parse(text));
  } catch {
    return false;
  }
}

/** Numbers that count what was found. */
const COUNT = /count|total|available|found|hits|matches|length|size/i;
/** What only says again what was asked. */
const ECHO = /query|search|term|filter|range|from|to|since|until|page|limit|offset/i;

function isNothing(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  if (typeof value === 'string') return value.trim() === '';
  if (typeof value !== 'object') return false;
  if (Array.isArray(value)) return value.every(isNothing);
  // Whoever says by itself whether it helps is believed.
  if (Object.hasOwn(value, 'retryable')) return false;
  const entries = Object.entries(value).filter(([key, one]) => isNothing(one) || !ECHO.test(key));
  return entries.every(([key, one]) => isNothing(one) || (one === 0 && COUNT.test(key)));
}
