import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { getCompileCacheDir } from 'node:module';
import { fileURLToPath } from 'node:url';
import { eventually } from '../time/eventually.ts';

const compiledIn = getCompileCacheDir();
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
/** Where the tests keep compiled modules (test/runner/compile-cache.ts), if they do: only the start gets quicker by it. */
export const COMPILED: NodeJS.ProcessEnv = compiledIn ? { NODE_COMPILE_CACHE: compiledIn } : {};

/** The bot (or another program of it) as a process of its own, with nothing in its environment but what is given. */
export class BotProcess {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';

  /** `args`: what Node runs; default: as `npm start`. */
  constructor(env: NodeJS.ProcessEnv, args: readonly string[] = ['src/main.ts']) {
    this.child = spawn(process.execPath, args, {
      cwd: ROOT,
      env: { PATH: process.env.PATH, ...COMPILED, ...env },
    });
    this.child.stdout?.on('data', (chunk) => {
      this.stdout += chunk;
    });
    this.child.stderr?.on('data', (chunk) => {
      this.stderr += chunk;
    });
  }

  /** The exit code; throws after `timeoutMs`, having killed it. */
  async exit(timeoutMs = 45_000): Promise<number | null> {
    if (this.child.exitCode !== null) return this.child.exitCode;
    const timer = setTimeout(() => this.child.kill('SIGKILL'), timeoutMs);
    const [code, signal] = await once(this.child, 'exit');
    clearTimeout(timer);
    if (signal === 'SIGKILL') throw new Error(`did not exit within ${timeoutMs} ms: ${this.stderr}${this.stdout}`);
    return code;
  }

  /** Waits for a text on stdout. */
  async says(text: string, timeoutMs = 45_000): Promise<void> {
    const story = (): string => `${this.stderr}${this.stdout}`;
    const check = (): boolean => {
      if (this.stdout.includes(text)) return true;
      if (this.child.exitCode !== null) throw new Error(`ended, and never said “${text}”: ${story()}`);
      return false;
    };
    await eventually(`“${text}” on stdout`, check, { withinMs: timeoutMs, story });
  }
}
