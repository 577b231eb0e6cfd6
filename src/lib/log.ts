import type { Logger } from 'pino';

/** What every part of the product logs with: fields first, then a short sentence. */
export type Log = Logger;
