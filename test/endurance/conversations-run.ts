import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const TIMES = Number(process.env.CONVERSATION_TIMES ?? 20);
const TEST = fileURLToPath(new URL('../bridge/conversations.test.ts', import.meta.url));

export const name = 'Generated conversations over both protocols: every word and call to the right people';

/** `CONVERSATION_TIMES=5` makes it shorter, `CONVERSATION_SEED` makes other ones. */
export async function run(say: (line: string) => void): Promise<void> {
  const seed = process.env.CONVERSATION_SEED ?? String(Date.now() % 1_000_000);
  say(`${TIMES} times as many as in npm test, of seed ${seed}`);
  const env = { ...process.env, CONVERSATION_TIMES: String(TIMES), CONVERSATION_SEED: seed };
  const child = spawn(process.execPath, [TEST], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  const [code] = await once(child, 'close');
  assert.equal(code, 0, output.slice(-4_000));
}
