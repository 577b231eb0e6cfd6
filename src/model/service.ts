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
}

/** Who is asked, for the messages. */
export interface Target {
  readonly service: Service;
  /** As the person who runs the bot wrote it. */
  readonly model: string;
  /** What no message may show. */
  readonly secrets: readonly string[];
}

export type Headers = Readonly<Record<string, string>>;

/** Whether these headers say who we are. */
export function authorizes(headers: Headers | undefined): boolean {
  return Object.keys(headers ?? {}).some((name) => name.toLowerCase() === 'authorization');
}

/** Every value that no message may show. */
export function secretsIn(apiKey: string | null, headers: Headers | undefined): readonly string[] {
  const values = Object.values(headers ?? {});
  return [...(apiKey === null ? [] : [apiKey]), ...values, ...values.flatMap((value) => value.split(' '))];
}
