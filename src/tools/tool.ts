import { z } from 'zod';
import type { Permission } from '../ports/room.ts';
import type { Delivery } from '../ports/tool-calls.ts';
import type { ToolContext } from '../ports/tools.ts';

/**
 * `read`: finds something out; `write`: changes something that people see; `dangerous`: acts on other people, or beyond
 * this server. By default everybody may use the first, whoever may write there the second, and nobody the third.
 */
export type Risk = 'read' | 'write' | 'dangerous';
/** What every asker must be allowed in Discord before the tool runs, whatever the policy says. */
type Need = 'mayWrite' | Permission;
/** `true`: asks before it acts; `always`: also where somebody typed the very call. */
type Confirm = boolean | 'always';

/** What a call will really do, once what it names was looked up. */
interface Resolved<Input> {
  /** What `run` gets: with ids instead of names, so that it does what was confirmed. */
  readonly input: Input;
  /** One sentence for the person who confirms: `Mute Ben (@ben) in this channel.` Untrusted text. */
  readonly words: string;
}

/** What a tool is made of: one file, one definition. */
export interface ToolDefinition<Input extends z.ZodObject> {
  /** What the model calls it: letters, digits and underscores. */
  readonly name: string;
  /** For the model: what it brings and when to use it. */
  readonly description: string;
  /** The arguments; a `.describe()` on each field is read by the model. */
  readonly input: Input;
  readonly risk: Risk;
  readonly needs?: Need;
  /** Whether a person has to press a button before it acts. Default false; a dangerous tool always asks. */
  readonly confirm?: Confirm;
  /** Its results bring text from outside, such as a web page, which may try to give orders. Default false. */
  readonly outside?: boolean;
  /**
   * Looks up what the arguments name, before anybody is asked to confirm. Throws ToolError where it cannot be done, or
   * where the askers may not do it to that one.
   */
  resolve?(
    input: z.output<Input>,
    context: ToolContext,
  ): Promise<Resolved<z.output<Input>>> | Resolved<z.output<Input>>;
  /**
   * Whether the model waits for the result. Default true, and false for a tool that asks first; false for what takes
   * longer than people like to wait. While a person is asked, it waits for nothing.
   */
  readonly blocking?: boolean;
  /** How the result of a tool that does not block comes in. Default `when-idle`. */
  readonly delivery?: Delivery;
  /** What becomes of a call when a person cuts the bot off. Default `go-on`. */
  readonly onInterrupt?: 'abort' | 'go-on';
  /** Default 15 s. */
  readonly deadlineMs?: number;
  /**
   * Gives anything that JSON can hold. Must stop when `context.signal` aborts; its answer is not awaited afterwards.
   * Throws ToolError with a sentence for the model when it cannot do what was asked.
   */
  run(input: z.output<Input>, context: ToolContext): Promise<unknown> | unknown;
}

/** A tool ready for the toolbox. */
export interface Tool {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the arguments, in keywords that every provider takes. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly risk: Risk;
  readonly needs: Need | null;
  readonly confirm: Confirm;
  readonly outside: boolean;
  /** undefined: the model waits for the result. */
  readonly delivery: Delivery | undefined;
  readonly onInterrupt: 'abort' | 'go-on';
  readonly deadlineMs: number;
  /** Checks the arguments; throws ToolError that says what is wrong with them. */
  prepare(args: unknown): RunCall;
  /** Of a tool that looks up what its arguments name: a sentence on what it will do, and what does just that. */
  resolve?(args: unknown, context: ToolContext): Promise<{ readonly words: string; readonly run: RunCall }>;
}

/** Runs a call whose arguments were checked. Throws ToolError where it cannot be done. */
export type RunCall = (context: ToolContext) => Promise<unknown>;

/** Why a tool did not do what was asked. `message` is a sentence that the model can pass on. */
export class ToolError extends Error {
  override readonly name = 'ToolError';
}

const RISKS: Readonly<Record<Risk, true>> = { read: true, write: true, dangerous: true };
/** What defineTool made. */
const made = new WeakSet<object>();

/** No timer waits longer than 24 days; nobody waits for a tool for longer than this. */
const LONGEST_MS = 86_400_000;
const DEADLINE_MS = 15_000;
/**
 * The keywords that OpenAI's function parameters and Gemini's Schema have in common. Lengths are left out: Gemini
 * types them as strings (https://ai.google.dev/api/caching#Schema), OpenAI as numbers; the toolbox checks them anyway.
 */
const KEYWORDS = ['type', 'description', 'enum', 'minimum', 'maximum', 'required'] as const;

/** Turns a definition into a tool. Throws TypeError for a definition that no provider would take. */
export function defineTool<Input extends z.ZodObject>(definition: ToolDefinition<Input>): Tool {
  const { name, description, input, risk, needs = null, deadlineMs = DEADLINE_MS, outside = false } = definition;
  const resolve = definition.resolve?.bind(definition);
  const dangerous = risk === 'dangerous';
  const { confirm = dangerous ? 'always' : false } = definition;
  checkTypes(definition);
  const { blocking = !confirm && !definition.delivery, delivery = 'when-idle', onInterrupt = 'go-on' } = definition;
  // The narrower of both providers' rules.
  if (!/^[A-Za-z_]\w{0,63}$/.test(name)) throw new TypeError(`${name} is not a name for a tool`);
  if (blocking && definition.delivery) throw new TypeError(`${name} blocks, so its result comes at once`);
  if (dangerous && confirm !== 'always') throw new TypeError(`${name} is dangerous, so it always asks first`);
  if (!(deadlineMs > 0 && deadlineMs <= LONGEST_MS)) {
    throw new TypeError(`the deadline of ${name} must be positive, and a day at most`);
  }
  const check = (args: unknown): z.output<Input> => {
    const parsed = input.safeParse(args);
    if (parsed.success) return parsed.data;
    throw new ToolError(`Wrong arguments for ${name}: ${problemsOf(parsed.error)}.`);
  };
  const running = (checked: z.output<Input>): RunCall => {
    return async (context) => definition.run(checked, context);
  };
  const tool = Object.freeze({
    name,
    description,
    parameters: Object.freeze(parametersOf(input)),
    risk,
    needs,
    confirm,
    outside,
    delivery: blocking ? undefined : delivery,
    onInterrupt,
    deadlineMs,
    prepare: (args: unknown) => running(check(args)),
    ...(resolve && {
      async resolve(args: unknown, context: ToolContext) {
        const { words, input: resolved } = await resolve(check(args), context);
        return { words, run: running(resolved) };
      },
    }),
  });
  made.add(tool);
  return tool;
}

/** Whether a value that somebody else wrote is a tool. */
export function isTool(value: unknown): value is Tool {
  return typeof value === 'object' && value !== null && made.has(value);
}

/** What the compiler tells whoever writes TypeScript. */
function checkTypes({ name, description, input, risk, run }: ToolDefinition<z.ZodObject>): void {
  // The narrower of both providers' rules.
  if (!/^[A-Za-z_]\w{0,63}$/.test(name)) throw new TypeError(`${name} is not a name for a tool`);
  if (typeof description !== 'string' || description.trim() === '') throw new TypeError(`${name} needs a description`);
  if (!(input instanceof z.ZodObject)) throw new TypeError(`the input of ${name} must be a z.object(…)`);
  if (!Object.hasOwn(RISKS, risk))
    throw new TypeError(`the risk of ${name} must be one of ${Object.keys(RISKS).join(', ')}`);
  if (typeof run !== 'function') throw new TypeError(`${name} needs a function run`);
}

function parametersOf(input: z.ZodObject): Record<string, unknown> {
  return portable(z.toJSONSchema(input, { io: 'input', reused: 'inline' }));
}

function portable(schema: z.core.JSONSchema._JSONSchema): Record<string, unknown> {
  if (typeof schema === 'boolean') throw new TypeError('a tool takes no value without a type');
  const kept: Record<string, unknown> = {};
  for (const keyword of KEYWORDS) if (schema[keyword] !== undefined) kept[keyword] = schema[keyword];
  // Zod writes the safe range of integers as bounds; a model gains nothing from them.
  if (kept.minimum === Number.MIN_SAFE_INTEGER) delete kept.minimum;
  if (kept.maximum === Number.MAX_SAFE_INTEGER) delete kept.maximum;
  if (schema.const !== undefined) kept.enum = [schema.const];
  if (schema.anyOf) kept.anyOf = schema.anyOf.map(portable);
  if (schema.items && !Array.isArray(schema.items)) kept.items = portable(schema.items);
  if (schema.properties) {
    const properties = Object.entries(schema.properties).map(([key, value]) => [key, portable(value)]);
    kept.properties = Object.fromEntries(properties);
  }
  if (kept.type === undefined && kept.anyOf === undefined) throw new TypeError('a tool takes no value without a type');
  return kept;
}

function problemsOf(error: z.ZodError): string {
  return error.issues
    .slice(0, 5)
    .map(({ path, message }) => {
      const field = path.join('.') || 'arguments';
      return message.endsWith('received undefined') ? `${field} is missing` : `${field}: ${message}`;
    })
    .join('; ');
}
