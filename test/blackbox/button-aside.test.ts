import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ScriptedReply, ScriptInput } from '@parley/simulator/models';
import { z } from 'zod';
import type { Provider } from '../../src/ports/capabilities.ts';
import { defineTool } from '../../src/tools/tool.ts';
import { tone } from '../support/sound/sound.ts';
import { type Protocol, World } from '../support/world/world.ts';

const ROWS: readonly { name: string; protocol: Protocol; provider?: Provider; env: NodeJS.ProcessEnv }[] = [
  { name: 'OpenAI', protocol: 'openai', env: {} },
  { name: 'Gemini, with tools beside the conversation', protocol: 'gemini', env: {} },
  { name: 'Vertex AI', protocol: 'gemini', provider: 'vertex', env: {} },
  { name: 'Gemini 3.1', protocol: 'gemini', env: { GEMINI_MODEL: 'gemini-3.1-flash-live-preview' } },
];
const sound = { pcm: tone({ hz: 300, ms: 500, rate: 48000 }), sampleRate: 48000, channels: 1 } as const;
const reply = (text: string): ScriptedReply => ({
  say: { text, pcm: tone({ hz: 1700, ms: 300, rate: 24000 }) },
});

// Most of it is waiting.
describe('a button that waits for a person', { concurrency: true }, () => {
  for (const { name, ...row } of ROWS) {
    it(`keeps nobody without an answer, whatever the model waits for else: ${name}`, async (t) => {
      const ran: string[] = [];
      // The model waits for its result as long as nobody has to be asked.
      const lock = defineTool({
        name: 'lock',
        description: 'Locks the door.',
        input: z.object({}),
        risk: 'write',
        run: (_input, { askers }) => {
          ran.push(askers.map((person) => person.name).join(' and '));
          return { locked: 'tightly' };
        },
      });
      let isWished = false;
      const script = ({ unanswered, toolResults, context, text }: ScriptInput): ScriptedReply => {
        const given = `${toolResults.map(({ output }) => output).join(' ')} ${context} ${text}`;
        if (isWished && unanswered.some(({ pcm }) => pcm.length > 0)) {
          isWished = false;
          return { calls: [{ name: 'lock', arguments: {} }] };
        }
        if (given.includes('tightly')) return reply('LOCKED');
        return reply(given.includes('waiting for confirmation') ? 'PRESS' : 'Well.');
      };
      const world = await World.start({ ...row, script, tools: [lock] });
      t.after(() => world.close());
      const manager = world.guild.createRole({ permissions: ['ManageGuild'] });
      const mia = world.guild.addPerson({ name: 'Mia', roles: [manager] });
      const [eve, anna, ben] = [await world.person('Eve'), await world.person('Anna'), await world.person('Ben')];
      await mia.command('/tools deny', { tool: 'lock', who: eve.userId }, { channelId: world.channelId });
      await world.join(ben);
      const said = () => world.of('reply-transcript').map(({ delta }) => delta);
      const answered = (text: string) => world.until(text, () => said().join().includes(text));
      const repliesTo = (person: string) =>
        world.of('reply-started').filter(({ turns }) => turns.some((turn) => turn.name === person)).length;
      // The model knows words of somebody who may not.
      await eve.voice.speak(sound);
      await world.until('the end of her answer', () => world.of('reply-ended').length === 1);
      isWished = true;
      await anna.voice.speak(sound);
      const question = await world.guild.waitForMessage(world.channelId, ({ content }) =>
        content.startsWith('**Please confirm:** **Anna**'),
      );
      await answered('PRESS');
      const ended = () => world.of('reply-ended').filter(({ heardMs }) => heardMs > 0).length;
      await world.until('its end', () => ended() === 2);
      await ben.voice.speak(sound);
      await world.until('his answer', () => ended() === 3);
      assert.equal(repliesTo('Ben'), 1);
      assert.deepEqual(ran, [], 'it still waits');
      await anna.press(question, question.components[0]?.components[0].custom_id);
      await answered('LOCKED');
      assert.deepEqual(ran, ['Anna']);
      const last = world
        .of('reply-started')
        .at(-1)
        ?.turns.map((turn) => turn.name);
      assert.ok(last?.includes('Anna'), 'its result is told to who asked');
      assert.equal(world.of('tool-started').length, 1);
    });
  }
});
