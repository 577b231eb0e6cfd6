import type { Provider } from '../../ports/capabilities.ts';

/** A base address as the clients need it: `wss:` and `ws:` as `https:` and `http:`, no slashes at its end. */
export function httpBase(url: string): string {
  return url.replace(/^ws(?=s?:)/i, 'http').replace(/\/+$/, '');
}

// developers.openai.com/api/docs (data residency: eu.api.openai.com), learn.microsoft.com/azure/foundry/openai
// (openai.azure.com, cognitiveservices.azure.com, services.ai.azure.com, and the clouds of governments),
// ai.google.dev/api, cloud.google.com/vertex-ai/docs/general/googleapi-access-methods.
const OWN: Readonly<Record<Provider, RegExp>> = {
  openai: /(^|\.)openai\.com$/i,
  azure: /\.azure\.(com|us|cn)$/i,
  gemini: /\.googleapis\.com$/i,
  vertex: /\.googleapis\.com$/i,
};

/** Whether an address is the provider's own; behind any other one is a gateway, which may want something else. */
export function isOwnAddress(provider: Provider, url: string): boolean {
  return URL.canParse(url) && OWN[provider].test(new URL(url).hostname);
}
