import type { Person } from '../ports/voice.ts';

/** All that the model is told of a private answer. */
export function sentTo(askers: readonly Person[]): string {
  return `Not everybody here may hear this, so it was sent to ${listed(askers)} alone, in writing. Say only that you sent it to them.`;
}

/** Names as a model reads them: quoted, since they are any text that somebody likes. */
export function listed(people: readonly Person[]): string {
  return people.map(({ name }) => JSON.stringify(name)).join(' and ');
}
