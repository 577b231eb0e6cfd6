/** What is done about a closed voice websocket. */
export interface ClosePolicy {
  /**
   * `rejoin`: asks for a new place, with back-off. `wait`: the gateway says in a moment what it was (a kick, a move).
   * `end`: coming back is no use, or not wanted.
   */
  readonly remedy: 'rejoin' | 'wait' | 'end';
  /** For people, when this was the end. */
  readonly message: string;
}

const BROKE = 'The voice connection to Discord broke and did not come back.';
const OURS = 'Discord did not accept what I sent to its voice server.';
const UPDATE = 'Whoever runs me has to update me before `/join` helps.';
const rejoin = (message: string): ClosePolicy => ({ remedy: 'rejoin', message });
const end = (message: string): ClosePolicy => ({ remedy: 'end', message });

/** By close code: https://docs.discord.com/developers/topics/opcodes-and-status-codes#voice-voice-close-event-codes */
const POLICIES: ReadonlyMap<number, ClosePolicy> = new Map([
  [4001, rejoin(OURS)],
  [4002, rejoin(OURS)],
  [4003, rejoin(OURS)],
  // The token is of one join only: the next join brings another.
  [4004, rejoin('Discord did not accept my voice session.')],
  [4005, rejoin(OURS)],
  [4006, rejoin('My voice session was no longer valid.')],
  [4009, rejoin('My voice session timed out.')],
  [4011, rejoin("Discord's voice server could not be found.")],
  [4012, end(`Discord no longer speaks the voice protocol that I know. ${UPDATE}`)],
  [4014, { remedy: 'wait', message: 'Discord took me out of the voice channel.' }],
  [4015, rejoin("Discord's voice server crashed and did not come back.")],
  [4016, end(`Discord no longer knows the encryption that I use. ${UPDATE}`)],
  [4017, end(`This channel needs end-to-end encryption, and I could not offer it. ${UPDATE}`)],
  [4020, rejoin(OURS)],
  [4021, end('Discord closed my voice connection because of too many requests. Wait a few minutes before `/join`.')],
  // Also what a bot gets that is disconnected while it is alone (discord-api-docs #7575).
  [4022, end('Discord ended the call: somebody disconnected me, or the channel is gone.')],
]);

/** A code that is not in the table is a network's (1006 and the like) or a new one: worth another try. */
export function policyFor(code: number): ClosePolicy {
  return POLICIES.get(code) ?? rejoin(BROKE);
}

/** How long is waited for what; tests shorten it. All in ms. */
export interface LinkPatience {
  /** From asking for a place to being live; then it is asked again. */
  readonly stepMs: number;
  /** One lost datagram must not hang a join: IP discovery is sent again after this. */
  readonly discoveryMs: number;
  /** For a broken websocket to be resumed. */
  readonly resumeMs: number;
  /** After 4014, for the gateway to say why. */
  readonly wordMs: number;
  /** Between a close and the words for it: what else was told by then (channel deleted, server left) is the reason. */
  readonly settleMs: number;
  /** A lost line is given up after this, while the gateway is there. */
  readonly recoverMs: number;
  /** A server that "went away" this soon after it was named: the message is older than the name. */
  readonly lateMs: number;
  /** A connection that lived this long was a good one: counting of attempts begins anew. */
  readonly stableMs: number;
  readonly backOffMs: number;
  readonly backOffCapMs: number;
  /** Attempts that Discord refuses in a row. */
  readonly attempts: number;
  /** Signs of life are asked for this often, on the websocket and over UDP. */
  readonly pulseMs: number;
  /** Without an answer for this long a link is dead. */
  readonly deadMs: number;
  /** Somebody speaks and is not heard for this long: the bot is deaf. */
  readonly deafMs: number;
  /** The place that Discord shows is compared with the one believed in this often. */
  readonly placeMs: number;
  /** After so many commits the end-to-end group is joined anew, while the bot is silent (group-renewal.ts). */
  readonly renewCommits: number;
}

export const LINK_PATIENCE: LinkPatience = {
  stepMs: 6_000,
  discoveryMs: 1_000,
  resumeMs: 4_000,
  wordMs: 5_000,
  settleMs: 400,
  recoverMs: 120_000,
  lateMs: 3_000,
  stableMs: 15_000,
  backOffMs: 500,
  backOffCapMs: 8_000,
  attempts: 8,
  pulseMs: 4_000,
  deadMs: 12_000,
  deafMs: 8_000,
  placeMs: 60_000,
  renewCommits: 150,
};

/** The pause before attempt `attempt` (1 is the first): doubled, capped, spread over its upper half. `random`: 0..1. */
export function pauseBefore(attempt: number, patience: LinkPatience, random: number): number {
  const full = Math.min(patience.backOffCapMs, patience.backOffMs * 2 ** (attempt - 1));
  return full / 2 + (full / 2) * random;
}

/** What people should read instead of "again and again", where the error says more. */
export function certificateTrouble(error: Error | undefined): string | undefined {
  const code = error && 'code' in error ? String(error.code) : '';
  if (!/CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(code)) return undefined;
  return `The certificate of Discord's voice server is not trusted (${code}); whoever runs me can set NODE_EXTRA_CA_CERTS.`;
}
