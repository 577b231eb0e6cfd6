import { manyConversations, SEED } from './many-conversations.ts';

const TIMES = process.env.CONVERSATION_TIMES ?? '32';

export const name =
  'Over 500 generated conversations on Gemini and on Vertex AI, over lines on which nothing is in order';

/** `CONVERSATION_TIMES=5` makes it shorter, `CONVERSATION_SEED` makes other ones. */
export async function run(say: (line: string) => void): Promise<void> {
  say(`${TIMES} times as many as in npm test, of seed ${SEED}; time runs five times as fast`);
  await manyConversations('faulty-lines.test.ts', { CONVERSATION_TIMES: TIMES }, (output) => {
    for (const [line] of output.matchAll(/.* lines?, .* nobody.*/g)) say(line.trim());
  });
}
