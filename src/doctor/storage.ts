import { readPrices } from '../prices-file.ts';
import { openDatabase } from '../store/database.ts';
import { check, type Finding } from './finding.ts';

/** Whether settings and usage can be kept, and whether the prices are readable. */
export function storageChecks(config: { databaseUrl: string; pricesFile: string | null }): Promise<Finding>[] {
  return [
    check('Database', () => database(config.databaseUrl), 12_000),
    check('Prices', async () => {
      const prices = await readPrices(config.pricesFile);
      return config.pricesFile === null
        ? `built in, for ${prices.size} models`
        : `${config.pricesFile} read, ${prices.size} models with the built-in ones`;
    }),
  ];
}

async function database(url: string): Promise<string> {
  const opened = await openDatabase(url);
  try {
    const transaction = await opened.transaction();
    try {
      await transaction.raw('CREATE TABLE doctor_was_here (n INTEGER)');
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(
        `${url} cannot be written (${why}): give the bot the right to write there, or name another place in DATABASE_URL`,
      );
    } finally {
      await transaction.rollback();
    }
    return `${url} opens, has its tables and can be written`;
  } finally {
    await opened.destroy();
  }
}
