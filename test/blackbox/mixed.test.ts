import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { SimulatedPerson } from '@parley/simulator/discord';
import type { Script, ScriptedReply, ScriptInput, SimulatedGemini, SimulatedOpenAI } from '@parley/simulator/models';
import { z } from 'zod';
import { RETRY_POLICY } from '../../src/model/durable/retry-policy.ts';
import type { BridgeEvent } from '../../src/ports/bridge-events.ts';
import { defineTool } from '../../src/tools/tool.ts';
import { tone } from '../support/sound/sound.ts';
import { otherThan, PROTOCOLS, type Protocol, World } from '../support/world/world.ts';

// What meets in one conversation: the provider's tools, tools beside it, answers in writing, and another provider.

const BLOCKS = ['tools of a provider', ...PROTOCOLS] as const;
const DOCS = 'https://mcp.example.com/mcp';
const QUOTA = { code: 1011, reason: 'You exceeded your current quota, please check your plan and billing details.' };
/** Said once more on a fresh connection, it is believed. */
const USED_UP = { status: 429, body: { error: { message: 'Your prepayment credits are depleted.' } } };
const QUICK = { ...RETRY_POLICY, firstMs: 50, longestMs: 100 };
const sound = (ms: number) => ({ pcm: tone({ hz: 300, ms, rate: 48_000 }), sampleRate: 48_000, channels: 1 }) as const;
const says = (text: string, ms = 300): ScriptedReply => ({ say: { text, pcm: tone({ hz: 1700, ms, rate: 24_000 }) } });
/** Everything that the model was given to answer, as one text. */
const given = ({ toolResults, context, text, unanswered }: ScriptInput): string =>
  [...toolResults.map(({ output }) => output), context, text, ...unanswered.map((turn) => turn.context)].join('\n');

// Most of it is waiting, and each block has a world of its own; its tests share that and take turns.
describe('a conversation in which several things meet', { concurrency: true }, () => {
  for (const block of BLOCKS) {
    describe(`${block}`, { concurrency: 1 }, () => {
      let world: World;
      let mia: SimulatedPerson;
      afterEach(() => world.close());

      const start = async (
        protocol: Protocol,
        script: Script,
        options: Partial<Parameters<typeof World.start>[0]> = {},
      ) => {
        world = await World.start({
          protocol,
          second: true,
          script,
          hear: ({ text }) => text || 'a question',
          ...options,
        });
        const role = world.guild.createRole({ permissions: ['ManageGuild', 'ManageMessages'] });
        mia = world.guild.addPerson({ name: 'Mia', roles: [role] });
        await mia.join(world.channelId);
      };
      const posts = (): string =>
        world.guild
          .messages(world.channelId)
          .map(({ content }) => content)
          .join('\n');
      const seen = (what: RegExp) => world.until(String(what), () => what.test(posts().replaceAll('\\', '')));
      const words = (replyId: string): string =>
        world
          .of('reply-transcript')
          .flatMap((event) => (event.replyId === replyId ? event.delta : []))
          .join('');
      const replyOf = (text: string) => world.of('reply-started').find(({ replyId }) => words(replyId).includes(text));
      const count = (text: string) =>
        world.of('reply-started').filter(({ replyId }) => words(replyId).includes(text)).length;
      const over = (text: string) =>
        world.until(`the end of "${text}"`, () => {
          const id = replyOf(text)?.replyId;
          return id !== undefined && world.of('reply-ended').some(({ replyId }) => replyId === id);
        });
      const changed = (times: number) =>
        world.until(`change ${times} of the model`, () => world.of('model-changed').length === times);
      /** What opened the newest session of the server. */
      const setup = (server: SimulatedOpenAI | SimulatedGemini): string => {
        const sent = server.frames.filter(({ direction }) => direction === 'client').map(({ message }) => message);
        return JSON.stringify(
          sent.findLast((one) => 'setup' in one || ('type' in one && one.type === 'session.update')),
        );
      };

      if (block === 'tools of a provider') {
        it('has the tools of each provider where it is, there and back, and shows them', async () => {
          let searches = 0;
          const script: Script = ({ declaredTools }) => {
            searches += 1;
            if (declaredTools.length === 0) return { silent: true };
            return world.of('model-changed').length % 2 === 1
              ? says(`Answer ${searches}.`)
              : {
                  ...says(`Answer ${searches}.`),
                  search: {
                    queries: [`q${searches}`],
                    sources: [{ uri: `https://x.example/${searches}`, title: 'X' }],
                  },
                };
          };
          await start('gemini', script);
          await world.join(mia);
          assert.match(setup(world.model), /googleSearch/);
          await mia.voice.speak(sound(600));
          await seen(/Sources: \[X\]\(<https:\/\/x\.example\/1>\)/);
          await over('Answer 1.');
          await mia.command('/voice provider', { name: 'openai' });
          await changed(1);
          assert.doesNotMatch(setup(world.second), /googleSearch|google_search/);
          assert.doesNotMatch((await mia.command('/tools list')).content, /google_search/);
          await mia.voice.speak(sound(600));
          await over('Answer 2.');
          await mia.command('/voice provider', { name: 'gemini' });
          await changed(2);
          assert.match(setup(world.model), /googleSearch/);
          await mia.voice.speak(sound(600));
          await over('Answer 3.');
          await seen(/Sources: \[X\]\(<https:\/\/x\.example\/3>\)/);
          await world.until('the usage', () => world.of('usage').length >= 3);
          assert.deepEqual(
            world.of('usage').map(({ usage }) => usage.searches ?? 0),
            [1, 0, 1],
          );
        });

        it('goes on with a hosted call that waited for leave when its line broke: told as lost, not made twice', async () => {
          const hosted = { server: 'docs', name: 'search', arguments: { query: 'ports' }, output: 'Port 443.' };
          let asked = false;
          const script: Script = (input) => {
            if (input.declaredTools.length === 0) return { silent: true };
            if (asked) return says('Well.');
            asked = true;
            // The line breaks before the leave arrives.
            world.model.faults.dropSocket = true;
            return { hosted: [hosted] };
          };
          await start('openai', script, {
            env: { OPENAI_MCP_SERVERS: JSON.stringify([{ server_label: 'docs', server_url: DOCS }]) },
            simulated: { mcpServers: { [DOCS]: ['search'] } },
            patience: QUICK,
          });
          await world.join(mia);
          await mia.voice.speak(sound(600));
          await seen(/docs: search\(query: ports\) for Mia → failed: The connection was lost before it ended/);
          await over('Well.');
          await mia.voice.speak(sound(600));
          await world.until('the next answer', () => count('Well.') >= 2);
          assert.doesNotMatch(posts(), /Port 443/);
          const calls = world.events.filter(
            (event): event is BridgeEvent & { type: 'server-tool' } => event.type === 'server-tool',
          );
          assert.equal(calls.filter(({ work }) => work.kind === 'call' && work.result !== null).length, 1);
        });

        return;
      }
      const protocol = block;
      const other = otherThan(protocol);
      for (const how of ['is switched', 'breaks'] as const) {
        it(`tells once what a tool brought whose ${protocol} session ${how} meanwhile`, async () => {
          const runs: ((value: unknown) => void)[] = [];
          const research = defineTool({
            name: 'research',
            description: 'Finds something out.',
            input: z.object({}),
            risk: 'read',
            blocking: false,
            delivery: 'when-idle',
            run: () => new Promise((settle) => runs.push(settle)),
          });
          let called = false;
          const script: Script = (input) => {
            if (input.declaredTools.length === 0) return { silent: true };
            if (given(input).includes('forty-two')) return says('FOUND it.');
            if (called) return says('Well.');
            called = true;
            return { ...says('Let me see.'), calls: [{ name: 'research', arguments: {} }] };
          };
          await start(protocol, script, { tools: [research], patience: QUICK });
          await world.join(mia);
          await mia.voice.speak(sound(600));
          await world.until('the call', () => runs.length === 1);
          // Natively the model says nothing after it; in sequence it goes on.
          await over(protocol === 'gemini' ? 'Let me see.' : 'Well.');
          if (how === 'breaks') world.model.dropAll();
          else {
            await mia.command('/voice provider', { name: other });
            await changed(1);
          }
          await wait(300);
          runs[0]?.({ answer: 'forty-two' });
          await over('FOUND it.');
          const found = replyOf('FOUND it.');
          assert.deepEqual(
            found?.turns.map(({ name }) => name),
            ['Mia'],
          );
          const wells = count('Well.');
          await mia.voice.speak(sound(600));
          await world.until('the next answer', () => count('Well.') === wells + 1);
          assert.deepEqual([count('FOUND it.'), runs.length], [1, 1]);
          assert.deepEqual(world.of('trouble'), []);
        });
      }

      it(`answers aloud on ${other} what was to be written on ${protocol}, and is there when it is back`, async () => {
        const cascaded = { GEMINI_MODEL: 'gemini-live-2.5-flash' };
        const aloud = { GEMINI_MODEL: 'gemini-3.8-live' };
        let answers = 0;
        const script: Script = ({ declaredTools }) => {
          if (declaredTools.length === 0) return { silent: true };
          answers += 1;
          return says(`Answer ${answers}.`);
        };
        const env = { FALLBACK_PROVIDER: other, ...(protocol === 'gemini' ? cascaded : aloud) };
        await start(protocol, script, { env, patience: QUICK });
        assert.match((await mia.command('/voice reply', { form: 'text' })).content, /I post my answers/);
        await world.join(mia);
        await mia.voice.speak(sound(600));
        await over('Answer 1.');
        assert.deepEqual(world.of('reply-audible'), []);
        world.model.faults.closeNext = QUOTA;
        world.model.faults.refuse = USED_UP;
        await mia.voice.speak(sound(600));
        await changed(1);
        await over('Answer 2.');
        // OpenAI can write as well; Gemini 3.8 can only speak.
        assert.equal(world.of('reply-audible').length, protocol === 'gemini' ? 0 : 1);
        await seen(/\*\*Parley:\*\* Answer 2\./);
        const told = world.second.frames.map(({ message }) => JSON.stringify(message)).join('\n');
        assert.match(told, /Answer 1\./, 'what was written is told');
        assert.deepEqual(
          world.of('trouble').map(({ message }) => message),
          [],
        );
      });

      it(`ends with one post and leaves when the quota of ${protocol} is used up and there is no fallback`, async () => {
        await start(protocol, () => says('Yes.'));
        await world.join(mia);
        await mia.voice.speak(sound(600));
        await over('Yes.');
        const requests = world.model.requests.length;
        const before = world.guild.messages(world.channelId).length;
        world.model.faults.closeNext = QUOTA;
        world.model.faults.refuse = USED_UP;
        await mia.voice.speak(sound(600));
        await world.until('the end', () => world.of('ended').length === 1);
        await seen(/quota/);
        await wait(1_500);
        // With Gemini's handle once, and once without it.
        const tries = world.model.requests.length - requests;
        assert.ok(tries >= 1 && tries <= 2, `it tried ${tries} times more`);
        assert.equal(world.guild.botVoiceChannelId, null);
        const after = world.guild.messages(world.channelId).slice(before);
        assert.equal(after.filter(({ content }) => /quota/.test(content)).length, 1);
      });
    });
  }
});

describe('who may stop a tool', () => {
  let world: World;
  afterEach(() => world.close());

  it('is whoever may manage messages, too', async () => {
    const runs: AbortSignal[] = [];
    const research = defineTool({
      name: 'research',
      description: 'Finds something out.',
      input: z.object({}),
      risk: 'read',
      blocking: false,
      run: (_, { signal }) => {
        runs.push(signal);
        return new Promise(() => {});
      },
    });
    let called = false;
    const script: Script = () => {
      if (called) return says('Well.');
      called = true;
      return { calls: [{ name: 'research', arguments: {} }] };
    };
    world = await World.start({ protocol: 'openai', script, tools: [research] });
    const anna = await world.person('Anna');
    const role = world.guild.createRole({ permissions: ['ManageMessages'] });
    const mod = world.guild.addPerson({ name: 'Mo', roles: [role] });
    await world.join(anna);
    await anna.voice.speak(sound(600));
    const post = await world.guild.waitForMessage(world.channelId, ({ components }) => components.length > 0);
    const { custom_id: id } = post.components[0]?.components[0] ?? {};
    assert.equal((await mod.press(post, id)).content, 'I cancelled it.');
    assert.equal(runs[0]?.aborted, true);
    await world.guild.waitForMessage(world.channelId, ({ content }) => content.includes('Mo cancelled research'));
  });
});
