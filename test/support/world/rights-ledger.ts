import { setTimeout as wait } from 'node:timers/promises';
import pino from 'pino';
import { z } from 'zod';
import type { Delivery } from '../../../src/ports/tool-calls.ts';
import type { Toolbox, ToolRule } from '../../../src/ports/tools.ts';
import { defineTool } from '../../../src/tools/tool.ts';
import { LocalToolbox } from '../../../src/tools/toolbox.ts';
import { gateOf } from '../doubles/toolbox-gate.ts';

/** What a tool does: nothing but looking outside, writing, something that the policy lets one do, something dangerous. */
export type Deed = 'look' | 'post' | 'lock' | 'shut';
type Act = Exclude<Deed, 'look'>;
/** The only one who may; such a tool must never run for anybody else. */
export const RIGHTFUL = { post: 'anna', lock: 'ben', shut: 'carl' } as const satisfies Record<Act, string>;
/** The role that may `shut`; RIGHTFUL.shut has it. */
export const SHUTTERS = 'shutters';

const DEEDS = ['look', 'post', 'lock', 'shut'] as const;
const DELIVERIES = [null, 'interrupt', 'when-idle', 'silent'] as const;
const CONFIRM_MS = 30;

/** `later` null: the model waits for its result. */
export function toolName(does: Deed, later: Delivery | null): string {
  return `${does}${later ? `_${later.replace('-', '_')}` : ''}`;
}

const RISKS = {
  look: { risk: 'read', outside: true },
  post: { risk: 'write', needs: 'mayWrite' },
  lock: { risk: 'write' },
  shut: { risk: 'dangerous', needs: 'ModerateMembers' },
} as const;

/** `lock` for one person instead of everyone, `shut` for a role. */
const RULES: readonly ToolRule[] = DELIVERIES.flatMap((later) => [
  { tool: toolName('lock', later), kind: 'everyone', id: 'guild', allowed: false },
  { tool: toolName('lock', later), kind: 'person', id: RIGHTFUL.lock, allowed: true },
  { tool: toolName('shut', later), kind: 'role', id: SHUTTERS, allowed: true },
]);

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
  /** What was really done but looking, and for whom it was meant. */
  readonly done: {
    readonly does: Act;
    readonly meant: readonly string[];
    readonly askers: readonly string[];
    readonly confirmed: boolean;
  }[] = [];
  /** The real toolbox; whoever asked confirms what asks first. */
  readonly toolbox: Toolbox;
  /** What ran though the model knew text from outside, or words of somebody who may not, and nobody was asked. */
  readonly unasked: string[] = [];
  /** Everybody whose words the model knows; whoever plays the conversation fills it. */
  readonly known = new Set<string>();
  /** How many calls to do something came after such text. */
  afterOutside = 0;
  readonly #meant: (readonly string[])[] = [];
  /** The model got text from outside. */
  #outside = false;
  readonly #tainted = new Set<number>();
  readonly #confirmed = new Set<number>();
  readonly #ticketOf = new Map<string, number>();

  constructor() {
    const real = new LocalToolbox({
      tools: DEEDS.flatMap((does) => DELIVERIES.map((later) => this.#tool(does, later))),
      log: pino({ level: 'silent' }),
      ...gateOf({
        rules: RULES,
        answer: async ({ askers: [first], arguments: args }) => {
          await wait(CONFIRM_MS);
          const { ticket } = JSON.parse(args);
          this.#confirmed.add(ticket);
          return first ? { kind: 'confirmed', by: first } : { kind: 'late' };
        },
      }),
    });
    this.toolbox = {
      declarations: (disabled) => real.declarations(disabled),
      run: async (call, disabled, context) => {
        const { ticket } = JSON.parse(call.arguments);
        // As the model's server names it: the newest connection's, where the session outlived others.
        this.#ticketOf.set(call.callId.replace(/^\d+\//, ''), ticket);
        const askers = context.askers.map(({ userId }) => userId);
        this.calls.push({ name: call.name, meant: this.#meant[ticket] ?? [], askers, certain: context.certain });
        if (!call.name.startsWith('look') && this.#outside) {
          this.#tainted.add(ticket);
          this.afterOutside += 1;
        }
        const result = await real.run(call, disabled, context);
        // What was taken back never reaches the model.
        if (result.outside && !context.signal.aborted) this.#outside = true;
        return result;
      },
      permit: (call, disabled, context) => real.permit(call, disabled, context),
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

  /**
   * What was done for somebody who may not: whoever asked has to be who may, and where it was meant for others as well, as
   * after an answer that broke off, has to have said yes to it.
   */
  get usurped(): string[] {
    return this.done
      .filter(({ does, meant, askers, confirmed }) => {
        const others = (people: readonly string[]) => people.some((one) => one !== RIGHTFUL[does]);
        return others(askers) || (others(meant) && !confirmed);
      })
      .map(({ does, meant, askers }) => `${does} was done for ${askers} and was meant for ${meant}`);
  }

  #tool(does: Deed, later: Delivery | null) {
    const name = toolName(does, later);
    return defineTool({
      name,
      description: name,
      input: z.object({ ticket: z.int(), tookMs: z.int() }),
      ...RISKS[does],
      ...(later ? { blocking: false, delivery: later } : { blocking: true }),
      run: async ({ ticket, tookMs }, context) => {
        if (does !== 'look') {
          const confirmed = this.#confirmed.has(ticket);
          const askers = context.askers.map(({ userId }) => userId);
          this.done.push({ does, meant: this.#meant[ticket] ?? ['nobody'], askers, confirmed });
          const overheard = [...this.known].some((one) => one !== RIGHTFUL[does]);
          if (!confirmed && (overheard || this.#tainted.has(ticket))) this.unasked.push(name);
        }
        await wait(tookMs);
        return { done: true, ticket };
      },
    });
  }
}
