/** One line of the doctor. `note`: nothing is wrong, or it was not tried. `text` says what to do where something is. */
export interface Finding {
  readonly state: 'ok' | 'failed' | 'note';
  readonly name: string;
  readonly text: string;
}

const MARK = { ok: '✓', failed: '✗', note: '–' } as const;

/** The line as it is printed, at most `LINE_LIMIT` long, without anything that is secret or that controls a terminal. */
export function lineOf(finding: Finding, secrets: readonly string[]): string {
  let text = `${finding.name}: ${finding.text}`;
  // The longest first: one secret may be the beginning of another.
  for (const secret of secrets.toSorted((a, b) => b.length - a.length)) {
    if (secret.length >= SHORTEST_SECRET) text = text.replaceAll(secret, '[redacted]');
  }
  const plain = text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ');
  return `${MARK[finding.state]} ${plain.length > LINE_LIMIT ? `${plain.slice(0, LINE_LIMIT - 1)}…` : plain}`;
}

const LINE_LIMIT = 700;
const SHORTEST_SECRET = 4;

/** Does one check and makes a finding of what it says or throws; past `limitMs` that it did not end. */
export async function check(name: string, look: () => Promise<string> | string, limitMs = 5_000): Promise<Finding> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`did not end within ${limitMs / 1_000} s; try again.`)),
    limitMs,
  );
  try {
    return { state: 'ok', name, text: await Promise.race([(async () => look())(), late.promise]) };
  } catch (error) {
    return { state: 'failed', name, text: messageOf(error) };
  } finally {
    clearTimeout(timer);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
