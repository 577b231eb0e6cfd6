import { readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigError } from '../ports/errors.ts';
import { isTool, type Tool } from '../tools/tool.ts';
import { allowToolImports } from './custom-tool-imports.ts';

/** A file that waits for something at its top level. */
const IMPORT_LIMIT_MS = 5_000;
const PROBLEM_LIMIT = 400;

/** Where tools of one's own come from. */
export interface ToolsFolderOptions {
  /** null: there are none. */
  readonly folder: string | null;
  /** Takes one line for each file that was left out, and for a folder without any. */
  readonly tell: (problem: string) => void;
  /** Only tests need another. */
  readonly importLimitMs?: number;
}

/** A tool, and the name of the file that brought it. */
export interface ToolFile {
  readonly file: string;
  readonly tool: Tool;
}

/**
 * The tools of the folder (TOOLS_DIR): the default export of each .ts, .js and .mjs file in it, by the names of the files.
 * A file that brings none costs itself alone, and a line. Throws ConfigError for a folder that cannot be read.
 */
export async function toolsOfFolder(options: ToolsFolderOptions): Promise<readonly ToolFile[]> {
  const { folder, tell, importLimitMs = IMPORT_LIMIT_MS } = options;
  if (folder === null) return [];
  const { path, files } = await listed(folder);
  if (files.length === 0) tell(`TOOLS_DIR: there is no .ts, .js or .mjs file in ${path}.`);
  allowToolImports(pathToFileURL(join(path, '/')).href);
  const imports = await Promise.allSettled(files.map((file) => toolOf(join(path, file), importLimitMs)));
  return imports.flatMap((result, index) => {
    const file = files[index] ?? '';
    if (result.status === 'fulfilled') return { file, tool: result.value };
    tell(leftOut(file, problemOf(result.reason)));
    return [];
  });
}

/** Those of the tools whose names are free: neither `taken` nor that of a file before. The others cost a line each. */
export function withFreeNames(
  files: readonly ToolFile[],
  taken: readonly string[],
  tell: (problem: string) => void,
): readonly Tool[] {
  const owners = new Map(taken.map((name) => [name, 'a tool of Parley']));
  return files.flatMap(({ file, tool }) => {
    const owner = owners.get(tool.name);
    owners.set(tool.name, owner ?? file);
    if (owner === undefined) return tool;
    tell(leftOut(file, `${owner} has the name ${tool.name} already; give this one another name.`));
    return [];
  });
}

function leftOut(file: string, problem: string): string {
  return `TOOLS_DIR: ${file} was left out: ${problem}`;
}

async function listed(folder: string): Promise<{ readonly path: string; readonly files: readonly string[] }> {
  try {
    // Node names modules by where they really are.
    const path = await realpath(folder);
    const entries = await readdir(path, { withFileTypes: true });
    const files = entries.filter((entry) => !entry.isDirectory() && isToolFile(entry.name)).map(({ name }) => name);
    return { path, files: files.sort() };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const what =
      { ENOENT: 'does not exist', ENOTDIR: 'is no folder', EACCES: 'may not be read' }[code ?? ''] ?? 'cannot be read';
    throw new ConfigError(`TOOLS_DIR ${folder} ${what}: name a folder with your tools, or leave it empty`);
  }
}

/** What begins with a dot or an underscore, tests and mere types are no tools. */
function isToolFile(name: string): boolean {
  return /^[^._].*\.(ts|js|mjs)$/.test(name) && !/\.(d|test|spec)\.(ts|js|mjs)$/.test(name);
}

async function toolOf(path: string, limitMs: number): Promise<Tool> {
  const late = Promise.withResolvers<never>();
  const message = `it was not done loading within ${limitMs / 1_000} s: nothing at its top level may wait for long.`;
  const timer = setTimeout(() => late.reject(new Error(message)), limitMs);
  try {
    const module: { readonly default?: unknown } = await Promise.race([import(pathToFileURL(path).href), late.promise]);
    if (isTool(module.default)) return module.default;
    const has = module.default === undefined ? 'it has no default export' : 'its default export is no tool';
    throw new Error(`${has}: write export default defineTool({ … }).`);
  } finally {
    clearTimeout(timer);
  }
}

/** One line of what went wrong; a SyntaxError of the type stripping brings the code with it. */
function problemOf(error: unknown): string {
  const { name, message, code } =
    error instanceof Error ? (error as NodeJS.ErrnoException) : { name: '', message: String(error), code: undefined };
  const lines = message.split('\n').map((line) => line.trim());
  const first = (lines.find((line) => line !== '') ?? 'it failed without a word').slice(0, PROBLEM_LIMIT);
  if (code === 'ERR_MODULE_NOT_FOUND') return `${first}; install the package in the folder, or correct the path.`;
  return name === 'SyntaxError' || code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX'
    ? `its syntax is wrong: ${first}`
    : first;
}
