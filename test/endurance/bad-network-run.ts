import { setTimeout as wait } from 'node:timers/promises';
import tls from 'node:tls';
import { SimulatedDiscord } from '@parley/simulator/discord';
import { Client, GatewayIntentBits } from 'discord.js';
import pino from 'pino';
import { OpusCodecs } from '../../src/discord/voice/receive/opus.ts';
import { joinVoiceLine } from '../../src/discord/voice/voice-line.ts';
import { tone } from '../support/sound/sound.ts';

export const name = 'a person speaks for ten minutes over a bad network';

const SPURT_MS = 30_000;
const SPURTS = 20;

/** 5 % of the packets lost, 5 % out of order, 2 % twice, 30 ms of jitter, in real time through the real line, end-to-end encrypted. */
export async function run(say: (line: string) => void): Promise<void> {
  const faults = { loss: 0.05, reorder: 0.05, duplicates: 0.02, jitterMs: 30 };
  const discord = await SimulatedDiscord.start({ seed: 4, faults });
  tls.setDefaultCACertificates([...tls.getCACertificates(), discord.certificate]);
  const guild = discord.createGuild({ name: 'Far away' });
  const channelId = guild.createVoiceChannel({ name: 'Lounge' });
  const client = new Client({
    intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildVoiceStates],
    rest: { api: discord.apiUrl },
  });
  try {
    const ready = new Promise((resolve) => client.once('clientReady', resolve));
    await client.login(discord.token);
    await ready;
    const anna = guild.addPerson({ name: 'Anna' });
    await anna.join(channelId);
    const line = await joinVoiceLine({
      mayHear: () => true,
      guildId: guild.id,
      channelId,
      adapterCreator: client.guilds.cache.get(guild.id)?.voiceAdapterCreator as never,
      inputRate: 24000,
      codecs: new OpusCodecs(),
      log: pino({ level: 'silent' }),
      othersAreThere: () => true,
    });
    const heard = { realMs: 0, concealedMs: 0 };
    const reading = (async () => {
      for await (const event of line.events) {
        if (event.type !== 'frame') continue;
        heard[event.concealed ? 'concealedMs' : 'realMs'] += event.pcm.length / 24;
      }
    })();
    const pcm = tone({ hz: 300, ms: SPURT_MS, rate: 48000 });
    for (let i = 0; i < SPURTS; i += 1) await anna.voice.speak({ pcm, sampleRate: 48000, channels: 1 });
    await wait(1_000);
    const { struck } = discord.voice;
    const sentMs = (struck.passed + struck.lost) * 20;
    say(`the network: ${JSON.stringify(struck)}`);
    say(`the line: ${JSON.stringify(line.counts)}`);
    const share = (ms: number): string => `${((100 * ms) / sentMs).toFixed(2)} %`;
    say(`of ${sentMs / 1000} s: ${share(heard.realMs)} delivered, ${share(heard.concealedMs)} concealed`);
    await line.close();
    await reading;
    if (heard.realMs < 0.94 * sentMs) throw new Error('less than 94 % of the sound was delivered');
    if (heard.realMs + heard.concealedMs < 0.99 * sentMs) throw new Error('lost sound was not concealed');
  } finally {
    await client.destroy();
    await discord.close();
  }
}
