import variant from '@jitl/quickjs-wasmfile-release-sync';
import {
  newQuickJSWASMModuleFromVariant,
  newVariant,
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSSyncVariant,
} from 'quickjs-emscripten-core';
import { codeConsole } from './code-console.ts';

/** What a program brought. `value`: its last expression in words; null: it has none. */
export type CodeOutcome =
  | { readonly ok: true; readonly printed: string; readonly value: string | null }
  | { readonly ok: false; readonly printed: string; readonly error: string };

/** How much a program may use. */
export interface CodeLimits {
  readonly runMs: number;
  readonly memoryBytes: number;
  readonly printedLength: number;
}

/** JS_EVAL_FLAG_ASYNC of QuickJS: `await` at the top, and the value of the last expression. https://github.com/bellard/quickjs/blob/master/quickjs.h */
const EVAL_ASYNC = 128;
const WASM_PAGE_BYTES = 65_536;
/** What the build asks for. */
const INITIAL_PAGES = 256;
interface WasmMemory {
  readonly buffer: ArrayBuffer;
}
/** The compiler knows WebAssembly only together with everything else that browsers have. */
const { WebAssembly } = globalThis as unknown as {
  WebAssembly: { Memory: new (size: { initial: number; maximum: number }) => WasmMemory };
};
const STACK_BYTES = 256 * 1024;
/** For putting the result into words after the program has used up its own time. */
const LAST_WORDS_MS = 250;
const TOO_MUCH_MEMORY = 'The program used more memory than it may and was stopped.';
/** A promise that brings a promise, that … */
const DEEPEST_PROMISE = 10;

/** Runs a program in a QuickJS of its own, which knows the language and `console`, nothing else. Blocks its thread: for workers. */
export async function runCode(code: string, limits: CodeLimits): Promise<CodeOutcome> {
  const memory = memoryOf(limits.memoryBytes);
  // The package is CommonJS to the compiler and an ES module to Node.
  const base = variant as unknown as QuickJSSyncVariant;
  const quickJs = await newQuickJSWASMModuleFromVariant(newVariant(base, { wasmMemory: memory.wasm }));
  const runtime = quickJs.newRuntime();
  runtime.setMaxStackSize(STACK_BYTES);
  const context = runtime.newContext();
  const lines: string[] = [];
  let room = limits.printedLength;
  let left = 0;
  const print = (text: string): void => {
    if (room > 0) lines.push(text.slice(0, room));
    else left += 1;
    room -= text.length + 1;
  };
  const words = install(context, print);
  let deadline = performance.now() + limits.runMs;
  runtime.setInterruptHandler(() => performance.now() > deadline);
  const end = settle(context, code);
  const late = performance.now() > deadline;
  deadline = performance.now() + LAST_WORDS_MS;
  const result = late
    ? {
        ok: false as const,
        error: `The program did not end within ${limits.runMs / 1_000} s of running and was stopped.`,
      }
    : inWords(context, words, end, memory.full);
  if (left > 0) lines.push(`… ${left} more lines`);
  return { ...result, printed: lines.join('\n') };
}

/**
 * QuickJS's own limit counts next to nothing in this build (2 GB were taken under a limit of 32 MB, measured with 0.32.0:
 * WebAssembly has no malloc_usable_size), so the memory itself has an end.
 */
function memoryOf(bytes: number): { readonly wasm: WasmMemory; full(): boolean } {
  const maximum = Math.max(Math.ceil(bytes / WASM_PAGE_BYTES), INITIAL_PAGES);
  const wasm = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum });
  // The build asks for more in large steps, and takes what is left at the end.
  return { wasm, full: () => wasm.buffer.byteLength >= 0.9 * maximum * WASM_PAGE_BYTES };
}

type End = { readonly kind: 'value' | 'error'; readonly handle: QuickJSHandle } | { readonly kind: 'never' };

/** Evaluates, runs every job that waits, and follows promises to their values. */
function settle(context: QuickJSContext, code: string): End {
  const evaluated = context.evalCode(code, 'code.js', EVAL_ASYNC);
  if (evaluated.error) return { kind: 'error', handle: evaluated.error };
  const jobs = context.runtime.executePendingJobs();
  if (jobs.error) return { kind: 'error', handle: jobs.error };
  let handle = evaluated.value;
  for (let depth = 0; depth < DEEPEST_PROMISE; depth += 1) {
    const state = context.getPromiseState(handle);
    if (state.type === 'pending') return { kind: 'never' };
    if (state.type === 'rejected') return { kind: 'error', handle: state.error };
    if (state.notAPromise) break;
    // The outermost promise is the evaluation's own: it brings { value }.
    handle = depth === 0 ? context.getProp(state.value, 'value') : state.value;
  }
  return { kind: 'value', handle };
}

type Result = { readonly ok: true; readonly value: string | null } | { readonly ok: false; readonly error: string };

function inWords(context: QuickJSContext, words: QuickJSHandle, end: End, full: () => boolean): Result {
  if (end.kind === 'never') {
    const why = 'there are no timers, no network and no files here that could settle it';
    return { ok: false, error: `The program waits for a promise that never settles: ${why}.` };
  }
  if (end.kind === 'value' && context.typeof(end.handle) === 'undefined') return { ok: true, value: null };
  const method = context.getProp(words, end.kind === 'value' ? 'show' : 'describe');
  const text = context.callFunction(method, context.undefined, end.handle);
  if (text.error) {
    const unreadable = 'The result could not be put into words: it is too large, or does not let itself be read.';
    return { ok: false, error: full() ? TOO_MUCH_MEMORY : unreadable };
  }
  const said = context.getString(text.value);
  if (end.kind === 'value') return { ok: true, value: said };
  // QuickJS throws a bare null where it has no memory left for an error.
  const exhausted = /^InternalError: out of memory/.test(said) || (said === 'thrown: null' && full());
  return { ok: false, error: exhausted ? TOO_MUCH_MEMORY : said };
}

function install(context: QuickJSContext, print: (text: string) => void): QuickJSHandle {
  const source = context.unwrapResult(context.evalCode(`(${codeConsole.toString()})`, 'console.js'));
  const write = context.newFunction('print', (text) => print(context.getString(text)));
  return context.unwrapResult(context.callFunction(source, context.undefined, write));
}
