import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { KNOWN_MODELS } from '../../src/model/capabilities.ts';
import { TRANSCRIBERS } from '../../src/model/openai/transcription/models.ts';
import { modelsPage } from './models-page.ts';

const PAGE = new URL('../../docs/models.md', import.meta.url);

test('docs/models.md says what the tables say', () => {
  const page = modelsPage();
  if (process.env.UPDATE) writeFileSync(PAGE, page);
  const how = 'write it anew: UPDATE=1 node_modules/.bin/node --test test/model/models-page.test.ts';
  assert.equal(readFileSync(PAGE, 'utf8'), page, how);
  for (const model of [...KNOWN_MODELS, ...Object.keys(TRANSCRIBERS)]) assert.ok(page.includes(`\`${model}\``), model);
});

test('nothing that ends soon is suggested where people choose', () => {
  const ending = Object.entries(TRANSCRIBERS).flatMap(([model, { ends }]) => (ends ? [model] : []));
  assert.ok(ending.includes('whisper-1'));
  const suggesting = [
    '.env.example',
    'README.md',
    'docs/configuration.md',
    'docs/providers.md',
    'docs/gateways.md',
    'docs/commands.md',
    'docs/tools.md',
  ];
  for (const file of suggesting) {
    const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
    for (const model of ending) assert.ok(!text.includes(model), `${file} suggests ${model}`);
  }
});
