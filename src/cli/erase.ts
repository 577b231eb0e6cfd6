// npm run erase -- --guild ID | --user ID: takes a server, or a person on all servers, out of the database at once. The bot
// must not run; posts in Discord are edited when it is started again.
import { parseArgs } from 'node:util';
import { RuleCards } from '../moderation/cards.ts';
import { PlaceRefusedError } from '../ports/errors.ts';
import { createLog } from '../process/log.ts';
import { type Database, StoreError } from '../store/database/database.ts';
import { unlock } from '../store/encryption/data-key.ts';
import type { TextCipher } from '../store/encryption/text-cipher.ts';
import { GuildStore } from '../store/guild-store.ts';
import { PersonStore } from '../store/personal/person-store.ts';
import { StoredRecord } from '../store/record/record-reader.ts';
import { RuleCardStore } from '../store/rule-cards.ts';
import { UsageStore } from '../store/usage.ts';
import { beginningsOfLine } from '../transcript/recorded-lines.ts';
import { offline } from './offline.ts';

const HOW = 'Say what to erase: npm run erase -- --guild ID   or   npm run erase -- --user ID (a number each).';
const log = createLog({ level: 'silent', redact: [] });

await offline(async (database, { dataKey }) => {
  const { guild, user } = wanted();
  const seal = await unlock(database, dataKey, log);
  const usage = new UsageStore(database, log, undefined, seal);
  return guild === undefined ? eraseUser(database, seal, usage, user ?? '') : eraseGuild(database, usage, guild);
});

function wanted(): { readonly guild?: string | undefined; readonly user?: string | undefined } {
  try {
    const options = { guild: { type: 'string' }, user: { type: 'string' } } as const;
    const { values } = parseArgs({ args: process.argv.slice(2), options });
    const given = [values.guild, values.user].filter((id) => id !== undefined);
    if (given.length === 1 && given.every((id) => /^\d{1,20}$/.test(id))) return values;
  } catch {
    // An option that there is not.
  }
  throw new StoreError(HOW);
}

async function eraseGuild(database: Database, usage: UsageStore, guildId: string): Promise<string> {
  const rows = await new GuildStore(database, usage).erase(guildId);
  if (rows === 0) return `Nothing is kept of the server ${guildId}.`;
  return `The server ${guildId} is erased: ${rows} rows, its settings and everybody's choices to be heard or not included. What it used stays in the sums of the whole bot. What the bot posted in Discord stays there.`;
}

async function eraseUser(database: Database, seal: TextCipher, usage: UsageStore, userId: string): Promise<string> {
  const persons = new PersonStore({ database, reader: database, seal, beginningsOf: beginningsOfLine });
  const guilds = await persons.guildsOf(userId);
  const cards = cardsOffline(database, seal);
  let [things, posts] = [0, 0];
  for (const guildId of guilds) {
    const gone = await persons.forget(guildId, userId);
    await cards.erase(guildId, userId);
    await usage.forget(guildId, userId);
    await persons.eraseRest(guildId, userId);
    things += Object.values(gone.counts).reduce((sum, count) => sum + count, 0);
    posts += gone.posts;
  }
  await cards.close();
  await persons.settle();
  if (guilds.length === 0) return `Nothing is kept of the person ${userId}.`;
  const edited = posts === 0 ? '' : ` ${posts} posts in Discord are edited once the bot is started.`;
  return `The person ${userId} is erased on ${guilds.length} servers: ${things} things, with the reports by and about them, and what they were allowed by name.${edited} Their choice to be heard or not stays.`;
}

/** Cards as the bot changes them, but that their posts are left to its next start. */
function cardsOffline(database: Database, seal: TextCipher): RuleCards {
  const refused = () => Promise.reject(new PlaceRefusedError('The bot does not run.'));
  return new RuleCards({
    store: new RuleCardStore(database, seal),
    rules: { settings: refused },
    reader: new StoredRecord(database, seal),
    posts: { post: refused, edit: refused },
    moderation: { act: refused },
    buttons: () => [],
    now: () => Date.now(),
    log,
  });
}
