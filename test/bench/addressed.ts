// How much later an answer begins where it has to be known first who was meant: `node test/bench/addressed.ts`.
// Over the simulators, whose models answer at once; every turn is another person's, with the bot's name at its start.

import { tone } from '../support/sound/sound.ts';
import { World } from '../support/world/world.ts';

const TURNS = 12;
const MODELS = {
  'OpenAI, which waits': { protocol: 'openai', env: {} },
  'Gemini 3.8, which chooses': { protocol: 'gemini', env: { GEMINI_MODEL: 'gemini-3.8-live' } },
  'Gemini 3.1, which is held back': { protocol: 'gemini', env: { GEMINI_MODEL: 'gemini-3.1-flash-live-preview' } },
  'Gemini 3.1 with TRANSCRIBER': {
    protocol: 'gemini',
    env: { GEMINI_MODEL: 'gemini-3.1-flash-live-preview', TRANSCRIBER: 'openai' },
  },
} as const;
const speech = { pcm: tone({ hz: 300, ms: 400, rate: 48_000 }), sampleRate: 48_000, channels: 1 } as const;

interface Row {
  readonly title: keyof typeof MODELS;
  readonly mode: 'always' | 'addressed';
  readonly lateMs: number;
}

/** From the decided end of each turn to the first sound of its answer, in ms, in ascending order. */
async function measure({ title, mode, lateMs }: Row): Promise<number[]> {
  const { protocol, env } = MODELS[title];
  const world = await World.start({
    protocol,
    env,
    second: true,
    hear: () => 'Parley, what time is it?',
    script: () => ({ say: { text: 'Noon.', pcm: tone({ hz: 1_700, ms: 100, rate: 24_000 }) } }),
  });
  try {
    for (const server of [world.model, world.second]) server.faults.lateTranscriptMs = lateMs;
    const mia = world.guild.addPerson({ name: 'Mia', admin: true });
    await mia.command('/voice answer', { mode }, { channelId: world.channelId });
    await mia.command('/voice silence', { milliseconds: 200 }, { channelId: world.channelId });
    await world.join(await world.person('Anna'));
    for (let turn = 1; turn <= TURNS; turn += 1) {
      const person = await world.person(`Person ${turn}`);
      await person.voice.speak(speech);
      await world.until(`answer ${turn}`, () => world.of('reply-ended').length >= turn);
      await person.leave();
    }
    return world
      .of('reply-audible')
      .flatMap(({ sinceTurnMs }) => sinceTurnMs ?? [])
      .sort((a, b) => a - b);
  } finally {
    await world.close();
  }
}

for (const title of Object.keys(MODELS) as (keyof typeof MODELS)[]) {
  for (const [mode, lateMs] of [
    ['always', 0],
    ['addressed', 0],
    ['addressed', 300],
  ] as const) {
    const all = await measure({ title, mode, lateMs });
    const [median = 0, worst = 0] = [all[Math.floor(all.length / 2)], all.at(-1)];
    const row = [
      title,
      mode,
      `${lateMs} ms`,
      `${median.toFixed(1)} ms`,
      `${worst.toFixed(1)} ms`,
      `${all.length} turns`,
    ];
    process.stdout.write(`| ${row.join(' | ')} |\n`);
  }
}
