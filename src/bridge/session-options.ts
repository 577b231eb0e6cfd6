import type { Note } from './guild-ports.ts';
import { instructionsFor } from './instructions.ts';
import type { ServerTool, SessionOptions, SpeechModel } from './ports.ts';
import type { GuildSettings, Toolbox } from './room-ports.ts';

/** The name under which a hosted MCP server is switched on and off. */
export function mcpName(label: string): string {
  return `mcp:${label}`;
}

/** Tools of ours that do what a tool of the provider does: offered where the model has not that one. */
const STAND_INS: Readonly<Partial<Record<ServerTool, string>>> = { code_execution: 'run_code' };

/** Names of our own tools that a model does not need, because its provider has the same. */
export function unneeded(serverTools: readonly ServerTool[]): readonly string[] {
  return serverTools.flatMap((name) => STAND_INS[name] ?? []);
}

/** What a session is opened with under these settings: nothing that the model is not known to take. `notes`: oldest first. */
export function sessionOptions(
  settings: GuildSettings,
  model: SpeechModel,
  toolbox: Toolbox,
  notes: readonly Note[] = [],
): SessionOptions {
  if (model.capabilities.listensOnly) return listening(settings);
  const { voices, turnDetection, replyForms, serverTools, mcpServers, unasked } = model.capabilities;
  const { disabledTools: disabled } = settings;
  // A model that answers every turn that it has closed itself cannot be kept from it.
  const drawn = settings.answer !== 'always' && unasked !== 'waits';
  const replyForm = replyForms.includes(settings.replyForm) ? settings.replyForm : 'voice';
  return {
    instructions: instructionsFor(settings, replyForm, notes),
    voice: settings.voice !== null && voices.includes(settings.voice) ? settings.voice : null,
    language: settings.language,
    tools: toolbox.declarations([...disabled, ...unneeded(serverTools)]),
    turnDetection: !drawn && turnDetection.includes(settings.turnDetection) ? settings.turnDetection : 'manual',
    silenceMs: settings.silenceMs,
    replyForm,
    ...(drawn && unasked === 'may-choose' && { choosing: true }),
    serverTools: serverTools.filter((name) => !disabled.includes(name)),
    mcpServers: mcpServers.filter((label) => !disabled.includes(mcpName(label))),
  };
}

/** What a session is opened with that only writes down. */
function listening({ language, silenceMs }: GuildSettings): SessionOptions {
  return {
    instructions: '',
    voice: null,
    language,
    tools: [],
    turnDetection: 'manual',
    silenceMs,
    replyForm: 'voice',
    serverTools: [],
    mcpServers: [],
  };
}

/** Settings that mean nothing until the bot talks again. */
const TALKING: readonly (keyof GuildSettings)[] = [
  'provider',
  'model',
  'voice',
  'persona',
  'interruptionMs',
  'turnDetection',
  'replyForm',
  'answer',
  'names',
  'disabledTools',
];

/** Of the settings that somebody just chose, those that wait while the bot only listens. */
export function waitsToTalk(chosen: readonly (keyof GuildSettings)[]): readonly (keyof GuildSettings)[] {
  return chosen.filter((name) => TALKING.includes(name));
}

/** Which setting an option comes from; the others are taken on by the bridge itself. */
const SETTING_OF: Readonly<Partial<Record<keyof SessionOptions, keyof GuildSettings>>> = {
  voice: 'voice',
  instructions: 'persona',
  language: 'language',
  turnDetection: 'turnDetection',
  tools: 'disabledTools',
  replyForm: 'replyForm',
  serverTools: 'disabledTools',
  mcpServers: 'disabledTools',
};

/**
 * What a running session with these options becomes: what it cannot take on stays as it was opened. `waits`: the
 * settings that have to wait for the next session.
 */
export function takenOn(
  running: SessionOptions,
  wanted: SessionOptions,
  updates: readonly (keyof SessionOptions)[],
): { readonly options: SessionOptions; readonly waits: readonly (keyof GuildSettings)[] } {
  const stays = (Object.keys(running) as (keyof SessionOptions)[]).filter((option) => !updates.includes(option));
  const kept = Object.fromEntries(stays.map((option) => [option, running[option]]));
  const waits = stays
    .filter((option) => JSON.stringify(wanted[option]) !== JSON.stringify(running[option]))
    .flatMap((option) => SETTING_OF[option] ?? []);
  return { options: { ...wanted, ...kept }, waits };
}
