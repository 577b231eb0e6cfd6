import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SimulatedOpenAI } from '@parley/simulator/models';
import type { Provider } from '../../src/ports/capabilities.ts';
import { share, tone } from '../support/sound/sound.ts';
import { World } from '../support/world/world.ts';

const WORDS = ['I like bananas', 'so do I'];
const pitch = (i: number): number => 300 + 400 * i;
const sound = (i: number) =>
  ({ pcm: tone({ hz: pitch(i), ms: 400, rate: 48000 }), sampleRate: 48000, channels: 1 }) as const;
const answer = { say: { text: 'Well.', pcm: tone({ hz: 1700, ms: 100, rate: 24000 }) } };

interface Row {
  readonly provider: Provider;
  readonly env: NodeJS.ProcessEnv;
  /** What a model does about what it was not asked. */
  readonly silent?: true;
  /** The transcriber beside it. */
  readonly beside?: true;
  readonly written: boolean;
}

const BESIDE = { TRANSCRIBER: 'openai' };
const GEMINI_25 = 'gemini-2.5-flash-native-audio-preview-12-2025';
const ROWS: Readonly<Record<string, Row>> = {
  OpenAI: { provider: 'openai', env: {}, written: true },
  'Azure with a transcription deployment': {
    provider: 'azure',
    env: { AZURE_OPENAI_TRANSCRIPTION_DEPLOYMENT: 'whisper-1' },
    written: true,
  },
  'Azure without one': { provider: 'azure', env: {}, written: false },
  'Azure without one, and TRANSCRIBER': { provider: 'azure', env: {}, beside: true, written: true },
  'Gemini 3.8, silent': { provider: 'gemini', env: { GEMINI_MODEL: 'gemini-3.8-live' }, silent: true, written: true },
  'Gemini 3.8, silent, and TRANSCRIBER': {
    provider: 'gemini',
    env: { GEMINI_MODEL: 'gemini-3.8-live' },
    silent: true,
    beside: true,
    written: true,
  },
  'Gemini 2.5, silent, and TRANSCRIBER': {
    provider: 'gemini',
    env: { GEMINI_MODEL: GEMINI_25 },
    silent: true,
    beside: true,
    written: true,
  },
  'Gemini 3.1, held back, and TRANSCRIBER': {
    provider: 'gemini',
    env: { GEMINI_MODEL: 'gemini-3.1-flash-live-preview' },
    beside: true,
    written: true,
  },
  'Vertex AI, silent, and TRANSCRIBER': { provider: 'vertex', env: {}, silent: true, beside: true, written: true },
};

describe('what people say to each other in `addressed`, which nobody answers', { concurrency: true }, () => {
  for (const [title, { provider, env, silent, beside, written }] of Object.entries(ROWS)) {
    it(`is ${written ? '' : 'not '}written down with ${title}`, async () => {
      const hear = ({ pcm, sampleRate }: { pcm: Int16Array; sampleRate: number }) =>
        WORDS.filter((_, i) => share(pcm, pitch(i), sampleRate) > 0.05).join(' and ');
      const writer = beside && (await SimulatedOpenAI.start({ script: () => ({ silent: true }), hear }));
      const besideEnv = writer ? { ...BESIDE, OPENAI_API_KEY: writer.apiKey, OPENAI_BASE_URL: writer.url } : {};
      const world = await World.start({
        protocol: provider === 'openai' || provider === 'azure' ? 'openai' : 'gemini',
        provider,
        env: { ...env, ...besideEnv },
        script: () => (silent ? { silent: true } : answer),
        // Where another one writes down, what the model itself heard counts for nothing.
        hear: beside ? () => 'something else' : hear,
      });
      try {
        const mia = world.guild.addPerson({ name: 'Mia', admin: true });
        const set = await mia.command('/voice answer', { mode: 'addressed' }, { channelId: world.channelId });
        assert.match(set.content, written ? /^I answer who speaks to me/ : /Nothing was changed\.$/);
        const [anna, ben] = [await world.person('Anna'), await world.person('Ben')];
        await world.join(anna);
        for (const [i, person] of [anna, ben].entries()) {
          await person.voice.speak(sound(i));
          await world.until('the end of the turn', () => world.of('turn-ended').length === i + 1);
        }
        const finals = () =>
          world.of('turn-transcript').flatMap(({ turn, text, final }) => (final ? `${turn?.name}: ${text}` : []));
        if (written) {
          await world.until('the words', () => finals().length >= 2);
          assert.deepEqual(finals(), ['Anna: I like bananas', 'Ben: so do I']);
          assert.equal(world.of('reply-audible').length, 0);
        } else {
          await world.until('an answer to both', () => world.of('reply-ended').length >= 2);
          assert.deepEqual(
            finals().filter((words) => !words.endsWith(': ')),
            [],
          );
        }
      } finally {
        await world.close();
        if (writer) await writer.close();
      }
    });
  }
});
