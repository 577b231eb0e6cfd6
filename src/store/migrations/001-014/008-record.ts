import type { Knex } from 'knex';
import type { Migration } from '../migration.ts';

/**
 * What was said and done. A line's id is its beginning (ms since 1970) * 1,024 and a running number, so that the order
 * of ids is the order of time. Columns that hold words of people are sealed when the database is encrypted: TEXT as it
 * is, or a BLOB (store/encryption/encrypted-columns.ts lists them).
 */
export const record: Migration = {
  name: '008-record',
  async up(database) {
    await conversations(database);
    await lines(database);
    await database.schema.createTable('posts', (table) => {
      table.integer('line_id').notNullable();
      table.text('channel_id').notNullable();
      table.text('message_id').notNullable();
      table.primary(['line_id', 'message_id']);
      table.index(['message_id']);
    });
    await database.schema.createTable('record_key', (table) => {
      table.integer('one').primary();
      /** Which key sealed the columns, and something sealed by it that is known. */
      table.text('key_id').notNullable();
      table.binary('probe').notNullable();
      /** `sealing`, `unsealing`: not every row is in this state yet; `sealed`. */
      table.text('state').notNullable();
    });
    await createWords(database);
    await database.schema.alterTable('guild_settings', (table) => {
      table.integer('retention_days');
    });
  },
  async down(database) {
    await database.schema.alterTable('guild_settings', (table) => {
      table.dropColumn('retention_days');
    });
    for (const table of ['words', 'record_key', 'posts', 'notices', 'presences', 'tool_calls', 'utterances', 'turns']) {
      await database.schema.dropTable(table);
    }
    await database.schema.dropTable('conversations');
  },
};

async function conversations(database: Knex): Promise<void> {
  await database.schema.createTable('conversations', (table) => {
    table.integer('id').primary();
    table.text('guild_id').notNullable();
    table.text('channel_id').notNullable();
    table.text('transcript_channel_id').notNullable();
    table.text('mode').notNullable();
    table.text('provider').notNullable();
    table.text('model').notNullable();
    table.integer('started_at').notNullable();
    table.integer('ended_at');
    table.text('end_reason');
    table.index(['guild_id', 'id']);
  });
  await database.schema.createTable('turns', (table) => {
    table.integer('conversation_id').notNullable();
    table.integer('turn_id').notNullable();
    table.text('user_id');
    table.text('name').notNullable();
    table.integer('started_at').notNullable();
    table.integer('ended_at');
    table.integer('typed').notNullable();
    table.integer('answered');
    table.primary(['conversation_id', 'turn_id']);
  });
}

async function lines(database: Knex): Promise<void> {
  const common = (table: Knex.CreateTableBuilder): void => {
    table.integer('id').primary();
    table.integer('conversation_id').notNullable();
    table.text('guild_id').notNullable();
    table.text('channel_id').notNullable();
    table.integer('started_at').notNullable();
    // SQLite adds the id to every index, so that these are in the order of time.
    table.index(['conversation_id']);
    table.index(['guild_id', 'channel_id']);
  };
  await database.schema.createTable('utterances', (table) => {
    common(table);
    table.text('by').notNullable();
    table.text('user_id');
    table.text('name').notNullable();
    table.integer('ended_at').notNullable();
    table.text('text').notNullable();
    table.text('language');
    table.text('model');
    table.integer('written').notNullable();
    table.text('state').notNullable();
    table.integer('cut_heard_ms');
    table.integer('cut_produced_ms');
    table.integer('turn_id');
    table.text('reply_id');
    /** JSON arrays. */
    table.text('turn_ids').notNullable();
    table.text('item_ids').notNullable();
    table.index(['guild_id', 'user_id']);
    table.unique(['conversation_id', 'turn_id']);
    table.unique(['conversation_id', 'reply_id']);
  });
  await database.schema.createTable('tool_calls', (table) => {
    common(table);
    table.text('call_id').notNullable();
    table.text('reply_id').notNullable();
    /** JSON array of { userId, name }. */
    table.text('askers').notNullable();
    table.text('name').notNullable();
    table.text('arguments').notNullable();
    table.integer('ok');
    table.text('output');
    table.integer('ended_at');
    table.unique(['conversation_id', 'call_id']);
  });
  await database.schema.createTable('presences', (table) => {
    common(table);
    table.text('kind').notNullable();
    table.text('user_id').notNullable();
    table.text('name').notNullable();
  });
  await database.schema.createTable('notices', (table) => {
    common(table);
    table.text('text').notNullable();
  });
}

/**
 * The words of utterances by rowid (the utterance's id), and in `scope` who said them where. store/record/search-terms.ts makes the
 * words, so that the tokenizer has nothing left to fold. It keeps its own copy, since only then can it take words out
 * for good; `secure-delete` does so at once (sqlite.org/fts5.html, "The 'secure-delete' Configuration Option").
 */
export async function createWords(database: Knex, table = 'words'): Promise<void> {
  await database.raw(
    `CREATE VIRTUAL TABLE ${table} USING fts5(text, scope, detail=column, prefix='3 4', tokenize="unicode61 remove_diacritics 0 categories 'L* N* M* Co'")`,
  );
  await database.raw(`INSERT INTO ${table}(${table}, rank) VALUES ('secure-delete', 1)`);
}
