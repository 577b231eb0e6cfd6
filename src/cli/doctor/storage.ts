import { toolsOfFolder } from '../../app/custom-tools.ts';
import { openDatabase } from '../../store/database/database.ts';
import { reasonFor } from '../../store/database/trouble.ts';
import { tryKey } from '../../store/encryption/data-key.ts';
import { readPrices } from '../../usage/price-file.ts';
import { diskCheck } from './disk.ts';
import { check, type Finding } from './finding.ts';

/** Whether settings and usage can be kept, and whether the prices and tools of one's own are readable. */
export function storageChecks(config: {
  databaseUrl: string;
  dataKey: Uint8Array | null;
  pricesFile: string | null;
  toolsFolder: string | null;
}): Promise<Finding>[] {
  const { toolsFolder } = config;
  const opens = check('Database', () => database(config.databaseUrl), 12_000);
  return [
    opens,
    opens.then(({ state }) => diskCheck(config.databaseUrl, state === 'ok')),
    opens.then(({ state }) => encryption(state, config)),
    check('Prices', async () => {
      const prices = await readPrices(config.pricesFile);
      return config.pricesFile === null
        ? `built in, for ${prices.size} models`
        : `${config.pricesFile} read, ${prices.size} models with the built-in ones`;
    }),
    ...(toolsFolder === null ? [] : [check('Tools of your own', () => ownTools(toolsFolder), 10_000)]),
  ];
}

/** Nothing can be said of a database that does not open. */
async function encryption(state: Finding['state'], config: { databaseUrl: string; dataKey: Uint8Array | null }) {
  const name = 'Encryption';
  if (state === 'failed') return { state: 'note', name, text: 'tried once the database opens' } as const;
  return check(name, async () => {
    const opened = await openDatabase(config.databaseUrl);
    try {
      return await tryKey(opened, config.dataKey);
    } finally {
      await opened.destroy();
    }
  });
}

async function ownTools(folder: string): Promise<string> {
  const problems: string[] = [];
  const tools = await toolsOfFolder({ folder, tell: (problem) => problems.push(problem) });
  if (problems.length > 0) throw new Error(problems.join(' '));
  return `${folder} has ${tools.map(({ tool }) => tool.name).join(', ')}`;
}

async function database(url: string): Promise<string> {
  const opened = await openDatabase(url);
  try {
    // What is undone again never gets to the disk: this is written.
    try {
      const [{ user_version }] = await opened.raw('PRAGMA user_version');
      await opened.raw(`PRAGMA user_version = ${Number(user_version) === 1 ? 2 : 1}`);
    } catch (error) {
      const why = reasonFor(error) ?? String(error);
      throw new Error(
        `${url} cannot be written (${why}): give the bot the right and the room to write there, or name another place in DATABASE_URL`,
      );
    }
    return `${url} opens, has its tables and can be written`;
  } finally {
    await opened.destroy();
  }
}
