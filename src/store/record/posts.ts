import type { PostedIn } from '../../ports/record.ts';
import type { Database } from '../database/database.ts';

/** Where these lines stand in Discord, by id, oldest first. At most some thousand ids. */
export async function postsOf(reader: Database, ids: readonly number[]): Promise<Map<number, PostedIn[]>> {
  const posts = new Map<number, PostedIn[]>();
  if (ids.length === 0) return posts;
  const rows = await reader('posts').whereIn('line_id', ids).orderBy('rowid');
  for (const { line_id, channel_id, message_id } of rows) {
    const known = posts.get(Number(line_id)) ?? [];
    posts.set(Number(line_id), [...known, { channelId: String(channel_id), messageId: String(message_id) }]);
  }
  return posts;
}
