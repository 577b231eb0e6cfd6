import { type SessionLossKind, SessionLostError } from '../../ports/errors.ts';
import { type ModelLog, redacted, repeated, type SocketEnd } from '../connection/model-socket.ts';
import { between, isBetween, nothingThere, PASSES, reachability, unfit } from '../connection/reachability.ts';
import { retryAfterSaid } from '../connection/retry-after.ts';
import type { Target } from '../connection/service.ts';

/**
 * The loss that the end of a connection means. The Live API says nothing but a close code and a reason. `accepted`: the
 * setup was.
 */
export function geminiLoss(end: SocketEnd, target: Target, accepted: boolean): SessionLostError {
  switch (end.type) {
    case 'refused': {
      const { status, body } = end;
      if (isBetween(status, body)) return between(status, target);
      if (status === 404 && target.service.gateway) return nothingThere(target);
      const kind = kindOfStatus(status, body);
      const wrong = kind === 'invalid-request' ? unfit(`HTTP ${status}`, target) : undefined;
      if (wrong) return wrong;
      const retryAfterMs = end.retryAfterMs ?? retryAfterSaid(body);
      return lost(kind, target, `HTTP ${status}`, { retryAfterMs, passes: !SPENT.test(body) });
    }
    case 'closed':
      return closed(end, target, accepted);
    case 'failed':
      return lost('network', target, reachability(end.error), { cause: end.error });
    default:
      return end satisfies never;
  }
}

/** Frames with an `error`, which the protocol does not have: gateways send google.rpc.Status before they close, or instead. */
export class GeminiErrors {
  readonly #target: Target;
  readonly #log: ModelLog;
  #count = 0;

  constructor(target: Target, log: ModelLog) {
    this.#target = target;
    this.#log = log;
  }

  /** Gives the loss that it means; undefined: the session goes on, and the log says what was said. */
  handle(error: unknown, accepted: boolean): SessionLostError | undefined {
    const problem = problemIn(error, this.#target, accepted);
    this.#count += 1;
    this.#log.warn({ said: problem.message, count: this.#count }, 'the provider reports an unknown error');
    // Before the setup was accepted nothing else will come.
    return !accepted || !problem.retryable ? problem : undefined;
  }
}

function problemIn(error: unknown, target: Target, accepted: boolean): SessionLostError {
  const { code, status, message } = (typeof error === 'object' && error !== null ? error : { message: error }) as {
    readonly code?: unknown;
    readonly status?: unknown;
    readonly message?: unknown;
  };
  const reason = [status, message].filter((one) => typeof one === 'string').join(': ') || `error ${String(code)}`;
  const known = typeof code === 'number' && code >= 400 && code < 600 ? code : undefined;
  const byWords = kindOfClose(1008, reason, accepted);
  const kind = byWords === 'invalid-request' && known !== undefined ? kindOfStatus(known, reason) : byWords;
  const said = accepted ? repeated(reason, target.secrets) : reason;
  return lost(kind, target, said, { retryAfterMs: retryAfterSaid(reason), passes: mayPass(kind, reason) });
}

function closed({ code, reason }: SocketEnd & { type: 'closed' }, target: Target, accepted: boolean): SessionLostError {
  const kind = kindOfClose(code, reason, accepted);
  const more = { retryAfterMs: retryAfterSaid(reason), passes: mayPass(kind, reason) };
  // Before the setup was accepted nothing was sent but what the operator and managers set.
  const said = accepted ? repeated(reason, target.secrets) : reason;
  return lost(kind, target, said || `close code ${code}`, more);
}

/** Google says the same of a limit a minute and of a used up plan; only of credit is it sure. */
function mayPass(kind: SessionLossKind, reason: string): boolean | undefined {
  return kind === 'quota' ? !SPENT.test(reason) : undefined;
}

function kindOfStatus(status: number, body: string): SessionLossKind {
  if (status === 403 && (LIMIT.test(body) || QUOTA.test(body))) return LIMIT.test(body) ? 'limit' : 'quota';
  if (status === 401 || status === 403) return 'authentication';
  if (status === 404) return 'invalid-request';
  if (status === 429) return QUOTA.test(body) ? 'quota' : 'limit';
  if (status === 400) return /api.?key/i.test(body) ? 'authentication' : 'invalid-request';
  return status >= 500 || status === 408 || status === 425 ? 'provider' : 'invalid-request';
}

const SPENT =
  /prepay|credits? (is |are |has |have )?(been )?(depleted|used|exhausted|spent)|billing (account )?(is |has been )?(disabled|closed|not enabled)/i;
const QUOTA = /quota|billing|prepay|credits/i;
/** Passes by itself: github.com/GoogleCloudPlatform/generative-ai/issues/1576 (concurrent sessions, with 1011). */
const LIMIT = /resource.?exhausted|concurrent|too many|rate.?limit|overloaded|over capacity|try again later/i;
const KEY =
  /api.?key|unregistered caller|unauthenticated|invalid authentication|authentication credential|access token|oauth/i;

// Reasons as seen in reports on the live service, e.g. googleapis/js-genai#1236, googleapis/python-genai#1720.
function kindOfClose(code: number, reason: string, accepted: boolean): SessionLossKind {
  if (KEY.test(reason)) return 'authentication';
  // Of a session that works it is about something in it, a tool or a file: the next connection shows whether of us.
  if (!accepted && /permission|credential/i.test(reason)) return 'authentication';
  if (QUOTA.test(reason)) return 'quota';
  if (LIMIT.test(reason)) return 'limit';
  if (/models?\b.*(not found|not supported)|not found for API version/i.test(reason)) return 'unknown-model';
  if (/deadline|duration|session (expired|not found)|go.?away/i.test(reason)) return 'expired';
  // Cut without a word, or by the service itself; both are common and pass.
  if (/operation was (aborted|cancelled)/i.test(reason)) return 'network';
  if (code === 1006) return 'network';
  if (code === 1001) return 'expired';
  if (code === 1013) return 'limit';
  // In the middle of a session that works, 1008 passes too (googleapis/js-genai#1236); what the setup asks for is fine.
  // So may 1007 (googleapis/js-genai#1189, yagudaev/voiceclaw#66), which is doubted like any verdict: see Attempts.
  if (code === 1008 && accepted) return 'provider';
  return code === 1007 || code === 1008 || code === 1009 ? 'invalid-request' : 'provider';
}

interface More {
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
  /** Whether a quota may be one that is there again soon. */
  readonly passes?: boolean | undefined;
}

/** The failure in words for people. `detail` comes from outside and is made safe here. */
function lost(kind: SessionLossKind, target: Target, detail: string, more: More = {}): SessionLostError {
  const said = redacted(detail, target.secrets);
  const { name, credentials, modelVariable, addressVariable } = target.service;
  const text: Record<SessionLossKind, string> = {
    authentication: `Google rejected the ${target.service.credentialNoun}: check ${credentials}.`,
    quota: `The quota of the ${name} ${target.service.credentialNoun} is used up: check its plan and billing.`,
    limit: `${name} has too many requests or sessions of this account for the moment (${said}): try again in a minute.`,
    'unknown-model': `${name} Live does not know the model ${JSON.stringify(target.model)}: check ${modelVariable}.`,
    'invalid-request': `${name} did not accept the session (${said}).`,
    'no-answer': `${name} did not answer (${said}).`,
    expired: `The connection to ${name} has reached its time limit.`,
    network: `The connection to ${name} failed (${said}): check the network and ${addressVariable}.`,
    provider: `${name} ended the session (${said}): try again in a moment.`,
  };
  const { retryAfterMs, cause, passes = false } = more;
  const retryable = PASSES.has(kind) || (kind === 'quota' && passes);
  return new SessionLostError(kind, text[kind], { retryable, retryAfterMs, cause });
}
