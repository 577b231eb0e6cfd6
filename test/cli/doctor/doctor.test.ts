import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { SimulatedDiscord } from '@parley/simulator/discord';
import { SimulatedGemini, SimulatedOpenAI } from '@parley/simulator/models';
import { lineOf } from '../../../src/cli/doctor/finding.ts';
import { machineChecks } from '../../../src/cli/doctor/machine.ts';
import { COMPILED } from '../../support/process/process.ts';

const PROGRAM = fileURLToPath(new URL('../../../src/cli/doctor/doctor.ts', import.meta.url));
const script = () => ({ silent: true }) as const;

/** The doctor as a process of its own, in an empty folder. */
async function examine(
  env: NodeJS.ProcessEnv,
): Promise<{ lines: string[]; code: number; tookMs: number; output: string }> {
  const cwd = await mkdtemp(join(tmpdir(), 'doctor-'));
  const startedAt = performance.now();
  const child = spawn(process.execPath, [PROGRAM], { cwd, env: { PATH: process.env.PATH, ...COMPILED, ...env } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const [code] = await once(child, 'close');
  return { lines: output.split('\n'), code, tookMs: performance.now() - startedAt, output };
}

describe('npm run doctor', { concurrency: 2 }, () => {
  let discord: SimulatedDiscord;
  let openai: SimulatedOpenAI;
  let gemini: SimulatedGemini;
  before(async () => {
    discord = await SimulatedDiscord.start();
    openai = await SimulatedOpenAI.start({ script });
    gemini = await SimulatedGemini.start({ script });
    const guild = discord.createGuild({ name: 'Home' });
    guild.createVoiceChannel({ name: 'Lounge' });
    guild.createVoiceChannel({ name: 'Quiet', denyBot: ['Speak', 'SendMessages'] });
    const walled = discord.createGuild({ name: 'Walled' });
    walled.createVoiceChannel({ name: 'Vault', denyBot: ['Connect'] });
  });
  after(() => Promise.all([discord.close(), openai.close(), gemini.close()]));

  const well = (): NodeJS.ProcessEnv => ({
    DISCORD_TOKEN: discord.token,
    DISCORD_API_URL: discord.apiUrl,
    DATABASE_URL: 'sqlite:data/here.db',
    OPENAI_API_KEY: openai.apiKey,
    OPENAI_BASE_URL: openai.url,
  });

  it('says that all is well, one line a thing, and shows no key', async (t) => {
    const other = await SimulatedDiscord.start();
    t.after(() => other.close());
    other.createGuild({ name: 'Home' }).createVoiceChannel({ name: 'Lounge' });
    const env = { ...well(), DISCORD_TOKEN: other.token, DISCORD_API_URL: other.apiUrl };
    const both = { ...env, GEMINI_API_KEY: gemini.apiKey, GEMINI_BASE_URL: gemini.url, TRANSCRIBER: 'openai' };
    const { lines, code, output } = await examine(both);
    const expected = [
      /^– \.env: there is none here, .* cp \.env\.example \.env makes one$/,
      /^✓ Configuration: complete$/,
      /^✓ Node: 24\.\d+\.\d+$/,
      /^✓ Opus codec: a tone of 440 Hz came back \(\d\d+ % of it\)$/,
      /^✓ DAVE \(end-to-end encryption\): protocol 1, a key package of \d{3} bytes$/,
      /^✓ Transport encryption: AES-256-GCM and XChaCha20-Poly1305$/,
      /^✓ UDP: sockets work; /,
      /^✓ Database: sqlite:data\/here\.db opens, has its tables and can be written$/,
      /^[✓–] Storage: \d+\.\d [GM]B free(, which is little: make room)?; nothing in the database is damaged$/,
      /^✓ Encryption: off, as DATA_KEY is not set; /,
      /^✓ Prices: built in, for \d+ models$/,
      /^✓ Discord: http:\/\/127\.0\.0\.1:\d+\/api answers$/,
      /^✓ Bot token: the bot is \S+ \(\d+\)$/,
      /^✓ Logins: \d+ of 1000 left for today$/,
      /^✓ Clock: as Discord’s$/,
      /^✓ Gateway: connected in \d+ ms with the intents Guilds and Guild Voice States; no privileged intent is needed$/,
      /^✓ Application: .+, anybody may invite it$/,
      /^✓ Commands over the gateway: no Interactions Endpoint URL takes them away$/,
      /^– Slash commands: not registered as they are now; npm start does that$/,
      /^✓ Server “Home”: the bot has every right it needs in 1 voice channel$/,
      /^✓ OpenAI \(gpt-realtime-2\.1\): a session opened in \d+ ms: address, key and model are right$/,
      /^✓ Google Gemini \(gemini-3\.8-live\): a session opened in \d+ ms: address, key and model are right$/,
      /^✓ TRANSCRIBER, OpenAI \(gpt-live-transcribe\): a session opened in \d+ ms: address, key and model are right$/,
      /^$/,
      /^All is well: npm start brings the bot up\.$/,
    ];
    for (const [at, pattern] of expected.entries()) assert.match(lines[at] ?? '', pattern);
    assert.equal(code, 0, output);
    for (const secret of [other.token, openai.apiKey, gemini.apiKey]) assert.ok(!output.includes(secret));
  });

  it('names the channels in which rights are missing; only a server without any usable channel fails', async () => {
    const { output, code } = await examine(well());
    assert.match(
      output,
      /^– Server “Home”: rights are missing in 1 of 2 voice channels: Quiet lacks Speak, Send Messages\. Grant it/m,
    );
    assert.match(
      output,
      /^✗ Server “Walled”: rights are missing in 1 of 1 voice channel: Vault lacks Connect\. Grant it/m,
    );
    assert.match(output, /\n1 problem to solve\.\n$/);
    assert.equal(code, 1);
  });

  it('fails where no command can come, names what stands twice, and a server where nobody sees a command', async (t) => {
    const other = await SimulatedDiscord.start();
    t.after(() => other.close());
    const guild = other.createGuild({ name: 'Home' });
    guild.createVoiceChannel({ name: 'Lounge' });
    const closed = other.createGuild({ name: 'Closed' });
    closed.createVoiceChannel({ name: 'Lounge' });
    other.commands.endpointUrl = 'https://example.org/x';
    other.commands.put(guild.id, { name: 'join', description: 'Left there' });
    other.commands.withoutScope.add(closed.id);
    const { output, code } = await examine({ ...well(), DISCORD_TOKEN: other.token, DISCORD_API_URL: other.apiUrl });
    assert.match(output, /^✗ Commands over the gateway: no command reaches the bot, because .*example\.org\/x: empty/m);
    assert.match(output, /^– Slash commands: they are also registered on the server “Home”, so people see them twice/m);
    assert.match(output, /^✗ Slash commands: nobody sees them on the server “Closed”: invite the bot there again/m);
    assert.equal(code, 1);
  });

  it('lists every problem of the configuration, and looks at the machine all the same', async () => {
    const { output, code } = await examine({ DISCORD_API_URL: 'ftp://x', LOG_LEVEL: 'loud' });
    assert.match(output, /^✗ Configuration: DISCORD_TOKEN is not set: put the bot token from https:/m);
    assert.match(output, /^✗ Configuration: DISCORD_API_URL must be an http:/m);
    assert.match(output, /^✗ Configuration: LOG_LEVEL must be one of trace, /m);
    assert.match(output, /^✗ Configuration: OPENAI_API_KEY, .* is not set/m);
    assert.match(output, /^✓ Opus codec: /m);
    assert.match(output, /^– Discord, the model, the database: tried once the configuration is right$/m);
    assert.equal(code, 1);
  });

  it('says what to do about a refused token and key, a broken database, broken prices and tools, in one run', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'doctor-'));
    await writeFile(join(folder, 'prices.json'), '{"m": {"textIn": -1}}');
    await writeFile(join(folder, 'bad.ts'), 'export default 1;');
    await writeFile(
      join(folder, 'not.db'),
      'this is no database, but a text that is long enough for a header. '.repeat(20),
    );
    const { output, code } = await examine({
      ...well(),
      DISCORD_TOKEN: 'wrong-token-of-somebody',
      OPENAI_API_KEY: 'sk-wrong-and-secret',
      DATABASE_URL: `sqlite:${folder}/not.db`,
      PRICES_FILE: `${folder}/prices.json`,
      TOOLS_DIR: folder,
    });
    assert.match(
      output,
      /^✗ Bot token: Could not log in: Discord refused DISCORD_TOKEN\. Make a new one in the developer portal/m,
    );
    assert.match(output, /^✗ OpenAI \(gpt-realtime-2\.1\): .*OPENAI_API_KEY/m);
    assert.match(output, /^✗ Database: The file .*not\.db is not a database: move it away \(DATABASE_URL\)\.$/m);
    assert.match(output, /^✗ Prices: PRICES_FILE .*prices\.json: m\.textIn: /m);
    assert.match(output, /^✗ Tools of your own: TOOLS_DIR: bad\.ts was left out: its default export is no tool/m);
    assert.match(output, /\n5 problems to solve\.\n$/);
    assert.equal(code, 1);
    assert.doesNotMatch(output, /wrong-token-of-somebody|sk-wrong-and-secret|Gateway/);
  });

  it('tells an unknown model and a server without the bot', async (t) => {
    const empty = await SimulatedDiscord.start();
    t.after(() => empty.close());
    const env = { ...well(), DISCORD_TOKEN: empty.token, DISCORD_API_URL: empty.apiUrl, OPENAI_MODEL: 'gpt-nothing' };
    const { output, code } = await examine({ ...env, DISCORD_GUILD_ID: '123' });
    assert.match(output, /^✗ OpenAI \(gpt-nothing\): .*gpt-nothing.*OPENAI_MODEL/m);
    assert.match(output, /^✗ Slash commands: .*the bot is not on the server DISCORD_GUILD_ID=123/m);
    assert.match(
      output,
      /^✗ Servers: the bot is on none; invite it: http\S+client_id=\d+\S*permissions=281749857815552/m,
    );
    assert.equal(code, 1);
  });

  it('ends within 20 seconds where nobody listens, and where somebody listens who never answers', async () => {
    const silent = createServer((socket) => void socket.on('error', () => {}).resume()).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const nowhere = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const [hung, dead] = await Promise.all([
      examine({ ...well(), DISCORD_API_URL: `${nowhere}/api`, OPENAI_BASE_URL: `${nowhere}/v1` }),
      examine({ ...well(), DISCORD_API_URL: 'http://127.0.0.1:1/api', OPENAI_BASE_URL: 'http://127.0.0.1:1/v1' }),
    ]);
    silent.close();
    assert.match(hung.output, /^✗ Discord: /m);
    assert.match(hung.output, /^✗ OpenAI \(gpt-realtime-2\.1\): /m);
    assert.equal(hung.code, 1);
    assert.ok(hung.tookMs < 20_000, `${hung.tookMs} ms`);
    assert.match(
      dead.output,
      /^✗ Discord: Could not reach Discord: http:\/\/127\.0\.0\.1:1\/api cannot be reached \(ECONNREFUSED\)/m,
    );
    assert.match(dead.output, /^✗ OpenAI \(gpt-realtime-2\.1\): .*OPENAI_BASE_URL/m);
  });
});

it('a Node that is too old is told what to do', async () => {
  const [node] = await Promise.all(machineChecks(null, '22.1.0'));
  assert.equal(node?.state, 'failed');
  assert.match(node?.text ?? '', /this is 22\.1\.0, but 24 is needed: run npm ci/);
});

it('a line carries no secret, no line break and nothing that moves the cursor', () => {
  const finding = { state: 'failed', name: 'Server “\u001b[2Jx”', text: 'a\nb sk-12345 and sk-1234567' } as const;
  assert.equal(lineOf(finding, ['sk-12345', 'sk-1234567']), '✗ Server “ [2Jx”: a b [redacted] and [redacted]');
});
