import type { Logger } from 'pino';
import type { Toolbox, ToolCall, ToolContext, ToolDeclaration, ToolResult } from '../bridge/ports.ts';
import { judge } from './policy.ts';
import { type Tool, ToolError } from './tool.ts';

/** What the model gets of one result, at most. */
const OUTPUT_LIMIT_BYTES = 16 * 1024;
/** What people get of it: a file that Discord takes, and some white space. */
const FULL_LIMIT_BYTES = 6 * 1024 * 1024;
/** Room for the words around a text that was cut. */
const CUT_RESERVE_BYTES = 128;
/** A model that repeats itself can write arguments without end. */
const ARGUMENTS_LIMIT = 64 * 1024;

/** The tools of this process. Every call ends in a result within the tool's deadline, whatever the tool does. */
export class LocalToolbox implements Toolbox {
  readonly #tools: ReadonlyMap<string, Tool>;
  readonly #log: Pick<Logger, 'warn'>;

  /** Throws TypeError when two tools have one name. */
  constructor(options: { tools: readonly Tool[]; log: Pick<Logger, 'warn'> }) {
    this.#tools = new Map(options.tools.map((tool) => [tool.name, tool]));
    this.#log = options.log;
    if (this.#tools.size !== options.tools.length) throw new TypeError('two tools have the same name');
  }

  declarations(disabled: readonly string[]): readonly ToolDeclaration[] {
    const enabled = [...this.#tools.values()].filter((tool) => !disabled.includes(tool.name));
    return enabled.map(({ name, description, parameters, delivery, onInterrupt, risk }) => ({
      name,
      description,
      parameters,
      ...(delivery ? { delivery } : {}),
      ...(onInterrupt === 'abort' ? { onInterrupt } : {}),
      ...(risk === 'read' ? { again: true } : {}),
    }));
  }

  async run(call: ToolCall, disabled: readonly string[], context: ToolContext): Promise<ToolResult> {
    const { callId, name } = call;
    try {
      const value = await this.#answer(call, disabled, context);
      const output = outputOf(value);
      return { callId, name, ok: true, output, ...fullOf(value, output) };
    } catch (error) {
      if (!(error instanceof ToolError)) this.#log.warn({ err: error, tool: name, callId }, 'a tool failed');
      return { callId, name, ok: false, output: outputOf({ error: messageOf(error) }) };
    }
  }

  async #answer(call: ToolCall, disabled: readonly string[], context: ToolContext): Promise<unknown> {
    const tool = this.#tools.get(call.name);
    if (!tool) throw new ToolError(`There is no tool with the name ${JSON.stringify(call.name.slice(0, 100))}.`);
    const mayWrite = (userId: string) => context.room.mayWrite(userId);
    const verdict = judge(tool, { disabled, askers: context.askers, certain: context.certain, mayWrite });
    if (!verdict.allowed) throw new ToolError(verdict.reason);
    return withDeadline(tool, tool.prepare(parse(call)), context);
  }
}

function parse(call: ToolCall): unknown {
  // Both providers may leave the arguments of a tool without any empty.
  if (call.arguments.trim() === '') return {};
  if (call.arguments.length > ARGUMENTS_LIMIT) throw new ToolError(`The arguments for ${call.name} are too long.`);
  try {
    return JSON.parse(call.arguments);
  } catch {
    throw new ToolError(`The arguments for ${call.name} are not valid JSON.`);
  }
}

/** Waits for the tool until its deadline or the call's cancellation; a tool that ignores the signal is left behind. */
async function withDeadline(
  tool: Tool,
  run: (context: ToolContext) => Promise<unknown>,
  context: ToolContext,
): Promise<unknown> {
  const stop = new AbortController();
  const cancel = () => stop.abort(new ToolError(`The call of ${tool.name} was cancelled.`));
  const late = () => stop.abort(new ToolError(`${tool.name} did not answer within ${tool.deadlineMs / 1_000} s.`));
  if (context.signal.aborted) cancel();
  context.signal.addEventListener('abort', cancel, { once: true });
  const timer = setTimeout(late, tool.deadlineMs);
  try {
    stop.signal.throwIfAborted();
    const stopped = new Promise<never>((_, reject) => {
      stop.signal.addEventListener('abort', () => reject(stop.signal.reason), { once: true });
    });
    return await Promise.race([run({ ...context, signal: stop.signal }), stopped]);
  } catch (error) {
    // A tool that heeds the signal throws an AbortError of its own: the reason says more.
    throw stop.signal.aborted ? stop.signal.reason : error;
  } finally {
    clearTimeout(timer);
    context.signal.removeEventListener('abort', cancel);
  }
}

/** JSON text for the model. What is too long is cut and handed over as a piece of text, so that it stays valid JSON. */
function outputOf(value: unknown): string {
  const text = JSON.stringify(value ?? null) ?? 'null';
  if (Buffer.byteLength(text) <= OUTPUT_LIMIT_BYTES) return text;
  let kept = text.slice(0, OUTPUT_LIMIT_BYTES);
  const wrapped = () => JSON.stringify({ cut: true, beginning: kept.toWellFormed() });
  // Quoting lengthens the text by an amount that depends on what is in it.
  while (Buffer.byteLength(wrapped()) > OUTPUT_LIMIT_BYTES) {
    const excess = Buffer.byteLength(wrapped()) - OUTPUT_LIMIT_BYTES + CUT_RESERVE_BYTES;
    kept = kept.slice(0, Math.max(0, kept.length - Math.max(Math.ceil(excess / 3), 1)));
  }
  return wrapped();
}

/** All of it where it was cut, for the file that people get. */
function fullOf(value: unknown, output: string): { readonly full?: string } {
  const text = JSON.stringify(value ?? null) ?? 'null';
  return text === output || Buffer.byteLength(text) > FULL_LIMIT_BYTES ? {} : { full: text };
}

function messageOf(error: unknown): string {
  if (error instanceof ToolError) return error.message;
  const text = error instanceof Error ? error.message : String(error);
  return `The tool failed: ${text.slice(0, 300)}`;
}
