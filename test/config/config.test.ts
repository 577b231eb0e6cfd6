import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { liveCheckToken, readConfig } from '../../src/config/config.ts';
import { ConfigError } from '../../src/ports/errors.ts';

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
  const model = {
    provider: 'openai',
    apiKey: 'sk-key',
    baseUrl: 'https://api.openai.com/v1',
    model: 'gpt-realtime-2.1',
    transcriber: 'gpt-live-transcribe',
    headers: {},
    mcpServers: [],
  };
  assert.deepEqual(config, {
    discord: { token: TOKEN, apiUrl: 'https://discord.com/api', guildId: null },
    model,
    models: [model],
    fallbackProvider: null,
    transcriber: null,
    lacking: {
      openai: [],
      azure: ['AZURE_OPENAI_API_KEY', 'AZURE_OPENAI_ENDPOINT', 'AZURE_OPENAI_DEPLOYMENT'],
      gemini: ['GEMINI_API_KEY'],
      vertex: ['VERTEX_PROJECT'],
    },
    databaseUrl: 'sqlite:data/parley.db',
    dataKey: null,
    newDataKey: null,
    keepLeftServersDays: 7,
    logLevel: 'info',
    startedByNpm: false,
    pricesFile: null,
    summaryModel: null,
    budgets: { person: { day: 0, month: 0 }, server: { day: 0, month: 0 }, bot: { day: 10, month: 0 } },
    budgetIsDefault: true,
    cheaperModel: null,
    serversAllowed: null,
    serversBlocked: [],
    maxConversations: null,
    evenVoices: true,
    privacyUrl: null,
    toolsFolder: null,
    mcp: { servers: [], disabled: [] },
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
    DATA_KEY: '00ff'.repeat(16),
    LOG_LEVEL: 'debug',
    EVEN_VOICES: 'off',
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
    headers: {},
  });
  assert.equal(config.databaseUrl, 'sqlite::memory:');
  assert.equal(config.logLevel, 'debug');
  assert.equal(config.evenVoices, false);
  assert.deepEqual(config.weather, { forecastUrl: 'http://127.0.0.1:1/w', geocodingUrl: 'http://127.0.0.1:2' });
  assert.deepEqual(
    config.dataKey,
    Uint8Array.from({ length: 32 }, (_, at) => (at % 2) * 255),
  );
  assert.deepEqual(config.secrets, [TOKEN, '00ff'.repeat(16), 'sk-key', 'g-key']);
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

test('quotation marks that docker hands on are no part of a value', () => {
  const env = {
    DISCORD_TOKEN: `"${TOKEN}"`,
    OPENAI_API_KEY: "'sk-key'",
    DISCORD_GUILD_ID: '""',
    LOG_LEVEL: ' "warn" ',
  };
  const { discord, model, logLevel } = readConfig(env);
  assert.deepEqual([discord.token, discord.guildId, logLevel], [TOKEN, null, 'warn']);
  assert.equal('apiKey' in model && model.apiKey, 'sk-key');
  assert.equal(liveCheckToken({ LIVE_CHECK_TOKEN: '"a.b.c"' }), 'a.b.c');
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

test('no key at all and an unknown provider are told plainly', () => {
  assert.deepEqual(problems({ DISCORD_TOKEN: TOKEN }), [
    'OPENAI_API_KEY, AZURE_OPENAI_API_KEY, GEMINI_API_KEY or VERTEX_PROJECT is not set: put that of the provider that you want into .env',
  ]);
  assert.deepEqual(problems({ DISCORD_TOKEN: TOKEN, OPENAI_API_KEY: 'o', PROVIDER: 'elsewhere' }), [
    'PROVIDER must be one of openai, azure, gemini, vertex',
  ]);
});

const AZURE = { DISCORD_TOKEN: TOKEN, AZURE_OPENAI_API_KEY: 'azure-key', AZURE_OPENAI_DEPLOYMENT: 'talk' };

test('Azure needs a key, an endpoint and a deployment', () => {
  assert.deepEqual(readConfig({ ...AZURE, AZURE_OPENAI_ENDPOINT: 'https://me.openai.azure.com/' }).model, {
    provider: 'azure',
    apiKey: 'azure-key',
    baseUrl: 'https://me.openai.azure.com/openai/v1',
    deployment: 'talk',
    model: null,
    transcriber: null,
    headers: {},
    mcpServers: [],
  });
  assert.deepEqual(problems({ DISCORD_TOKEN: TOKEN, PROVIDER: 'azure', OPENAI_API_KEY: 'o' }), [
    'AZURE_OPENAI_API_KEY is not set, but PROVIDER is azure: take it from the resource (Keys and Endpoint) in https://portal.azure.com and put it into .env',
    'AZURE_OPENAI_ENDPOINT is not set, but PROVIDER is azure: take it from the resource, such as https://NAME.openai.azure.com and put it into .env',
    'AZURE_OPENAI_DEPLOYMENT is not set, but PROVIDER is azure: deploy a realtime model in https://ai.azure.com, take its name and put it into .env',
  ]);
  assert.deepEqual(problems(AZURE), [
    'AZURE_OPENAI_ENDPOINT is not set, but other variables choose azure: take it from the resource, such as https://NAME.openai.azure.com and put it into .env',
  ]);
});

test('the endpoint of Azure may be copied with the path of its API', () => {
  for (const path of ['', '/openai', '/openai/', '/openai/v1/']) {
    const { model } = readConfig({ ...AZURE, AZURE_OPENAI_ENDPOINT: `https://me.openai.azure.com${path}` });
    assert.ok(model.provider === 'azure');
    assert.equal(model.baseUrl, 'https://me.openai.azure.com/openai/v1');
  }
});

test('everything of Azure can be set, and a gateway stands for the endpoint', () => {
  const { model } = readConfig({
    ...AZURE,
    AZURE_OPENAI_BASE_URL: 'https://gateway.example/live/acct/',
    AZURE_OPENAI_MODEL: 'gpt-realtime-2.1',
    AZURE_OPENAI_TRANSCRIPTION_DEPLOYMENT: 'scribe',
    AZURE_OPENAI_HEADERS: '{"Authorization":"Bearer gateway-key"}',
  });
  assert.deepEqual(model, {
    provider: 'azure',
    apiKey: 'azure-key',
    baseUrl: 'https://gateway.example/live/acct',
    deployment: 'talk',
    model: 'gpt-realtime-2.1',
    transcriber: 'scribe',
    headers: { Authorization: 'Bearer gateway-key' },
    mcpServers: [],
  });
});

test('addresses of gateways may be copied as the gateway names them', () => {
  const bases = (variable: string, more: NodeJS.ProcessEnv, texts: readonly string[]) =>
    texts.map((text) => readConfig({ DISCORD_TOKEN: TOKEN, ...more, [variable]: text }).model.baseUrl);
  const openai = ['', '/', '/realtime', '/realtime/'];
  for (const [variable, more] of [
    ['OPENAI_BASE_URL', { OPENAI_API_KEY: 'k' }],
    ['AZURE_OPENAI_BASE_URL', AZURE],
  ] as const) {
    const made = bases(variable, more, [
      ...openai.map((end) => `wss://gw.example/live/acct${end}`),
      'https://gw.example/live/acct/',
      'ws://gw.example/live/acct',
    ]);
    assert.deepEqual(made, [...Array(5).fill('https://gw.example/live/acct'), 'http://gw.example/live/acct']);
  }
  const path = '/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent';
  for (const [variable, more] of [
    ['GEMINI_BASE_URL', { GEMINI_API_KEY: 'k' }],
    ['VERTEX_BASE_URL', { VERTEX_PROJECT: 'p' }],
  ] as const) {
    const made = bases(
      variable,
      more,
      ['', '/', path].map((end) => `wss://gw.example/a${end}`),
    );
    assert.deepEqual(made, Array(3).fill('https://gw.example/a'), variable);
    assert.match(problems({ DISCORD_TOKEN: TOKEN, ...more, [variable]: 'ftp://gw.example' })[0] ?? '', /wss:\/\//);
  }
});

test('the key of Azure goes as Bearer to a gateway, and as Azure wants it to Azure and where the headers say how', () => {
  const keyAs = (url: string, headers?: string) => {
    const { model } = readConfig({ ...AZURE, AZURE_OPENAI_BASE_URL: url, AZURE_OPENAI_HEADERS: headers });
    return model.provider === 'azure' && model.keyAs;
  };
  assert.equal(keyAs('https://gateway.example/live/acct'), 'bearer');
  for (const own of [
    'https://me.openai.azure.com/openai/v1',
    'https://me.services.ai.azure.com/x',
    'https://me.azure-api.net/x',
  ]) {
    assert.equal(keyAs(own), undefined, own);
  }
  assert.equal(keyAs('https://gateway.example', '{"Authorization":null}'), undefined);
});

test('no key is needed where the headers bring one, and null in them takes a header away', () => {
  for (const [provider, env] of Object.entries({
    openai: { OPENAI_HEADERS: '{"Authorization":"Bearer gw","x-drop":null}' },
    azure: {
      AZURE_OPENAI_HEADERS: '{"Ocp-Apim-Subscription-Key":"gw"}',
      AZURE_OPENAI_BASE_URL: 'https://gateway.example',
      AZURE_OPENAI_DEPLOYMENT: 'talk',
    },
    gemini: { GEMINI_HEADERS: '{"x-portkey-api-key":"gw"}' },
  })) {
    const config = readConfig({ DISCORD_TOKEN: TOKEN, ...env });
    assert.deepEqual([config.model.provider, config.model.apiKey], [provider, '']);
    assert.ok(config.secrets.includes('gw'), 'a secret');
    assert.ok(!config.secrets.some((one) => !one), 'no empty ones');
  }
  const left = { OPENAI_HEADERS: '{"Authorization":"Bearer old"}', GEMINI_API_KEY: 'g' };
  assert.equal(readConfig({ DISCORD_TOKEN: TOKEN, ...left }).model.provider, 'gemini', 'a key goes before headers');
  const [only] = problems({ DISCORD_TOKEN: TOKEN, OPENAI_HEADERS: '{"x-team":"voices","Authorization":null}' });
  assert.match(only ?? '', /^OPENAI_API_KEY, /);
});

test('what writes down can be chosen for talking as well, and switched off', () => {
  const of = (chosen: string | undefined) => {
    const { model } = readConfig({ DISCORD_TOKEN: TOKEN, OPENAI_API_KEY: 'k', OPENAI_TRANSCRIBE_MODEL: chosen });
    return model.provider === 'openai' && [model.transcriber, model.inputTranscriber];
  };
  assert.deepEqual(of(undefined), ['gpt-live-transcribe', undefined]);
  assert.deepEqual(of('gpt-transcribe'), ['gpt-transcribe', 'gpt-transcribe']);
  assert.deepEqual(of('none'), ['gpt-live-transcribe', null]);
});

test('a model that leads no conversation is refused with one that does', () => {
  const start = { DISCORD_TOKEN: TOKEN, OPENAI_API_KEY: 'k', GEMINI_API_KEY: 'g' };
  assert.deepEqual(problems({ ...start, OPENAI_MODEL: 'gpt-live-1.1' }), [
    "OPENAI_MODEL: gpt-live-1.1 speaks OpenAI's Live API (/v1/live/sessions), which has no turns and which I do not speak. Take gpt-realtime-2.1 instead.",
  ]);
  for (const [variable, model, instead] of [
    ['OPENAI_MODEL', 'gpt-live-1', 'gpt-realtime-2.1'],
    ['OPENAI_MODEL', 'gpt-live-transcribe', 'gpt-realtime-2.1'],
    ['OPENAI_MODEL', 'gpt-realtime-translate', 'gpt-realtime-2.1'],
    ['OPENAI_MODEL', 'whisper-1', 'gpt-realtime-2.1'],
    ['GEMINI_MODEL', 'models/gemini-3.5-live-translate-preview', 'gemini-3.8-live'],
    ['VERTEX_MODEL', 'gemini-3.5-transcribe', 'gemini-3.8-live'],
  ] as const) {
    const [line, ...more] = problems({ ...start, [variable]: model });
    assert.match(line ?? '', new RegExp(`^${variable}: .*Take ${instead} instead\\.$`));
    assert.deepEqual(more, []);
  }
});

test('Vertex needs a project; without a key the Google credentials count', () => {
  assert.deepEqual(readConfig({ DISCORD_TOKEN: TOKEN, VERTEX_PROJECT: 'my-project' }).model, {
    provider: 'vertex',
    project: 'my-project',
    location: 'us-central1',
    apiKey: null,
    baseUrl: null,
    model: 'gemini-live-2.5-flash-native-audio',
    headers: {},
  });
  assert.deepEqual(problems({ DISCORD_TOKEN: TOKEN, VERTEX_API_KEY: 'v' }), [
    "VERTEX_PROJECT is not set, but other variables choose vertex: take the project's id from https://console.cloud.google.com and put it into .env",
  ]);
});

test('everything of Vertex can be set', () => {
  const config = readConfig({
    DISCORD_TOKEN: TOKEN,
    VERTEX_PROJECT: 'my-project',
    VERTEX_LOCATION: 'europe-west4',
    VERTEX_API_KEY: 'vertex-key',
    VERTEX_BASE_URL: 'https://gateway.example/live/acct/',
    VERTEX_MODEL: 'gemini-live-2.5-flash',
    VERTEX_HEADERS: '{"x-team":"voices"}',
  });
  assert.deepEqual(config.model, {
    provider: 'vertex',
    project: 'my-project',
    location: 'europe-west4',
    apiKey: 'vertex-key',
    baseUrl: 'https://gateway.example/live/acct',
    model: 'gemini-live-2.5-flash',
    headers: { 'x-team': 'voices' },
  });
  assert.deepEqual(config.secrets, [TOKEN, 'vertex-key', 'voices']);
});

test('the first provider whose credentials are set is OpenAI, then Azure, Gemini, Vertex', () => {
  const env: NodeJS.ProcessEnv = {
    ...AZURE,
    AZURE_OPENAI_ENDPOINT: 'https://me.openai.azure.com',
    OPENAI_API_KEY: 'o',
    GEMINI_API_KEY: 'g',
    VERTEX_PROJECT: 'p',
  };
  const seen: string[] = [];
  for (const variable of ['OPENAI_API_KEY', 'AZURE_OPENAI_API_KEY', 'GEMINI_API_KEY', 'VERTEX_PROJECT']) {
    seen.push(readConfig(env).model.provider);
    delete env[variable];
  }
  assert.deepEqual(seen, ['openai', 'azure', 'gemini', 'vertex']);
});

test('every provider that is fully configured can be chosen, the one to use first', () => {
  const env = { ...AZURE, OPENAI_API_KEY: 'o', GEMINI_API_KEY: 'g', GEMINI_MODEL: 'gemini-3.1-flash-live-preview' };
  const config = readConfig({ ...env, PROVIDER: 'gemini', FALLBACK_PROVIDER: 'openai' });
  assert.deepEqual(
    config.models.map(({ provider }) => provider),
    ['gemini', 'openai'],
  );
  assert.equal(config.model, config.models[0]);
  assert.equal(config.fallbackProvider, 'openai');
  // A key alone makes no Azure: it is left out without a complaint, and what it lacks is known.
  assert.deepEqual(config.lacking.azure, ['AZURE_OPENAI_ENDPOINT']);
  assert.deepEqual(config.lacking.gemini, []);
});

test('the fallback must be configured, and another provider than the one in use', () => {
  const env = { DISCORD_TOKEN: TOKEN, OPENAI_API_KEY: 'o' };
  assert.deepEqual(problems({ ...env, FALLBACK_PROVIDER: 'gemini' }), [
    'GEMINI_API_KEY is not set, but FALLBACK_PROVIDER is gemini: make one at https://aistudio.google.com/apikey and put it into .env',
  ]);
  assert.deepEqual(problems({ ...env, FALLBACK_PROVIDER: 'openai' }), [
    'FALLBACK_PROVIDER must be another provider than the one in use (other variables choose openai): name one whose key is set, or leave it empty',
  ]);
  assert.deepEqual(problems({ ...env, FALLBACK_PROVIDER: 'skynet' }), [
    'FALLBACK_PROVIDER must be one of openai, azure, gemini, vertex',
  ]);
});

test('extra headers are a JSON object of texts, and their values are secrets', () => {
  for (const [name, provider] of [
    ['OPENAI_HEADERS', { OPENAI_API_KEY: 'sk-key' }],
    ['GEMINI_HEADERS', { GEMINI_API_KEY: 'sk-key' }],
    ['AZURE_OPENAI_HEADERS', { ...AZURE, AZURE_OPENAI_ENDPOINT: 'https://me.openai.azure.com' }],
    ['VERTEX_HEADERS', { VERTEX_PROJECT: 'p', VERTEX_API_KEY: 'sk-key' }],
  ] as const) {
    const env = { DISCORD_TOKEN: TOKEN, ...provider };
    const config = readConfig({ ...env, [name]: '{"Authorization":"Bearer gateway-key","x-meta":"{\\"a\\":1}"}' });
    assert.deepEqual(config.model.headers, { Authorization: 'Bearer gateway-key', 'x-meta': '{"a":1}' });
    for (const value of ['Bearer gateway-key', 'gateway-key', '{"a":1}']) assert.ok(config.secrets.includes(value));
    for (const wrong of [
      'Authorization: Bearer hidden',
      '["hidden"]',
      '"hidden"',
      '{"a":1}',
      '{"a b":"hidden"}',
      '{"a":"hidden\\nb: c"}',
      '{"Host":"hidden"}',
    ]) {
      assert.deepEqual(problems({ ...env, [name]: wrong }), [
        `${name} must be a JSON object of header names and texts, such as {"Authorization":"Bearer KEY"}`,
      ]);
    }
  }
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
  const text = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');
  const names = [...text.matchAll(/^(?:# )?([A-Z_]+)=/gm)].map((match) => match[1]);
  const read = new Set<string>();
  const env = new Proxy({}, { get: (_, name) => void read.add(String(name)) }) as NodeJS.ProcessEnv;
  assert.throws(() => readConfig(env), ConfigError);
  liveCheckToken(env);
  assert.deepEqual(names.toSorted(), [...read, 'NODE_EXTRA_CA_CERTS'].toSorted());
  assert.equal(
    problems(Object.fromEntries([...text.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, k, v]) => [k, v]))).length,
    2,
  );
});

test('hosted MCP servers are read as OpenAI writes them, their secrets are kept out of the log, and mistakes are named', () => {
  const read = (servers: unknown) =>
    readConfig({ DISCORD_TOKEN: TOKEN, OPENAI_API_KEY: 'o', OPENAI_MCP_SERVERS: JSON.stringify(servers) });
  const config = read([
    {
      type: 'mcp',
      server_label: 'docs',
      server_url: 'https://mcp.example.com/mcp',
      authorization: 'token-of-the-docs',
      headers: { 'x-key': 'Bearer key-of-the-docs' },
      allowed_tools: ['search'],
      require_approval: 'never',
    },
    { server_label: 'notes', server_url: 'https://notes.example.com/mcp' },
  ]);
  assert.deepEqual(config.model.provider === 'openai' && config.model.mcpServers, [
    {
      label: 'docs',
      url: 'https://mcp.example.com/mcp',
      description: undefined,
      authorization: 'token-of-the-docs',
      headers: { 'x-key': 'Bearer key-of-the-docs' },
      allowedTools: ['search'],
      approval: 'never',
    },
    {
      label: 'notes',
      url: 'https://notes.example.com/mcp',
      description: undefined,
      authorization: undefined,
      headers: undefined,
      allowedTools: undefined,
      approval: 'always',
    },
  ]);
  for (const secret of ['token-of-the-docs', 'Bearer key-of-the-docs', 'key-of-the-docs']) {
    assert.ok(config.secrets.includes(secret), secret);
  }
  const shape =
    'OPENAI_MCP_SERVERS must be a JSON array such as [{"server_label":"docs","server_url":"https://mcp.example.com/mcp"}]';
  const mistakes = (servers: unknown) =>
    problems({ DISCORD_TOKEN: TOKEN, OPENAI_API_KEY: 'o', OPENAI_MCP_SERVERS: JSON.stringify(servers) });
  assert.deepEqual(mistakes({}), [shape]);
  assert.deepEqual(mistakes([{ server_label: '1', server_url: 'https://a.example' }]), [
    `${shape} (look at 0.server_label)`,
  ]);
  const twice = { server_label: 'docs', server_url: 'https://a.example' };
  assert.deepEqual(mistakes([twice, twice]), [
    'OPENAI_MCP_SERVERS names two servers alike: each server_label must differ',
  ]);
});

test('a key for the database is 32 bytes in base64 or hex, and nothing else', () => {
  const base = { DISCORD_TOKEN: TOKEN, OPENAI_API_KEY: 'k' };
  const bytes = Buffer.alloc(32, 251);
  for (const text of [bytes.toString('base64'), bytes.toString('base64url'), bytes.toString('hex')]) {
    assert.deepEqual(readConfig({ ...base, DATA_KEY: text }).dataKey, Uint8Array.from(bytes));
  }
  for (const text of ['secret', Buffer.alloc(31).toString('base64'), 'g'.repeat(64)]) {
    assert.match(problems({ ...base, DATA_KEY: text }).join(), /^DATA_KEY must be 32 bytes/);
  }
});

test('TRANSCRIBER has OpenAI write down beside another provider, and needs its key', () => {
  const gemini = { DISCORD_TOKEN: 't', GEMINI_API_KEY: 'k', TRANSCRIBER: 'openai' };
  assert.deepEqual(problems(gemini), [
    'OPENAI_API_KEY is not set, but TRANSCRIBER is openai: make one at https://platform.openai.com/api-keys and put it into .env',
  ]);
  assert.deepEqual(problems({ DISCORD_TOKEN: 't', OPENAI_API_KEY: 'k', TRANSCRIBER: 'whisper' }), [
    'TRANSCRIBER must be openai, or empty: the model that answers then writes down as well as it can',
  ]);
  const config = readConfig({
    ...gemini,
    OPENAI_API_KEY: 'sk',
    OPENAI_TRANSCRIBE_MODEL: 'gpt-transcribe',
    PROVIDER: 'gemini',
  });
  assert.deepEqual(config.transcriber, {
    provider: 'openai',
    apiKey: 'sk',
    baseUrl: 'https://api.openai.com/v1',
    headers: {},
    transcriber: 'gpt-transcribe',
  });
});

test('budgets are US dollars a day, or a day and a month; the bot has one by default where any server may invite it', () => {
  const base = { DISCORD_TOKEN: TOKEN, OPENAI_API_KEY: 'sk-key' };
  const read = (env: NodeJS.ProcessEnv) => {
    const { budgets, budgetIsDefault } = readConfig({ ...base, ...env });
    return { ...budgets, budgetIsDefault };
  };
  const none = { day: 0, month: 0 };
  assert.deepEqual(read({ BUDGET_PER_PERSON: '0.5', BUDGET_PER_SERVER: '$2/30', BUDGET_TOTAL: '0, 100' }), {
    person: { day: 0.5, month: 0 },
    server: { day: 2, month: 30 },
    bot: { day: 0, month: 100 },
    budgetIsDefault: false,
  });
  assert.deepEqual(read({ SERVERS_ALLOWED: '1, 2' }).bot, none);
  assert.deepEqual(read({ BUDGET_TOTAL: '0' }).bot, none);
  assert.deepEqual(read({ SERVERS_BLOCKED: '3' }).bot, { day: 10, month: 0 });
  assert.match(problems({ ...base, BUDGET_TOTAL: '-5' })[0]!, /^BUDGET_TOTAL must be US dollars a day, such as 5/);
  // A comma is a decimal one for many: half a dollar a day must not become no limit.
  for (const wrong of ['much', '0,5', '5,100', '1e3', '5/', '/5', '5/1/1', 'Infinity'])
    assert.match(problems({ ...base, BUDGET_TOTAL: wrong })[0]!, /^BUDGET_TOTAL must be/, wrong);
});

test('servers and how many conversations there are can be limited, and the cheaper model has to be configured', () => {
  const base = { DISCORD_TOKEN: TOKEN, OPENAI_API_KEY: 'sk-key' };
  const config = readConfig({ ...base, SERVERS_ALLOWED: '11,12;13 ', SERVERS_BLOCKED: '14', MAX_CONVERSATIONS: '2' });
  assert.deepEqual(config.serversAllowed, ['11', '12', '13']);
  assert.deepEqual(config.serversBlocked, ['14']);
  assert.equal(config.maxConversations, 2);
  assert.deepEqual(readConfig({ ...base, CHEAPER_MODEL: 'gpt-realtime-2.1-mini' }).cheaperModel, {
    provider: 'openai',
    model: 'gpt-realtime-2.1-mini',
  });
  assert.match(problems({ ...base, SERVERS_ALLOWED: 'mine' })[0]!, /^SERVERS_ALLOWED must be server ids/);
  // Nobody means that it is to leave every server.
  for (const wrong of [',', ' ; ', '1, mine', '-1'])
    assert.match(problems({ ...base, SERVERS_ALLOWED: wrong })[0]!, /^SERVERS_ALLOWED must be server ids/, wrong);
  assert.equal(readConfig({ ...base, SERVERS_ALLOWED: '' }).serversAllowed, null);
  for (const wrong of ['0', '-1', '1.5', 'many', '1e3'])
    assert.match(problems({ ...base, MAX_CONVERSATIONS: wrong })[0]!, /^MAX_CONVERSATIONS must be a whole/, wrong);
  assert.match(
    problems({ ...base, CHEAPER_MODEL: 'gemini:gemini-3.8-live' })[0]!,
    /^CHEAPER_MODEL is of gemini, which is not/,
  );
});
