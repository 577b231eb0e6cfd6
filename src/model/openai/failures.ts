import { type SessionLossKind, SessionLostError } from '../../ports/errors.ts';
import { redacted, repeated, type SocketEnd } from '../connection/model-socket.ts';
import { between, isBetween, nothingThere, PASSES, reachability, unfit } from '../connection/reachability.ts';
import { retryAfterSaid } from '../connection/retry-after.ts';
import type { Target } from '../connection/service.ts';

/** What an `error` event, a failed response or an error body says. */
export interface OpenAIProblem {
  readonly code?: string | null;
  readonly type?: string | null;
  readonly message?: string | null;
  readonly event_id?: string | null;
  readonly param?: string | null;
}

// Codes of platform.openai.com/docs/guides/error-codes and of the Realtime API's `error` event after which the
// session is of no use. Every other error event leaves the session as it is.
const FATAL: Readonly<Record<string, SessionLossKind>> = {
  invalid_api_key: 'authentication',
  account_deactivated: 'authentication',
  insufficient_quota: 'quota',
  billing_hard_limit_reached: 'quota',
  model_not_found: 'unknown-model',
  invalid_model: 'unknown-model',
  DeploymentNotFound: 'unknown-model',
  session_expired: 'expired',
};
/** Too much at once: codes and types of the same page, and Azure's (“429”, “throttling_error”, “NoCapacity”). */
const LIMIT =
  /^(rate_limit_exceeded|rate_limit_error|tokens|requests|429|throttling_error|NoCapacity|too_many_requests|session_limit_exceeded|engine_overloaded|server_overloaded|slow_down|503|overloaded_error)$/i;
/** The same in words. OpenAI's own sentence for a used up quota is another: “You exceeded your current quota”. */
const LIMIT_WORDS =
  /rate.?limit|too many (requests|connections|sessions)|concurrent|over(loaded|\s+capacity)|no.?capacity|at capacity|throttl|try again (later|in \d)|RESOURCE.?EXHAUSTED/i;
const QUOTA_WORDS = /current quota|insufficient.?quota|billing|hard limit|credit/i;
const AUTHENTICATION_WORDS =
  /(invalid|incorrect|wrong|missing|expired|revoked|disabled|no) (api.?|subscription )?key|api.?key (is )?(not valid|invalid|incorrect|expired|missing|disabled)|invalid.?api.?key|unauthori[sz]ed|authentication|account.?deactivated/i;

/** The loss that an error event means, or undefined where the session goes on. */
export function fatalProblem(problem: OpenAIProblem, target: Target): SessionLostError | undefined {
  // Another model than that of the session: of the one that writes down, only the opening depends.
  if (ofTranscription(problem, target) !== undefined) return undefined;
  // Of a used up quota some answers have the name as the type, with a code or without.
  const kind = FATAL[problem.code ?? ''] ?? FATAL[problem.type ?? ''];
  return kind && lost(kind, target, repeated(problem.message ?? '', target.secrets));
}

/** The loss that an error event means before a session is ready: whatever it says, there will be none. */
export function openingProblem(problem: OpenAIProblem, target: Target): SessionLostError {
  const message = problem.message ?? problem.code ?? problem.type ?? 'no reason given';
  const fatal = fatalProblem(problem, target);
  if (fatal) return fatal;
  if (isLimit(problem))
    return lost('limit', target, repeated(message, target.secrets), { retryAfterMs: retryAfterSaid(message) });
  if (/^(server_error|internal_error)$/.test(problem.type ?? problem.code ?? '')) {
    return lost('provider', target, repeated(message, target.secrets));
  }
  // All that was sent is what the operator and managers set, and which of it is wrong they have to know.
  const said = redacted(message, target.secrets);
  const { name } = target.service;
  const variable = ofTranscription(problem, target);
  const text =
    variable === undefined
      ? `${name} did not accept the session's settings (${said}).`
      : `${name} did not take the model that is to write down what people say (${said}): check ${variable}.`;
  return new SessionLostError('invalid-request', text, { retryable: false });
}

/** Where an error is about what writes down beside the model that answers: the variable that names it. */
function ofTranscription({ param }: OpenAIProblem, { service }: Target): string | undefined {
  const { transcriptionVariable, modelVariable } = service;
  return /\btranscription\b/.test(param ?? '') && modelVariable !== transcriptionVariable
    ? transcriptionVariable
    : undefined;
}

/** Whether it is about too much at once, which passes. */
export function isLimit({ code, type, message }: OpenAIProblem): boolean {
  return LIMIT.test(code ?? '') || LIMIT.test(type ?? '') || LIMIT_WORDS.test(message ?? '');
}

/** The loss that the end of a connection means. */
export function openAILoss(end: SocketEnd, target: Target): SessionLostError {
  switch (end.type) {
    case 'refused':
      return refusal(end, target);
    case 'closed':
      return closure(end.code, end.reason, target);
    case 'failed':
      return lost('network', target, reachability(end.error), { cause: end.error });
    default:
      return end satisfies never;
  }
}

function refusal({ status, body, retryAfterMs }: SocketEnd & { type: 'refused' }, target: Target): SessionLostError {
  const problem = problemIn(body);
  const fatal = fatalProblem(problem, target);
  if (fatal) return fatal;
  const message = problem.message ?? '';
  const after = { retryAfterMs: retryAfterMs ?? retryAfterSaid(message) };
  if (isBetween(status, body)) return between(status, target);
  // Azure and gateways say 403 of a used up quota as well.
  if (QUOTA_WORDS.test(message) && !isLimit(problem)) return lost('quota', target, message);
  if (status === 429 || ((status === 403 || status === 503) && isLimit(problem))) {
    return lost('limit', target, message, after);
  }
  if (status === 401 || status === 403) return lost('authentication', target, message);
  if (status === 404) return target.service.gateway ? nothingThere(target) : lost('unknown-model', target, '');
  if (status >= 500 || status === 408 || status === 425) return lost('provider', target, `HTTP ${status}`, after);
  return (
    unfit(problem.message ?? `HTTP ${status}`, target) ??
    lost('invalid-request', target, problem.message ?? `HTTP ${status}`)
  );
}

/** Words decide before the code: services close with 1008, 1011 or a code of their own for the same reason. */
function closure(code: number, reason: string, target: Target): SessionLostError {
  const said = repeated(reason, target.secrets);
  if (/expire|maximum.(session.)?duration/i.test(reason) && !/key|token/i.test(reason)) {
    return lost('expired', target, said);
  }
  if (LIMIT_WORDS.test(reason)) return lost('limit', target, said, { retryAfterMs: retryAfterSaid(reason) });
  if (/quota/i.test(reason) || QUOTA_WORDS.test(reason)) return lost('quota', target, said);
  if (AUTHENTICATION_WORDS.test(reason)) return lost('authentication', target, said);
  if (/model/i.test(reason) && /not.(found|exist|supported)|unknown/i.test(reason)) {
    return lost('unknown-model', target, said);
  }
  const text = reason === '' ? `close code ${code}` : `${said}, close code ${code}`;
  if (code === 1006) return lost('network', target, 'the line was cut');
  // Service Restart and Try Again Later of the IANA registry of close codes.
  if (code === 1013) return lost('limit', target, text);
  return lost(code === 1007 || code === 1009 ? 'invalid-request' : 'provider', target, text);
}

interface More {
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** The failure in words for people. `detail` comes from outside and is made safe here. */
function lost(kind: SessionLossKind, target: Target, detail: string, more: More = {}): SessionLostError {
  const said = redacted(detail, target.secrets);
  const tail = said === '' ? '' : ` (${said})`;
  const { name, credentials, modelVariable, addressVariable, modelNoun } = target.service;
  const text: Record<SessionLossKind, string> = {
    authentication: `${name} rejected the API key: check ${credentials}.`,
    quota: `The ${name} account has no quota left: check its plan and billing.`,
    limit: `${name} has too many requests of this account for the moment${tail}: try again in a minute.`,
    'unknown-model': `${name} does not know the ${modelNoun} ${JSON.stringify(target.model)}: check ${modelVariable}.`,
    'invalid-request': `${name} did not accept the session${tail}.`,
    'no-answer': `${name} did not answer${tail}.`,
    expired: `The session with ${name} has reached its time limit.`,
    network: `The connection to ${name} failed${tail}: check the network and ${addressVariable}.`,
    provider: `${name} ended the session${tail}: try again in a moment.`,
  };
  return new SessionLostError(kind, text[kind], { retryable: PASSES.has(kind), ...more });
}

function problemIn(body: string): OpenAIProblem {
  try {
    const { error, message } = JSON.parse(body) as { error?: OpenAIProblem | string | null; message?: unknown };
    if (error && typeof error === 'object') return error;
    return { message: typeof error === 'string' ? error : typeof message === 'string' ? message : null };
  } catch {
    return {};
  }
}
