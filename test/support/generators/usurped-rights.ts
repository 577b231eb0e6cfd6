import type { BridgeEvent } from '../../../src/ports/bridge-events.ts';
import type { Conversation } from './turn-plan-runner.ts';

/**
 * Calls: for everybody who was meant, so never with a right that one of them lacks; asked first where the model knew text
 * from outside, or words of anybody who may not. Whoever did not call the bot did not ask.
 */
export function usurped(conversation: Conversation): string[] {
  const { calls, unasked, usurped: wrongly } = conversation.ledger;
  const refused = conversation.of('answer-decided').filter(({ answered }) => !answered);
  const overheard = new Set(refused.map(({ turn }) => turn.userId));
  const heard = new Set<string | null>();
  const replies = new Map<string, BridgeEvent & { readonly type: 'reply-started' }>();
  let last: (BridgeEvent & { readonly type: 'reply-started' }) | undefined;
  for (const event of conversation.events) {
    if (event.type === 'reply-started') {
      last = event;
      replies.set(event.replyId, event);
    }
    if (event.type === 'reply-audible') {
      for (const { userId } of replies.get(event.replyId)?.turns ?? []) heard.add(userId);
    }
    // They have had their answer, and nobody waits for one to what is only told to the model.
    if (event.type === 'tool-ended' && event.call.name.endsWith('_silent')) {
      for (const { userId } of event.askers) if (heard.has(userId)) overheard.add(userId);
    }
    // They were told that it failed, and wait no more; the model still sees their turns.
    if (event.type === 'trouble') for (const { userId } of last?.turns ?? []) overheard.add(userId);
  }
  const short = calls.filter(
    ({ meant, askers, certain }) => certain && meant.some((one) => !askers.includes(one) && !overheard.has(one)),
  );
  return [
    ...short.map(({ name, meant, askers }) => `${name} ran for ${askers} and was meant for ${meant}`),
    ...wrongly,
    ...unasked.map((name) => `${name} ran though the model knew what others said, or a page, and nobody was asked`),
  ];
}
