import { type Logger, pino } from 'pino';
import { serializers } from '../../../src/process/log.ts';

/** A log that keeps its lines: `lines` has each one parsed. */
export function keptLog(): { log: Logger; lines: { level: number; msg: string; [field: string]: unknown }[] } {
  const lines: { level: number; msg: string }[] = [];
  const log = pino({ level: 'trace', serializers }, { write: (line: string) => lines.push(JSON.parse(line)) });
  return { log, lines };
}
