import assert from 'node:assert/strict';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { readConfig } from '../../src/config/config.ts';
import { readMcp } from '../../src/config/mcp.ts';
import { ConfigError } from '../../src/ports/errors.ts';

describe('mcp.json', () => {
  let folder: string;
  let file: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mcp-'));
    file = join(folder, 'mcp.json');
  });
  const write = (content: unknown) => writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  /** What is wrong, without the file's name. */
  async function problems(content: unknown, env: NodeJS.ProcessEnv = {}): Promise<string[]> {
    await write(content);
    return readMcp(file, env).problems.map((line) => line.replace(`${file}: `, ''));
  }

  it('counts as Windows writes it, with a mark at its beginning', async () => {
    await write('\ufeff{ "mcpServers": { "notes": { "command": "notes" } } }');
    const { servers, problems: wrong } = readMcp(file, {});
    assert.deepEqual([servers.map(({ name }) => name), wrong], [['notes'], []]);
  });

  it('gives a program only PATH, HOME and what its entry names, and runs it beside the file', async () => {
    await write({
      mcpServers: {
        notes: { command: 'npx', args: ['-y', 'notes', '$' + '{WHERE}'], env: { NOTES_KEY: '$' + '{KEY}' } },
      },
    });
    const env = { PATH: '/bin', HOME: '/home/bot', WHERE: '/srv/notes', KEY: 'sk-12345678', DISCORD_TOKEN: 'secret' };
    const { servers, problems: wrong, secrets } = readMcp(file, env);
    assert.deepEqual(wrong, []);
    assert.deepEqual(servers, [
      {
        name: 'notes',
        prefix: 'notes',
        transport: {
          type: 'stdio',
          command: 'npx',
          args: ['-y', 'notes', '/srv/notes'],
          env: { PATH: '/bin', HOME: '/home/bot', NOTES_KEY: 'sk-12345678' },
          cwd: folder,
        },
        allow: null,
        risk: {},
        blocking: true,
        timeoutMs: 60_000,
        startTimeoutMs: 60_000,
      },
    ]);
    assert.deepEqual(secrets.toSorted(), ['/srv/notes', 'sk-12345678']);
  });

  it('fills variables into the address and the headers of a server, and takes their values for secrets', async () => {
    await write({
      mcpServers: {
        'Docs (EU)': {
          type: 'http',
          url: 'https://$' + '{HOST:-mcp.example.com}/mcp?team=$' + '{TEAM}',
          headers: { Authorization: 'Bearer $' + '{KEY}' },
          allow: ['search'],
          risk: 'read',
          blocking: false,
          timeoutMs: 5_000,
        },
      },
    });
    const { servers, secrets } = readMcp(file, { KEY: 'abcdefgh', TEAM: 'voices-team' });
    const [docs] = servers;
    assert.deepEqual(docs?.transport, {
      type: 'http',
      url: 'https://mcp.example.com/mcp?team=voices-team',
      headers: { Authorization: 'Bearer abcdefgh' },
    });
    assert.deepEqual(
      [docs?.prefix, docs?.allow, docs?.risk, docs?.blocking, docs?.timeoutMs],
      ['Docs_EU', ['search'], { '*': 'read' }, false, 5_000],
    );
    assert.deepEqual(secrets.toSorted(), ['Bearer abcdefgh', 'abcdefgh', 'voices-team']);
  });

  it('names the place of everything that is wrong, all at once', async () => {
    const mcpServers = {
      a: { command: 'x', headers: { n: 1 } },
      b: { url: 'ftp://x' },
      c: {},
      d: { command: 'x', url: 'http://x' },
      e: { command: 'x', alow: [] },
      f: { url: 'http://x', type: 'sse' },
      g: { url: 'http://x', headers: { Authorization: 'Bearer $' + '{NO_KEY}', Host: 'x' } },
      h: { command: 'x', args: ['$' + '{not a name}'], env: { K: '$' + '{NO_ENV}' } },
      i: { command: 'x', risk: { t: 'harmless' }, timeoutMs: 5 },
      'A!': { command: 'x' },
      'A?': { command: 'x' },
      '!!': { command: 'x' },
    };
    assert.deepEqual(await problems({ mcpServers }), [
      'mcpServers.a.headers.n must be a text',
      'mcpServers.b.url must be an http:// or https:// address',
      'mcpServers.c.command is missing: give command (a program to start) or url (a server to call)',
      'mcpServers.d.url cannot stand beside command: a server is either started or called',
      'mcpServers.e.alow is not known: docs/tools.md says what may stand there',
      'mcpServers.f.type sse is the old transport: give the address for streamable HTTP (mostly /mcp), and "http" here',
      'mcpServers.g.headers.Authorization needs NO_KEY, which is not set: put it into .env',
      'mcpServers.g.headers.Host is not a header that can be set',
      'mcpServers.h.env.K needs NO_ENV, which is not set: put it into .env',
      'mcpServers.h.args.0 has $' + '{not a name}, which names no variable',
      'mcpServers.i.risk must be read, write, dangerous, or an object that says so of tools',
      'mcpServers.i.timeoutMs must be at least 1000 (milliseconds)',
      'mcpServers.A? is too much like A!: the names must differ in letters or digits',
      'mcpServers.!! needs a name with a letter or a digit in it',
    ]);
    assert.match((await problems('{"mcpServers": '))[0] ?? '', /^\/.*mcp\.json is no JSON: /);
    assert.deepEqual(await problems({ servers: {} }), [
      'mcpServers must be an object of servers by their names',
      'servers is not known: the file has the form {"mcpServers": {"NAME": {"command": "…"}}}',
    ]);
  });

  it('asks nothing of a server that is switched off, not even its variables', async () => {
    await write({ mcpServers: { off: { command: 'x', env: { K: '$' + '{NO_ENV}' }, disabled: true } } });
    const { servers, disabled, problems: wrong } = readMcp(file, {});
    assert.deepEqual([servers, disabled, wrong], [[], ['off'], []]);
  });

  it('does without the file where none is named, and refuses one that is named and absent', async () => {
    assert.deepEqual(readMcp(undefined, {}), { servers: [], disabled: [], problems: [], secrets: [] });
    const env = { DISCORD_TOKEN: 't'.repeat(20), OPENAI_API_KEY: 'k'.repeat(20), MCP_CONFIG: '/no/such.json' };
    assert.throws(
      () => readConfig(env),
      new ConfigError('MCP_CONFIG /no/such.json cannot be read (ENOENT): name a file that the bot may read'),
    );
  });

  it('is a part of the configuration, its secrets among those that no log line carries', async () => {
    await write({ mcpServers: { docs: { url: 'http://127.0.0.1:1/mcp', headers: { 'x-key': '$' + '{DOCS_KEY}' } } } });
    const env = {
      DISCORD_TOKEN: 't'.repeat(20),
      OPENAI_API_KEY: 'k'.repeat(20),
      MCP_CONFIG: file,
      DOCS_KEY: 'hush-hush-1',
    };
    const config = readConfig(env);
    assert.deepEqual(
      config.mcp.servers.map(({ name }) => name),
      ['docs'],
    );
    assert.ok(config.secrets.includes('hush-hush-1'));
  });

  it('is as the documentation shows it', async () => {
    const text = await readFile(new URL('../../docs/tools.md', import.meta.url), 'utf8');
    const [, example = ''] = /```json\n(\{\n {2}"mcpServers".*?)```/s.exec(text) ?? [];
    assert.deepEqual(await problems(example, { DOCS_KEY: 'abcdefgh' }), []);
    assert.deepEqual(await problems(example), [
      'mcpServers.docs.headers.Authorization needs DOCS_KEY, which is not set: put it into .env',
    ]);
  });
});
