import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { BACKGROUNDS, colourOf, contrast } from '../../../src/record/export/colours.ts';

test('contrast is measured as WCAG 2.2 has it', () => {
  assert.equal(contrast('#000000', '#ffffff'), 21);
  assert.equal(contrast('#ffffff', '#ffffff'), 1);
  // #767676 is known as the lightest grey that passes on white.
  assert.equal(contrast('#767676', '#ffffff').toFixed(2), '4.54');
});

test('forty names are readable on every background, light and dark', () => {
  for (const scheme of ['light', 'dark'] as const) {
    for (let person = 0; person < 40; person += 1) {
      for (const background of BACKGROUNDS[scheme]) {
        const measured = contrast(colourOf(person, scheme), background);
        assert.ok(measured >= 4.5, `person ${person} on ${background}: ${measured}`);
      }
    }
  }
});

test('people have different colours', () => {
  const colours = Array.from({ length: 40 }, (_, person) => colourOf(person, 'light'));
  assert.equal(new Set(colours).size, 40);
});

test('the quiet text, the links and the finds of the page are readable on every background of its scheme', () => {
  const [light = '', dark = ''] = readFileSync(
    new URL('../../../src/record/export/page/page.css', import.meta.url),
    'utf8',
  ).split('@media screen and (prefers-color-scheme: dark)');
  for (const [scheme, css] of Object.entries({ light, dark }) as ['light' | 'dark', string][]) {
    const colour = (name: string) => new RegExp(`--${name}: (#[0-9a-f]{6})`).exec(css)?.[1] ?? '';
    assert.deepEqual([colour('page'), colour('raised'), colour('target')], [...BACKGROUNDS[scheme]]);
    for (const background of BACKGROUNDS[scheme]) {
      for (const name of ['ink', 'quiet', 'accent']) {
        assert.ok(contrast(colour(name), background) >= 4.5, `${name} on ${background}`);
      }
      // 1.4.11: the edge of a field.
      assert.ok(contrast(colour('field'), colour('page')) >= 3);
    }
    assert.ok(contrast('#000000', colour('hit')) >= 4.5);
  }
});
