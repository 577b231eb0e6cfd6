import type { Shortfall } from '../../../ports/model.ts';
import { repeated } from '../../connection/model-socket.ts';
import { retryAfterSaid } from '../../connection/retry-after.ts';
import type { Target } from '../../connection/service.ts';
import { isLimit, type OpenAIProblem } from '../failures.ts';
import type { FinishedResponse } from '../messages.ts';

/**
 * Why a response that nobody cut off is no whole answer; undefined where it is one. `empty`: nothing was said or done in
 * it. Reasons: RealtimeResponseStatus of github.com/openai/openai-openapi.
 */
export function shortfallOf(
  { status, status_details: details }: FinishedResponse,
  empty: boolean,
  target: Target,
): Shortfall | undefined {
  const { name } = target.service;
  if (status === 'failed') return failure((details?.error ?? {}) as OpenAIProblem, empty, target);
  if (status === 'completed' && !empty) return undefined;
  const told = [status ?? 'no status', details?.reason].filter(Boolean).join(', ');
  const said = repeated(`${told}${empty ? ', without any output' : ''}`, target.secrets);
  switch (details?.reason) {
    case 'content_filter':
      return { empty, reason: `The content filter of ${name} stopped the answer. Please say it in other words.`, said };
    case 'max_output_tokens':
      return { empty, reason: empty ? TOO_LONG_TO_BEGIN : TOO_LONG, said };
    case 'turn_detected':
    case 'client_cancelled':
      return { empty, reason: `${name} broke the answer off by itself.`, said };
    default:
      return { empty, reason: status === 'completed' ? null : `${name} did not finish the answer.`, said };
  }
}

const TOO_LONG = 'The answer ends here: it reached the longest that one answer may be.';
const TOO_LONG_TO_BEGIN =
  'The model used up what one answer may be long before it said anything. Please ask for less at once.';

/** What a refusal or a failure means for whoever asked. */
export function failure(problem: OpenAIProblem, empty: boolean, target: Target): Shortfall {
  const { name } = target.service;
  const text = problem.message ?? problem.code ?? problem.type ?? 'no reason given';
  const code = [problem.type, problem.code].filter(Boolean).join(', ');
  const said = repeated(code === '' ? text : `${code}: ${text}`, target.secrets);
  if (isLimit(problem)) {
    const reason = `${name} has too many requests of this account for the moment.`;
    return { empty, reason, said, againInMs: retryAfterSaid(text) ?? 1_000 };
  }
  if (/^(server_error|internal_error|api_error)$/.test(problem.code ?? problem.type ?? '')) {
    return { empty, reason: `${name} had an error of its own and could not answer.`, said };
  }
  return { empty, reason: `${name} could not answer: ${repeated(text, target.secrets)}`, said };
}

/** The service never began, or never ended, what was asked for. `heard`: what it last complained about, if anything. */
export function noAnswer(empty: boolean, target: Target, heard: string | undefined): Shortfall {
  const { name } = target.service;
  const tail = heard === undefined ? '' : ` It said: ${heard}`;
  return {
    empty,
    reason: empty ? `${name} did not answer.${tail}` : `${name} did not finish the answer.${tail}`,
    said: heard ?? 'no event came in time',
  };
}
