/** What goes wrong with the connections of bots, as opposed to their packets. All off by default; read when it matters. */
export interface LinkFaults {
  /** While set, every Identify of a bot is answered by closing with this code. */
  closeOnIdentify: number | undefined;
  /** That many IP discovery requests of bots are lost on the way. */
  loseDiscoveries: number;
  /** Bots are not told by op 5 who has which SSRC. */
  withholdSpeaking: boolean;
}

/** A connection that is open for one side only: nothing comes through any more, and nobody is told. */
export type HalfOpen = 'websocket' | 'udp';
