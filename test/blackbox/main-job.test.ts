import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { SimulatedPerson } from '@parley/simulator/discord';
import type { ScriptedReply, ScriptInput, Transcriber } from '@parley/simulator/models';
import { RETRY_POLICY, type RetryPolicy } from '../../src/model/durable/retry-policy.ts';
import { steadily } from '../support/process/steady.ts';
import { framesOf, share, tone } from '../support/sound/sound.ts';
import { hasSchemas } from '../support/world/conformance.ts';
import { INPUT_RATE, PROTOCOLS, World } from '../support/world/world.ts';

/** Everybody has a pitch, so that what reaches the model can be told apart. */
const PITCH = { Anna: 300, Ben: 700, Carl: 1100 } as const;
type Name = keyof typeof PITCH;

const sound = (name: Name, ms: number) =>
  ({ pcm: tone({ hz: PITCH[name], ms, rate: 48000 }), sampleRate: 48000, channels: 1 }) as const;
const says = (person: SimulatedPerson, ms: number) => person.voice.speak(sound(person.name as Name, ms));

/** Hears whose pitch it is. */
const hear: Transcriber = ({ pcm, sampleRate, text }) => {
  if (text) return text;
  const shares = Object.entries(PITCH).map(([name, hz]) => [name, share(pcm, hz, sampleRate)] as const);
  const names = shares.filter(([, part]) => part > 0.1).map(([name]) => name);
  return `words of ${names.join(' and ')}`;
};
const reply = (text: string, ms: number): ScriptedReply => ({
  say: { text, pcm: tone({ hz: 1700, ms, rate: 24000 }) },
});

// Most of it is waiting, and every test has a world of its own.
describe('the bot over each protocol', { concurrency: true }, () => {
  for (const protocol of PROTOCOLS) {
    const rate = INPUT_RATE[protocol];

    describe(`the main job over ${protocol}`, { concurrency: 2 }, () => {
      const start = async (
        t: TestContext,
        script: (input: ScriptInput) => ScriptedReply | Promise<ScriptedReply>,
        patience: Partial<RetryPolicy> = {},
      ): Promise<World> => {
        const world = await World.start({ protocol, script, hear, patience: { ...RETRY_POLICY, ...patience } });
        t.after(() => world.close());
        return world;
      };
      const posts = (world: World): string =>
        world.guild
          .messages(world.channelId)
          .map((message) => message.content)
          .join('\n');

      it('hears a person, answers aloud, and posts both under their names', async (t) => {
        const world = await start(t, () => reply('Hello there.', 600));
        const anna = await world.person('Anna');
        await world.join(anna);
        await says(anna, 800);
        await world.until('the end of the reply', () => world.of('reply-ended').length === 1);
        const [turn] = world.model.turns;
        assert.ok(turn);
        assert.ok(share(turn.pcm.subarray(rate * 0.2, rate * 0.7), PITCH.Anna, rate) > 0.9, 'it is her sound');
        assert.ok(Math.abs((turn.pcm.length * 1000) / rate - 900) <= 140, `${(turn.pcm.length * 1000) / rate} ms`);
        assert.match(turn.labels.join('\n'), /"Anna"/);
        const heard = anna.voice.heardPcm({ userId: world.discord.botUser.id });
        const frames = framesOf(heard, 1700, 48000);
        assert.ok(frames >= 25, `she hears ${frames} of 30 frames of the reply`);
        const both = /\*\*Anna:\*\* words of Anna\n\*\*Parley:\*\* Hello there\./;
        await world.until('the transcript', () => both.test(posts(world)));
      });

      it('makes two turns of two people who speak at once, each whole, each under the right name', async (t) => {
        const world = await start(t, () => reply('You both.', 300));
        const anna = await world.person('Anna');
        const ben = await world.person('Ben');
        await world.join(anna);
        const annaSpeaks = says(anna, 1500);
        await wait(300);
        await Promise.all([annaSpeaks, says(ben, 1500)]);
        await world.until('the reply', () => world.of('reply-ended').some((event) => event.heardMs > 0));
        const turns = world.model.turns.filter((turn) => turn.pcm.length > 0);
        assert.equal(turns.length, 2);
        for (const [index, name] of (['Anna', 'Ben'] as const).entries()) {
          const { pcm, labels } = turns[index] as (typeof turns)[number];
          assert.ok(share(pcm, PITCH[name], rate) > 0.9, `turn ${index + 1} is ${name}'s alone`);
          assert.match(labels.join('\n'), new RegExp(`"${name}"`));
          const ms = (pcm.length * 1000) / rate;
          assert.ok(ms >= 1500 && ms <= 1740, `${name} said 1500 ms, the model got ${ms}`);
        }
        await world.until('both transcripts', () => /words of Anna[\s\S]*words of Ben/.test(posts(world)));
        assert.match(posts(world), /\*\*Anna:\*\* words of Anna\n\*\*Ben:\*\* words of Ben/);
        const answered = world.of('reply-started').find((event) => event.turns.length === 2);
        assert.deepEqual(
          answered?.turns.map((turn) => turn.name),
          ['Anna', 'Ben'],
        );
      });

      it('is cut off by 120 ms of speech and says nothing of the old reply afterwards', (t) =>
        steadily(async () => {
          const long = reply('One two three four five six seven eight nine ten.', 8000);
          const world = await start(t, (input) => (input.turn === 1 ? long : reply('Yes?', 300)));
          const anna = await world.person('Anna');
          const ben = await world.person('Ben');
          await world.join(anna);
          await says(anna, 600);
          await world.until('the reply', () => world.of('reply-audible').length === 1);
          await wait(1000);
          const cutIn = performance.now();
          await says(ben, 600);
          await world.until('the interruption', () => world.of('interrupted').length === 1);
          const [cut] = world.of('interrupted');
          assert.equal(cut?.by.name, 'Ben');
          const voice = world.discord.voice.packets.filter(
            (packet) => packet.userId === world.discord.botUser.id && !packet.silence,
          );
          const during = voice.filter((packet) => packet.at > cutIn && packet.at < cutIn + 900);
          const last = Math.max(...during.map((packet) => packet.at)) - cutIn;
          assert.ok(last < 400, `the last packet of the old reply came ${last} ms after Ben's first`);
          const ended = world.of('reply-ended')[0];
          assert.ok(ended?.interrupted && ended.heardMs > 800 && ended.heardMs < 2500, JSON.stringify(ended));
          if (protocol === 'openai') {
            const sent = world.model.frames.map((frame) => frame.message as { type?: string; audio_end_ms?: number });
            const truncate = sent.find((message) => message.type === 'conversation.item.truncate');
            assert.equal(truncate?.audio_end_ms, Math.floor(ended.heardMs));
            assert.ok(sent.some((message) => message.type === 'conversation.item.truncated'));
            const errors = sent.filter((message) => message.type === 'error');
            assert.deepEqual(errors, []);
          }
          await world.until('the answer to Ben', () => posts(world).includes('Yes?'));
          assert.match(posts(world), /\*\*Parley:\*\* One [^\n]*interrupted/);
          assert.doesNotMatch(posts(world), /ten\./);
        }));

      it('comes back to full voice after a cough and loses no word of the reply', async (t) => {
        const world = await start(t, () => reply('A long answer.', 2500));
        const anna = await world.person('Anna');
        const ben = await world.person('Ben');
        await world.join(anna);
        await says(anna, 600);
        await world.until('the reply', () => world.of('reply-audible').length === 1);
        await wait(500);
        await says(ben, 80);
        await world.until('the end of the reply', () => world.of('reply-ended').length === 1);
        const [ended] = world.of('reply-ended');
        assert.deepEqual([ended?.heardMs, ended?.interrupted], [2500, false]);
        assert.equal(world.of('ducked').length, 1);
        assert.equal(world.of('unducked').length, 1);
        assert.equal(world.of('turn-began').length, 1);
      });

      it('runs a tool for the person who asked and posts call, asker, result and answer', async (t) => {
        const world = await start(t, (input) =>
          input.toolResults.length > 0
            ? reply('Anna is here.', 300)
            : { calls: [{ name: 'who_is_here', arguments: {} }] },
        );
        const anna = await world.person('Anna');
        await world.join(anna);
        await says(anna, 600);
        await world.until('the answer', () => world.of('reply-ended').some((event) => event.heardMs > 0));
        const [tool] = world.of('tool-ended');
        assert.deepEqual(
          [tool?.call.name, tool?.askers.map((asker) => asker.name), tool?.result.ok],
          ['who_is_here', ['Anna'], true],
        );
        await world.until('the post', () => posts(world).includes('Anna is here.'));
        assert.match(posts(world), /who\\_is\\_here\(\) for Anna → .*Anna/);
      });

      it('lets a reply that answers two people use only what both may use', async (t) => {
        const world = await start(t, (input) =>
          input.toolResults.length > 0
            ? reply('That was refused.', 300)
            : { calls: [{ name: 'post_message', arguments: { text: 'hello' } }] },
        );
        const anna = await world.person('Anna');
        const ben = await world.person('Ben');
        await world.join(anna);
        // Ben may listen and speak, not write.
        world.denyWriting(ben);
        await wait(50);
        const annaSpeaks = says(anna, 900);
        await wait(200);
        await Promise.all([annaSpeaks, says(ben, 900)]);
        await world.until('the refusal', () => world.of('tool-ended').length > 0);
        const shared = world.of('tool-ended').find((event) => event.askers.length === 2);
        assert.equal(shared?.result.ok, false, 'one of the two may not');
        assert.equal(posts(world).includes('Posted for'), false);
        await world.until('the answer', () => world.of('reply-ended').some((event) => event.heardMs > 0));
        await wait(700);
        const before = world.of('tool-ended').length;
        await says(anna, 600);
        // The model still knows what Ben said, who may not: so Anna's wish is hers, with her button.
        const asked = await world.guild.waitForMessage(
          world.channelId,
          ({ content, components }) => content.startsWith('**Please confirm:**') && components.length > 0,
        );
        assert.match(asked.content, /\*\*Anna\*\* asked for/);
        await anna.press(asked, asked.components[0]?.components[0].custom_id);
        await world.until('the tool again', () => world.of('tool-ended').length > before);
        assert.equal(world.of('tool-ended').at(-1)?.result.ok, true, 'Anna alone may');
        await world.until('her post', () => posts(world).includes('Posted for **Anna**'));
      });

      it('understands speech over a bad network: 5 % lost, 5 % reordered, 2 % twice, 30 ms of jitter', (t) =>
        steadily(async () => {
          const world = await start(t, () => reply('Understood.', 300));
          const anna = await world.person('Anna');
          await world.join(anna);
          Object.assign(world.discord.voice.faults, { loss: 0.05, reorder: 0.05, duplicates: 0.02, jitterMs: 30 });
          await says(anna, 3000);
          await world.until('the reply', () => world.of('reply-ended').length === 1);
          const pcm = world.model.turns[0]?.pcm ?? new Int16Array();
          const ms = (pcm.length * 1000) / rate;
          assert.ok(ms > 2850 && ms < 3300, `${ms} ms of 3000 reached the model`);
          assert.ok(share(pcm, PITCH.Anna, rate) > 0.8);
        }));

      it('answers what is typed with /ask, aloud', async (t) => {
        const world = await start(t, (input) =>
          reply(`You wrote: ${input.text.includes('How tall') ? 'a question' : 'nothing'}.`, 300),
        );
        const anna = await world.person('Anna');
        await world.join(anna);
        await anna.command('/ask', { text: 'How tall is the Zugspitze?' });
        await world.until('the end of the reply', () => world.of('reply-ended').some((event) => event.heardMs === 300));
        await world.until('the post', () => posts(world).includes('You wrote: a question.'));
        assert.match(posts(world), /\*\*Anna:\*\* How tall is the Zugspitze\?/);
      });

      it('comes back by itself when the model goes away in the middle, and loses no word', async (t) => {
        const world = await start(t, () => reply('Hello.', 300));
        const anna = await world.person('Anna');
        await world.join(anna);
        await says(anna, 600);
        await world.until('the first reply', () => world.of('reply-ended').length === 1);
        // Else they would be written down once more, as nobody knows whether they were complete.
        await world.until('her words', () => world.of('turn-transcript').some(({ final }) => final));
        const speaking = says(anna, 900);
        await wait(400);
        world.model.dropAll();
        await speaking;
        await world.until('the second reply', () =>
          world.of('reply-ended').some((event) => event.replyId.includes('2/')),
        );
        const heard = world.model.turns.filter(({ pcm }) => pcm.length > 0);
        assert.equal(heard.length, 2);
        assert.ok(Math.abs(((heard[1]?.pcm.length ?? 0) * 1000) / rate - 900) <= 140, 'the turn came whole');
        const twice = /words of Anna[\s\S]*Hello\.[\s\S]*words of Anna[\s\S]*Hello\./;
        await world.until('the transcript', () => twice.test(posts(world)));
        assert.equal(posts(world).match(/words of Anna/g)?.length, 2);
        assert.deepEqual([world.of('ended'), world.of('trouble')], [[], []]);
      });

      it('leaves and says why when the model stays away', async (t) => {
        const world = await start(t, () => reply('Hello.', 300), {
          firstMs: 10,
          longestMs: 50,
          noticeMs: 100,
          giveUpMs: 1_500,
          // Else the outage counts from the beginning of a connection this young, and may be over before it is told.
          stableMs: 0,
        });
        const anna = await world.person('Anna');
        await world.join(anna);
        world.model.faults.refuse = 503;
        world.model.dropAll();
        await world.until('the end', () => world.of('ended').length === 1);
        assert.equal(world.of('trouble').length, 1);
        await world.until('the farewell', () => /I had to leave: /.test(posts(world)));
        assert.equal(world.guild.botVoiceChannelId, null);
        world.model.faults.refuse = undefined;
        assert.match((await anna.command('/join')).content, /listening|am in/, 'and it can be brought back');
      });

      it('sends nothing that the published schemas do not allow', {
        skip: hasSchemas ? false : 'needs ../shared/schemas',
      }, async (t) => {
        const world = await start(t, (input) =>
          input.turn === 1 && input.toolResults.length === 0
            ? { calls: [{ name: 'current_time', arguments: { place: 'Asia/Tokyo' } }] }
            : reply('A long enough answer to be cut off.', 3000),
        );
        const anna = await world.person('Anna');
        const ben = await world.person('Ben');
        await world.join(anna);
        await says(anna, 600);
        await world.until('the answer', () => world.of('reply-audible').length === 1);
        await wait(300);
        await says(ben, 600);
        await world.until('the next answer', () => world.of('reply-audible').length === 2);
        await ben.command('/status');
        await ben.command('/leave');
        assert.deepEqual(await world.violations(), []);
      });
    });
  }
});
