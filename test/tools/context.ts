import type { Room } from '../../src/ports/room.ts';
import type { ToolCall } from '../../src/ports/tool-calls.ts';
import type { ToolContext } from '../../src/ports/tools.ts';
import type { Person } from '../../src/ports/voice.ts';
import { FakeTextChannel } from '../support/doubles/text-channel.ts';
import { plainRights } from '../support/doubles/toolbox-gate.ts';

export const anna: Person = { userId: '1', name: 'Anna' };
export const ben: Person = { userId: '2', name: 'Ben' };

/** A call by Anna in a room with Anna and Ben, where everybody may write, but for what is given. */
export function contextOf(
  given: Partial<ToolContext> & { people?: Person[]; mayWrite?: (userId: string) => boolean } = {},
): ToolContext & { text: FakeTextChannel } {
  const { people = [anna, ben], mayWrite = () => true, ...rest } = given;
  const room: Room = {
    guildId: '10',
    channelId: '20',
    people: () => people,
    nameOf: (userId) => people.find((person) => person.userId === userId)?.name ?? userId,
    mayWrite,
    ...plainRights,
  };
  const signal = new AbortController().signal;
  const none = { progress: () => {}, attach: () => {}, decided: () => {} };
  return { room, askers: [anna], certain: true, signal, ...none, ...rest, text: new FakeTextChannel() };
}

/** A call with these arguments. */
export function callOf(name: string, args: unknown = {}): ToolCall {
  const text = typeof args === 'string' ? args : JSON.stringify(args);
  return { callId: 'c1', replyId: 'r1', turnIds: [1], name, arguments: text };
}
