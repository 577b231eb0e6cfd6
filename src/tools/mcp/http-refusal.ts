/** Nobody who names a time to wait is left alone for longer. */
const LONGEST_RETRY_AFTER_MS = 300_000;
const LONGEST_BODY = 2_000;

/** What a server said in refusing a POST. */
export class HttpRefusal extends Error {
  override readonly name = 'HttpRefusal';
  readonly status: number;
  /** Its own words; untrusted. */
  readonly words: string;
  /** undefined: it did not say how long to wait. */
  readonly retryAfterMs: number | undefined;
  /** It does not know the session (any more), so it did not carry out what was asked in it. */
  readonly sessionOver: boolean;

  /** `session`: whether the request was part of one. Reads the body. */
  static async of(response: Response, session: boolean): Promise<HttpRefusal> {
    const body = (await response.text().catch(() => '')).slice(0, LONGEST_BODY);
    return new HttpRefusal({ response, body, session });
  }

  private constructor(options: { readonly response: Response; readonly body: string; readonly session: boolean }) {
    const { response, body, session } = options;
    super(`HTTP ${response.status}`);
    this.status = response.status;
    this.words = wordsIn(body);
    this.retryAfterMs = retryAfterMs(response.headers);
    // A server says 404, some 410, or another status and a sentence (modelcontextprotocol.io/specification/2025-06-18/basic/
    // transports#session-management, github.com/modelcontextprotocol/typescript-sdk/pull/1402, github.com/markmhendrickson/neotoma/issues/1923).
    const told = ![401, 403, 429].includes(this.status) && speaksOfSession(body);
    this.sessionOver = session && ([404, 410].includes(this.status) || told);
  }
}

/** Whether words say that a session is over, or never was. */
export function speaksOfSession(words: string): boolean {
  return (
    /session/i.test(words) &&
    /not found|expired|terminated|closed|unknown|invalid|no valid|missing|required|not initiali[sz]ed/i.test(words)
  );
}

/** The sentence of a JSON-RPC error or of a gateway's JSON; else the text. */
function wordsIn(body: string): string {
  try {
    const json = JSON.parse(body);
    const words = json?.error?.message ?? json?.error_description ?? json?.message ?? json?.detail ?? json?.error;
    return typeof words === 'string' ? words : body;
  } catch {
    return body;
  }
}

/** Seconds or a date (RFC 9110, 10.2.3). The date counts from the server's own clock where it says what that shows. */
function retryAfterMs(headers: Headers): number | undefined {
  const value = headers.get('retry-after')?.trim();
  if (!value) return undefined;
  const now = Date.parse(headers.get('date') ?? '') || Date.now();
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - now;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), LONGEST_RETRY_AFTER_MS);
}
