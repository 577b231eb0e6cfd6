import { type SessionLossKind, SessionLostError } from '../bridge/errors.ts';
import type { Target } from './service.ts';
import { redacted, type WireEnd } from './wire.ts';

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
  session_expired: 'expired',
};
const NETWORK = /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ECONNRESET|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EPIPE|socket hang up/;

/** The loss that an error event means, or undefined where the session goes on. */
export function fatalProblem(problem: OpenAIProblem, target: Target): SessionLostError | undefined {
  // Of a used up quota some answers have the name as the type, with a code or without.
  const kind = FATAL[problem.code ?? ''] ?? FATAL[problem.type ?? ''];
  return kind && lost(kind, target, problem.message ?? '');
}

/** The loss that the end of a connection means. */
export function openAILoss(end: WireEnd, target: Target): SessionLostError {
  switch (end.type) {
    case 'refused':
      return refusal(end.status, end.body, target);
    case 'closed':
      return closure(end.code, end.reason, target);
    case 'failed':
      return lost('network', target, reachability(end.error), end.error);
    default:
      return end satisfies never;
  }
}

function refusal(status: number, body: string, target: Target): SessionLostError {
  const problem = problemIn(body);
  const fatal = fatalProblem(problem, target);
  if (fatal) return fatal;
  if (status === 401 || status === 403) return lost('authentication', target, '');
  if (status === 404) return lost('unknown-model', target, '');
  if (status === 429) {
    return new SessionLostError(
      'quota',
      `${target.service.name} has too many requests of this account: try again in a minute.`,
      {
        retryable: true,
      },
    );
  }
  if (status >= 500 || status === 408) return lost('provider', target, `HTTP ${status}`);
  return lost('invalid-request', target, problem.message ?? `HTTP ${status}`);
}

function closure(code: number, reason: string, target: Target): SessionLostError {
  if (/expire|maximum.(session.)?duration/i.test(reason)) return lost('expired', target, reason);
  if (/quota|billing/i.test(reason)) return lost('quota', target, reason);
  if (/api.?key|unauthori[sz]ed|authentication/i.test(reason)) return lost('authentication', target, reason);
  if (/model/i.test(reason) && /not.(found|exist|supported)|unknown/i.test(reason)) {
    return lost('unknown-model', target, reason);
  }
  const text = reason === '' ? `close code ${code}` : `${reason}, close code ${code}`;
  if (code === 1006) return lost('network', target, 'the line was cut');
  return lost(code === 1007 || code === 1009 ? 'invalid-request' : 'provider', target, text);
}

/** The failure in words for people. `detail` comes from outside and is made safe here. */
function lost(kind: SessionLossKind, target: Target, detail: string, cause?: unknown): SessionLostError {
  const said = redacted(detail, target.secrets);
  const tail = said === '' ? '' : ` (${said})`;
  const { name, credentials, modelVariable, addressVariable, modelNoun } = target.service;
  const text: Record<SessionLossKind, string> = {
    authentication: `${name} rejected the API key: check ${credentials}.`,
    quota: `The ${name} account has no quota left: check its plan and billing.`,
    'unknown-model': `${name} does not know the ${modelNoun} ${JSON.stringify(target.model)}: check ${modelVariable}.`,
    'invalid-request': `${name} did not accept the session${tail}.`,
    'no-answer': `${name} did not answer${tail}.`,
    expired: `The session with ${name} has reached its time limit.`,
    network: `The connection to ${name} failed${tail}: check the network and ${addressVariable}.`,
    provider: `${name} ended the session${tail}: try again in a moment.`,
  };
  const retryable = kind === 'expired' || kind === 'network' || kind === 'provider' || kind === 'no-answer';
  return new SessionLostError(kind, text[kind], { retryable, cause });
}

function problemIn(body: string): OpenAIProblem {
  try {
    const { error } = JSON.parse(body) as { error?: OpenAIProblem | string | null };
    if (error && typeof error === 'object') return error;
    return { message: typeof error === 'string' ? error : null };
  } catch {
    return {};
  }
}

/** What went wrong underneath, without address or stack. */
export function reachability(error: Error & { code?: string }): string {
  if (error.code === 'ECONNREFUSED') return 'nothing listens at its address';
  if (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN') return 'its name cannot be looked up';
  if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY|TLS|SSL/.test(error.code ?? '')) return `its certificate: ${error.code}`;
  return error.code ?? NETWORK.exec(error.message)?.[0] ?? 'the line broke';
}
