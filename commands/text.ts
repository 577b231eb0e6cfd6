// Words and numbers for people, as Discord shows them.

/** Shows untrusted text (a name, a question) as it is: no markdown, no link, no mention, one line, at most `limit` characters. */
export function plain(text: string, limit = 100): string {
  const line = text
    // Control, format and direction characters can hide or turn around what stands after them.
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/\s+/gu, ' ')
    .trim();
  const cut =
    Array.from(line).length > limit
      ? `${Array.from(line)
          .slice(0, limit - 1)
          .join('')}…`
      : line;
  // Discord takes a backslash before any ASCII punctuation as "not markdown": https://docs.discord.com/developers/reference#message-formatting
  return cut.replace(/[!-/:-@[-`{-~]/g, '\\$&');
}

/** A channel as people see it: its name, which is a link for those who may see it. Does not ping. */
export function channelLink(channelId: string): string {
  return `<#${channelId}>`;
}

/** The label of a model: of what stands in its name, only the underscore is markdown. */
export function labelWords(label: string): string {
  return label.replaceAll('_', '\\_');
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(words: readonly string[], last = 'and'): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`;
}

/** `1 minute`, `2 minutes`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** A duration for people: `600 ms`, `1.5 s`, `2 minutes`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${Number((ms / 1000).toFixed(1))} s`;
  return counted(Number((ms / 60_000).toFixed(1)), 'minute');
}

/** The middle value; of an even number the mean of the two in the middle. Undefined for none. */
export function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const upper = sorted[half];
  const lower = sorted[sorted.length % 2 ? half : half - 1];
  return upper === undefined || lower === undefined ? undefined : (lower + upper) / 2;
}
