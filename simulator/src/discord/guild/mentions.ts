import { isId } from '../gateway/identity.ts';
import type { FormFaults } from '../rest/discord-error.ts';
import type { Json } from './entities.ts';

const kinds = ['roles', 'users', 'everyone'];

/** Discord's rules for `allowed_mentions`. https://docs.discord.com/developers/resources/message#allowed-mentions-object */
export function checkAllowedMentions(allowed: unknown, faults: FormFaults): void {
  if (allowed === undefined || allowed === null) return;
  if (typeof allowed !== 'object') {
    faults.add('allowed_mentions', 'DICT_TYPE_CONVERT', 'Only dictionaries may be used in a DictType.');
    return;
  }
  const { parse, users, roles } = allowed as Json;
  const parsed = faults.list(parse, 'allowed_mentions.parse', 3);
  parsed.forEach((kind, index) => void faults.choice(kind, `allowed_mentions.parse.${index}`, kinds));
  for (const [name, ids] of Object.entries({ users, roles })) {
    const list = faults.list(ids, `allowed_mentions.${name}`, 100);
    if (list.length > 0 && parsed.includes(name)) {
      const text = `parse:["${name}"] and ${name}: [ids...] are mutually exclusive.`;
      faults.add('allowed_mentions', 'MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE', text);
    }
  }
}

/**
 * Whom a message notifies: `everyone`, `here`, and ids of roles and users. Without `allowed_mentions` everything in
 * the text counts. The author's MentionEveryone permission is not asked for: a text that would ping anybody in a
 * guild which lets the bot do so is a fault everywhere. Mentions in code do not count; embeds never notify.
 */
export function pings(content: string, allowed: Json | undefined, repliedTo: string | null): string[] {
  const text = content.replace(/```[\s\S]*?```|`[^`\n]*`/g, ' ');
  const parse: readonly string[] = allowed ? (allowed.parse ?? []) : kinds;
  const found = new Set<string>();
  if (parse.includes('everyone'))
    for (const [, name] of text.matchAll(/@(everyone|here)\b/g)) found.add(name as string);
  for (const [, role] of text.matchAll(/<@&(\d{15,20})>/g)) {
    if (parse.includes('roles') || allowed?.roles?.includes(role)) found.add(role as string);
  }
  for (const [, user] of text.matchAll(/<@!?(\d{15,20})>/g)) {
    if (parse.includes('users') || allowed?.users?.includes(user)) found.add(user as string);
  }
  if (isId(repliedTo) && (allowed ? allowed.replied_user === true : true)) found.add(repliedTo);
  return [...found];
}
