import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BotProcess } from '../support/process/process.ts';
import { PROTOCOLS, World } from '../support/world/world.ts';

const script = () => ({ silent: true });

/** One line for a person: no stack, no object, not empty. */
function assertOneClearLine(text: string, pattern: RegExp): void {
  assert.match(text, pattern);
  assert.equal(text.trim().split('\n').length, 1, text);
  assert.doesNotMatch(text, /\n {4}at |Error:|\[object/);
}

describe('a process that cannot start says why in one line, and with its exit code whether to try again', {
  concurrency: 2,
}, () => {
  const cases: [string, NodeJS.ProcessEnv, RegExp, number?][] = [
    ['no token', { OPENAI_API_KEY: 'sk-x' }, /^DISCORD_TOKEN is not set/],
    ['no key', { DISCORD_TOKEN: 'abc' }, /OPENAI_API_KEY, .+ or VERTEX_PROJECT is not set/],
    ['an unknown provider', { DISCORD_TOKEN: 'abc', PROVIDER: 'skynet' }, /^PROVIDER must be one of/],
    [
      'an address that nobody answers',
      { DISCORD_TOKEN: 'abc', OPENAI_API_KEY: 'sk-x', DISCORD_API_URL: 'http://127.0.0.1:9/api' },
      /cannot be reached .*DISCORD_API_URL/,
      75,
    ],
    [
      'a database that cannot be',
      { DISCORD_TOKEN: 'abc', OPENAI_API_KEY: 'sk-x', DATABASE_URL: 'sqlite:/dev/null/parley.db' },
      /DATABASE_URL/,
    ],
  ];
  for (const [name, env, pattern, code = 1] of cases) {
    it(name, async () => {
      const bot = new BotProcess({ DATABASE_URL: 'sqlite::memory:', LOG_LEVEL: 'fatal', ...env });
      assert.equal(await bot.exit(), code);
      assertOneClearLine(bot.stderr, pattern);
      assert.equal(bot.stdout, '');
    });
  }

  it('a wrong token', async () => {
    const world = await World.start({ protocol: 'openai', script });
    const bot = new BotProcess({ ...world.env, DISCORD_TOKEN: 'not.the.token' });
    assert.equal(await bot.exit(), 1);
    assertOneClearLine(bot.stderr, /DISCORD_TOKEN/);
    await world.close();
  });
});

// Most of it is waiting, and every test has a world of its own.
describe('/join, when the model cannot be had', { concurrency: true }, () => {
  for (const protocol of PROTOCOLS) {
    const prefix = protocol === 'openai' ? 'OPENAI' : 'GEMINI';

    describe(`over ${protocol}`, { concurrency: 1 }, () => {
      /** What /join answers; the bot must not be in the channel afterwards, nor have said anything there. */
      async function joinAnswer(options: {
        env?: NodeJS.ProcessEnv;
        break?: (world: World) => void;
      }): Promise<{ content: string; tookMs: number }> {
        const world = await World.start({ protocol, script, env: options.env ?? {} });
        options.break?.(world);
        try {
          const anna = await world.person('Anna');
          const startedAt = performance.now();
          const answer = await anna.command('/join', {}, { timeoutMs: 14_000 });
          assert.equal(world.guild.botVoiceChannelId, null, 'the bot is not left sitting in the channel');
          assert.equal(world.of('ended').length, 0, 'no conversation ever began');
          assert.doesNotMatch(answer.content, /Error|at .*\(|undefined|sk-|simulated/);
          return { content: answer.content, tookMs: performance.now() - startedAt };
        } finally {
          await world.close();
        }
      }

      it('names the variable of a rejected key', async () => {
        const { content } = await joinAnswer({ env: { [`${prefix}_API_KEY`]: 'sk-wrong-key-0123456789' } });
        assert.match(content, new RegExp(`${prefix}_API_KEY`));
        assert.doesNotMatch(content, /0123456789/);
      });

      it('names the variable of an unknown model', async () => {
        const { content } = await joinAnswer({ env: { [`${prefix}_MODEL`]: 'no-such-model' } });
        assert.match(content, new RegExp(`${prefix}_MODEL`));
        assert.match(content, /no-such-model/);
      });

      it('gives a silent provider up after 10 s', async () => {
        const { content, tookMs } = await joinAnswer({
          break: (world) => {
            world.model.faults.silentSetup = true;
          },
        });
        assert.match(content, /did not answer within 10 s/);
        assert.ok(tookMs > 9_900 && tookMs < 11_500, `${tookMs} ms`);
      });

      it('says that a provider out of quota is not its fault', async () => {
        const { content } = await joinAnswer({
          break: (world) => {
            world.model.faults.refuse = 429;
          },
        });
        assert.match(content, /quota|limit|too many/i);
      });
    });
  }
});
