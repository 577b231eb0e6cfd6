import type { Logger } from 'pino';
import { wordsOf } from '../ports/errors.ts';
import type { ToolCall, ToolDeclaration, ToolResult } from '../ports/tool-calls.ts';
import type { Toolbox, ToolContext } from '../ports/tools.ts';
import { CallGate, type GateParts } from './call-gate.ts';
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
  readonly #more: () => readonly Tool[];
  readonly #gate: CallGate;
  readonly #log: Pick<Logger, 'warn'>;
  readonly #hide: (text: string) => string;

  /**
   * Throws TypeError when two tools have one name. `more`: tools that come and go, asked for each time; one that has the
   * name of another does not count. `hide` takes known secrets out of what tools bring.
   */
  constructor(
    parts: GateParts & {
      readonly tools: readonly Tool[];
      readonly more?: () => readonly Tool[];
      readonly hide?: (text: string) => string;
    },
  ) {
    this.#tools = new Map(parts.tools.map((tool) => [tool.name, tool]));
    this.#more = parts.more ?? (() => []);
    this.#gate = new CallGate(parts);
    this.#log = parts.log;
    this.#hide = parts.hide ?? ((text) => text);
    if (this.#tools.size !== parts.tools.length) throw new TypeError('two tools have the same name');
  }

  /** All that there are now, each name once. */
  get tools(): readonly Tool[] {
    return [...this.#all().values()];
  }

  declarations(disabled: readonly string[]): readonly ToolDeclaration[] {
    const enabled = this.tools.filter((tool) => !disabled.includes(tool.name));
    return enabled.map(({ name, description, parameters, delivery, onInterrupt, confirm }) => ({
      name,
      description,
      parameters,
      ...(delivery ? { delivery } : {}),
      ...(confirm ? { confirm: true as const } : {}),
      ...(onInterrupt === 'abort' ? { onInterrupt } : {}),
    }));
  }

  async run(call: ToolCall, disabled: readonly string[], context: ToolContext): Promise<ToolResult> {
    const { callId, name } = call;
    // Only what a tool brought is from outside, not what we say about it.
    let outside = false;
    const result = (ok: boolean, value: unknown): ToolResult => {
      const text = this.#hide(JSON.stringify(value ?? null) ?? 'null');
      const output = outputOf(text);
      return { callId, name, ok, output, ...(ok && fullOf(text, output)), ...(outside && { outside }) };
    };
    try {
      const tool = this.#all().get(name);
      if (!tool) throw new ToolError(`There is no tool with the name ${JSON.stringify(name.slice(0, 100))}.`);
      const prepare = () => prepared(tool, call, context);
      const run = await this.#gate.pass(tool, call, { disabled, context, prepare });
      outside = tool.outside;
      const outsideFound = () => {
        outside = true;
      };
      return result(true, await withDeadline(tool, run, { ...hidden(context, this.#hide), outsideFound }));
    } catch (error) {
      if (!(error instanceof ToolError)) this.#log.warn({ err: error, tool: name, callId }, 'a tool failed');
      return result(false, { error: messageOf(error) });
    }
  }

  async permit(
    call: ToolCall & { readonly server: string },
    disabled: readonly string[],
    context: ToolContext,
  ): Promise<{ readonly allowed: boolean; readonly reason: string }> {
    // What such a tool does is not known here, so it is judged like one that writes.
    const tool = { name: `mcp:${call.server}`, risk: 'write', needs: 'mayWrite', confirm: false } as const;
    try {
      await this.#gate.pass(tool, { ...call, name: `${tool.name} ${call.name}` }, { disabled, context });
      return { allowed: true, reason: 'Everybody who asked may use it.' };
    } catch (error) {
      if (!(error instanceof ToolError)) this.#log.warn({ err: error, tool: tool.name }, 'a call could not be judged');
      return { allowed: false, reason: messageOf(error) };
    }
  }

  #all(): ReadonlyMap<string, Tool> {
    const more = this.#more().filter(({ name }) => !this.#tools.has(name));
    return new Map([...this.#tools, ...more.map((tool) => [tool.name, tool] as const)]);
  }
}

/** Checks the arguments, and has the tool look up what they name where it does that. */
async function prepared(tool: Tool, call: ToolCall, context: ToolContext) {
  const args = parse(call);
  if (!tool.resolve) return { run: tool.prepare(args) };
  const looking = (one: ToolContext) => tool.resolve?.(args, one);
  return (await withDeadline(tool, looking, context)) ?? { run: tool.prepare(args) };
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
async function withDeadline<Value>(
  tool: Tool,
  run: (context: ToolContext) => Promise<Value> | Value,
  context: ToolContext,
): Promise<Value> {
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
function outputOf(text: string): string {
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
function fullOf(text: string, output: string): { readonly full?: string } {
  return text === output || Buffer.byteLength(text) > FULL_LIMIT_BYTES ? {} : { full: text };
}

/** The same, but that nothing secret gets into what people see of a call beside its result. */
function hidden(context: ToolContext, hide: (text: string) => string): ToolContext {
  return {
    ...context,
    progress: (fraction, text) => context.progress(fraction, text === undefined ? undefined : hide(text)),
    attach: ({ links, files }) =>
      context.attach({
        ...(links && { links: links.map((link) => ({ ...link, title: hide(link.title), url: hide(link.url) })) }),
        ...(files && {
          files: files.map((file) => ({ ...file, name: hide(file.name), bytes: hiddenBytes(file.bytes, hide) })),
        }),
      }),
  };
}

/** A file without what is secret in it: as Latin-1 each byte is a letter, so that a picture stays what it is. */
function hiddenBytes(bytes: Uint8Array, hide: (text: string) => string): Uint8Array {
  const text = Buffer.from(bytes).toString('latin1');
  const without = hide(text);
  return without === text ? bytes : Buffer.from(without, 'latin1');
}

function messageOf(error: unknown): string {
  if (error instanceof ToolError) return error.message;
  if (typeof error === 'string') return `The tool failed: ${error.slice(0, 300)}`;
  const { name, code } = (error instanceof Error ? error : {}) as { readonly name?: string; readonly code?: unknown };
  const kind = [name, code].filter((part) => typeof part === 'string' && /^\w{1,60}$/.test(part)).join(' ');
  const text = wordsOf(error, kind === '' ? 'the log of the bot says how.' : `${kind}; the log of the bot says where.`);
  return `The tool failed: ${text.slice(0, 300)}`;
}
