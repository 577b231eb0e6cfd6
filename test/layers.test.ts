import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';

/**
 * What each room of `src/`, and `commands/`, may import of the others; types count, too. A room that needs another row gets
 * it in the change that says why.
 */
const ROOMS: Record<string, readonly string[]> = {
  audio: [],
  clock: [],
  folding: [],
  lib: [],
  ports: ['lib'],
  bridge: ['audio', 'clock', 'folding', 'ports'],
  names: ['folding', 'ports'],
  time: ['folding', 'ports'],
  commands: ['folding', 'names', 'ports', 'time'],
  discord: ['audio', 'clock', 'lib', 'names', 'ports'],
  store: ['clock', 'folding', 'lib', 'ports', 'time'],
  transcript: ['lib', 'names', 'ports'],
  privacy: ['discord', 'lib', 'ports', 'store', 'transcript'],
  process: ['discord', 'lib', 'ports', 'store'],
  usage: ['clock', 'lib', 'ports', 'store'],
  model: ['audio', 'clock', 'lib', 'ports', 'process'],
  record: ['discord', 'lib', 'names', 'ports', 'store', 'time', 'usage'],
  conversation: [
    'bridge',
    'clock',
    'discord',
    'lib',
    'model',
    'names',
    'ports',
    'record',
    'store',
    'time',
    'transcript',
    'usage',
  ],
  moderation: ['clock', 'folding', 'lib', 'ports', 'record', 'store'],
  tools: ['clock', 'lib', 'ports', 'record', 'time'],
  config: ['lib', 'model', 'ports', 'tools'],
  app: [
    'bridge',
    'clock',
    'commands',
    'config',
    'conversation',
    'discord',
    'lib',
    'model',
    'moderation',
    'ports',
    'privacy',
    'record',
    'store',
    'time',
    'tools',
    'transcript',
    'usage',
  ],
  cli: [
    'app',
    'audio',
    'clock',
    'commands',
    'config',
    'conversation',
    'discord',
    'folding',
    'lib',
    'model',
    'moderation',
    'ports',
    'process',
    'store',
    'tools',
    'transcript',
    'usage',
  ],
  main: ['app', 'cli', 'config', 'discord', 'process'],
};
/** The only rooms that may import these packages. */
const PACKAGES: Record<string, readonly string[]> = {
  '@parley/simulator': ['cli'],
  '@discordjs/voice': ['cli', 'discord'],
  opusscript: ['cli', 'discord'],
  '@snazzah/davey': ['discord'],
  '@noble/ciphers': ['discord'],
  openai: ['model'],
  '@google/genai': ['model'],
  ws: ['model'],
  knex: ['store'],
  'discord.js': ['app', 'cli', 'commands', 'conversation', 'discord', 'names', 'privacy', 'process'],
  '@modelcontextprotocol/sdk': ['tools'],
  linkedom: ['tools'],
  'quickjs-emscripten-core': ['tools'],
  re2js: ['moderation', 'tools'],
  unhomoglyph: ['folding', 'names'],
  echarts: ['usage'],
  '@resvg/resvg-wasm': ['usage'],
};
/** What stands in `src/` itself: the service, and what checks the Node that starts it. */
const LOOSE = ['src/main.ts', 'src/start.js'];
const MOST_FILES = 20;
const IMPORT = /(?:\bfrom|\bimport|\bimport\(|new URL\()\s*'(\.[^']+)'/g;

const PACKAGE = /(?:\bfrom|\bimport|\bimport\()\s*'([^'.][^']*)'/g;

const files = globSync(['src/**/*.{ts,js}', 'commands/**/*.ts'], { exclude: ['**/page/*.js'] });
/** A package of its own, which knows nothing of the product. */
const simulator = globSync('simulator/src/**/*.ts');
/** What tests stand on. */
const support = globSync('test/support/**/*.ts');
const arrows = arrowsOf(files);

function arrowsOf(list: readonly string[]) {
  return list.flatMap((file) => {
    const specifiers = [...readFileSync(file, 'utf8').matchAll(IMPORT)].map(([, specifier = '']) => specifier);
    const targets = specifiers.map((specifier) => normalize(join(dirname(file), specifier)));
    return targets.filter((target) => /\.(ts|js)$/.test(target)).map((target) => ({ file, target }));
  });
}

function roomOf(file: string): string {
  const [top = '', room = ''] = file.split('/');
  if (top === 'commands') return top;
  return LOOSE.includes(file) ? 'main' : room;
}

test('a room imports what stands in its row', () => {
  const wrong = arrows
    .map(({ file, target }) => ({ file, from: roomOf(file), to: roomOf(target) }))
    .filter(({ from, to }) => from !== to && !ROOMS[from]?.includes(to))
    .map(
      ({ file, from, to }) =>
        `${file} imports ${to}; ${from} may import ${ROOMS[from]?.join(', ') || 'nothing of ours'}`,
    );
  assert.deepEqual(wrong, []);
});

test('a package of one edge is imported by no other room', () => {
  const wrong = files.flatMap((file) => {
    const names = [...readFileSync(file, 'utf8').matchAll(PACKAGE)].map(([, name = '']) => name);
    const kept = Object.entries(PACKAGES).filter(([, rooms]) => !rooms.includes(roomOf(file)));
    return kept.flatMap(([name]) =>
      names.some((one) => one === name || one.startsWith(`${name}/`)) ? [`${file} imports ${name}`] : [],
    );
  });
  assert.deepEqual(wrong, []);
});

test('the simulator imports nothing of the product, and of the product nothing but its faces is imported', () => {
  const outside = arrowsOf(simulator).filter(({ target }) => !target.startsWith('simulator/src/'));
  assert.deepEqual(outside, []);
  assert.deepEqual(
    arrows.filter(({ target }) => target.startsWith('simulator/')),
    [],
  );
});

test('no row stands in the table that nobody needs', () => {
  const used = new Set(arrows.map(({ file, target }) => `${roomOf(file)} ${roomOf(target)}`));
  const spare = Object.entries(ROOMS).flatMap(([from, rooms]) =>
    rooms.filter((to) => !used.has(`${from} ${to}`)).map((to) => `${from}: ${to}`),
  );
  assert.deepEqual(spare, []);
});

test('no rooms import each other in a circle, and no files do', () => {
  assert.deepEqual(circles(new Map(Object.entries(ROOMS))), []);
  const byFile = new Map<string, string[]>();
  for (const { file, target } of [...arrows, ...arrowsOf(simulator)])
    byFile.set(file, [...(byFile.get(file) ?? []), target]);
  assert.deepEqual(circles(byFile), []);
});

test('no file is loose in src, and no folder holds more than 20', () => {
  assert.deepEqual(files.filter((file) => /^src\/[^/]+$/.test(file)).sort(), LOOSE);
  const full = Object.entries(Object.groupBy([...files, ...simulator, ...support], dirname)).filter(
    ([, list = []]) => list.length > MOST_FILES,
  );
  assert.deepEqual(
    full.map(([folder, list = []]) => `${folder}: ${list.length}`),
    [],
  );
});

/** Each circle as the way around it. */
function circles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (node: string, way: readonly string[]): void => {
    if (way.includes(node)) {
      found.push([...way.slice(way.indexOf(node)), node].join(' → '));
      return;
    }
    if (done.has(node)) return;
    for (const next of graph.get(node) ?? []) visit(next, [...way, node]);
    done.add(node);
  };
  for (const node of graph.keys()) visit(node, []);
  return found;
}
