// npm run doctor: looks at everything that the bot needs, one line each, and says what to do. Exit code 1 where something fails.
import { type Config, readConfig } from '../../config/config.ts';
import { ConfigError } from '../../ports/errors.ts';
import { createLog } from '../../process/log.ts';
import { discordChecks } from './discord.ts';
import { type Finding, lineOf } from './finding.ts';
import { environmentFile, machineChecks } from './machine.ts';
import { mcpChecks } from './mcp.ts';
import { providerCheck, transcriberChecks } from './provider.ts';
import { storageChecks } from './storage.ts';

/** Whatever hangs, it ends. */
const LIMIT_MS = 19_000;

async function main(): Promise<void> {
  const ending = setTimeout(() => {
    process.stdout.write('✗ The checks did not end in time: something holds up the network or the disk; try again.\n');
    process.exit(1);
  }, LIMIT_MS);
  let failures = 0;
  const tell = (secrets: readonly string[]) => (finding: Finding) => {
    if (finding.state === 'failed') failures += 1;
    process.stdout.write(`${lineOf(finding, secrets)}\n`);
  };
  const config = configOrProblems();
  if (Array.isArray(config)) {
    [environmentFile(), ...config, ...(await Promise.all(machineChecks(null)))].forEach(tell([]));
    tell([])({
      state: 'note',
      name: 'Discord, the model, the database',
      text: 'tried once the configuration is right',
    });
  } else await checkAll(config, tell(config.secrets));
  clearTimeout(ending);
  const s = failures === 1 ? '' : 's';
  const verdict = failures === 0 ? 'All is well: npm start brings the bot up.' : `${failures} problem${s} to solve.`;
  process.stdout.write(`\n${verdict}\n`, () => process.exit(failures === 0 ? 0 : 1));
}

function configOrProblems(): Config | Finding[] {
  try {
    return readConfig();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message.split('\n').map((text) => ({ state: 'failed', name: 'Configuration', text }));
  }
}

/** All at once, told in their order. */
async function checkAll(config: Config, tell: (finding: Finding) => void): Promise<void> {
  const log = createLog({ level: 'silent', redact: config.secrets });
  tell(environmentFile());
  tell({ state: 'ok', name: 'Configuration', text: 'complete' });
  const parts: readonly (Promise<Finding> | Promise<Finding[]>)[] = [
    ...machineChecks(new URL(config.discord.apiUrl).hostname),
    ...storageChecks(config),
    discordChecks(config.discord, log),
    ...config.models.map((model) => providerCheck(model, log)),
    ...transcriberChecks(config, log),
    ...mcpChecks(config, log),
  ];
  for (const part of parts) [await part].flat().forEach(tell);
}

await main();
