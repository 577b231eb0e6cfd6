import type { Permission, Room } from '../ports/room.ts';
import type { ToolRule } from '../ports/tools.ts';
import type { Person } from '../ports/voice.ts';
import type { Tool } from './tool.ts';

/** `because` and `reason` are sentences that the model can pass on. */
export type Verdict =
  | { readonly allowed: true; readonly because: string }
  | { readonly allowed: false; readonly reason: string };

/** What a tool is judged by. */
export type Judged = Pick<Tool, 'name' | 'risk' | 'needs'>;

/** What of a room the policy asks. */
type JudgedRoom = Pick<Room, 'mayWrite' | 'rolesOf' | 'permits' | 'isMember' | 'isSilenced'>;

/** Who asks for a tool, and under which policy. */
export interface Request {
  readonly disabled: readonly string[];
  /** The guild's policy; entries for other tools are ignored. */
  readonly rules: readonly ToolRule[];
  /** The people behind the turns that the reply answers. */
  readonly askers: readonly Person[];
  /** False where one of the turns has no known speaker. */
  readonly certain: boolean;
  readonly room: JudgedRoom;
}

/**
 * Whether these people may use this tool now. A reply that answers several people has only the rights that all of them
 * share; where somebody is unknown, only what everybody may read is allowed. Pure, but for what the room answers.
 */
export function judge(tool: Judged, request: Request): Verdict {
  const { name } = tool;
  if (request.disabled.includes(name)) return no(`The tool ${name} is switched off in this server.`);
  const gone = request.askers.filter(({ userId }) => request.room.isMember?.(userId) === false);
  if (gone.length > 0) {
    const names = gone.map((person) => JSON.stringify(person.name)).join(', ');
    return no(`${name} is for members of this server, which not everybody who asked is (any more): not ${names}.`);
  }
  const silenced = request.askers.filter(({ userId }) => request.room.isSilenced?.(userId));
  if (silenced.length > 0) {
    const names = silenced.map((person) => JSON.stringify(person.name)).join(', ');
    return no(`${name} is not for people whom a moderator has muted or timed out: not ${names}.`);
  }
  const rules = request.rules.filter((rule) => rule.tool === name);
  if (!request.certain || request.askers.length === 0) {
    const open = tool.risk === 'read' && tool.needs === null && everyoneMay(tool, rules);
    // The unknown one may be just the one who is excluded.
    if (!open || rules.some((rule) => !rule.allowed)) {
      return no(`It is not certain who asked, so ${name} may not be used now. The person can ask again.`);
    }
  }
  const grounds = request.askers.map((person) => ({ person, ...groundsOf(tool, rules, person, request.room) }));
  const lacking = grounds.filter(({ allowed }) => !allowed);
  if (lacking.length > 0)
    return no(
      refusal(
        tool,
        lacking[0]!.because,
        lacking.map(({ person }) => person),
      ),
    );
  if (tool.needs !== null) {
    const { needs } = tool;
    const short = request.askers.filter((person) => !hasNeed(needs, person, request.room));
    if (short.length > 0) return no(refusal(tool, needs, short));
  }
  const [first] = grounds;
  return { allowed: true, because: first ? because(first.because) : because('everyone') };
}

/** Why the policy says yes or no to one person. */
type Ground = 'person' | 'role' | 'everyone' | 'risk' | 'writing';

function groundsOf(
  tool: Judged,
  rules: readonly ToolRule[],
  { userId }: Person,
  room: JudgedRoom,
): { readonly allowed: boolean; readonly because: Ground } {
  const own = rules.find(({ kind, id }) => kind === 'person' && id === userId);
  if (own) return { allowed: own.allowed, because: 'person' };
  const roles = room.rolesOf(userId);
  const theirs = rules.filter(({ kind, id }) => kind === 'role' && roles.includes(id));
  // Of two roles, the one that excludes counts.
  if (theirs.length > 0) return { allowed: theirs.every(({ allowed }) => allowed), because: 'role' };
  const everyone = rules.find(({ kind }) => kind === 'everyone');
  if (everyone) return { allowed: everyone.allowed, because: 'everyone' };
  if (tool.risk === 'write') return { allowed: room.mayWrite(userId), because: 'writing' };
  return { allowed: tool.risk === 'read', because: 'risk' };
}

/** Whether the policy lets people use it of whom nothing else is known. */
function everyoneMay(tool: Pick<Judged, 'risk'>, rules: readonly ToolRule[]): boolean {
  return rules.find(({ kind }) => kind === 'everyone')?.allowed ?? tool.risk !== 'dangerous';
}

function hasNeed(need: NonNullable<Judged['needs']>, { userId }: Person, room: JudgedRoom): boolean {
  return need === 'mayWrite' ? room.mayWrite(userId) : room.permits(userId, need);
}

function because(ground: Ground): string {
  switch (ground) {
    case 'person':
      return 'The policy of this server names the person who asked.';
    case 'role':
      return 'The policy of this server names a role of the person who asked.';
    case 'everyone':
    case 'risk':
      return 'Everybody may use it.';
    case 'writing':
      return 'Everybody may use it who may write in the text channel.';
    default:
      return ground satisfies never;
  }
}

/** Discord's own words for its permissions. */
const PERMISSION_WORDS: Readonly<Record<Permission, string>> = {
  MuteMembers: 'Mute Members',
  DeafenMembers: 'Deafen Members',
  MoveMembers: 'Move Members',
  ModerateMembers: 'Timeout Members',
  ManageMessages: 'Manage Messages',
  CreatePublicThreads: 'Create Public Threads',
};

function refusal({ name, risk }: Judged, why: Ground | Permission | 'mayWrite', lacking: readonly Person[]): string {
  const names = lacking.map((person) => JSON.stringify(person.name)).join(', ');
  switch (why) {
    case 'mayWrite':
    case 'writing':
      return `${name} is for people who may write in the text channel, and not everybody who asked may: not ${names}.`;
    case 'risk':
      return `${name} is ${risk}, so nobody may use it until somebody who manages this server allows it with /tools allow.`;
    case 'person':
    case 'role':
    case 'everyone':
      return `The policy of this server does not let everybody who asked use ${name}: not ${names}.`;
    default:
      return `${name} needs the permission ${PERMISSION_WORDS[why]} in Discord, which not everybody who asked has: not ${names}.`;
  }
}

function no(reason: string): Verdict {
  return { allowed: false, reason };
}
