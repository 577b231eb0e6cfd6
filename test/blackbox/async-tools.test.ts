import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { ScriptedReply, ScriptInput } from '@parley/simulator/models';
import { z } from 'zod';
import type { Provider } from '../../src/ports/capabilities.ts';
import type { Delivery } from '../../src/ports/tool-calls.ts';
import { defineTool, type ToolDefinition } from '../../src/tools/tool.ts';
import { tone } from '../support/sound/sound.ts';
import { quietFor } from '../support/time/quiet-for.ts';
import { type Protocol, World } from '../support/world/world.ts';

const ROWS: readonly { name: string; protocol: Protocol; provider?: Provider; env: NodeJS.ProcessEnv }[] = [
  { name: 'OpenAI, sequenced', protocol: 'openai', env: {} },
  { name: 'Gemini, natively', protocol: 'gemini', env: {} },
  { name: 'Vertex AI, sequenced', protocol: 'gemini', provider: 'vertex', env: {} },
  { name: 'Gemini 3.1, sequenced', protocol: 'gemini', env: { GEMINI_MODEL: 'gemini-3.1-flash-live-preview' } },
];
const reply = (text: string, ms: number): ScriptedReply => ({
  say: { text, pcm: tone({ hz: 1700, ms, rate: 24000 }) },
});
const sound = (ms: number) => ({ pcm: tone({ hz: 300, ms, rate: 48000 }), sampleRate: 48000, channels: 1 }) as const;
/** Everything that the model was given to answer, as one text. */
const given = ({ toolResults, context, text }: ScriptInput): string =>
  `${toolResults.map(({ output }) => output).join('\n')}\n${context}\n${text}`;

type Input = ReturnType<typeof topic>;
const topic = () => z.object({ topic: z.string().optional() });

/** A tool whose calls last until the test lets them go. */
function held(change: Partial<Omit<ToolDefinition<Input>, 'run'>> = {}) {
  const runs: { topic: string; aborted: () => boolean; settle: (value: unknown) => void }[] = [];
  const tool = defineTool({
    name: 'research',
    description: 'Finds something out.',
    input: topic(),
    risk: 'read',
    ...change,
    run: ({ topic: about = '' }, { signal }) =>
      new Promise((settle) => runs.push({ topic: about, aborted: () => signal.aborted, settle })),
  });
  return { tool, runs };
}

// Most of it is waiting, and each block has a world of its own; its tests share that and take turns.
describe('tools beside the conversation', { concurrency: true }, () => {
  for (const { name, protocol, provider = protocol, env } of ROWS) {
    describe(`tools that the model does not wait for: ${name}`, { concurrency: 1 }, () => {
      let world: World;
      afterEach(() => world.close());
      const posts = () => world.guild.messages(world.channelId).map(({ content }) => content);
      const said = () =>
        world.of('reply-transcript').reduce<Record<string, string>>((all, { replyId, delta }) => {
          all[replyId] = (all[replyId] ?? '') + delta;
          return all;
        }, {});
      const replyOf = (text: string) => Object.entries(said()).find(([, words]) => words.includes(text))?.[0];
      const turnsOf = (replyId: string) =>
        world
          .of('reply-started')
          .flatMap((event) => (event.replyId === replyId ? event.turns.map((turn) => turn.name) : []));
      const indexOf = (condition: (event: World['events'][number]) => boolean) => world.events.findIndex(condition);

      /** Calls `research` for the first turn, says "FOUND" once it is given the result, else "Well." */
      async function start(delivery: Delivery, { callReplyMs = 0, wellMs = 300, foundCalls = false } = {}) {
        const { tool, runs } = held({ blocking: false, delivery });
        let called = false;
        const script = (input: ScriptInput): ScriptedReply => {
          if (given(input).includes('forty-two')) {
            const rolls = foundCalls && !world.of('tool-started').some(({ call }) => call.name === 'roll_dice');
            return { ...reply('FOUND it.', 300), ...(rolls && { calls: [{ name: 'roll_dice', arguments: {} }] }) };
          }
          if (called) return reply('Well.', wellMs);
          called = true;
          return {
            ...(callReplyMs > 0 ? reply('Let me see.', callReplyMs) : {}),
            calls: [{ name: 'research', arguments: {} }],
          };
        };
        world = await World.start({ protocol, provider, env, script, tools: [tool] });
        const anna = await world.person('Anna');
        const ben = await world.person('Ben');
        await world.join(anna);
        await anna.voice.speak(sound(600));
        await world.until('the call', () => runs.length === 1);
        return { anna, ben, run: runs[0] as (typeof runs)[number] };
      }

      it('brings a result in when nobody speaks any more, neither a person nor the bot', async () => {
        const { ben, run } = await start('when-idle');
        const speaks = ben.voice.speak(sound(1_200));
        await world.until('the turn of Ben', () => world.of('turn-began').some(({ turn }) => turn.name === 'Ben'));
        run.settle({ answer: 'forty-two' });
        await speaks;
        await world.until('the result, heard', () =>
          world.of('reply-ended').some(({ replyId, heardMs }) => replyId === replyOf('FOUND') && heardMs > 0),
        );
        const found = replyOf('FOUND');
        const began = indexOf((event) => event.type === 'reply-started' && event.replyId === found);
        const benEnded = indexOf((event) => event.type === 'turn-ended' && event.turn.name === 'Ben');
        const answer = world
          .of('reply-ended')
          .find(({ replyId, interrupted }) => !interrupted && replyId !== found && turnsOf(replyId).includes('Ben'));
        assert.ok(answer, 'the answer to Ben was played to its end');
        assert.ok(began > benEnded && began > world.events.indexOf(answer), 'the result waited for both');
        const [told] = world.of('reply-started').filter(({ replyId }) => replyId === found);
        assert.ok(
          told?.turns.some((turn) => turn.name === 'Anna'),
          'it is the answer to the one who asked',
        );
      });

      it('cuts in on the bot with a result that interrupts, but never on a person', async () => {
        const { ben, run } = await start('interrupt', { callReplyMs: 300, wellMs: 6_000 });
        const speaks = ben.voice.speak(sound(1_000));
        await world.until('the turn of Ben', () => world.of('turn-began').some(({ turn }) => turn.name === 'Ben'));
        run.settle({ answer: 'forty-two' });
        await speaks;
        await world.until('the result, heard', () =>
          world.of('reply-ended').some(({ replyId, heardMs }) => replyId === replyOf('FOUND') && heardMs > 0),
        );
        const benEnded = indexOf((event) => event.type === 'turn-ended' && event.turn.name === 'Ben');
        const found = replyOf('FOUND');
        const began = indexOf((event) => event.type === 'reply-started' && event.replyId === found);
        assert.ok(began > benEnded, 'Ben finished first');
        const cut = world
          .of('reply-ended')
          .find((event) => event.interrupted && event.heardMs > 0 && turnsOf(event.replyId).includes('Ben'));
        assert.ok(cut && cut.heardMs < 5_000, 'the answer to Ben gave way to the result');
        const byPeople = world.of('interrupted').filter((event) => world.events.indexOf(event) > benEnded);
        assert.deepEqual(byPeople, [], 'nobody else cut it off');
        if (protocol === 'openai') {
          const sent = world.model.frames.map(({ message }) => message as { type?: string });
          assert.ok(sent.some(({ type }) => type === 'conversation.item.truncate'));
        }
      });

      it('only adds a silent result, and uses it in the next reply', async () => {
        const { ben, run } = await start('silent');
        await wait(1_500);
        const before = world.of('reply-started').length;
        run.settle({ answer: 'forty-two' });
        await world.until('the end of the call', () => world.of('tool-ended').length === 1);
        await quietFor(1_000);
        assert.equal(world.of('reply-started').length, before, 'nobody was told anything');
        await ben.voice.speak(sound(600));
        await world.until('the next reply', () => replyOf('FOUND') !== undefined);
        const told = world.of('reply-started').find(({ replyId }) => replyId === replyOf('FOUND'));
        assert.deepEqual(
          told?.turns.map((turn) => turn.name).sort(),
          ['Anna', 'Ben'],
          'what she asked for stays behind it',
        );
      });

      it('adds a silent result, and answers the next person alone: who asked for it had their answer', async () => {
        const { ben, run } = await start('silent', { callReplyMs: 300, foundCalls: true });
        await world.until('her answer', () => world.of('reply-ended').some(({ heardMs }) => heardMs > 0));
        await wait(1_000);
        run.settle({ answer: 'forty-two' });
        await world.until('the end of the call', () => world.of('tool-ended').length === 1);
        await ben.voice.speak(sound(600));
        const rolled = () => world.of('tool-started').find(({ call }) => call.name === 'roll_dice');
        await world.until('what the model does for him', () => rolled() !== undefined);
        assert.deepEqual(
          rolled()?.askers.map((asker) => asker.name),
          ['Ben'],
        );
      });

      it('runs calls of both kinds from one reply, and answers each as its kind asks for', async () => {
        const slow = held({ blocking: false });
        const quick = held({ name: 'look' });
        let called = false;
        const script = (input: ScriptInput): ScriptedReply => {
          const words = given(input);
          if (words.includes('forty-two')) return reply('FOUND it.', 300);
          if (words.includes('in the drawer')) return reply('The DRAWER.', 300);
          if (called) return reply('Well.', 300);
          called = true;
          const calls = [
            { name: 'research', arguments: {} },
            { name: 'look', arguments: { topic: 'a' } },
          ];
          return { calls };
        };
        world = await World.start({ protocol, provider, env, script, tools: [slow.tool, quick.tool] });
        const anna = await world.person('Anna');
        await world.join(anna);
        await anna.voice.speak(sound(600));
        await world.until('both calls', () => slow.runs.length === 1 && quick.runs.length === 1);
        slow.runs[0]?.settle({ answer: 'forty-two' });
        await quietFor(300);
        assert.equal(replyOf('FOUND'), undefined, 'the model still waits for the other one');
        quick.runs[0]?.settle('in the drawer');
        await world.until('both answers', () => {
          const found = replyOf('FOUND');
          return (
            found !== undefined && world.of('reply-ended').some((event) => event.replyId === found && event.heardMs > 0)
          );
        });
      });

      it('cancels by the button of the post, for the asker and not for others', async () => {
        const { anna, ben, run } = await start('when-idle');
        const post = await world.guild.waitForMessage(world.channelId, ({ components }) => components.length > 0);
        const { custom_id: id } = post.components[0]?.components[0] ?? {};
        assert.match((await ben.press(post, id)).content, /^Only the person who asked/);
        assert.equal(run.aborted(), false);
        const answer = await anna.press(post, id);
        assert.deepEqual([answer.content, answer.ephemeral, answer.deferred], ['I cancelled it.', true, true]);
        await world.until('the end of the call', () => world.of('tool-ended').length === 1);
        assert.equal(run.aborted(), true);
        await world.guild.waitForMessage(world.channelId, ({ content }) => content.includes('Anna cancelled research'));
        const labels = post.components.flatMap(({ components }) =>
          components.map(({ label }: { label: string }) => label),
        );
        assert.deepEqual(labels, ['Run again'], 'there is nothing to cancel any more');
      });

      it('tells nobody of a result that comes after /leave', async () => {
        const { anna, run } = await start('interrupt');
        await wait(1_200);
        await anna.command('/leave');
        await world.until('the end', () => world.of('ended').length === 1);
        const frames = world.model.frames.length;
        run.settle({ answer: 'forty-two' });
        await quietFor(300);
        assert.equal(run.aborted(), true);
        assert.ok(!JSON.stringify(world.model.frames.slice(frames)).includes('forty-two'));
        assert.ok(!posts().join('\n').includes('forty-two'));
      });
    });
  }

  describe('tool calls at once and again', { concurrency: 1 }, () => {
    let world: World;
    afterEach(() => world.close());

    it('runs twenty at a time, each once, and one that is asked for twice only once', async () => {
      const { tool, runs } = held({ blocking: false });
      const topics = Array.from({ length: 20 }, (_, i) => ({ name: 'research', arguments: { topic: `t${i}` } }));
      let called = false;
      const refused: string[] = [];
      const script = (input: ScriptInput): ScriptedReply => {
        refused.push(...input.toolResults.map(({ output }) => output).filter((output) => output.includes('already')));
        if (called) return reply('Well.', 200);
        called = true;
        return { calls: [...topics, { name: 'research', arguments: { topic: 't7' } }] };
      };
      world = await World.start({ protocol: 'openai', script, tools: [tool] });
      const anna = await world.person('Anna');
      await world.join(anna);
      await anna.voice.speak(sound(600));
      await world.until('all calls', () => runs.length >= 20);
      await world.until('the second answer', () => refused.length > 0);
      for (const run of runs) run.settle(run.topic);
      await world.until('all results', () => world.of('tool-ended').length === 20);
      assert.deepEqual(
        runs.map((run) => run.topic),
        topics.map((call) => call.arguments.topic),
      );
      assert.equal(refused.length, 1);
    });

    it('stops those that are to stop when a person cuts the bot off, and lets the others go on', async () => {
      const stops = held({ blocking: false, onInterrupt: 'abort' });
      const stays = held({ name: 'look', blocking: false });
      let called = false;
      const script = (): ScriptedReply => {
        if (called) return reply('Well.', 300);
        called = true;
        const calls = ['research', 'look'].map((name) => ({ name, arguments: {} }));
        return { ...reply('This takes a while, so listen.', 6_000), calls };
      };
      world = await World.start({ protocol: 'openai', script, tools: [stops.tool, stays.tool] });
      const anna = await world.person('Anna');
      await world.join(anna);
      await anna.voice.speak(sound(600));
      await world.until('both calls', () => stops.runs.length + stays.runs.length === 2);
      await anna.voice.speak(sound(800));
      await world.until('the interruption', () => world.of('interrupted').length === 1);
      assert.deepEqual([stops.runs[0]?.aborted(), stays.runs[0]?.aborted()], [true, false]);
    });
  });
});
