import { z } from 'zod';
import { wordsOf } from '../../ports/errors.ts';
import type { MemberAct, Moderation, ModerationOrder } from '../../ports/guild.ts';
import type { ToolContext } from '../../ports/tools.ts';
import type { Person } from '../../ports/voice.ts';
import { defineTool, type Tool, ToolError } from '../tool.ts';
import { findPerson, personHere } from './find-person.ts';

/** https://docs.discord.com/developers/resources/guild#modify-guild-member: 28 days. */
const MOST_MINUTES = 28 * 24 * 60;

const person = z.string().trim().min(1).max(100).describe('The name of somebody in this voice channel, as it was said');

/** What moderators can have done by speaking. Each asks with a button first, and goes by Discord's own rights. */
export function moderationTools({ moderation }: { moderation: Moderation }): Tool[] {
  const ordering = (give: (order: ModerationOrder) => Promise<void>): Order => {
    return async ({ signal, room, askers }, target, act) => {
      signal.throwIfAborted();
      try {
        await give({ guildId: room.guildId, target, act, by: askers });
      } catch (error) {
        throw new ToolError(wordsOf(error, 'Something in me broke.'));
      }
    };
  };
  const orders = {
    check: ordering((order) => moderation.check(order)),
    act: ordering((order) => moderation.act(order)),
  };
  return [muteMember(orders), moveMember(orders, moderation), disconnectMember(orders), timeoutMember(orders)];
}

type Order = (context: ToolContext, target: Person, act: MemberAct) => Promise<void>;

/** `check` comes before anybody is asked to confirm, so that no button is offered for what cannot be. */
interface Orders {
  readonly check: Order;
  readonly act: Order;
}

function muteMember({ check, act }: Orders): Tool {
  return defineTool({
    name: 'mute_member',
    description: 'Mutes somebody in this voice channel for everybody, or lifts that. For moderators only.',
    input: z.object({ person, muted: z.boolean().optional().describe('false lifts it; true when left out') }),
    risk: 'dangerous',
    needs: 'MuteMembers',
    async resolve({ person, muted = true }, context) {
      const target = personHere(person, context.room.people());
      await check(context, target, { kind: 'mute', muted });
      const words = `${muted ? 'Mute' : 'Unmute'} ${named(target)} for everybody.`;
      return { input: { person: target.userId, muted }, words };
    },
    async run({ person, muted = true }, context) {
      const target = personHere(person, context.room.people());
      await act(context, target, { kind: 'mute', muted });
      return { done: true, person: target.name, muted };
    },
  });
}

function moveMember({ check, act }: Orders, moderation: Moderation): Tool {
  const channelOf = (wanted: string, { room, askers }: ToolContext) =>
    findPerson(wanted, moderation.voiceChannels(room.guildId, askers), {
      idOf: ({ id }) => id,
      what: 'voice channel called',
    });
  return defineTool({
    name: 'move_member',
    description: 'Moves somebody from this voice channel to another one. For moderators only.',
    input: z.object({ person, channel: z.string().trim().min(1).max(100).describe('The name of the voice channel') }),
    risk: 'dangerous',
    needs: 'MoveMembers',
    async resolve({ person, channel }, context) {
      const target = personHere(person, context.room.people());
      const { id, name } = channelOf(channel, context);
      await check(context, target, { kind: 'move', channelId: id });
      const words = `Move ${named(target)} to ${JSON.stringify(name)}.`;
      return { input: { person: target.userId, channel: id }, words };
    },
    async run({ person, channel }, context) {
      const target = personHere(person, context.room.people());
      const { id, name } = channelOf(channel, context);
      await act(context, target, { kind: 'move', channelId: id });
      return { done: true, person: target.name, channel: name };
    },
  });
}

function disconnectMember({ check, act }: Orders): Tool {
  return defineTool({
    name: 'disconnect_member',
    description: 'Puts somebody out of this voice channel. For moderators only.',
    input: z.object({ person }),
    risk: 'dangerous',
    needs: 'MoveMembers',
    async resolve({ person }, context) {
      const target = personHere(person, context.room.people());
      await check(context, target, { kind: 'disconnect' });
      return { input: { person: target.userId }, words: `Put ${named(target)} out of the voice channel.` };
    },
    async run({ person }, context) {
      const target = personHere(person, context.room.people());
      await act(context, target, { kind: 'disconnect' });
      return { done: true, person: target.name };
    },
  });
}

function timeoutMember({ check, act }: Orders): Tool {
  return defineTool({
    name: 'timeout_member',
    description:
      'Times somebody in this voice channel out: no writing and no speaking for a while. For moderators only.',
    input: z.object({
      person,
      minutes: z.int().min(1).max(MOST_MINUTES).describe(`For how long; at most ${MOST_MINUTES} (28 days)`),
    }),
    risk: 'dangerous',
    needs: 'ModerateMembers',
    async resolve({ person, minutes }, context) {
      const target = personHere(person, context.room.people());
      await check(context, target, { kind: 'timeout', minutes });
      const words = `Time ${named(target)} out for ${minutes} minute${minutes === 1 ? '' : 's'}.`;
      return { input: { person: target.userId, minutes }, words };
    },
    async run({ person, minutes }, context) {
      const target = personHere(person, context.room.people());
      await act(context, target, { kind: 'timeout', minutes });
      return { done: true, person: target.name, minutes };
    },
  });
}

/** With the id: two people can have one name. */
function named({ name, userId }: Person): string {
  return `${JSON.stringify(name)} (${userId})`;
}
