import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Asked, ToolName } from '../../../commands/command.ts';
import { toolList } from '../../../commands/tools/list.ts';

const asked = { guild: { members: { cache: new Map() }, roles: { cache: new Map() } } } as unknown as Asked;
const some = (count: number, name: string): ToolName[] =>
  Array.from({ length: count }, (_, n) => ({
    name: `${name}_${n}`,
    description: `Does the thing (number ${n}), which takes a while to say, as one can see here. More for the model.`,
    risk: n % 2 === 0 ? 'read' : 'dangerous',
  }));
const listOf = (tools: readonly ToolName[]) => {
  const answer = toolList(asked, { tools, disabledTools: ['tool_1'], rules: [] });
  assert.ok(typeof answer === 'object' && 'content' in answer && answer.files);
  const file = answer.files[0]?.bytes.toString() ?? '';
  assert.ok(answer.content.length <= 2_000, `${answer.content.length} characters`);
  return { content: answer.content, file };
};

test('thirty tools are all named in one message, with less about each, and the file says everything', () => {
  const tools = some(30, 'tool');
  const { content, file } = listOf(tools);
  for (const { name } of tools) assert.match(content, new RegExp(`^\`${name}\`: Does the thing`, 'm'));
  assert.match(
    file,
    /^For everybody:\n`tool_0`: Does the thing \(number 0\), which takes a while to say, as one can see here\.\n/,
  );
  assert.match(file, /^Off:\n`tool_1`: /m);
  assert.match(content, /The file says more\. Switch them with/);
});

test('with 96 tools of MCP servers the message still is one, ends after a name, and the file names all', () => {
  const tools = [...some(30, 'tool'), ...some(96, 'memory__create_many_entities')];
  const { content, file } = listOf(tools);
  assert.match(content, /`tool_9` … The file names all of them\.$/);
  for (const { name } of tools) assert.ok(file.includes(`\`${name}\`: `), name);
});
