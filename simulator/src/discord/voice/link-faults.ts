/** What goes wrong with the connections of bots, as opposed to their packets. All off by default; read when it matters. */
export interface LinkFaults {
  /** While set, every Identify of a bot is answered by closing with this code. */
  closeOnIdentify: number | undefined;
  /** That many IP discovery requests of bots are lost on the way. */
  loseDiscoveries: number;
  /** Bots are not told by op 5 who has which SSRC. */
  withholdSpeaking: boolean;
  /** Every new connection to the voice gateway is cut at once; those that are there stay. */
  unreachable: boolean;
  /** The SSRCs of the next who identify, whoever they are; as on another server, they may have been somebody else's. */
  ssrcs: number[];
  /** Messages with this opcode come to bots so many ms late; all others overtake them. */
  readonly lateMs: Map<number, number>;
  /** Messages with this opcode come to bots again, each so many ms after the first. */
  readonly again: Map<number, readonly number[]>;
}

/** Has a message sent when and as often as the faults have it. */
export function played({ lateMs, again }: Pick<LinkFaults, 'lateMs' | 'again'>, op: number, send: () => void): void {
  const late = lateMs.get(op) ?? 0;
  for (const after of [0, ...(again.get(op) ?? [])]) {
    if (late + after === 0) send();
    else setTimeout(send, late + after).unref();
  }
}

/** A connection that is open for one side only: nothing comes through any more, and nobody is told. */
export type HalfOpen = 'websocket' | 'udp';
