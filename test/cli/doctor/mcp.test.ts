import assert from 'node:assert/strict';
import { it } from 'node:test';
import { mcpChecks } from '../../../src/cli/doctor/mcp.ts';
import { keptLog } from '../../support/doubles/log.ts';
import { child, entryOf, freePort } from '../../support/mcp/mcp.ts';

it('the doctor tries each MCP server, says how it is, and leaves none running', async () => {
  const good = await child();
  const silent = await child({ silent: true });
  const servers = [
    entryOf('good', good.transport),
    entryOf('picky', good.transport, { allow: ['echo', 'gone'] }),
    entryOf('silent', silent.transport, { startTimeoutMs: 1_000 }),
    entryOf('far', { type: 'http', url: `http://127.0.0.1:${await freePort()}/mcp`, headers: {} }),
  ];
  const findings = await Promise.all(mcpChecks({ mcp: { servers, disabled: ['off'] } }, keptLog().log));
  assert.deepEqual(
    findings.map(({ state, name, text }) => [state, name, text.replace(/\d+ ms/, 'N ms')]),
    [
      ['ok', 'MCP server good', 'running with 5 tools, started in N ms'],
      ['failed', 'MCP server picky', 'has no tool gone: correct "allow" in mcp.json'],
      ['failed', 'MCP server silent', 'is not running, because it did not answer in time'],
      ['failed', 'MCP server far', 'is not running, because its address cannot be reached (ECONNREFUSED)'],
      ['note', 'MCP server off', 'switched off in mcp.json'],
    ],
  );
  assert.deepEqual([...(await good.alive()), ...(await silent.alive())], []);
});
