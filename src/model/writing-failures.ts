import { WritingFailedError } from '../bridge/errors.ts';

/** A failed request in a sentence for people. `status` undefined: nobody answered. What the provider says is the cause. */
export function writingFailed(
  cause: unknown,
  {
    status,
    provider,
    model,
    key,
  }: { readonly status: number | undefined; readonly provider: string; readonly model: string; readonly key: string },
): WritingFailedError {
  return new WritingFailedError(sentence(status, provider, model, key), { cause });
}

function sentence(status: number | undefined, provider: string, model: string, key: string): string {
  switch (status) {
    case undefined:
      return `${provider} did not answer. Try again in a moment.`;
    case 401:
    case 403:
      return `${provider} does not accept the key: whoever runs me should check ${key}.`;
    case 404:
      return `${provider} has no model ${model}: whoever runs me should check SUMMARY_MODEL.`;
    case 429:
      return `${provider} takes no more requests at the moment: the quota or the credit is used up. Try again later.`;
    default:
      if (status >= 500) return `${provider} has trouble of its own (${status}). Try again in a moment.`;
      return `${provider} refused the text (${status}). Whoever runs me finds why in my log.`;
  }
}
