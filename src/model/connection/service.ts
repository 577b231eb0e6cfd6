/** How a provider and the variables that lead to it are called in messages to people. */
export interface Service {
  /** E.g. `Azure OpenAI`. */
  readonly name: string;
  /** What it lets in by. */
  readonly credentialNoun: 'API key' | 'credentials';
  /** The variables to check when it lets nobody in. */
  readonly credentials: string;
  readonly modelNoun: 'model' | 'deployment';
  readonly modelVariable: string;
  readonly addressVariable: string;
  /** The address is not the provider's own: a gateway's, which may want other headers, or have nothing at that path. */
  readonly gateway?: boolean;
  /** The variable of what writes down people's words, where that has one. */
  readonly transcriptionVariable?: string;
}

/** Who is asked, for the messages. */
export interface Target {
  readonly service: Service;
  /** As the person who runs the bot wrote it. */
  readonly model: string;
  /** What no message may show. */
  readonly secrets: readonly string[];
}

/** Headers of the person who runs the bot. They win over ours; null takes one of ours away. */
export type Headers = Readonly<Record<string, string | null>>;

/** What is sent: our headers under theirs, whose names match in any case. The names come back in lower case. */
export function mergedHeaders(own: Headers, theirs: Headers | undefined): Readonly<Record<string, string>> {
  const merged = new Map<string, string>();
  for (const [name, value] of [...Object.entries(own), ...Object.entries(theirs ?? {})]) {
    if (value === null) merged.delete(name.toLowerCase());
    else merged.set(name.toLowerCase(), value);
  }
  return Object.fromEntries(merged);
}

/** Whether these headers say who we are to whoever reads Authorization, or that nothing does (null). */
export function authorizes(headers: Headers | undefined): boolean {
  return Object.keys(headers ?? {}).some((name) => name.toLowerCase() === 'authorization');
}

// Names under which gateways take a key: Authorization, api-key (Azure, API Management), x-api-key, x-goog-api-key,
// cf-aig-authorization (Cloudflare), x-portkey-api-key, helicone-auth, Ocp-Apim-Subscription-Key, cookies of a proxy.
const CREDENTIAL = /(^|-)(authorization|auth|key|token|secret|cookie)$/i;

/** Whether these headers carry a credential of any kind, so that no key of ours is needed. */
export function bringsCredential(headers: Headers | undefined): boolean {
  return Object.entries(headers ?? {}).some(([name, value]) => value !== null && CREDENTIAL.test(name));
}

/**
 * The variables to check when nobody is let in. `headersVariable` is named where the headers say who we are, and where
 * the address is not the provider's own: a gateway may want the key in another header.
 */
export function credentialVariables(of: {
  readonly key: string | null;
  readonly headersVariable: string;
  readonly headers: Headers | undefined;
  readonly own: boolean;
}): string {
  if (of.key === null) return of.headersVariable;
  const named = !of.own || bringsCredential(of.headers) || authorizes(of.headers);
  return named ? `${of.key} and ${of.headersVariable}` : of.key;
}

/** Every value that no message may show. */
export function secretsIn(apiKey: string | null, headers: Headers | undefined): readonly string[] {
  const values = Object.values(headers ?? {}).filter((value) => value !== null);
  return [...(apiKey ? [apiKey] : []), ...values, ...values.flatMap((value) => value.split(' '))];
}
