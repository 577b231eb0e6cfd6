import { unneeded } from '../bridge/session-options.ts';
import { wallClock } from '../clock/wall-clock.ts';
import type { Config } from '../config/config.ts';
import { ToolReruns } from '../conversation/calls/tool-reruns.ts';
import { ToolTrials } from '../conversation/calls/tool-trials.ts';
import type { DecisionLog } from '../conversation/decision-log.ts';
import { leftOut, serverToolList } from '../conversation/server-tools.ts';
import type { ButtonRoutes } from '../discord/interactions/buttons.ts';
import { ConfirmButtons } from '../discord/interactions/confirm-buttons.ts';
import { ToolButtons } from '../discord/interactions/tool-buttons.ts';
import type { Log } from '../lib/log.ts';
import { hiding } from '../lib/secrets.ts';
import type { BridgeEvent } from '../ports/bridge-events.ts';
import type { Bridges } from '../ports/conversation.ts';
import type { SpeechModel } from '../ports/model.ts';
import { type BuiltInParts, builtInTools } from '../tools/builtin/index.ts';
import { confirmationClosed, confirmationTexts } from '../tools/confirmation-text.ts';
import { Confirmations } from '../tools/confirmations.ts';
import { McpServers } from '../tools/mcp/servers.ts';
import type { Tool } from '../tools/tool.ts';
import { LocalToolbox } from '../tools/toolbox.ts';
import { type ToolFile, withFreeNames } from './custom-tools.ts';
import type { Storage } from './storage.ts';

/** What tools are made of. */
export interface ToolingDeps {
  readonly config: Pick<Config, 'mcp' | 'secrets'>;
  readonly storage: Pick<Storage, 'policies' | 'settings' | 'consent'>;
  readonly builtIn: BuiltInParts;
  /** Beside the built-in ones. */
  readonly more: readonly Tool[];
  /** Those of the operator's folder. */
  readonly own: readonly ToolFile[];
  readonly bridges: Bridges;
  readonly decisions: DecisionLog;
  /** Other tools are there than before. */
  readonly onTools: () => void;
  readonly observe: (event: BridgeEvent, guildId: string) => void;
  readonly log: Log;
}

/** All that the model and people do with tools: where they come from, who may, and the buttons below their posts. */
export class Tooling {
  readonly toolbox: LocalToolbox;
  readonly buttons = new ToolButtons();
  readonly runAgain: ToolReruns;
  readonly trials: ToolTrials;
  readonly #servers: McpServers;
  readonly #confirmButtons = new ConfirmButtons();
  readonly #confirmations: Confirmations;
  readonly #deps: ToolingDeps;

  constructor(deps: ToolingDeps) {
    const { config, storage, bridges, decisions, onTools, observe, log } = deps;
    const { policies, settings, consent } = storage;
    this.#deps = deps;
    const fixed = toolsOf(deps);
    const others = fixed.length;
    this.#servers = new McpServers({ config: config.mcp, secrets: config.secrets, log, onTools, others });
    this.#confirmations = new Confirmations({
      texts: (question, waitMs) => confirmationTexts(question, waitMs, wallClock.now()),
      closed: confirmationClosed,
      buttons: (id) => this.#confirmButtons.of(id),
    });
    const more = () => this.#servers.tools;
    const toolbox = new LocalToolbox({
      tools: fixed,
      more,
      policies,
      confirmations: this.#confirmations,
      hide: hiding(config.secrets),
      log,
    });
    this.toolbox = toolbox;
    this.runAgain = new ToolReruns({
      bridges: () => bridges,
      toolbox,
      settings,
      buttons: this.buttons,
      consent,
      log,
      observe,
    });
    this.trials = new ToolTrials({ toolbox, settings, bridges, decisions, consent });
  }

  /** Starts the MCP servers; their tools come as each is there. Resolves when each succeeded or failed once. */
  start(): Promise<void> {
    return this.#servers.start();
  }

  /** What commands tell of tools, and do with them. */
  get commands() {
    return {
      policies: this.#deps.storage.policies,
      tryTool: this.trials.run,
      toolServers: () => {
        // Whoever asks has mostly just put right what is wrong.
        this.#servers.tryNow();
        return this.#servers.shown;
      },
      toolsFor: ({ capabilities }: SpeechModel) => {
        const without = capabilities.oneKindOfTool ? [] : unneeded(capabilities.serverTools);
        return [...this.toolbox.tools.filter(({ name }) => !without.includes(name)), ...serverToolList(capabilities)];
      },
      leftOut: ({ capabilities }: SpeechModel, disabled: readonly string[]) => leftOut(capabilities, disabled),
    };
  }

  /** What the buttons below tools' posts do. */
  get buttonRoutes(): Pick<ButtonRoutes, 'confirm' | 'tool-cancel' | 'tool-again'> {
    const { bridges } = this.#deps;
    return {
      ...this.#confirmButtons.routes(this.#confirmations),
      ...this.buttons.routes({ bridges, runAgain: this.runAgain }),
    };
  }

  /** Ends the MCP servers. */
  close(): Promise<void> {
    return this.#servers.close();
  }
}

function toolsOf({ builtIn, more, own, log }: ToolingDeps): readonly Tool[] {
  const given = [...builtInTools(builtIn), ...more];
  const taken = given.map(({ name }) => name);
  return [...given, ...withFreeNames(own, taken, (problem) => log.warn(problem))];
}
