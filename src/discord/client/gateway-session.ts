import type { Client } from 'discord.js';
import { type StateMeaning, VoiceWishes } from '../voice/voice-wishes.ts';

/** Sessions of this process that ended; what they tell late is still recognized. */
const FORMER_LIMIT = 20;

/** After a silence of this length, answers to all that was asked before it may come at once. Ms. */
const SILENCE_MS = 5_000;

/** A packet of the main gateway, as far as it is looked at here. */
interface Packet {
  readonly t?: unknown;
  readonly s?: unknown;
  readonly d?: unknown;
}

interface ReadyEvent {
  readonly session_id?: string;
  readonly user?: { readonly id?: unknown };
}

/** The bot's voice state in a guild, as VOICE_STATE_UPDATE has it. */
export interface OwnVoiceState {
  readonly guild_id?: unknown;
  readonly channel_id: string | null;
  readonly session_id: string;
}

/**
 * The client's session on Discord's main gateway, which discord.js keeps to itself: its id, by which the bot's own voice
 * states are told from another process's, and whether an event came before.
 */
export class GatewaySession {
  #id: string | undefined;
  readonly #former = new Set<string>();
  #sequence = 0;
  #isRepeat = false;
  /** When the last event came; performance.now(). */
  #heardAt = performance.now();
  #heard = 0;
  /** A voice state named this session: ids can be compared. */
  #isNamed = false;
  #userId: unknown;
  /** What the voice state that is being handled means. */
  #judged: { readonly state: object; readonly meaning: StateMeaning } | undefined;
  readonly #wishes = new Map<string, VoiceWishes>();
  /** Who holds or wants the bot's place in a guild now. */
  readonly #seats = new Map<string, object>();

  /** The event that is being handled came before, as a resume may bring it once more. */
  get isRepeat(): boolean {
    return this.#isRepeat;
  }

  get heardAt(): number {
    return this.#heardAt;
  }

  /** How many events came. */
  get heard(): number {
    return this.#heard;
  }

  /** The bot asked for this channel of the guild now, or to leave (null). */
  asked(guildId: string, channelId: string | null): void {
    this.#wishesIn(guildId).asked(channelId, performance.now());
  }

  /** What the voice state that is being handled means in the light of what was asked for. */
  meaningOf(guildId: string, state: OwnVoiceState): StateMeaning {
    if (this.#judged?.state === state) return this.#judged.meaning;
    return this.#wishesIn(guildId).meaningOf(state.channel_id, performance.now());
  }

  #wishesIn(guildId: string): VoiceWishes {
    let wishes = this.#wishes.get(guildId);
    if (!wishes) {
      wishes = new VoiceWishes();
      this.#wishes.set(guildId, wishes);
    }
    return wishes;
  }

  /** From now on the place in this guild is this one's. */
  seated(guildId: string, seat: object): void {
    this.#seats.set(guildId, seat);
  }

  isSeated(guildId: string, seat: object): boolean {
    return this.#seats.get(guildId) === seat;
  }

  /** Its holder gives the place up; nothing where it is another one's already. */
  unseated(guildId: string, seat: object): void {
    if (this.isSeated(guildId, seat)) this.#seats.delete(guildId);
  }

  /** Whether no conversation holds or wants the place in this guild. */
  isFree(guildId: string): boolean {
    return !this.#seats.has(guildId);
  }

  /** Whose voice state this is: this session's, one of an earlier one of this process, or another process's. */
  ownerOf(sessionId: string): 'own' | 'former' | 'foreign' {
    if (sessionId === this.#id) {
      this.#isNamed = true;
      return 'own';
    }
    if (this.#former.has(sessionId)) return 'former';
    return this.#isNamed ? 'foreign' : 'own';
  }

  /** An event of the gateway, before anybody acts on it. */
  take({ t, s, d }: Packet): void {
    const now = performance.now();
    if (now - this.#heardAt >= SILENCE_MS) for (const wishes of this.#wishes.values()) wishes.renew(now);
    this.#heardAt = now;
    this.#heard += 1;
    this.#isRepeat = false;
    if (t === 'READY') this.#begin(d as ReadyEvent);
    // Sequence numbers rise within a session: https://docs.discord.com/developers/events/gateway#resuming
    if (typeof s !== 'number') return;
    this.#isRepeat = s <= this.#sequence;
    this.#sequence = Math.max(this.#sequence, s);
    if (t === 'VOICE_STATE_UPDATE' && !this.#isRepeat) this.#judge(d as OwnVoiceState & { readonly user_id?: unknown });
  }

  /** Also where no conversation is there to hear it: it may be the answer to what the last one asked for. */
  #judge(state: OwnVoiceState & { readonly user_id?: unknown }): void {
    if (state.user_id !== this.#userId || typeof state.guild_id !== 'string') return;
    this.#judged = { state, meaning: this.#wishesIn(state.guild_id).meaningOf(state.channel_id, performance.now()) };
  }

  #begin({ session_id: id, user }: ReadyEvent): void {
    this.#userId = user?.id;
    if (this.#id !== undefined) {
      if (this.#former.size >= FORMER_LIMIT) this.#former.delete(this.#former.values().next().value as string);
      this.#former.add(this.#id);
    }
    this.#id = id;
    this.#sequence = 0;
    for (const wishes of this.#wishes.values()) wishes.clear();
  }
}

const sessions = new WeakMap<Client, GatewaySession>();

/** The session of this client, watched from the first call on: call it before the client logs in. */
export function sessionOf(client: Client): GatewaySession {
  let session = sessions.get(client);
  if (!session) {
    const watched = new GatewaySession();
    sessions.set(client, watched);
    // 'raw' comes before anybody acts on the event; the library does not type it.
    (client as NodeJS.EventEmitter).on('raw', (packet: Packet) => watched.take(packet));
    session = watched;
  }
  return session;
}
