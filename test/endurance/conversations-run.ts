import { manyConversations, SEED } from './many-conversations.ts';

const TIMES = process.env.CONVERSATION_TIMES ?? '20';

export const name = 'Generated conversations over both protocols: every word and call to the right people';

/** `CONVERSATION_TIMES=5` makes it shorter, `CONVERSATION_SEED` makes other ones. */
export async function run(say: (line: string) => void): Promise<void> {
  say(`${TIMES} times as many as in npm test, of seed ${SEED}`);
  await manyConversations('conversations.test.ts', { CONVERSATION_TIMES: TIMES });
}
