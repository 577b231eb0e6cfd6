import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { World } from '../fakes/world.ts';

describe('npm start', () => {
  it('takes the bot along when npm is told to stop, although npm does not pass the signal on', async () => {
    const world = await World.start({ protocol: 'openai', script: () => ({ silent: true }) });
    const cwd = fileURLToPath(new URL('../../', import.meta.url));
    const env = { ...process.env, ...world.env, LOG_LEVEL: 'info' };
    const npm = spawn('npm', ['start'], { cwd, env });
    let output = '';
    npm.stdout.on('data', (chunk) => {
      output += chunk;
    });
    while (!output.includes('"ready"')) await once(npm.stdout, 'data');
    const closed = once(npm.stdout, 'close');
    npm.kill('SIGTERM');
    // stdout closes when nobody holds it any more: neither npm nor the bot.
    await closed;
    assert.match(output, /"stopping"/);
    await world.close();
  });
});
