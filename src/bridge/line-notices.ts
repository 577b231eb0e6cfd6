import type { LineEvent, UserId } from '../ports/voice.ts';

type Trouble = LineEvent & { type: 'unheard' | 'hindered' };

/** What people should read about it: what is the matter, and what to do. */
export function troubleOf(event: Trouble, nameOf: (userId: UserId) => string): string {
  if (event.type === 'unheard') {
    if (event.userId === null) {
      return 'Somebody speaks whom I cannot hear, because Discord does not say who it is; joining anew did not help. Whoever I do not answer, please leave the voice channel and come back.';
    }
    return `I cannot hear ${nameOf(event.userId)}, although something comes in; joining anew did not help. Please leave the voice channel and come back.`;
  }
  switch (event.by) {
    case 'deaf':
      return event.hindered
        ? 'A moderator deafened me: I hear nothing until a moderator undeafens me.'
        : 'I can hear again.';
    case 'mute':
      return event.hindered
        ? 'A moderator muted me: I hear you, but nobody hears me until a moderator unmutes me.'
        : 'I can speak again.';
    case 'suppress':
      return event.hindered
        ? 'I may not speak here: I hear you, but nobody hears me. A moderator can let me speak.'
        : 'I may speak now.';
    default:
      return event.by satisfies never;
  }
}
