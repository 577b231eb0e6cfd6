import type { IncomingHttpHeaders } from 'node:http';

/** A request over HTTP as it came, whole. */
export interface TextRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}
/** What goes back, as JSON. */
export interface TextAnswer {
  readonly status: number;
  readonly body: object;
}

/** What a text model was asked. */
interface AskedText {
  readonly model: string;
  readonly instructions: string;
  readonly input: string;
}

/** Writes the answer of a text model. May throw: the request then fails as it does with the provider. */
export type Writer = (asked: AskedText) => string | Promise<string>;

/** Roughly: four letters a token. */
export function tokensOf(text: string): number {
  return Math.ceil(text.length / 4);
}

/** The body as JSON; undefined: it is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
