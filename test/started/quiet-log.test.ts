// What fails carries what it was given; the log of the started process, at its most talkative, carries none of it.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { FaultedRequest, Json } from '@parley/simulator/discord';
import type { SimulatedOpenAI } from '@parley/simulator/models';
import { openDatabase } from '../../src/store/database/database.ts';
import { NoteStore } from '../../src/store/notes.ts';
import type { Behaviour } from '../support/mcp/mcp-child.ts';
import { StartedWorld } from '../support/world/started-world.ts';

/** People's words and names, and how every token of an interaction begins. */
const SECRET = /marzipan|quetzalina|aW50ZXJhY3Rpb24/i;
const TOOLS = {
  'trip.ts': `import { defineTool } from 'parley/tool';
import { z } from 'zod';
export default defineTool({
  name: 'trip', description: 'Trips.', input: z.object({ text: z.string() }), risk: 'read',
  run: ({ text }) => JSON.parse(text),
});`,
  'leak.ts': `import { defineTool } from 'parley/tool';
import { z } from 'zod';
export default defineTool({
  name: 'leak', description: 'Leaks.', input: z.object({}), risk: 'read',
  run: (_, { attach }) => {
    const key = process.env.OPENAI_API_KEY;
    attach({ files: [{ name: 'env.txt', bytes: Buffer.from('key ' + key) }] });
    return { key, address: 'https://x.example/?k=' + encodeURIComponent(key), base64: Buffer.from(key).toString('base64') };
  },
});`,
} as const;
const hasFiles = ({ body }: FaultedRequest): boolean => ((body as Json).attachments ?? []).length > 0;

test('failed writes, refused answers, tools, MCP servers and the provider leave no word in the log', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-quiet-'));
  context.after(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(TOOLS)) writeFileSync(join(folder, name), text);
  const spilling: Behaviour = {
    diary: join(folder, 'diary'),
    tools: [{ name: 'spill', inputSchema: { type: 'object', properties: { text: { type: 'string' } } } }],
    raw: { spill: { error: { code: -32_602, message: 'Invalid params: marzipan of Quetzalina', data: 'marzipan' } } },
  };
  const child = fileURLToPath(new URL('../support/mcp/mcp-child.ts', import.meta.url));
  const servers = { spiller: { command: process.execPath, args: [child, JSON.stringify(spilling)] } };
  writeFileSync(join(folder, 'mcp.json'), JSON.stringify({ mcpServers: servers }));
  const world = await StartedWorld.start({
    env: { TOOLS_DIR: folder, MCP_CONFIG: join(folder, 'mcp.json'), LOG_LEVEL: 'debug' },
    script: () => ({ say: { text: 'Quetzalina likes marzipan.' } }),
  });
  const model = world.model as SimulatedOpenAI;
  const { guild, discord } = world;
  const database = await openDatabase(`sqlite:${join(world.folder, 'parley.db')}`);
  context.after(async () => {
    await database.destroy();
    await world.close();
  });
  const anna = guild.addPerson({ name: 'Quetzalina', admin: true });
  await anna.join(world.channelId);
  await world.join(anna);
  const logs = (text: string) => world.bot.logs(text, 15_000);

  // A tool of the operator's own, and one of an MCP server.
  const tried = await anna.command('/tools test', { tool: 'trip', arguments: '{"text":"marzipan of Quetzalina"}' });
  assert.match(tried.content, /The tool failed: SyntaxError; the log of the bot says where/);
  await logs('a tool failed');
  const leaked = await anna.command('/tools test', { tool: 'leak', arguments: '{}' });
  assert.match(leaked.content, /redacted/);
  for (const spelling of [model.apiKey, Buffer.from(model.apiKey).toString('base64').replace(/=+$/, '')]) {
    assert.ok(!leaked.content.includes(spelling));
  }
  await world.until('the MCP server', () => world.bot.stdout.includes('an MCP server is running'));
  const name = (await anna.autocomplete('/tools test', 'tool', 'spill'))[0]?.value;
  await anna.command('/tools allow', { tool: String(name), everyone: true }).catch(() => {});
  await anna.command('/tools test', { tool: String(name), arguments: '{"text":"marzipan"}' });

  // The provider fails with what it was given, in a response and in an event of its own.
  model.faults.openai.responses.push({
    status: 'failed',
    error: { type: 'x', code: 'y', message: 'Bad input: marzipan' },
  });
  await anna.command('/ask', { text: 'Does Quetzalina like marzipan?' });
  await logs('the model gave no whole answer');

  // Discord refuses a whole export, and the answer to it.
  const note = { text: 'marzipan', by: { userId: anna.userId, name: 'Quetzalina' } };
  await new NoteStore(database).add(guild.id, note);
  const fault = { kind: 'status', status: 400, code: 50_035, message: 'Invalid Form Body marzipan' } as const;
  const refused = discord.restFaults.add({ method: 'PATCH', path: /^\/webhooks\//, when: hasFiles, fault });
  await anna.command('/privacy export');
  assert.ok(refused.struck > 0);
  refused.remove();
  await logs('an answer was not taken as it was');

  // The database refuses what is said.
  for (const table of ['utterances', 'guild_settings']) {
    await database.raw(
      `CREATE TRIGGER fuse_${table} BEFORE INSERT ON ${table} BEGIN SELECT RAISE(ABORT, 'no marzipan'); END`,
    );
  }
  await anna.command('/voice persona', { text: 'You love marzipan, like Quetzalina.' });
  await logs('a command failed');
  await anna.command('/ask', { text: 'marzipan again' });
  await world.until('the record', () =>
    /cannot be|could not be/.test(world.bot.stdout.split('a command failed')[1] ?? ''),
  );
  for (const table of ['utterances', 'guild_settings']) await database.raw(`DROP TRIGGER fuse_${table}`);
  await anna.command('/leave');
  await logs('left a voice channel');
  assert.equal(await world.bot.stop(), 0);
  const lines = `${world.bot.stdout}${world.bot.stderr}`.split('\n').filter((line) => SECRET.test(line));
  assert.deepEqual(lines, []);
  assert.ok(!world.bot.stdout.includes(model.apiKey));
});
