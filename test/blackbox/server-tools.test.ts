import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import type { SimulatedPerson } from '@parley/simulator/discord';
import type { ScriptedReply, ScriptInput } from '@parley/simulator/models';
import { tone } from '../support/sound/sound.ts';
import { PROTOCOLS, World } from '../support/world/world.ts';

const DOCS = 'https://mcp.example.com/mcp';
const CASCADED = { GEMINI_MODEL: 'gemini-live-2.5-flash' };
const speech = { pcm: tone({ hz: 300, ms: 600, rate: 48000 }), sampleRate: 48000, channels: 1 } as const;
const says = (text: string): NonNullable<ScriptedReply['say']> => ({
  text,
  pcm: tone({ hz: 1700, ms: 200, rate: 24000 }),
});
const hosted = { server: 'docs', name: 'search', arguments: { query: 'ports' }, output: 'Port 443.' };

// Most of it is waiting, and each block has a world of its own; its tests share that and take turns.
describe('tools that the provider runs, and answers in writing', { concurrency: true }, () => {
  for (const protocol of PROTOCOLS) {
    describe(`over ${protocol}`, { concurrency: 1 }, () => {
      let world: World;
      let anna: SimulatedPerson;
      afterEach(() => world.close());

      /** One reply after the other, the last one for ever. */
      const start = async (
        replies: readonly ((input: ScriptInput) => ScriptedReply)[],
        env: NodeJS.ProcessEnv = {},
      ): Promise<void> => {
        let next = 0;
        world = await World.start({
          protocol,
          script: (input) => replies[Math.min(next++, replies.length - 1)]?.(input) ?? { silent: true },
          hear: ({ text }) => text || 'a question',
          env,
          simulated: protocol === 'openai' ? { mcpServers: { [DOCS]: ['search'] } } : {},
        });
        anna = await world.person('Anna');
      };
      const posted = (): string =>
        world.guild
          .messages(world.channelId)
          .map(({ content }) => content)
          .join('\n');
      const asks = async (): Promise<void> => {
        await world.join(anna);
        await anna.voice.speak(speech);
      };
      const seen = (what: RegExp) => world.until(String(what), () => what.test(posted()));
      const sent = (): string =>
        JSON.stringify(
          world.model.frames.filter(({ direction }) => direction === 'client').map(({ message }) => message),
        );

      it('posts its answers and stays silent', async () => {
        await start([() => ({ say: { text: 'Only to read.' } })], protocol === 'gemini' ? CASCADED : {});
        const manager = world.guild.addPerson({
          name: 'Mia',
          roles: [world.guild.createRole({ permissions: ['ManageGuild'] })],
        });
        await world.join(anna);
        const answer = await manager.command('/voice reply', { form: 'text' }, { channelId: world.channelId });
        if (protocol === 'openai') {
          assert.equal(answer.content, 'I post my answers instead of speaking them. It is in effect now.');
        } else {
          assert.match(answer.content, /The running conversation cannot take it on/);
          await anna.command('/leave');
          await world.join(anna);
        }
        await anna.voice.speak(speech);
        await seen(/\*\*Parley:\*\* Only to read\./);
        assert.deepEqual(world.of('reply-audible'), []);
        assert.deepEqual(
          world.of('reply-ended').map(({ producedMs, interrupted }) => ({ producedMs, interrupted })),
          [{ producedMs: 0, interrupted: false }],
        );
      });

      if (protocol === 'gemini') {
        it('posts the sources of a Google Search as links', async () => {
          const sources = [
            { uri: 'https://tides.example/a?b=(c)', title: 'Tides [today]' },
            { uri: 'https://sea.example/', title: 'sea.example' },
          ];
          await start([() => ({ search: { queries: ['tides'], sources }, say: says('High at noon.') })]);
          await asks();
          await seen(/\*\*Parley:\*\* High at noon\./);
          await seen(
            /-# Sources: \[Tides \\\[today\\\]\]\(<https:\/\/tides\.example\/a\?b=%28c%29>\) \(tides\.example\) · \[sea\.example\]\(</,
          );
          await world.until('the usage', () => world.of('usage').length === 1);
          assert.equal(world.of('usage')[0]?.usage.searches, 1);
        });

        it('posts code and what it printed as blocks of code', async () => {
          const code = { code: 'print("```")', output: '```\n' };
          await start([() => ({ code, say: says('Three backticks.') })], CASCADED);
          await asks();
          await seen(/```python\nprint\("`\u2060`\u2060`"\)\n```/);
          await seen(/-# It printed:\n```\n`\u2060`\u2060`\u2060\n```/);
        });

        it('posts the pages that were read as links', async () => {
          await start([() => ({ pages: [{ url: 'https://page.example/x' }], say: says('It says so.') })], CASCADED);
          await asks();
          await seen(/-# Sources: \[page\.example\]\(<https:\/\/page\.example\/x>\)/);
        });

        it('searches, runs code and calls a function of its own in one session', async () => {
          await start(
            [
              () => ({ code: { code: 'print(1)', output: '1' }, calls: [{ name: 'current_time', arguments: {} }] }),
              () => ({
                search: { queries: ['x'], sources: [{ uri: 'https://x.example/', title: 'X' }] },
                say: says('Done.'),
              }),
            ],
            CASCADED,
          );
          await asks();
          await seen(/Sources: \[X\]\(<https:\/\/x\.example\/>\)/);
          assert.match(posted(), /```python\nprint\(1\)\n```/);
          assert.match(posted(), /current\\_time\(\) for Anna → /);
        });

        it('never asks a model for tools or writing that it lacks, and takes a tool that was switched off away', async () => {
          await start([() => ({ say: says('Aloud.') })]);
          const manager = world.guild.addPerson({
            name: 'Mia',
            roles: [world.guild.createRole({ permissions: ['ManageGuild'] })],
          });
          const listed = await manager.command('/tools list', {}, { channelId: world.channelId });
          assert.match(listed.content, /^\*\*For everybody:\*\*$[^*]*^`google_search`: Searches the web with Google/m);
          assert.doesNotMatch(listed.content, /code_execution|url_context/);
          const refused = await manager.command('/voice reply', { form: 'text' }, { channelId: world.channelId });
          assert.equal(
            refused.content,
            'Google Gemini (gemini-3.8-live) can only speak. Another model may be able to write.',
          );
          await manager.command('/tools disable', { tool: 'google_search' }, { channelId: world.channelId });
          await asks();
          await seen(/\*\*Parley:\*\* Aloud\./);
          assert.doesNotMatch(sent(), /googleSearch|codeExecution|urlContext|TEXT/);
        });
      } else {
        it('runs a hosted MCP call without asking where none is needed, posts it, and speaks about it', async () => {
          const servers = [{ server_label: 'docs', server_url: DOCS, require_approval: 'never' }];
          await start([() => ({ hosted: [hosted] }), () => ({ say: says('It is port 443.') })], {
            OPENAI_MCP_SERVERS: JSON.stringify(servers),
          });
          await asks();
          await seen(/-# docs: search\(query: ports\) for Anna → Port 443\. · \d+ ms/);
          await seen(/\*\*Parley:\*\* It is port 443\./);
          assert.doesNotMatch(sent(), /mcp_approval_response/);
        });

        it('gives leave for a hosted MCP call when everybody who asked may write', async () => {
          await start([() => ({ hosted: [hosted] }), () => ({ say: says('It is port 443.') })], {
            OPENAI_MCP_SERVERS: JSON.stringify([{ server_label: 'docs', server_url: DOCS }]),
          });
          await asks();
          await seen(/-# docs: search\(query: ports\) for Anna → Port 443\./);
          await seen(/\*\*Parley:\*\* It is port 443\./);
          assert.match(
            sent(),
            /"type":"mcp_approval_response","id":"[^"]+","approval_request_id":"[^"]+","approve":true/,
          );
        });

        it('refuses a hosted MCP call of somebody who may not write, in words', async () => {
          await start([() => ({ hosted: [hosted] }), () => ({ say: says('You may not.') })], {
            OPENAI_MCP_SERVERS: JSON.stringify([{ server_label: 'docs', server_url: DOCS }]),
          });
          world.denyWriting(anna);
          await asks();
          await seen(/docs: search\(query: ports\) for Anna → failed: mcp:docs is for people who may write/);
          await seen(/\*\*Parley:\*\* You may not\./);
          assert.match(sent(), /"approve":false/);
          assert.doesNotMatch(JSON.stringify(world.model.frames), /Port 443/);
        });
      }
    });
  }
});
