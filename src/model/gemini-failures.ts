import { type SessionLossKind, SessionLostError } from '../bridge/errors.ts';
import { reachability } from './openai-failures.ts';
import type { Target } from './service.ts';
import { redacted, type WireEnd } from './wire.ts';

/**
 * The loss that the end of a connection means. The Live API says nothing but a close code and a reason. `accepted`: the
 * setup was.
 */
export function geminiLoss(end: WireEnd, target: Target, accepted: boolean): SessionLostError {
  switch (end.type) {
    case 'refused':
      return lost(kindOfStatus(end.status, end.body), target, `HTTP ${end.status}`);
    case 'closed':
      return lost(kindOfClose(end.code, end.reason, accepted), target, end.reason || `close code ${end.code}`);
    case 'failed':
      return lost('network', target, reachability(end.error), end.error);
    default:
      return end satisfies never;
  }
}

function kindOfStatus(status: number, body: string): SessionLossKind {
  if (status === 401 || status === 403) return 'authentication';
  if (status === 404) return 'invalid-request';
  if (status === 429) return 'quota';
  if (status === 400) return /api.?key/i.test(body) ? 'authentication' : 'invalid-request';
  return 'provider';
}

// Reasons as seen in reports on the live service, e.g. googleapis/js-genai#1236, googleapis/python-genai#1720.
function kindOfClose(code: number, reason: string, accepted: boolean): SessionLossKind {
  if (/api.?key|unregistered caller|unauthenticated|permission|credential/i.test(reason)) return 'authentication';
  if (/quota|billing|resource.?exhausted|prepay|credits/i.test(reason)) return 'quota';
  if (/models?\b.*(not found|not supported)|not found for API version/i.test(reason)) return 'unknown-model';
  if (/deadline|duration|session (expired|not found)|go.?away/i.test(reason)) return 'expired';
  // Cut without a word, or by the service itself; both are common and pass.
  if (/operation was (aborted|cancelled)/i.test(reason)) return 'network';
  if (code === 1006) return 'network';
  if (code === 1001) return 'expired';
  // In the middle of a session that works, 1008 passes too (googleapis/js-genai#1236); what the setup asks for is fine.
  if (code === 1008 && accepted) return 'provider';
  return code === 1007 || code === 1008 || code === 1009 ? 'invalid-request' : 'provider';
}

/** The failure in words for people. `detail` comes from outside and is made safe here. */
function lost(kind: SessionLossKind, target: Target, detail: string, cause?: unknown): SessionLostError {
  const said = redacted(detail, target.secrets);
  const { name, credentials, modelVariable, addressVariable } = target.service;
  const text: Record<SessionLossKind, string> = {
    authentication: `Google rejected the ${target.service.credentialNoun}: check ${credentials}.`,
    quota: `The quota of the ${name} ${target.service.credentialNoun} is used up: check its plan and billing.`,
    'unknown-model': `${name} Live does not know the model ${JSON.stringify(target.model)}: check ${modelVariable}.`,
    'invalid-request': `${name} did not accept the session (${said}).`,
    'no-answer': `${name} did not answer (${said}).`,
    expired: `The connection to ${name} has reached its time limit.`,
    network: `The connection to ${name} failed (${said}): check the network and ${addressVariable}.`,
    provider: `${name} ended the session (${said}): try again in a moment.`,
  };
  const retryable = kind === 'expired' || kind === 'network' || kind === 'provider' || kind === 'no-answer';
  return new SessionLostError(kind, text[kind], { retryable, cause });
}
