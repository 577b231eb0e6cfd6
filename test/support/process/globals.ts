// Preloaded into a process, or run alone: writes down on SIGUSR2 what everything is that all code in the process shares.
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
/** Modules of Node whose functions libraries have replaced before. */
const MODULES =
  'http https http2 net tls dns dgram fs events stream timers process child_process worker_threads crypto zlib buffer url util path os module vm async_hooks diagnostics_channel perf_hooks string_decoder querystring';

/** Whose own a thing is: a function by its text, another object by the text of what made it, anything else by its value. */
function described(value: unknown): string {
  if (typeof value === 'function') return `function ${value.name} ${hashed(value)}`;
  if (typeof value !== 'object' || value === null) return String(value);
  const made = Reflect.get(value, 'constructor');
  return typeof made === 'function' ? `${made.name} ${hashed(made)}` : 'object';
}

function hashed(code: unknown): string {
  return createHash('sha256').update(Function.prototype.toString.call(code)).digest('hex').slice(0, 12);
}

function addOwn(all: Record<string, string>, path: string, owner: object, wanted = (_: unknown) => true): void {
  for (const key of Reflect.ownKeys(owner)) {
    const at = `${path}.${String(key)}`;
    const { get, set } = Object.getOwnPropertyDescriptor(owner, key) ?? {};
    // What Node makes at the first use is read, and so made. Accessors of classes tell of themselves, not of the process.
    if ((get || set) && path.startsWith('globalThis.')) all[at] = `${described(get)} ${described(set)}`;
    else {
      const value: unknown = Reflect.get(owner, key);
      if (wanted(value)) all[at] = described(value);
    }
  }
}

/** By path, as in `globalThis.Array.prototype.map` or `node:http.request`. Reading makes Node load its fetch API: only afterwards. */
function everything(): Record<string, string> {
  const all: Record<string, string> = {};
  // Loads Node's fetch API, which adds symbols, where nothing has yet.
  void globalThis.FormData;
  addOwn(all, 'globalThis', globalThis);
  for (const key of Object.getOwnPropertyNames(globalThis)) {
    const value: unknown = Reflect.get(globalThis, key);
    if (typeof value !== 'function') continue;
    addOwn(all, `globalThis.${key}`, value, (own) => own !== value.prototype);
    if (value.prototype) addOwn(all, `globalThis.${key}.prototype`, value.prototype);
  }
  for (const name of ['console', 'JSON', 'Math', 'Reflect', 'performance', 'crypto']) {
    addOwn(all, `globalThis.${name}`, Reflect.get(globalThis, name), (own) => typeof own === 'function');
  }
  for (const name of MODULES.split(' ')) {
    addOwn(all, `node:${name}`, require(`node:${name}`), (own) => typeof own === 'function');
  }
  for (const event of process.eventNames()) {
    const listeners = process.rawListeners(event);
    all[`process.on ${String(event)}`] = listeners.map((one) => hashed(one)).join();
  }
  return all;
}

const { GLOBALS_FILE } = process.env;
if (GLOBALS_FILE) process.on('SIGUSR2', () => writeFileSync(GLOBALS_FILE, JSON.stringify(everything())));
if (import.meta.main) {
  process.stdout.write('up');
  setInterval(() => {}, 1_000);
}
