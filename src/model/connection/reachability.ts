// What keeps a service from being reached, whichever it is: the network, a proxy, a gateway.
import { type SessionLossKind, SessionLostError } from '../../ports/errors.ts';
import { redacted } from './model-socket.ts';
import type { Target } from './service.ts';

const NETWORK = /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ECONNRESET|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EPIPE|socket hang up/;

/** Losses that pass by themselves. */
export const PASSES: ReadonlySet<SessionLossKind> = new Set([
  'expired',
  'network',
  'provider',
  'no-answer',
  'limit',
] as const);

/** Whether a body is a page for people: a proxy, a firewall or a captive portal wrote it, and no API. */
function isPage(body: string): boolean {
  return /^\s*(<!doctype|<html|<\?xml|<head|<body|<title|<h1)/i.test(body);
}

/** A refusal that is no answer of the service: a proxy wants to know who asks, or sends people to a page where they log in. */
export function isBetween(status: number, body: string): boolean {
  return status === 407 || (status >= 300 && status < 400) || ((status === 401 || status === 403) && isPage(body));
}

/** Something on the way refuses; it says nothing of a key. */
export function between(status: number, target: Target): SessionLostError {
  const { name, addressVariable, gateway, credentials } = target.service;
  const variables = gateway ? `${addressVariable}, and ${credentials}` : addressVariable;
  const text = `Something between me and ${name} refuses the connection (HTTP ${status}${status < 400 ? ', to another page' : ', with a page for people'}): check the proxy or firewall, and ${variables}.`;
  return new SessionLostError('network', text, { retryable: true });
}

/** A gateway's 404: it has no such path, or passes on that there is no such model. */
export function nothingThere(target: Target): SessionLostError {
  const { name, modelNoun, modelVariable, addressVariable } = target.service;
  const text = `The gateway to ${name} has nothing at that address, or no such ${modelNoun} (HTTP 404): check ${addressVariable}, and ${modelVariable}.`;
  return new SessionLostError('unknown-model', text, { retryable: false });
}

/** A gateway takes the request for none of its own: it may want another header (a provider, a route, an account). */
export function unfit(detail: string, target: Target): SessionLostError | undefined {
  const { name, gateway, addressVariable, credentials } = target.service;
  if (!gateway) return undefined;
  const said = redacted(detail, target.secrets);
  const text = `The gateway to ${name} did not accept the connection (${said}): check ${addressVariable}, and ${credentials}.`;
  return new SessionLostError('invalid-request', text, { retryable: false });
}

/** What went wrong underneath, without address or stack. */
export function reachability(error: Error & { code?: string }): string {
  if (error.code === 'ECONNREFUSED') return 'nothing listens at its address';
  if (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN') return 'its name cannot be looked up';
  if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY|TLS|SSL/.test(error.code ?? '')) return `its certificate: ${error.code}`;
  return error.code ?? NETWORK.exec(error.message)?.[0] ?? 'the line broke';
}
