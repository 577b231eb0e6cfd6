import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ConfigError, readConfig } from '../src/config.ts';

const TOKEN = 'not.a.real.token';

/** The lines of the complaint about this environment. */
function problems(env: NodeJS.ProcessEnv): string[] {
  try {
    readConfig(env);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.message.split('\n');
  }
  return assert.fail('the environment was accepted');
}

test('a token and a key are enough', () => {
  const config = readConfig({ DISCORD_TOKEN: TOKEN, OPENAI_API_KEY: 'sk-key' });
  assert.deepEqual(config, {
    discord: { token: TOKEN, apiUrl: 'https://discord.com/api', guildId: null },
    model: {
      provider: 'openai',
      apiKey: 'sk-key',
      baseUrl: 'https://api.openai.com/v1',
      model: 'gpt-realtime-2.1',
    },
    databaseUrl: 'sqlite:data/parley.db',
    logLevel: 'info',
    startedByNpm: false,
    pricesFile: null,
    weather: { forecastUrl: 'https://api.open-meteo.com', geocodingUrl: 'https://geocoding-api.open-meteo.com' },
    secrets: [TOKEN, 'sk-key'],
  });
});

test('everything can be set, and slashes at the end of an address do not matter', () => {
  const config = readConfig({
    DISCORD_TOKEN: TOKEN,
    DISCORD_API_URL: 'http://127.0.0.1:8080/api/',
    DISCORD_GUILD_ID: '123456789012345678',
    PROVIDER: 'gemini',
    OPENAI_API_KEY: 'sk-key',
    GEMINI_API_KEY: 'g-key',
    GEMINI_BASE_URL: 'http://127.0.0.1:8081//',
    GEMINI_MODEL: 'some-model',
    DATABASE_URL: 'sqlite::memory:',
    LOG_LEVEL: 'debug',
    WEATHER_API_URL: 'http://127.0.0.1:1/w',
    WEATHER_GEOCODING_URL: 'http://127.0.0.1:2',
  });
  assert.equal(config.discord.apiUrl, 'http://127.0.0.1:8080/api');
  assert.equal(config.discord.guildId, '123456789012345678');
  assert.deepEqual(config.model, {
    provider: 'gemini',
    apiKey: 'g-key',
    baseUrl: 'http://127.0.0.1:8081',
    model: 'some-model',
  });
  assert.equal(config.databaseUrl, 'sqlite::memory:');
  assert.equal(config.logLevel, 'debug');
  assert.deepEqual(config.weather, { forecastUrl: 'http://127.0.0.1:1/w', geocodingUrl: 'http://127.0.0.1:2' });
  assert.deepEqual(config.secrets, [TOKEN, 'sk-key', 'g-key']);
});

test('without PROVIDER the first provider with a key is taken', () => {
  assert.equal(readConfig({ DISCORD_TOKEN: TOKEN, GEMINI_API_KEY: 'g' }).model.provider, 'gemini');
  assert.equal(readConfig({ DISCORD_TOKEN: TOKEN, GEMINI_API_KEY: 'g', OPENAI_API_KEY: 'o' }).model.provider, 'openai');
});

test('empty and blank values count as not set', () => {
  const config = readConfig({ DISCORD_TOKEN: ` ${TOKEN} `, OPENAI_API_KEY: '  ', GEMINI_API_KEY: 'g', LOG_LEVEL: '' });
  assert.equal(config.discord.token, TOKEN);
  assert.equal(config.model.provider, 'gemini');
  assert.equal(config.logLevel, 'info');
});

test('every problem is one line that names its variable and says what to do', () => {
  const lines = problems({
    DISCORD_API_URL: 'discord.com',
    DISCORD_GUILD_ID: 'my server',
    PROVIDER: 'openai',
    DATABASE_URL: 'postgres://x',
    LOG_LEVEL: 'loud',
  });
  assert.deepEqual(lines, [
    'DISCORD_TOKEN is not set: put the bot token from https://discord.com/developers/applications (Bot) into .env',
    'DISCORD_API_URL must be an http:// or https:// address without user name, query and fragment',
    'DISCORD_GUILD_ID must be a server id, digits only: right-click the server, Copy Server ID',
    'DATABASE_URL must be sqlite:PATH (such as sqlite:data/parley.db) or sqlite::memory:',
    'LOG_LEVEL must be one of trace, debug, info, warn, error, fatal, silent',
    'OPENAI_API_KEY is not set, but PROVIDER is openai: make one at https://platform.openai.com/api-keys and put it into .env',
  ]);
});

test('no key at all, and a provider of a later version, are told plainly', () => {
  assert.deepEqual(problems({ DISCORD_TOKEN: TOKEN }), [
    'OPENAI_API_KEY or GEMINI_API_KEY is not set: put the key of the provider that you want into .env',
  ]);
  assert.deepEqual(problems({ DISCORD_TOKEN: TOKEN, OPENAI_API_KEY: 'o', PROVIDER: 'azure' }), [
    'PROVIDER azure comes in a later version: set it to openai or gemini for now',
  ]);
  assert.deepEqual(problems({ DISCORD_TOKEN: TOKEN, OPENAI_API_KEY: 'o', PROVIDER: 'elsewhere' }), [
    'PROVIDER must be one of openai, gemini, azure, vertex',
  ]);
});

test('a wrong address, token or key is refused without showing the secret', () => {
  const secret = 'sk-very secret';
  const lines = problems({
    DISCORD_TOKEN: 'Bot abc.def',
    DISCORD_API_URL: 'https://discord.com/api/v10',
    OPENAI_API_KEY: secret,
    OPENAI_BASE_URL: 'https://user:pass@gateway.example/v1',
  });
  assert.deepEqual(
    lines.map((line) => line.split(' ')[0]),
    ['DISCORD_TOKEN', 'DISCORD_TOKEN', 'DISCORD_API_URL', 'OPENAI_API_KEY', 'OPENAI_BASE_URL'],
  );
  assert.doesNotMatch(lines.join('\n'), /very|abc|pass@/);
});

test('the configuration cannot be changed', () => {
  const config = readConfig({ DISCORD_TOKEN: TOKEN, OPENAI_API_KEY: 'o' });
  assert.throws(() => Object.assign(config.discord, { token: 'x' }), TypeError);
  assert.throws(() => Object.assign(config, { logLevel: 'x' }), TypeError);
});

test('.env.example names every variable, and as it stands asks for a token and a key only', () => {
  const text = readFileSync(new URL('../.env.example', import.meta.url), 'utf8');
  const names = [...text.matchAll(/^(?:# )?([A-Z_]+)=/gm)].map((match) => match[1]);
  const read = new Set<string>();
  const env = new Proxy({}, { get: (_, name) => void read.add(String(name)) }) as NodeJS.ProcessEnv;
  assert.throws(() => readConfig(env), ConfigError);
  assert.deepEqual(names.toSorted(), [...read, 'NODE_EXTRA_CA_CERTS'].toSorted());
  assert.equal(
    problems(Object.fromEntries([...text.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, k, v]) => [k, v]))).length,
    2,
  );
});
