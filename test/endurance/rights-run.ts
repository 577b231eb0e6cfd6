import { manyConversations, SEED } from './many-conversations.ts';

const COUNT = process.env.RIGHTS_CONVERSATIONS ?? '500';

export const name =
  'Generated conversations in which rights change: nothing for anybody who has no right at that moment';

/** `RIGHTS_CONVERSATIONS=50` makes it shorter, `CONVERSATION_SEED` makes other ones. */
export async function run(say: (line: string) => void): Promise<void> {
  say(`${COUNT} conversations over both protocols, of seed ${SEED}`);
  await manyConversations('rights-generated.test.ts', { RIGHTS_CONVERSATIONS: COUNT, RIGHTS_STEPS: '14' }, (output) => {
    for (const [, counts] of output.matchAll(/(\{"[^\n]*\})/g)) say(counts ?? '');
  });
}
