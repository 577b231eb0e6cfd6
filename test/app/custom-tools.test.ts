import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { toolsOfFolder, withFreeNames } from '../../src/app/custom-tools.ts';
import { ConfigError } from '../../src/ports/errors.ts';
import { LocalToolbox } from '../../src/tools/toolbox.ts';
import { keptLog } from '../support/doubles/log.ts';
import { usualGate } from '../support/doubles/toolbox-gate.ts';
import { callOf, contextOf } from '../tools/context.ts';

// Outside of the repository, so that no node_modules lies above it.
const root = mkdtempSync(join(tmpdir(), 'parley-tools-'));
after(() => rmSync(root, { recursive: true }));
let count = 0;

function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = join(root, String(++count));
  mkdirSync(folder);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

const IMPORTS = `import { defineTool, ToolError } from 'parley/tool';\nimport { z } from 'zod';\n`;
const toolText = (name: string, run = '() => 42') =>
  `${IMPORTS}export default defineTool({ name: '${name}', description: 'A tool.', input: z.object({ text: z.string().optional() }), risk: 'read', run: ${run} });\n`;

async function load(files: Readonly<Record<string, string>>, importLimitMs = 5_000) {
  const lines: string[] = [];
  const tools = await toolsOfFolder({ folder: folderOf(files), tell: (line) => lines.push(line), importLimitMs });
  return { tools, names: tools.map(({ tool }) => tool.name), lines, said: lines.join('\n') };
}

test('TypeScript and JavaScript files without any package beside them become tools', async () => {
  const { tools, names } = await load({
    'one.ts': toolText('one', '({ text }: { text?: string }): string => "got " + text'),
    'two.js': toolText('two', "() => { throw new ToolError('not today'); }"),
    'three.mjs': `${toolText('three', 'about')}import { about } from './_shared.ts';`,
    '_shared.ts': 'export const about = (): string => "shared";',
    '.hidden.ts': 'throw new Error("not to be loaded")',
    'one.test.ts': 'throw new Error("not to be loaded")',
    'one.d.ts': 'throw new Error("not to be loaded")',
    'sub/four.ts': 'throw new Error("not to be loaded")',
    'notes.md': '# Not code',
  });
  assert.deepEqual(names, ['one', 'three', 'two']);
  const toolbox = new LocalToolbox({ tools: tools.map(({ tool }) => tool), log: keptLog().log, ...usualGate });
  const run = async (name: string, args: unknown) => (await toolbox.run(callOf(name, args), [], contextOf())).output;
  assert.equal(await run('one', { text: 'it' }), '"got it"');
  assert.equal(await run('two', {}), '{"error":"not today"}');
  assert.equal(await run('three', {}), '"shared"');
  assert.match(await run('one', { text: 1 }), /Wrong arguments for one: text: /);
});

test('packages that are installed in the folder are found, and keep a zod of their own', async () => {
  const { tools, lines } = await load({
    'node_modules/zod/package.json': '{"name":"zod","version":"3.0.0","main":"index.js"}',
    'node_modules/zod/index.js': 'module.exports = { z: "the old one" };',
    'node_modules/words/package.json': '{"name":"words","version":"1.0.0","main":"index.js"}',
    'node_modules/words/index.js': 'exports.words = () => require("zod").z;',
    'says.ts': `import { words } from 'words';\n${toolText('says', 'words')}`,
  });
  assert.deepEqual(lines, []);
  const toolbox = new LocalToolbox({ tools: tools.map(({ tool }) => tool), log: keptLog().log, ...usualGate });
  assert.equal((await toolbox.run(callOf('says'), [], contextOf())).output, '"the old one"');
});

test('a file that cannot be used costs itself and one line that names it and says why', async () => {
  const { names, lines, said } = await load(
    {
      'a-syntax.ts': 'export default {{',
      'b-throws.ts': 'throw new Error("no key is set\\nsecond line")',
      'c-hangs.ts': `${IMPORTS}await new Promise(() => {});`,
      'd-empty.ts': 'export const nothing = 1;',
      'e-plain.ts': 'export default { name: "plain" };',
      'f-import.ts': 'import "no-such-package-anywhere";',
      'g-enum.ts': 'enum Colour { red } export default Colour;',
      'h-name.ts': toolText('not a name'),
      'i-null.ts': 'throw null',
      'j-risk.ts': toolText('risky').replace("'read'", "'harmless'"),
      'k-input.ts': toolText('unsure').replace('z.object({ text: z.string().optional() })', '{}'),
      'z-good.ts': toolText('good'),
    },
    300,
  );
  assert.deepEqual(names, ['good']);
  assert.equal(lines.length, 11);
  assert.match(said, /TOOLS_DIR: a-syntax\.ts was left out: its syntax is wrong: /);
  assert.match(said, /b-throws\.ts was left out: no key is set$/m);
  assert.match(said, /c-hangs\.ts was left out: it was not done loading within 0\.3 s/);
  assert.match(said, /d-empty\.ts was left out: it has no default export/);
  assert.match(said, /e-plain\.ts was left out: its default export is no tool/);
  assert.match(said, /f-import\.ts was left out: Cannot find package 'no-such-package-anywhere'.*install the package/);
  assert.match(said, /g-enum\.ts was left out: its syntax is wrong: /);
  assert.match(said, /h-name\.ts was left out: not a name is not a name for a tool/);
  assert.match(said, /j-risk\.ts was left out: the risk of risky must be one of read, write/);
  assert.match(said, /k-input\.ts was left out: the input of unsure must be a z\.object/);
  assert.match(said, /i-null\.ts was left out: /);
});

test('a name that is taken is refused, by the file that came second', async () => {
  const { tools, lines } = await load({
    'a.ts': toolText('same'),
    'b.ts': toolText('same'),
    'c.ts': toolText('get_weather'),
    'd.ts': toolText('other'),
  });
  assert.equal(lines.length, 0);
  assert.deepEqual(
    withFreeNames(tools, ['get_weather'], (line) => lines.push(line)).map(({ name }) => name),
    ['same', 'other'],
  );
  assert.deepEqual(lines, [
    'TOOLS_DIR: b.ts was left out: a.ts has the name same already; give this one another name.',
    'TOOLS_DIR: c.ts was left out: a tool of Parley has the name get_weather already; give this one another name.',
  ]);
});

test('a folder that is not there ends the start with a line', async () => {
  const tell = () => {};
  const refused = (folder: string, what: RegExp) =>
    assert.rejects(
      toolsOfFolder({ folder, tell }),
      (error) => error instanceof ConfigError && what.test(error.message),
    );
  await refused(join(root, 'absent'), /^TOOLS_DIR .*absent does not exist: name a folder/);
  await refused(join(folderOf({ 'a.ts': '' }), 'a.ts'), /^TOOLS_DIR .*a\.ts is no folder/);
  assert.deepEqual(await toolsOfFolder({ folder: null, tell }), []);
});
