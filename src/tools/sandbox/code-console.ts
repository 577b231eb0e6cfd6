/** What the sandbox keeps of the code's own world: how values and errors look in words. */
export interface CodeConsole {
  /** The value in one text, cut; texts as they are. */
  show(value: unknown): string;
  /** `TypeError: what (line 3)`. */
  describe(error: unknown): string;
}

/**
 * Makes `console` in the sandbox and gives what turns values into words there, so that this too stands under the
 * sandbox's limits. Its source is handed to the sandbox as text: it may use nothing from outside of itself. What it
 * needs of the language is taken before the code runs, which may change all of it.
 */
export function codeConsole(print: (text: string) => void): CodeConsole {
  const LONGEST = 6_000;
  const MOST_ITEMS = 100;
  const DEEPEST = 6;
  const { isArray, from } = Array;
  const kinds = { Map, Set, Date, RegExp, Error };
  const text = String;
  const { entries, getPrototypeOf, is } = Object;
  const { stringify } = JSON;
  const cut = (long: string): string => (long.length > LONGEST ? `${long.slice(0, LONGEST)}… (cut)` : long);
  const list = (items: unknown[], open: string, close: string, one: (item: never) => string): string => {
    const shown: string[] = [];
    let length = 0;
    for (let at = 0; at < items.length && at < MOST_ITEMS && length < LONGEST; at += 1) {
      const item = one(items[at] as never);
      length += item.length;
      shown[at] = item;
    }
    if (shown.length < items.length) shown[shown.length] = `… ${items.length - shown.length} more`;
    return `${open}${shown.join(', ')}${close}`;
  };
  const describe = (error: unknown): string => {
    if (!(error instanceof kinds.Error)) return `thrown: ${show(error)}`;
    const line = /code\.js:(\d+)/.exec(text(error.stack))?.[1];
    return cut(`${text(error.name)}: ${text(error.message)}`) + (line ? ` (line ${line})` : '');
  };
  const inner = (value: unknown, above: readonly unknown[]): string => {
    if (typeof value === 'string') return stringify(value.length > LONGEST ? cut(value) : value);
    if (typeof value === 'bigint') return `${value}n`;
    if (typeof value === 'function') return `[function ${text(value.name) || 'without a name'}]`;
    if (is(value, -0)) return '-0';
    if (typeof value !== 'object' || value === null) return text(value);
    if (value instanceof kinds.Error) return describe(value);
    if (value instanceof kinds.Date || value instanceof kinds.RegExp) return text(value);
    if (above.includes(value)) return '[circular]';
    if (above.length >= DEEPEST) return isArray(value) ? '[…]' : '{…}';
    const inside = [...above, value];
    const pair = ([key, item]: [unknown, unknown]) => `${inner(key, inside)} => ${inner(item, inside)}`;
    const field = ([key, item]: [string, unknown]) =>
      `${/^[\w$]+$/.test(key) ? key : stringify(key)}: ${inner(item, inside)}`;
    if (isArray(value)) return list(value, '[', ']', (item) => inner(item, inside));
    if (value instanceof kinds.Map) return list(from(value), `Map(${value.size}) {`, '}', pair);
    if (value instanceof kinds.Set)
      return list(from(value), `Set(${value.size}) {`, '}', (item) => inner(item, inside));
    if (ArrayBuffer.isView(value) && 'length' in value)
      return list(from(value as never), '[', ']', (item) => text(item));
    const maker = getPrototypeOf(value)?.constructor?.name;
    return list(entries(value), maker && maker !== 'Object' ? `${maker} {` : '{', '}', field);
  };
  const show = (value: unknown): string => cut(typeof value === 'string' ? value : inner(value, []));
  const write = (...values: unknown[]): void => print(cut(values.map(show).join(' ')));
  const named = ['log', 'info', 'warn', 'error', 'debug', 'table', 'dir', 'trace'].map((name) => [name, write]);
  Object.defineProperty(globalThis, 'console', {
    value: Object.fromEntries(named),
    configurable: true,
    writable: true,
  });
  return { show, describe };
}
