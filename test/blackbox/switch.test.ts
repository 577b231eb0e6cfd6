import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { SimulatedPerson } from '@parley/simulator/discord';
import type { ScriptedReply, SimulatedGemini, SimulatedOpenAI, Transcriber } from '@parley/simulator/models';
import type { Provider } from '../../src/ports/capabilities.ts';
import { share, tone } from '../support/sound/sound.ts';
import { INPUT_RATE, otherThan, PROTOCOLS, World } from '../support/world/world.ts';

const PITCH = { Anna: 300, Ben: 700 } as const;
type Name = keyof typeof PITCH;
const LABEL = { openai: 'OpenAI (gpt-realtime-2.1)', gemini: 'Google Gemini (gemini-3.8-live)' } as const;
const VARIABLE = { openai: 'OPENAI_API_KEY', gemini: 'GEMINI_API_KEY' } as const;
const QUOTA = { code: 1011, reason: 'You exceeded your current quota, please check your plan and billing details.' };
/** Said once more on a fresh connection, it is believed. */
const USED_UP = { status: 429, body: { error: { message: 'Your prepayment credits are depleted.' } } };

const says = (person: SimulatedPerson, ms: number) =>
  person.voice.speak({
    pcm: tone({ hz: PITCH[person.name as Name], ms, rate: 48_000 }),
    sampleRate: 48_000,
    channels: 1,
  });
const hear: Transcriber = ({ pcm, sampleRate, text }) => {
  if (text) return text;
  const names = Object.entries(PITCH).filter(([, hz]) => share(pcm, hz, sampleRate) > 0.1);
  return `words of ${names.map(([name]) => name).join(' and ')}`;
};

// Most of it is waiting, and each block has a world of its own; its tests share that and take turns.
describe('from one provider to the other', { concurrency: true }, () => {
  for (const protocol of PROTOCOLS) {
    const other = otherThan(protocol);

    describe(`a conversation that began over ${protocol} and goes on over ${other}`, { concurrency: 1 }, () => {
      let world: World;
      let anna: SimulatedPerson;
      let ben: SimulatedPerson;
      let answers = 0;
      afterEach(() => world.close());

      const script = (): ScriptedReply => {
        answers += 1;
        return { say: { text: `Answer ${answers}.`, pcm: tone({ hz: 1700, ms: 300, rate: 24_000 }) } };
      };
      /** Both providers, Anna who manages the server, Ben, and the bot's first answer. */
      const start = async (env: NodeJS.ProcessEnv = {}, prepare: (world: World) => void = () => {}): Promise<void> => {
        answers = 0;
        world = await World.start({ protocol, second: true, script, hear, env });
        prepare(world);
        const role = world.guild.createRole({ permissions: ['ManageGuild'] });
        anna = world.guild.addPerson({ name: 'Anna', roles: [role] });
        await anna.join(world.channelId);
        ben = await world.person('Ben');
      };
      const posts = (): string =>
        world.guild
          .messages(world.channelId)
          .map(({ content }) => content)
          .join('\n');
      const models = (): Provider[] => world.of('model-changed').map(({ model }) => model.provider);
      /** Everything that was said was answered, and the answers were heard. */
      const answered = (turns: number): Promise<void> =>
        world.until(`the answer to turn ${turns}`, () => {
          const behind = world.of('reply-started').flatMap((event) => event.turns.map(({ id }) => id));
          const ended = new Set(world.of('reply-ended').map(({ replyId }) => replyId));
          const started = world.of('reply-started').map(({ replyId }) => replyId);
          return new Set(behind).size === turns && started.every((id) => ended.has(id));
        });
      const written = (count: number): Promise<void> =>
        world.until('the words in the transcript', () => (posts().match(/:\*\* words of/g)?.length ?? 0) >= count);
      /** What the newest session of the server was told in words. */
      const told = (server: SimulatedOpenAI | SimulatedGemini): string => {
        const newest = server.frames.at(-1)?.session;
        const sent = server.frames.filter(({ direction, session }) => direction === 'client' && session === newest);
        return JSON.stringify(sent.map(({ message }) => message).filter((one) => !('realtimeInput' in one)));
      };

      it('is switched by slash command and back while people speak; nothing is lost, repeated or forgotten', async () => {
        await start();
        await world.join(anna);
        await says(anna, 500);
        await answered(1);
        await written(1);

        const speaking = says(anna, 1000);
        await wait(400);
        const { content } = await anna.command('/voice provider', { name: other });
        assert.match(content, /The running conversation goes on there in the next quiet moment/);
        await speaking;
        await answered(2);
        await world.until('the other model', () => models().length === 1);
        assert.deepEqual(models(), [other]);
        assert.ok((await anna.command('/status')).content.includes(`**Model:** ${LABEL[other]}`));
        // It is on its way when the line about the model is told.
        await world.until('what was said', () => /words of Anna.*Answer 1\..*words of Anna/.test(told(world.second)));

        await says(ben, 800);
        await answered(3);
        const [turn] = world.second.turns.filter(({ pcm }) => pcm.length > 0).slice(-1);
        const rate = INPUT_RATE[other];
        assert.ok(turn && share(turn.pcm.subarray(rate * 0.2, rate * 0.7), PITCH.Ben, rate) > 0.9, 'it is his sound');
        assert.ok(Math.abs((turn.pcm.length * 1000) / rate - 900) <= 140, `${(turn.pcm.length * 1000) / rate} ms`);

        await anna.command('/voice provider', { name: 'default' });
        await says(ben, 800);
        await answered(4);
        await world.until('the first model again', () => models().length === 2);
        assert.deepEqual(models(), [other, protocol]);
        await world.until('what was said', () => /words of Anna.*words of Ben/.test(told(world.model)));

        await written(4);
        await world.until('the lines about the models', () => posts().match(/I now use/g)?.length === 2);
        const lines = posts().match(/:\*\* words of (Anna|Ben)|I now use (OpenAI|Google)/g);
        const called = (one: Provider): string => `I now use ${one === 'openai' ? 'OpenAI' : 'Google'}`;
        assert.deepEqual(
          lines?.filter((line) => line.startsWith(':')),
          ['Anna', 'Anna', 'Ben', 'Ben'].map((name) => `:** words of ${name}`),
        );
        assert.deepEqual(
          lines?.filter((line) => line.startsWith('I')),
          [called(other), called(protocol)],
        );
        const usage = (await anna.command('/usage show', {}, { timeoutMs: 30_000 })).content;
        assert.match(usage, /gpt-realtime-2\.1/);
        assert.match(usage, /gemini-3\.8-live/);
        assert.deepEqual(world.of('ended'), []);
      });

      it('stays where it is when the other key is wrong, says so, and goes there once it is chosen again', async () => {
        await start({}, ({ second }) => {
          second.faults.refuse = 401;
        });
        await world.join(anna);
        await anna.command('/voice provider', { name: other });
        await world.until('the word about it', () => models().length === 1);
        assert.deepEqual(models(), [protocol]);
        const said = world.of('model-changed')[0]?.message ?? '';
        assert.ok(said.includes(VARIABLE[other]) && said.includes(LABEL[protocol]), said);
        await says(anna, 800);
        await answered(1);
        assert.ok((await anna.command('/status')).content.includes(`**Model:** ${LABEL[protocol]}`));

        world.second.faults.refuse = undefined;
        await anna.command('/voice silence', { milliseconds: 500 });
        assert.equal(models().length, 1);
        await anna.command('/voice provider', { name: other });
        await world.until('the other model', () => models().length === 2);
        assert.deepEqual(models(), [protocol, other]);
        assert.deepEqual(world.of('ended'), []);
      });

      it('goes on with another model of the same provider, and not with one that does not exist', async () => {
        await start();
        await world.join(anna);
        const name = protocol === 'openai' ? 'gpt-realtime-mini' : 'gemini-3.1-flash-live-preview';
        await anna.command('/voice model', { name });
        await world.until('the other model', () => world.of('model-changed').length === 1);
        await says(anna, 500);
        await answered(1);
        assert.equal(world.of('model-changed')[0]?.model.name, name);
        assert.match(
          (await anna.command('/voice model', { name: 'no-such-model' })).content,
          /I do not know that name\./,
        );
        await world.until('the word about it', () => world.of('model-changed').length === 2);
        const { model, message } = world.of('model-changed')[1] ?? assert.fail();
        assert.equal(model.name, name);
        assert.match(message, /does not know the model "no-such-model": check `\/voice model`\. I go on with /);
        assert.deepEqual(world.of('ended'), []);
      });

      it('goes to the fallback when the quota is used up in the middle of a turn, which arrives whole', async () => {
        await start({ FALLBACK_PROVIDER: other });
        await world.join(anna);
        await says(anna, 800);
        await answered(1);
        const speaking = says(ben, 1500);
        await wait(700);
        world.model.faults.closeNext = QUOTA;
        world.model.faults.refuse = USED_UP;
        await speaking;
        await answered(2);
        assert.deepEqual(models(), [other]);
        const [turn] = world.second.turns.filter(({ pcm }) => pcm.length > 0);
        const ms = ((turn?.pcm.length ?? 0) * 1000) / INPUT_RATE[other];
        assert.ok(Math.abs(ms - 1600) <= 140, `${ms} ms`);
        await written(2);
        const line = new RegExp(
          `quota.* The conversation goes on with ${other === 'openai' ? 'OpenAI' : 'Google Gemini'}`,
        );
        await world.until('the line about it', () => line.test(posts().replaceAll('\\', '')));
        assert.equal(posts().match(/goes on with/g)?.length, 1);

        // Nobody is sent to and fro between two that are both lost.
        world.second.faults.closeNext = QUOTA;
        world.second.faults.refuse = USED_UP;
        await anna.command('/ask', { text: 'Are you there?' });
        await world.until('the end', () => world.of('ended').length === 1);
        assert.equal(world.of('ended')[0]?.reason.kind, 'session-lost');
      });

      it('begins at the fallback when the first provider refuses at /join, and says so', async () => {
        await start({ FALLBACK_PROVIDER: other }, ({ model }) => {
          model.faults.refuse = 401;
        });
        const { content } = await anna.command('/join');
        assert.ok(
          content.includes(`goes to ${LABEL[other]}, the fallback, because I could not have ${LABEL[protocol]}.`),
          content,
        );
        await world.until('the line about it', () => /rejected the API key.* So I use the fallback,/.test(posts()));
        await says(anna, 800);
        await answered(1);
        assert.equal(world.second.turns.filter(({ pcm }) => pcm.length > 0).length, 1);
        assert.ok((await anna.command('/status')).content.includes(`**Model:** ${LABEL[other]}`));
      });

      it('does not begin when the fallback refuses as well, and says why of both', async () => {
        await start({ FALLBACK_PROVIDER: other }, ({ model, second }) => {
          model.faults.refuse = 401;
          second.faults.refuse = 401;
        });
        const { content } = await anna.command('/join');
        assert.match(
          content,
          /^[^.]+ rejected the API key.* The fallback could not be had either: [^.]+ rejected the API key/,
        );
        assert.ok(content.includes(VARIABLE[protocol]) && content.includes(VARIABLE[other]), content);
        assert.equal(world.guild.botVoiceChannelId, null);
      });
    });
  }
});
