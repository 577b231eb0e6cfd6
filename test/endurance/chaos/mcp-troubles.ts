import { setTimeout as wait } from 'node:timers/promises';
import type { McpFaults } from '../../support/mcp/mcp-http.ts';
import type { Trouble } from './troubles.ts';

const LASTS_MS = 15_000;

const FAULTS: Readonly<Record<string, McpFaults>> = {
  'answers cut off': { call: 'cut', streams: true },
  'answers cut off that can be taken up again': { call: 'cut with an event id' },
  'answers that are no JSON': { call: 'no JSON' },
  'answers to something else': { call: 'wrong id' },
  'calls that hang': { call: 'hangs' },
  'null wherever it can be': { nulls: true },
  'sessions forgotten': { forgetsSessions: true },
  'one 401': { refuse: { status: 401, left: 1 } },
  '401 each time': { refuse: { status: 401 } },
  '429 with Retry-After': { refuse: { status: 429, retryAfter: '5' } },
  '503 each time': { refuse: { status: 503 } },
  'only the old transport': { sseOnly: true },
  'another version of the protocol': { version: '2031-01-01', forgetsSessions: true },
};

/** What goes wrong with an MCP server over HTTP: the conversation has to go on as if nothing were. */
export const MCP_TROUBLES: readonly Trouble[] = [
  ...Object.entries(FAULTS).map(
    ([name, faults]): Trouble => ({
      name: `MCP: ${name} for ${LASTS_MS / 1_000} s`,
      deafens: false,
      strike: async ({ mcp }) => {
        mcp.faults = structuredClone(faults);
        await wait(LASTS_MS);
        mcp.faults = {};
      },
    }),
  ),
  {
    name: 'MCP: its list changes',
    deafens: false,
    strike: async ({ mcp }) => {
      mcp.tools = [...mcp.tools, { name: `more${mcp.tools.length}` }];
      mcp.listChanged();
      await wait(2_000);
    },
  },
];
