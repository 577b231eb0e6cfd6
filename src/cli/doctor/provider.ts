import type { Config } from '../../config/config.ts';
import { leftOut } from '../../conversation/server-tools.ts';
import type { Log } from '../../lib/log.ts';
import { endOf } from '../../model/capabilities.ts';
import { speechModel } from '../../model/factory.ts';
import { openAITranscriber } from '../../model/openai/transcription/transcriber.ts';
import type { SpeechModel } from '../../ports/model.ts';
import { check, type Finding } from './finding.ts';

const LIMIT_MS = 10_000;
/** As small as it gets: nothing is said in it, so nothing is billed. */
const SESSION = {
  instructions: 'Say nothing.',
  voice: null,
  language: null,
  tools: [],
  turnDetection: 'manual',
  silenceMs: 600,
  replyForm: 'voice',
  serverTools: [],
  mcpServers: [],
} as const;

/** Opens a session with the model and closes it: endpoint, key and model are right when that works. */
export function providerCheck(config: Config['model'], log: Log): Promise<Finding> {
  const model = speechModel(config, log);
  const { name } = model;
  const named = config.provider === 'azure' ? (config.model ?? name) : name;
  const writers = 'transcriber' in config ? [config.transcriber, inputTranscriber(config)] : [];
  return modelCheck(model.label, model, [named, ...writers]);
}

/** What was chosen to write down in conversations; null: nothing was. */
function inputTranscriber(config: Config['model']): string | null {
  return (config.provider === 'openai' && config.inputTranscriber) || null;
}

/** The same for what writes down beside models that do not do it by themselves; none where nothing does. */
export function transcriberChecks({ transcriber }: Pick<Config, 'transcriber'>, log: Log): readonly Promise<Finding>[] {
  if (!transcriber) return [];
  const model = openAITranscriber({ ...transcriber, log });
  return [modelCheck(`TRANSCRIBER, ${model.label}`, model, [model.name])];
}

/** `named`: the models that are used, of which some may end soon. */
function modelCheck(name: string, model: SpeechModel, named: readonly (string | null)[]): Promise<Finding> {
  const look = async (): Promise<string> => {
    const startedAt = performance.now();
    const session = await model.connect(SESSION, AbortSignal.timeout(LIMIT_MS));
    session.close();
    const opened = `a session opened in ${Math.round(performance.now() - startedAt)} ms: address, key and model are right`;
    return [opened, ...endings(named), ...leftOut(model.capabilities, [])].join('. ');
  };
  return check(name, look, LIMIT_MS + 1_000);
}

function endings(named: readonly (string | null)[]): readonly string[] {
  return [...new Set(named)].flatMap((name) => {
    const day = name === null ? undefined : endOf(name);
    return day === undefined ? [] : [`${name} is shut down on ${day}: choose another before (docs/models.md)`];
  });
}
