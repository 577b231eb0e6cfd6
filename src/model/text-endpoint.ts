import type { Headers } from './connection/service.ts';

/** Where a text model is. */
export interface TextEndpoint {
  /** '': the headers say who we are. */
  readonly apiKey: string;
  readonly baseUrl: string;
  readonly headers: Headers;
}
