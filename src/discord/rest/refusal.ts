/** What takes no requests for a while: one kind of request, everything of this bot, or everything from this address. */
export type RefusedScope = 'route' | 'bot' | 'address';

/** Discord takes no such request for longer than anybody should wait for it. `message` is a sentence for a person. */
export class RestRefusal extends Error {
  override readonly name = 'RestRefusal';
  readonly scope: RefusedScope;
  /** From now on, in ms; undefined: Discord did not say. */
  readonly waitMs: number | undefined;

  constructor({ scope, waitMs }: { scope: RefusedScope; waitMs: number | undefined }) {
    super(sentence(scope, waitMs));
    this.scope = scope;
    this.waitMs = waitMs;
  }
}

/** Discord did not answer a request in time. `message` is a sentence for a person. */
export class RestTimeout extends Error {
  override readonly name = 'RestTimeout';
}

function sentence(scope: RefusedScope, waitMs: number | undefined): string {
  const what = {
    route: 'Discord takes no more requests of this kind',
    bot: 'Discord takes no requests of this bot',
    address: 'Discord takes no requests from this address',
  }[scope];
  if (waitMs !== undefined) return `${what} for ${inWords(waitMs)} (429).`;
  return `${what} at the moment, and does not say for how long (429): it refuses who sent too many.`;
}

/** `23 hours`, rounded up; for people. */
export function inWords(ms: number): string {
  const [size, noun] = ms < 100_000 ? [1000, 'second'] : ms < 6_000_000 ? [60_000, 'minute'] : [3_600_000, 'hour'];
  const count = Math.max(1, Math.ceil(ms / size));
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** `until 14:05 UTC`, with the day where it is another one. */
export function untilWhen(ms: number, now = Date.now()): string {
  const [day, time] = new Date(now + ms).toISOString().split('T') as [string, string];
  const isToday = new Date(now).toISOString().startsWith(day);
  return `until ${isToday ? '' : `${day} `}${time.slice(0, 5)} UTC`;
}
