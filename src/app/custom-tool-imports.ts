import { registerHooks } from 'node:module';

const TOOL = new URL('../tools/tool.ts', import.meta.url).href;
/** URLs of folders, each with a slash at its end. */
const folders = new Set<string>();

/**
 * From now on files below this folder (a file URL that ends in a slash) can import `parley/tool` and `zod`, wherever they
 * lie: both are Parley's own, so that the schemas of a tool are those that Parley reads. A file needs no package.json
 * to count as a module. https://nodejs.org/docs/latest-v24.x/api/module.html#moduleregisterhooksoptions
 */
export function allowToolImports(folder: string): void {
  if (folders.size === 0) install();
  folders.add(folder);
}

function install(): void {
  registerHooks({
    resolve(specifier, context, next) {
      if (!isOwn(context.parentURL)) return next(specifier, context);
      if (specifier === 'parley/tool') return { url: TOOL, shortCircuit: true };
      const isZod = specifier === 'zod' || specifier.startsWith('zod/');
      return next(specifier, isZod ? { ...context, parentURL: TOOL } : context);
    },
    load(url, context, next) {
      // Without a package.json Node would guess, and warn about it.
      const format = isOwn(url) ? (context.format ?? formatOf(url)) : context.format;
      return next(url, { ...context, format });
    },
  });
}

/** A file of the folder, not of a package that is installed in it: that has a zod of its own, or none. */
function isOwn(url: string | undefined): boolean {
  if (url === undefined) return false;
  return [...folders].some((folder) => url.startsWith(folder) && !url.slice(folder.length).includes('node_modules/'));
}

function formatOf(url: string): string | undefined {
  if (/\.ts(\?|$)/.test(url)) return 'module-typescript';
  return /\.js(\?|$)/.test(url) ? 'module' : undefined;
}
