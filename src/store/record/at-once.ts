import type { Database } from '../database/database.ts';

type Connection = { exec(sql: string, done: (error: Error | null) => void): void };

/**
 * Runs statements without parameters as one transaction, in one piece of work of one thread: the event loop has to do
 * with it twice, not some twenty times, and the database is not held while a statement's end waits for the loop.
 * Rejects with the first statement's error, having undone the others.
 */
export async function runAtOnce(database: Database, statements: readonly string[]): Promise<void> {
  const connection: Connection = await database.client.acquireConnection();
  try {
    await run(connection, `BEGIN IMMEDIATE; ${statements.join('; ')}; COMMIT;`);
  } catch (error) {
    // Where it did not even begin there is nothing to undo, which is an error, too.
    await run(connection, 'ROLLBACK;').catch(() => {});
    throw error;
  } finally {
    await database.client.releaseConnection(connection);
  }
}

function run(connection: Connection, sql: string): Promise<void> {
  return new Promise((resolve, reject) => connection.exec(sql, (error) => (error ? reject(error) : resolve())));
}
