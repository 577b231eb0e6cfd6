import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import tls from 'node:tls';
import { parseArgs } from 'node:util';
import { EPHEMERAL, SimulatedDiscord, type SimulatedPerson } from '@parley/simulator/discord';
import { SimulatedGemini, SimulatedOpenAI, SimulatedWeather } from '@parley/simulator/models';
import { recording, writeWav } from '@parley/simulator/sound';
import type { Parley } from '../../app/parley.ts';
import { startParley } from '../../app/start-parley.ts';
import { readConfig } from '../../config/config.ts';
import { createLog } from '../../process/log.ts';
import { script } from './cast.ts';
import { Happenings, StepError } from './happenings.ts';
import { Screen } from './screen.ts';

const USAGE = `Parley's demo: the bot on local stand-ins of Discord and of a realtime model. No account, no key, no network.

  npm run demo                          over the protocol of OpenAI Realtime
  npm run demo -- --provider gemini     over the protocol of Gemini Live
  npm run demo -- --out FILE.wav        where to write what the bot said (default out/demo.wav); transcript.html goes beside it
  npm run demo -- --verbose             the bot's own log, too`;

type Provider = 'openai' | 'gemini';
interface Options {
  readonly provider: Provider;
  readonly out: string;
  readonly verbose: boolean;
}

/** Everything that the demo started, closed in the reverse order. */
class Stage {
  readonly #closers: (() => Promise<unknown>)[] = [];
  add<T>(part: T, close: (part: T) => Promise<unknown>): T {
    this.#closers.unshift(() => close(part));
    return part;
  }
  async close(): Promise<void> {
    for (const close of this.#closers.splice(0)) await close();
  }
}

function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      provider: { type: 'string', default: 'openai' },
      out: { type: 'string', default: 'out/demo.wav' },
      verbose: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return undefined;
  if (values.provider !== 'openai' && values.provider !== 'gemini') {
    throw new TypeError(`--provider must be openai or gemini, not ${values.provider}`);
  }
  return { provider: values.provider, out: values.out, verbose: values.verbose };
}

/** The stand-in of the model, and the variables that lead the bot to it. */
async function startModel(stage: Stage, provider: Provider): Promise<NodeJS.ProcessEnv> {
  if (provider === 'openai') {
    const server = stage.add(await SimulatedOpenAI.start({ script }), (one) => one.close());
    return { PROVIDER: provider, OPENAI_API_KEY: server.apiKey, OPENAI_BASE_URL: server.url };
  }
  const server = stage.add(await SimulatedGemini.start({ script }), (one) => one.close());
  return { PROVIDER: provider, GEMINI_API_KEY: server.apiKey, GEMINI_BASE_URL: server.url };
}

async function run(options: Options, screen: Screen, stage: Stage): Promise<void> {
  const protocol = options.provider === 'openai' ? 'OpenAI Realtime' : 'Gemini Live';
  screen.title(`Parley: the main job on this machine, over the protocol of ${protocol}`);
  screen.plain('Discord and the model are stand-ins on 127.0.0.1. The stand-in of the model follows a script:');
  screen.plain('it does not understand speech. Sound, encryption, protocols and the bot are real.\n');

  const discord = stage.add(await SimulatedDiscord.start(), (one) => one.close());
  tls.setDefaultCACertificates([...tls.getCACertificates(), discord.certificate]);
  const modelEnv = await startModel(stage, options.provider);
  const weather = stage.add(await SimulatedWeather.start(), (one) => one.close());
  const guild = discord.createGuild({ name: 'Demo' });
  const channelId = guild.createVoiceChannel({ name: 'Lounge' });
  screen.nameChannel(channelId, 'Lounge');
  const anna = guild.addPerson({ name: 'Anna' });
  const ben = guild.addPerson({ name: 'Ben' });

  const happenings = new Happenings();
  const config = readConfig({
    ...modelEnv,
    DISCORD_TOKEN: discord.token,
    DISCORD_API_URL: discord.apiUrl,
    DATABASE_URL: 'sqlite::memory:',
    WEATHER_API_URL: weather.url,
    WEATHER_GEOCODING_URL: weather.url,
    LOG_LEVEL: options.verbose ? 'debug' : 'warn',
  });
  const log = createLog({ level: config.logLevel, redact: config.secrets, destination: process.stderr });
  const observe = (event: Parameters<Happenings['add']>[0]): void => {
    screen.show(event);
    happenings.add(event);
  };
  const parley = stage.add(await startParley({ config, log, observe }), (one: Parley) => one.stop());
  screen.step('the bot is online');
  await Promise.all([anna.join(channelId), ben.join(channelId)]);
  screen.step('Anna and Ben are in the voice channel Lounge');
  await conversation({ botId: discord.botUser.id, anna, ben, channelId, guild, happenings, screen });
  saveVoice(anna, discord.botUser.id, options.out, screen);
  await savePage(anna, join(dirname(options.out), 'transcript.html'), screen);
  await parley.stop();
  const written = postsOf(discord.botUser.id, guild, channelId);
  screen.plain('');
  screen.title('What everybody reads in the chat of Lounge afterwards:');
  for (const { content } of written) screen.page(content);
  const transcript = written.map((message) => message.content).join('\n');
  for (const words of ['Berlin right now', 'get\\_weather', 'who\\_is\\_here', 'listening to both']) {
    if (!transcript.includes(words)) throw new StepError(`the transcript lacks “${words}”`);
  }
}

type Guild = ReturnType<SimulatedDiscord['createGuild']>;

/** What the bot wrote for everybody: an answer to a command is often for the asker alone. */
function postsOf(botId: string, guild: Guild, channelId: string): readonly { content: string }[] {
  return guild.messages(channelId).filter((one) => one.authorId === botId && !(one.flags & EPHEMERAL));
}

interface Scene {
  readonly botId: string;
  readonly anna: SimulatedPerson;
  readonly ben: SimulatedPerson;
  readonly channelId: string;
  readonly guild: Guild;
  readonly happenings: Happenings;
  readonly screen: Screen;
}

/** The story: a question, a tool, an answer, an interruption, another answer. Throws StepError where it stops. */
async function conversation({ botId, anna, ben, channelId, guild, happenings, screen }: Scene): Promise<void> {
  screen.step('Anna types /join; the answer is for her alone, then the bot tells everybody');
  const answer = await anna.command('/join');
  screen.quote('to Anna', answer.content);
  if (guild.botVoiceChannelId !== channelId) throw new StepError(`/join did not bring the bot: ${answer.content}`);
  for (const { content } of postsOf(botId, guild, channelId)) screen.quote('#Lounge', content);

  screen.step('Anna asks aloud (a recorded sentence)');
  await anna.voice.speak(recording('anna-weather'));
  await happenings.next('the tool call for the weather', 'tool-started', (event) => event.call.name === 'get_weather');
  await happenings.next('the result of the tool', 'tool-ended', (event) => event.result.ok);
  await happenings.next('the spoken answer', 'reply-audible');
  await new Promise((resolve) => setTimeout(resolve, 3_000));

  screen.step('Ben cuts in while the bot speaks');
  await ben.voice.speak(recording('ben-interrupt'));
  const cut = await happenings.next('the interruption', 'interrupted', (event) => event.by.userId === ben.userId);
  if (cut.afterMs > 400) throw new StepError(`the interruption took ${Math.round(cut.afterMs)} ms`);
  await happenings.next("the tool call for Ben's question", 'tool-ended', (event) => event.call.name === 'who_is_here');
  const last = await happenings.next('the second answer', 'reply-audible');
  await happenings.next('the end of the second answer', 'reply-ended', (event) => {
    return event.replyId === last.replyId && !event.interrupted;
  });

  screen.step('Anna types /status, then /leave');
  screen.quote('to Anna', (await anna.command('/status')).content);
  screen.quote('to Anna', (await anna.command('/leave')).content);
  await happenings.next('the end', 'ended');
}

/** Writes what Anna heard of the bot to a WAV file. Throws StepError when she heard next to nothing. */
function saveVoice(anna: SimulatedPerson, botId: string, path: string, screen: Screen): void {
  const pcm = anna.voice.heardPcm({ userId: botId, gaps: 'arrival' });
  const seconds = pcm.length / 48_000;
  if (seconds < 4) throw new StepError(`only ${seconds.toFixed(1)} s of the bot's voice were heard`);
  save(path, writeWav({ pcm, sampleRate: 48_000, channels: 1 }));
  screen.step(`what Anna heard of the bot is in ${path} (${seconds.toFixed(1)} s)`);
}

/** Writes the page that Anna gets of the conversation. Throws StepError when she gets none. */
async function savePage(anna: SimulatedPerson, path: string, screen: Screen): Promise<void> {
  screen.step('Anna types /transcript export');
  const { content, files } = await anna.command('/transcript export');
  screen.quote('to Anna', content);
  const [page] = files;
  if (!page) throw new StepError(`/transcript export gave no file: ${content}`);
  save(path, page.bytes);
  screen.step(`the page is in ${path}: open it in a browser`);
}

function save(path: string, bytes: Uint8Array): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
  } catch (error) {
    throw new StepError(`${path} cannot be written (${error instanceof Error ? error.message : error})`);
  }
}

async function main(): Promise<number> {
  let options: Options | undefined;
  try {
    options = readOptions();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${USAGE}\n`);
    return 2;
  }
  const screen = new Screen(process.stdout, ['Anna', 'Ben']);
  if (!options) {
    screen.plain(USAGE);
    return 0;
  }
  const stage = new Stage();
  const startedAt = performance.now();
  let failure = await run(options, screen, stage).then(() => undefined, reasonOf);
  // Closed before the verdict, so that the verdict is the last line.
  failure ??= await stage.close().then(() => undefined, reasonOf);
  await stage.close().catch(() => {});
  screen.plain('');
  if (failure !== undefined) screen.failed(`The demo stopped: ${failure}`);
  else screen.ok(`Everything happened, in ${((performance.now() - startedAt) / 1000).toFixed(0)} s.`);
  return failure === undefined ? 0 : 1;
}

function reasonOf(error: unknown): string {
  if (error instanceof StepError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

process.exitCode = await main();
