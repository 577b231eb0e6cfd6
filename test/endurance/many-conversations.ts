import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const EVIDENCE = 'out/conversations.txt';

/** The seed that `CONVERSATION_SEED` names, or one of this moment. */
export const SEED = process.env.CONVERSATION_SEED ?? String(Date.now() % 1_000_000);

/**
 * Runs a test of generated conversations (a file in test/bridge) alone. `tell` gets what it printed, whether or not it held;
 * then rejects with the end of that where it did not.
 */
export async function manyConversations(
  file: string,
  env: Readonly<Record<string, string>>,
  tell: (output: string) => void = () => {},
): Promise<void> {
  const test = fileURLToPath(new URL(`../bridge/${file}`, import.meta.url));
  const child = spawn(process.execPath, [test], {
    env: { ...process.env, CONVERSATION_SEED: SEED, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  const [code] = await once(child, 'close');
  tell(output);
  if (code !== 0) {
    mkdirSync('out', { recursive: true });
    writeFileSync(EVIDENCE, output);
  }
  assert.equal(code, 0, `all of it is in ${EVIDENCE}:\n${output.slice(-8_000)}`);
}
