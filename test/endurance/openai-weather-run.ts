import { manyConversations, SEED } from './many-conversations.ts';

const COUNT = process.env.OPENAI_WEATHERS ?? '500';

export const name =
  'Generated conversations on OpenAI where events are lost, late and doubled: no wrong name, no silence';

/** `OPENAI_WEATHERS=100` makes it shorter, `CONVERSATION_SEED` makes other ones. */
export async function run(say: (line: string) => void): Promise<void> {
  say(`${COUNT} conversations of seed ${SEED}`);
  await manyConversations('openai-weather.test.ts', { OPENAI_WEATHERS: COUNT }, (output) => {
    say(/^\d+ conversations, .*$/m.exec(output)?.[0] ?? 'no figures');
  });
}
