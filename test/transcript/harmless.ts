import assert from 'node:assert/strict';

const CONTROLS = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066\u2067\u200b\u200e\u200f]/u;

/** Asserts that Discord would show this one line literally: nothing pings, formats or breaks the line. */
export function assertHarmless(line: string): void {
  assert.doesNotMatch(line, /@(everyone|here)/i, 'pings everybody');
  assert.doesNotMatch(line, /<(@[!&]?|#|a?:\w+:|t:|id:|\/)\d*/, 'is a mention, an emoji or a date');
  assert.doesNotMatch(line, CONTROLS, 'has a control character');
  assert.ok(line.isWellFormed());
  // What is left when every escape is taken out must hold nothing that formats.
  const bare = line.replace(/\\[^0-9A-Za-z\s]/g, '¤');
  assert.doesNotMatch(bare, /[\\*_~`|<>[\]@]/, 'formats');
  assert.doesNotMatch(bare, /(?<!\/\/[^\s/]*):[\w+-]{2,}:(?!\/\/)/, 'is an emoji');
  assert.doesNotMatch(bare, /^(#|-|\+|\d+\.( |$))/, 'is a heading or a list');
}
