import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { SimulatedPerson } from '@parley/simulator/discord';
import type { ScriptedReply, ScriptInput } from '@parley/simulator/models';
import { z } from 'zod';
import { defineTool } from '../../src/tools/tool.ts';
import { tone } from '../support/sound/sound.ts';
import { quietFor } from '../support/time/quiet-for.ts';
import { World } from '../support/world/world.ts';

/** What keeps each model from answering what was not said to the bot. */
const MODELS = {
  'OpenAI, which waits': { protocol: 'openai', env: {} },
  'Gemini 3.8, which chooses': { protocol: 'gemini', env: { GEMINI_MODEL: 'gemini-3.8-live' } },
  'Gemini 2.5, which chooses where asked to': {
    protocol: 'gemini',
    env: { GEMINI_MODEL: 'gemini-2.5-flash-native-audio-preview-12-2025' },
  },
  'Gemini 3.1, which is held back': { protocol: 'gemini', env: { GEMINI_MODEL: 'gemini-3.1-flash-live-preview' } },
} as const;
const sound = (ms: number) => ({ pcm: tone({ hz: 300, ms, rate: 48000 }), sampleRate: 48000, channels: 1 }) as const;
const answer = (text: string, ms = 200): ScriptedReply => ({
  say: { text, pcm: tone({ hz: 1700, ms, rate: 24000 }) },
});

// Most of it is waiting, and each model has a world of its own; its tests share that and take turns.
describe('answering only who speaks to the bot', { concurrency: true }, () => {
  for (const [title, { protocol, env }] of Object.entries(MODELS)) {
    describe(`with ${title}`, { concurrency: 1 }, () => {
      let world: World;
      let mia: SimulatedPerson;
      const chooses = title.includes('chooses');
      /** What people said, by the number of their turn; what they say next, by their name. */
      const said = new Map<number, string>();
      const next = new Map<string, string[]>();
      const ran: string[] = [];
      afterEach(async () => {
        said.clear();
        next.clear();
        ran.length = 0;
        await world.close();
      });

      const start = async (mode: string, reply: (input: ScriptInput, words: string) => ScriptedReply) => {
        world = await World.start({
          protocol,
          env,
          tools: [
            defineTool({
              name: 'ring',
              description: 'Rings.',
              input: z.object({}),
              risk: 'write',
              run: (_input, { askers }) => {
                ran.push(askers.map(({ name }) => name).join(' and '));
                return { done: true };
              },
            }),
          ],
          hear: ({ turn, context }) => {
            const name = /Now "(\w+)" speaks/.exec(context)?.[1] ?? '';
            const words = next.get(name)?.shift() ?? '';
            said.set(turn, words);
            return words;
          },
          script: (input) => {
            const last = input.unanswered.at(-1);
            const words = last?.text || (said.get(last?.turn ?? 0) ?? '');
            // A model that chooses does as it is told before the turn.
            if (chooses && last?.context.includes('else stay silent') && !/parl/i.test(words)) return { silent: true };
            return reply(input, words);
          },
        });
        mia = world.guild.addPerson({ name: 'Mia', roles: [world.guild.createRole({ permissions: ['ManageGuild'] })] });
        const set = await mia.command('/voice answer', { mode }, { channelId: world.channelId });
        assert.match(set.content, /^I answer /);
      };
      const audible = () => world.of('reply-audible').length;
      const decisions = () =>
        world.of('answer-decided').map(({ turn, answered, reason }) => [turn.name, answered, reason.kind]);
      const ended = () => world.of('turn-ended').length;
      /** Says it, and waits until it is answered, or surely is not. */
      const say = async (person: SimulatedPerson, words: string, answered: boolean, ms = 400): Promise<void> => {
        const before = { audible: audible(), ended: ended(), decided: decisions().length };
        next.set(person.name, [...(next.get(person.name) ?? []), words]);
        await person.voice.speak(sound(ms));
        await world.until(`the end of "${words}"`, () => ended() > before.ended);
        if (answered) {
          await world.until(`an answer to "${words}"`, () => audible() > before.audible);
          const { replyId } = world.of('reply-audible').at(-1) as { replyId: string };
          await world.until('its end', () => world.of('reply-ended').some((event) => event.replyId === replyId));
        } else {
          await world.until(`the verdict on "${words}"`, () => decisions().length > before.decided);
          // An answer would begin at once.
          await quietFor(500);
          assert.equal(audible(), before.audible, `"${words}" was answered`);
        }
      };
      const words = () =>
        world
          .of('turn-transcript')
          .filter((event) => event.final)
          .map(({ turn, text }) => `${turn?.name}: ${text}`);

      it('answers a name at the start or the end, follows up with the same person, and hears all the rest', async () => {
        await start('addressed', () => answer('Well.'));
        const [anna, ben, cara] = await Promise.all(['Anna', 'Ben', 'Cara'].map((name) => world.person(name)));
        await world.join(anna as SimulatedPerson);
        await say(ben as SimulatedPerson, 'I like bananas', false);
        await say(anna as SimulatedPerson, 'Parley, what time is it?', true);
        await say(ben as SimulatedPerson, 'no idea what she means', false);
        await say(anna as SimulatedPerson, 'and tomorrow?', true);
        await say(ben as SimulatedPerson, 'what do you think, parlay?', true);
        if (!chooses) await say(cara as SimulatedPerson, 'I asked Parley about that', false);
        const kinds = decisions().map(([name, answered, kind]) => `${name} ${answered} ${kind}`);
        const byWords = (person: string, yes: boolean, kind: string) =>
          chooses ? `${person} true model` : `${person} ${yes} ${kind}`;
        assert.deepEqual(kinds, [
          byWords('Ben', false, 'not-addressed'),
          byWords('Anna', true, 'name'),
          byWords('Ben', false, 'not-addressed'),
          'Anna true follow-up',
          byWords('Ben', true, 'name'),
          ...(chooses ? [] : ['Cara false not-addressed']),
        ]);
        const all = [
          'Ben: I like bananas',
          'Anna: Parley, what time is it?',
          'Ben: no idea what she means',
          'Anna: and tomorrow?',
          'Ben: what do you think, parlay?',
          ...(chooses ? [] : ['Cara: I asked Parley about that']),
        ];
        await world.until('all words', () => words().length >= all.length);
        assert.deepEqual(words(), all);
        if (title.includes('2.5')) {
          assert.match(world.model.requests[0]?.url ?? '', /v1alpha/);
          assert.match(JSON.stringify(world.model.frames), /"proactivity":\{"proactiveAudio":true\}/);
        }
        const why = await mia.command('/why', {}, { channelId: world.channelId });
        assert.equal(why.ephemeral, true);
        const told = why.content.split('\n').map((line) => line.replace(/^<t:\d+:T> /, ''));
        assert.equal(told.length, all.length);
        const byName = chooses
          ? /The model decided that it was meant for me\./
          : /I heard my name: “Parley” at the start\./;
        assert.match(told[1] ?? '', byName);
        assert.match(
          told[1] ?? '',
          /^\*\*Anna\*\* spoke for [\d.]+ m?s\. .*turn over [\d.]+ m?s.*first sound .*My answer of 200 ms was heard/,
        );
        assert.match(
          told[2] ?? '',
          chooses
            ? /The model decided that it was not meant for me, and stayed silent\./
            : /neither at its start nor at its end, so I did not answer/,
        );
        assert.match(told[3] ?? '', /It followed my answer to them/);
      });

      // From here on it is like the one before.
      if (title.includes('2.5')) return;

      it('stays silent in never, and still answers what is typed', async () => {
        await start('never', (_input, text) => answer(`You said ${text}.`));
        const anna = await world.person('Anna');
        await world.join(anna);
        await say(anna, 'Parley, what time is it?', false);
        await anna.command('/ask', { text: 'what time is it' });
        await world.until('an answer', () => audible() === 1);
        assert.deepEqual(decisions(), [['Anna', false, 'never']]);
      });

      it('answers who waits for it though others talk meanwhile, and whoever is alone in auto', async () => {
        let delayMs = 0;
        await start('auto', (_input, text) => ({ ...answer(`Yes, ${text}.`), delayMs }));
        const anna = await world.person('Anna');
        await world.join(anna);
        await say(anna, 'bananas are fine', true);
        const [ben] = await Promise.all([world.person('Ben')]);
        // Ben comes into the answer to Anna before it is heard.
        delayMs = 700;
        const heard = ended();
        next.set('Anna', ['Parley, what time is it?']);
        next.set('Ben', ['no idea what she wants']);
        await anna.voice.speak(sound(400));
        await world.until('the end of her turn', () => ended() > heard);
        await wait(250);
        await ben.voice.speak(sound(400));
        await world.until('an answer', () => audible() === 2);
        const { replyId } = world.of('reply-audible').at(-1) as { replyId: string };
        const turns = world.of('reply-started').find((event) => event.replyId === replyId)?.turns ?? [];
        assert.ok(turns.some(({ name }) => name === 'Anna'));
        await world.until('its end', () => world.of('reply-ended').some((event) => event.replyId === replyId));
        delayMs = 0;
        await say(ben, 'and I like pears', false);
        const kinds = decisions().map(([name, , kind]) => `${name} ${kind}`);
        assert.equal(kinds[0], 'Anna alone');
        assert.equal(kinds[1], 'Anna follow-up');
      });

      it('lends nobody the rights of a person who spoke before, to somebody else', async () => {
        await start('addressed', (input) =>
          input.toolResults.length > 0 ? answer('Done.') : { calls: [{ name: 'ring', arguments: {} }] },
        );
        const role = world.guild.createRole({ name: 'Mods' });
        const anna = world.guild.addPerson({ name: 'Anna', roles: [role] });
        await anna.join(world.channelId);
        const ben = await world.person('Ben');
        const manage = (typed: string, who: string) =>
          mia.command(typed, { tool: 'ring', who }, { channelId: world.channelId });
        await manage('/tools deny', world.guild.id);
        await manage('/tools allow', role);
        await world.join(anna);
        await say(anna, 'somebody should ring', false);
        await say(ben, 'Parley, ring', true);
        assert.deepEqual(ran, []);
        // A call so soon behind an answer might be that one's, late: nobody speaks, and is answered, as fast as this test.
        await quietFor(800);
        // It may still be Ben's wish that the model carries out: not without Anna's hand.
        const wish = say(anna, 'Parley, ring now', true);
        const question = await world.guild.waitForMessage(world.channelId, ({ content }) => /confirm/.test(content));
        assert.match(question.content, /^\*\*Please confirm:\*\* \*\*Anna\*\* asked for \*\*ring\*\*/);
        assert.match(
          question.content,
          /Only \*\*Anna\*\* or a moderator .* I ask because I also heard people who may not use it\./,
        );
        assert.doesNotMatch(question.content, /Ben/);
        assert.deepEqual(ran, []);
        await anna.press(question, question.components[0]?.components[0].custom_id);
        await wish;
        assert.deepEqual(ran, ['Anna']);
      });

      it('reminds the one who asked, whoever chatted before', async () => {
        await start('addressed', (input) =>
          input.toolResults.length > 0
            ? answer('I will.')
            : { calls: [{ name: 'remind_me', arguments: { text: 'the oven', when: 'in 20 minutes' } }] },
        );
        const anna = await world.person('Anna');
        const ben = await world.person('Ben');
        await world.join(ben);
        await say(anna, 'what a day it was', false);
        await say(ben, 'Parley, remind me of the oven in 20 minutes', true);
        const [{ askers, result }] = world.of('tool-ended') as [(typeof world.events)[number] & { type: 'tool-ended' }];
        assert.deepEqual([askers.map(({ name }) => name), result.ok], [['Ben'], true], result.output);
        await world.guild.waitForMessage(world.channelId, ({ content }) => /remind\\_me\(.*\) for Ben →/.test(content));
        assert.match((await ben.command('/reminders list', {}, { channelId: world.channelId })).content, /the oven/);
        assert.doesNotMatch(
          (await anna.command('/reminders list', {}, { channelId: world.channelId })).content,
          /the oven/,
        );
      });
    });
  }
});
