import tls from 'node:tls';
import {
  type DiscordOptions,
  SimulatedDiscord,
  type SimulatedGuild,
  type SimulatedPerson,
} from '@parley/simulator/discord';
import pino, { type Logger } from 'pino';
import { StrayPlaces } from '../../../src/conversation/stray-places.ts';
import { createClient, logIn } from '../../../src/discord/client/client.ts';
import { sessionOf } from '../../../src/discord/client/gateway-session.ts';
import { destroyClient } from '../../../src/discord/client/gateway-strategy.ts';
import { surroundingsOf } from '../../../src/discord/voice/guild-voice-state.ts';
import { LINK_PATIENCE, type LinkPatience } from '../../../src/discord/voice/link/close-codes.ts';
import { OpusCodecs } from '../../../src/discord/voice/receive/opus.ts';
import { type DiscordVoiceLine, joinVoiceLine } from '../../../src/discord/voice/voice-line.ts';
import type { Frame, LineEvent } from '../../../src/ports/voice.ts';
import { tone } from '../sound/sound.ts';
import { eventually } from '../time/eventually.ts';

/** Waiting made short, in the proportions of the real ones. */
export const IMPATIENT: LinkPatience = {
  ...LINK_PATIENCE,
  stepMs: 1_500,
  discoveryMs: 100,
  resumeMs: 800,
  wordMs: 400,
  settleMs: 150,
  recoverMs: 4_000,
  stableMs: 3_000,
  backOffMs: 50,
  backOffCapMs: 400,
  attempts: 5,
  pulseMs: 200,
  deadMs: 1_000,
  deafMs: 1_000,
};

/** A client and its lines on a simulated Discord. */
export class LinkStage {
  readonly discord: SimulatedDiscord;
  readonly guild: SimulatedGuild;
  readonly channelId: string;
  readonly otherId: string;
  readonly client: ReturnType<typeof createClient>;
  #strays: StrayPlaces | undefined;

  private constructor(discord: SimulatedDiscord, client: ReturnType<typeof createClient>) {
    this.discord = discord;
    this.client = client;
    this.guild = discord.createGuild({ name: 'Links' });
    this.channelId = this.guild.createVoiceChannel({ name: 'Lounge' });
    this.otherId = this.guild.createVoiceChannel({ name: 'Attic' });
  }

  static async start(options: DiscordOptions = {}): Promise<LinkStage> {
    const discord = await SimulatedDiscord.start(options);
    tls.setDefaultCACertificates([...tls.getCACertificates(), discord.certificate]);
    const { apiUrl } = discord;
    const client = createClient({ apiUrl, log: pino({ level: 'silent' }), onDead: () => {} });
    const stage = new LinkStage(discord, client);
    await logIn(client, { token: discord.token, apiUrl });
    // A leave that did not reach Discord, because the gateway was away, is made up for.
    stage.#strays = new StrayPlaces({
      client,
      isWanted: (guildId) => Promise.resolve(!sessionOf(client).isFree(guildId)),
      log: pino({ level: 'silent' }),
    });
    return stage;
  }

  /** The bot's seat, for the voice server's switches. */
  get seat(): { guildId: string; userId: string } {
    return { guildId: this.guild.id, userId: this.discord.botUser.id };
  }

  /** Where the bot's client takes itself to be. */
  get knownChannelId(): string | null {
    return this.client.guilds.cache.get(this.guild.id)?.members.me?.voice.channelId ?? null;
  }

  /** Somebody in the channel. */
  async person(name: string): Promise<SimulatedPerson> {
    const person = this.guild.addPerson({ name });
    await person.join(this.channelId);
    return person;
  }

  async join(
    change: {
      patience?: Partial<LinkPatience>;
      timeoutMs?: number;
      mayHear?: (userId: string) => boolean;
      log?: Logger;
    } = {},
  ): Promise<Listener> {
    const guild = this.client.guilds.cache.get(this.guild.id);
    if (!guild) throw new Error('the client does not know the guild');
    const line = await joinVoiceLine({
      mayHear: change.mayHear ?? (() => true),
      guildId: guild.id,
      channelId: this.channelId,
      adapterCreator: guild.voiceAdapterCreator,
      inputRate: 24000,
      codecs: new OpusCodecs(),
      log: change.log ?? pino({ level: 'silent' }),
      othersAreThere: () => this.guild.people.some((person) => this.guild.places.of(person.userId)),
      around: surroundingsOf(this.client, guild),
      timeoutMs: change.timeoutMs ?? 5_000,
      patience: { ...IMPATIENT, ...change.patience },
    });
    return new Listener(line);
  }

  async close(): Promise<void> {
    this.#strays?.close();
    await destroyClient(this.client);
    await this.discord.close();
  }
}

/** Reads a line for as long as it lives. */
export class Listener {
  readonly line: DiscordVoiceLine;
  readonly frames: Frame[] = [];
  readonly events: LineEvent[] = [];
  /** Why it ended; `closed` where we closed it. */
  readonly ended: Promise<string>;
  isOver = false;

  constructor(line: DiscordVoiceLine) {
    this.line = line;
    this.ended = this.#read().then(
      () => 'closed',
      (error: Error) => error.message,
    );
    void this.ended.then(() => {
      this.isOver = true;
    });
  }

  /** Waits for an event of this type after the first `skip` ones. */
  async event<Type extends LineEvent['type']>(
    type: Type,
    timeoutMs = 8_000,
    skip = 0,
  ): Promise<LineEvent & { type: Type }> {
    const of = (): (LineEvent & { type: Type })[] =>
      this.events.filter((event): event is LineEvent & { type: Type } => event.type === type);
    const check = async (): Promise<(LineEvent & { type: Type }) | undefined> => {
      const found = of()[skip];
      if (!found && this.isOver) throw new Error(`the line ended before '${type}': ${await this.ended}`);
      return found;
    };
    return eventually(`a '${type}' of the line`, check, { withinMs: timeoutMs });
  }

  /** Whether the person is heard when they speak now. */
  async hears(person: SimulatedPerson): Promise<boolean> {
    const before = this.frames.length;
    for (let i = 0; i < 10; i += 1) {
      await person.voice.speak({ pcm: tone({ hz: 400, ms: 200, rate: 48000 }), sampleRate: 48000, channels: 1 });
      if (this.frames.slice(before).some((frame) => frame.userId === person.userId)) return true;
    }
    return false;
  }

  async #read(): Promise<void> {
    for await (const event of this.line.events) {
      if (event.type === 'frame') this.frames.push(event);
      else this.events.push(event);
    }
  }
}
