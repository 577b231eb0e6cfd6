import { WritingFailedError } from '../ports/errors.ts';
import type { Usage } from '../ports/usage.ts';

/**
 * Why a text model wrote nothing. `unreadable`: what came is no answer of such a service. `nothing`: an answer without a
 * text. `stopped`: it did not write to the end, for this reason of its own. `quota`: what the account may use is used up.
 * `page`: what refuses wrote a page for people, so it is no service.
 */
export type Failure =
  | { readonly kind: 'no-answer' | 'unknown-model' | 'unreadable' | 'nothing' }
  | { readonly kind: 'stopped'; readonly reason: string }
  | {
      readonly kind: 'refused';
      readonly status: number;
      readonly quota?: boolean;
      readonly page?: boolean;
      readonly retryAfterMs?: number | undefined;
    };

/** What was written, and what it took. */
export interface Written {
  readonly text: string;
  readonly usage: Usage;
}

/** One request that failed, before anybody decided whether it is tried again. The cause is what the provider says. */
export class WritingTrouble extends Error {
  readonly failure: Failure;
  constructor(failure: Failure, cause: unknown) {
    super(failure.kind, { cause });
    this.failure = failure;
  }
}

/** Who was asked, for the sentence. */
export interface Asked {
  readonly provider: string;
  readonly model: string;
  /** The variables of the key. */
  readonly key: string;
  /** The variable of an address that is not the provider's own; null: it is. */
  readonly gateway: string | null;
}

/** Whether a service's own words speak of a plan or credit that is used up, and not of too much at once. */
export function isUsedUp(text: string): boolean {
  return /insufficient_quota|billing|prepay|credits? (is|are|has|have)|check your plan/i.test(text);
}

/** What a gateway says that passes WebSockets on and knows no such page. */
const NO_SUCH_PAGE = [404, 405, 406, 410, 421, 426, 501];

/** A failed request in a sentence for people. What the provider says is the cause. */
export function writingFailed(cause: unknown, failure: Failure, asked: Asked): WritingFailedError {
  return new WritingFailedError(sentence(failure, asked), { cause });
}

function sentence(failure: Failure, { provider, model, key, gateway }: Asked): string {
  switch (failure.kind) {
    case 'no-answer':
      if (gateway === null) return `${provider} did not answer. Try again in a moment.`;
      return `${provider} did not answer through the gateway of ${gateway}. Try again in a moment.${ELSEWHERE}`;
    case 'unknown-model':
      return `${provider} has no model ${model}: whoever runs me should check SUMMARY_MODEL.`;
    case 'nothing':
      return 'The model wrote nothing that I can use. Try again.';
    case 'stopped':
      return stopped(failure.reason, provider);
    case 'unreadable':
      return gateway === null ? 'The model wrote nothing that I can use. Try again.' : onlyLive(gateway);
    case 'refused':
      if (gateway !== null && NO_SUCH_PAGE.includes(failure.status)) return onlyLive(gateway);
      if (failure.page)
        return `Something between me and ${provider} refuses it (${failure.status}): whoever runs me should check the proxy or firewall.`;
      if (failure.quota)
        return `The account of ${provider} has no quota or credit left: whoever runs me should check its plan and billing.`;
      return `${refused(failure.status, provider, model, key)}${gateway === null ? '' : mayBeOnlyLive(failure.status, gateway)}`;
    default:
      return failure satisfies never;
  }
}

function onlyLive(gateway: string): string {
  return `I cannot sum up: the gateway of ${gateway} has speech models only, and none that writes. Whoever runs me can set the key of another provider (OPENAI_API_KEY, GEMINI_API_KEY) and name its model in SUMMARY_MODEL, such as gemini:gemini-3.1-flash-lite.`;
}

function stopped(reason: string, provider: string): string {
  if (/max.?(output.?)?tokens/i.test(reason))
    return 'The model came to the end of what one answer may be long. Ask for less.';
  return `${provider} stopped the text (${reason}). Try another part of the conversation.`;
}

const ELSEWHERE =
  ' Where that gateway has speech models only, whoever runs me can name another text model in SUMMARY_MODEL.';

/** A gateway may refuse what it does not route like a key that it does not know. */
function mayBeOnlyLive(status: number, gateway: string): string {
  return status >= 500 || status === 429 ? '' : ` I asked through the gateway of ${gateway}.${ELSEWHERE}`;
}

function refused(status: number, provider: string, model: string, key: string): string {
  switch (status) {
    case 401:
    case 403:
      return `${provider} does not accept the key: whoever runs me should check ${key}.`;
    case 404:
      return `${provider} has no model ${model}: whoever runs me should check SUMMARY_MODEL.`;
    case 429:
      return `${provider} takes no more requests at the moment: there are too many, or the quota or the credit is used up. Try again later.`;
    default:
      if (status >= 500) return `${provider} has trouble of its own (${status}). Try again in a moment.`;
      return `${provider} refused the text (${status}). Whoever runs me finds why in my log.`;
  }
}
