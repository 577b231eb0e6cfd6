import type { ProtocolError } from './events.ts';

/** How a response ends instead of what the script says. `says`: it says what it would, and then ends like this. */
export interface ResponseEnd {
  readonly status: 'completed' | 'incomplete' | 'failed' | 'cancelled';
  readonly reason?: 'content_filter' | 'max_output_tokens' | 'turn_detected' | 'client_cancelled';
  readonly error?: { readonly type?: string; readonly code?: string | null; readonly message?: string };
  readonly says?: boolean;
}

/** Counts by type of event; Infinity: all of them. */
type Counts = Record<string, number>;

/** What goes wrong on the way to and from the Realtime API, or in it; tests change it at any time. */
export interface OpenAIFaults {
  /** So many of the next events of a type never leave. */
  lose: Counts;
  /** So many of the next events of a type leave twice, as a relay that sends again does: the same frame. */
  double: Counts;
  /** Events of a type leave so many ms later, behind what follows them; Infinity: never. */
  delayMs: Record<string, number | (() => number)>;
  /** So many of the next events of a client are not even seen. */
  ignore: Counts;
  /** Errors do not say which event they are about (openai/openai-agents-python#1466). */
  namelessErrors: boolean;
  /** How the next responses end, the next one first. */
  responses: ResponseEnd[];
  /** So many pieces of sound follow after response.done, of the response that is over. */
  outputAfterDone: number;
  /** Nothing that people say is written down, for this reason. */
  transcription: { readonly type?: string; readonly code?: string | null; readonly message?: string } | undefined;
  /** Said instead of session.updated, without the event that it is about. */
  opening: ProtocolError | undefined;
  /** Whether events name the item before (previous_item_id); some gateways leave it out. */
  previousItems: boolean;
}

export function noOpenAIFaults(): OpenAIFaults {
  return {
    lose: {},
    double: {},
    delayMs: {},
    ignore: {},
    namelessErrors: false,
    responses: [],
    outputAfterDone: 0,
    transcription: undefined,
    opening: undefined,
    previousItems: true,
  };
}

/** Takes one from a count; false where there is none left. */
export function taken(counts: Counts, type: string): boolean {
  const left = counts[type] ?? 0;
  if (left <= 0) return false;
  counts[type] = left - 1;
  return true;
}

/** Sends one event as these faults have it. */
export function sendFaulty(
  event: { readonly type: string },
  faults: OpenAIFaults,
  send: (event: object) => void,
): void {
  const { type } = event;
  if (taken(faults.lose, type)) return;
  const told = faults.previousItems ? event : { ...event, previous_item_id: undefined };
  const late = faults.delayMs[type];
  const lateMs = typeof late === 'function' ? late() : (late ?? 0);
  if (lateMs === Number.POSITIVE_INFINITY) return;
  const leave = () => {
    send(told);
    if (taken(faults.double, type)) send(told);
  };
  if (lateMs > 0) setTimeout(leave, lateMs).unref();
  else leave();
}
