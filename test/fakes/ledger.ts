import { setTimeout as wait } from 'node:timers/promises';
import pino from 'pino';
import { z } from 'zod';
import type { Delivery, Toolbox } from '../../src/bridge/ports.ts';
import { defineTool } from '../../src/tools/tool.ts';
import { LocalToolbox } from '../../src/tools/toolbox.ts';

/** The only one who may write; a tool that writes must never run for anybody else. */
export const WRITER = 'anna';

const DELIVERIES = [null, 'interrupt', 'when-idle', 'silent'] as const;

/** `later` null: the model waits for its result. */
export function toolName(write: boolean, later: Delivery | null): string {
  return `${write ? 'post' : 'look'}${later ? `_${later.replace('-', '_')}` : ''}`;
}

/** A call for whom it was (`meant`: the people whose turns the model had before it) and for whom it ran. */
export interface CheckedCall {
  readonly name: string;
  readonly meant: readonly string[];
  readonly askers: readonly string[];
  readonly certain: boolean;
}

/** Whom each call was meant for, by a ticket that the model writes into its arguments, and for whom it ran. */
export class Ledger {
  readonly calls: CheckedCall[] = [];
  /** For whom the writing tool really ran. */
  readonly written: (readonly string[])[] = [];
  /** The real toolbox with `look…`, which anybody may use, and `post…`, which needs the right to write. */
  readonly toolbox: Toolbox;
  readonly #meant: (readonly string[])[] = [];
  readonly #ticketOf = new Map<string, number>();

  constructor() {
    const real = new LocalToolbox({
      tools: [false, true].flatMap((write) => DELIVERIES.map((later) => this.#tool(write, later))),
      log: pino({ level: 'silent' }),
    });
    this.toolbox = {
      declarations: (disabled) => real.declarations(disabled),
      run: (call, disabled, context) => {
        const { ticket } = JSON.parse(call.arguments);
        // As the model's server names it: the newest connection's, where the session outlived others.
        this.#ticketOf.set(call.callId.replace(/^\d+\//, ''), ticket);
        const askers = context.askers.map(({ userId }) => userId);
        this.calls.push({ name: call.name, meant: this.#meant[ticket] ?? [], askers, certain: context.certain });
        return real.run(call, disabled, context);
      },
    };
  }

  get issued(): number {
    return this.#meant.length;
  }

  /** A ticket for a call that is meant for these people. */
  issue(people: readonly string[]): number {
    return this.#meant.push(people) - 1;
  }

  /** For whom this call was meant. */
  behind(callId: string): readonly string[] {
    return this.#meant[this.#ticketOf.get(callId) ?? -1] ?? [];
  }

  /** For whom the calls were meant whose tickets this text names. */
  named(text: string): readonly string[] {
    return [...text.matchAll(/ticket\\*":(\d+)/g)].flatMap(([, ticket]) => this.#meant[Number(ticket)] ?? []);
  }

  #tool(write: boolean, later: Delivery | null) {
    const name = toolName(write, later);
    return defineTool({
      name,
      description: name,
      input: z.object({ ticket: z.int(), tookMs: z.int() }),
      risk: write ? 'write' : 'read',
      ...(write ? { needs: 'mayWrite' as const } : {}),
      ...(later ? { blocking: false, delivery: later } : {}),
      run: async ({ ticket, tookMs }) => {
        if (write) this.written.push(this.#meant[ticket] ?? ['nobody']);
        await wait(tookMs);
        return { done: true, ticket };
      },
    });
  }
}
