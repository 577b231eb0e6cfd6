import { DefaultRestOptions, type RESTOptions } from 'discord.js';
import { AnswerLostError } from '../../ports/errors.ts';

type MakeRequest = RESTOptions['makeRequest'];

/** What makes something each time it is sent, and cannot be taken back by sending it again. */
const MAKING = [
  /\/channels\/\d+\/messages$/,
  /\/threads$/,
  /\/interactions\/\d+\/[^/]+\/callback$/,
  /\/webhooks\/\d+\/[^/]+$/,
];

/**
 * discord.js sends a request again by itself when its answer is lost (a 5xx, its own time limit, a connection that was
 * reset), which makes a message or a thread twice. What makes something is sent once: whoever sends it looks before the
 * next attempt (see sending.ts). https://github.com/discordjs/discord.js/issues/2655
 */
export function onceOnly(makeRequest: MakeRequest = DefaultRestOptions.makeRequest): MakeRequest {
  return async (url, init) => {
    const making = init.method === 'POST' && MAKING.some((one) => one.test(new URL(url).pathname));
    if (!making) return makeRequest(url, init);
    let answered: Awaited<ReturnType<MakeRequest>>;
    try {
      answered = await makeRequest(url, init);
    } catch (cause) {
      throw new AnswerLostError('Discord did not answer.', { cause });
    }
    if (answered.status < 500) return answered;
    // Unread, it would keep its connection.
    await answered.arrayBuffer().catch(() => {});
    throw new AnswerLostError(`Discord answered with ${answered.status}.`);
  };
}
