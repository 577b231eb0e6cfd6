/**
 * What was seen of the connections to one address. It outlives them, so that the next one need not learn it again:
 * what a service or a gateway does with control frames, it does on every line.
 */
export interface LineHabits {
  /** How many connections in a row never answered a ping. */
  mute: number;
  /** Pongs came when messages sent after them had long been read, so their place among messages proves nothing. */
  pongsLag: boolean;
  /** The longest that a pong took of late, in milliseconds. */
  slowestPongMs: number;
  /** A connection was open and said nothing for as long as was waited. The next one is given more time. */
  slowStart: boolean;
  /** More time did not help either: it is not slow, it is not there. Until a message comes no more time is given. */
  isMute: boolean;
}

/** More addresses than a bot talks to; beyond it the oldest is evicted. */
const MOST = 64;
const known = new Map<string, LineHabits>();

/** The habits of the host of this address, shared by all its connections. */
export function habitsOf(address: string): LineHabits {
  const key = URL.canParse(address) ? new URL(address).host : address;
  const habits = known.get(key) ?? { mute: 0, pongsLag: false, slowestPongMs: 0, slowStart: false, isMute: false };
  known.delete(key);
  known.set(key, habits);
  if (known.size > MOST) known.delete(known.keys().next().value as string);
  return habits;
}
