import type { Capabilities, ServerTool, SessionOptions } from '../ports/capabilities.ts';
import type { Note } from '../ports/guild.ts';
import type { SpeechModel } from '../ports/model.ts';
import type { GuildSettings } from '../ports/settings.ts';
import type { Toolbox } from '../ports/tools.ts';
import { instructionsFor, toldNotes } from './instructions.ts';

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

/**
 * What stands among the disabled tools where a tool of the provider was chosen in place of all of ours, for models that take
 * one of the two (Capabilities.oneKindOfTool). It means nothing to others.
 */
export function aloneName(serverTool: string): string {
  return `alone:${serverTool}`;
}

/** The provider's tool that was chosen in place of all of ours, where the model takes one of the two; undefined: ours. */
export function chosenAlone(
  { serverTools, oneKindOfTool }: Pick<Capabilities, 'serverTools' | 'oneKindOfTool'>,
  disabled: readonly string[],
): ServerTool | undefined {
  if (!oneKindOfTool) return undefined;
  return serverTools.find((name) => !disabled.includes(name) && disabled.includes(aloneName(name)));
}

/** Which tools a session has under these settings. */
function toolsOf(
  { capabilities }: SpeechModel,
  disabled: readonly string[],
  toolbox: Toolbox,
): Pick<SessionOptions, 'tools' | 'serverTools'> {
  const on = capabilities.serverTools.filter((name) => !disabled.includes(name));
  if (!capabilities.oneKindOfTool) {
    return { tools: toolbox.declarations([...disabled, ...unneeded(capabilities.serverTools)]), serverTools: on };
  }
  const alone = chosenAlone(capabilities, disabled);
  if (alone) return { tools: [], serverTools: [alone] };
  const tools = toolbox.declarations(disabled);
  // Where all of ours are off, nothing stands in the way of the provider's.
  return { tools, serverTools: tools.length > 0 ? [] : on.slice(0, 1) };
}

/** What a session is opened with under these settings: nothing that the model is not known to take. `notes`: oldest first. */
export function sessionOptions(
  settings: GuildSettings,
  model: SpeechModel,
  toolbox: Toolbox,
  notes: readonly Note[] = [],
): SessionOptions {
  if (model.capabilities.transcribeOnly) return listening(settings);
  const { voices, turnDetection, replyForms, mcpServers, unprompted } = model.capabilities;
  const { disabledTools: disabled } = settings;
  // A model that answers every turn that it has closed itself cannot be kept from it.
  const drawn = settings.answer !== 'always' && unprompted !== 'waits';
  const replyForm = replyForms.includes(settings.replyForm) ? settings.replyForm : 'voice';
  return {
    instructions: instructionsFor(settings, replyForm),
    notes: toldNotes(notes),
    voice: settings.voice !== null && voices.includes(settings.voice) ? settings.voice : null,
    language: settings.language,
    ...toolsOf(model, disabled, toolbox),
    turnDetection: !drawn && turnDetection.includes(settings.turnDetection) ? settings.turnDetection : 'manual',
    silenceMs: settings.silenceMs,
    replyForm,
    ...(drawn && unprompted === 'may-choose' && { choosing: true }),
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
