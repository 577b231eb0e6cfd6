import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { ToolServer } from '../../../src/ports/tools.ts';
import { furnish, startRig } from '../rig.ts';

it('/tools servers says in plain words how each MCP server is', async (t) => {
  let servers: readonly ToolServer[] = [];
  const rig = await startRig({ toolServers: () => servers });
  t.after(() => rig.close());
  const { anna } = await furnish(rig);
  const asked = async () => (await anna.command('/tools servers')).content;
  assert.equal(await asked(), 'There are no MCP servers. Whoever runs me names them in mcp.json.');
  servers = [
    { name: 'notes', state: { status: 'running', tools: 1, offered: 1, unusable: 2 } },
    { name: 'docs', state: { status: 'running', tools: 64, offered: 200, limit: 'one server may have 64' } },
    { name: 'slow_*one*', state: { status: 'starting' } },
    { name: 'gone', state: { status: 'failed', reason: 'its process ended with code 3', nextTryMs: 90_000 } },
    { name: 'locked', state: { status: 'failed', reason: 'it refused the key @everyone', nextTryMs: null } },
    { name: 'off', state: { status: 'disabled' } },
  ];
  assert.deepEqual((await asked()).split('\n'), [
    '**notes:** running with 1 tool. It has 2 tools more, to be called by way of tasks, which I do not.',
    '**docs:** running with 64 of its 200 tools, which are too many: one server may have 64. `allow` in mcp.json says which to use.',
    '**slow\\_\\*one\\*:** starting.',
    '**gone:** failed, because its process ended with code 3. The next try is in 1.5 minutes.',
    '**locked:** failed, because it refused the key \\@everyone. It is not tried again before I am started anew.',
    '**off:** switched off in mcp.json.',
  ]);
});
