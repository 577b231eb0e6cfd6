import type { Logger } from 'pino';
import type { ToolCall } from '../ports/tool-calls.ts';
import type { ConfirmationAnswer, Decision, ToolContext, ToolPolicies } from '../ports/tools.ts';
import type { Person, UserId } from '../ports/voice.ts';
import type { Confirmations } from './confirmations.ts';
import { JudgedPlace } from './judged-place.ts';
import { type Judged, judge } from './policy.ts';
import { RateLimits } from './rate-limits.ts';
import { type RunCall, type Tool, ToolError } from './tool.ts';

/** What a gate stands on. `now`: milliseconds of a clock that never goes back; only tests need another. */
export interface GateParts {
  readonly policies: Pick<ToolPolicies, 'rules'>;
  readonly confirmations: Pick<Confirmations, 'ask'>;
  readonly log: Pick<Logger, 'warn'>;
  readonly now?: () => number;
}

/** What a call is judged by. */
type Gated = Judged & Pick<Tool, 'confirm'>;

interface Asked {
  readonly disabled: readonly string[];
  readonly context: ToolContext;
  /** Checks the arguments and looks up what they name; throws ToolError. Absent: nobody here knows them. */
  readonly prepare?: () => Promise<{ readonly words?: string; readonly run: RunCall }>;
}

interface Attempt extends Asked {
  readonly place: JudgedPlace;
}

/** Beyond these nobody is looked up: the button asks. */
const MOST_LOOKED_UP = 25;
/** Discord cannot be asked for longer than people like to wait. */
const REFRESH_MS = 5_000;
const SHOWN_ARGUMENTS = 200;

/**
 * What stands between a call and its tool: the policy with the roles that people have now, how often they called, and
 * the button of those that ask first. Says each decision to the context, for `/why`.
 */
export class CallGate {
  readonly #policies: GateParts['policies'];
  readonly #confirmations: GateParts['confirmations'];
  readonly #log: GateParts['log'];
  readonly #now: () => number;
  readonly #limits = new RateLimits();

  constructor({ policies, confirmations, log, now = () => performance.now() }: GateParts) {
    this.#policies = policies;
    this.#confirmations = confirmations;
    this.#log = log;
    this.#now = now;
  }

  /** Gives what runs the call. Throws ToolError with the reason where it may not run. */
  async pass(tool: Gated, call: ToolCall, asked: Asked): Promise<RunCall> {
    const { context } = asked;
    const place = new JudgedPlace(context);
    const attempt = { ...asked, place };
    try {
      const { sentence, run } = await this.#pass(tool, call, attempt);
      context.decided(decision('allowed', call, context, sentence));
      return async (running) => {
        // A moderator may have moved the bot, or chosen another channel, since it was allowed.
        if (!place.isSame) await this.#judgeAgain(tool, call, attempt);
        return run({ ...running, text: place, stillMay: () => this.#judgeAgain(tool, call, attempt) });
      };
    } catch (error) {
      const reason =
        error instanceof ToolError ? error.message : 'Something in me broke; the log of the bot says what.';
      context.decided(decision('refused', call, context, reason));
      throw error;
    }
  }

  async #pass(
    tool: Gated,
    call: ToolCall,
    attempt: Attempt,
  ): Promise<{ readonly sentence: string; readonly run: RunCall }> {
    const { context, prepare } = attempt;
    let sentence = await this.#judge(tool, attempt);
    this.#limit(tool, context);
    const { words, run } = (await prepare?.()) ?? { run: () => Promise.resolve(null) };
    const overheard = await this.#isOverheard(tool, attempt);
    if (overheard || asksFirst(tool, context)) {
      const { askers, tainted = false } = context;
      const question = { tool: call.name, askers, arguments: call.arguments, words, tainted, overheard };
      const answer = await this.#confirmations.ask(question, context.text, context.signal, context.asking);
      const by = confirmedBy(tool.name, answer);
      // A minute is long enough to lose a role, or for a manager to change the policy.
      await this.#judge(tool, attempt);
      sentence = `${sentence} ${by} confirmed it.`;
    }
    return { sentence, run };
  }

  /** It had to wait for its turn: a right may have been taken meanwhile. */
  async #judgeAgain(tool: Gated, call: ToolCall, attempt: Attempt): Promise<void> {
    const { context } = attempt;
    try {
      await this.#judge(tool, attempt);
    } catch (error) {
      if (error instanceof ToolError) context.decided(decision('refused', call, context, error.message));
      throw error;
    }
  }

  /** Gives why it is allowed; throws ToolError where it is not. */
  async #judge(tool: Gated, { disabled, context, place }: Attempt): Promise<string> {
    const { room, askers, certain } = context;
    const rules = await this.#rules(room.guildId);
    const depends = tool.risk !== 'read' || tool.needs !== null || rules.some((rule) => rule.tool === tool.name);
    await this.#refresh(tool, context, depends);
    const off = context.disabled?.() ?? disabled;
    const verdict = judge(tool, { disabled: off, rules, askers, certain, room });
    if (!verdict.allowed) throw new ToolError(verdict.reason);
    place.judged();
    return verdict.because;
  }

  /**
   * Whether it may be the wish of somebody who may not: of anybody whose words the model also knew. They did not ask, so it
   * is never refused because of them; but it is not done without a person's hand either.
   */
  async #isOverheard(tool: Gated, { context }: Attempt): Promise<boolean> {
    const { room, bystanders } = context;
    if (!bystanders || (bystanders.people.length === 0 && bystanders.certain)) return false;
    const rules = await this.#rules(room.guildId);
    const mayNot = (askers: readonly Person[], certain: boolean): boolean =>
      !judge(tool, { disabled: [], rules, askers, certain, room }).allowed;
    if (!bystanders.certain && mayNot([], false)) return true;
    if (tool.risk === 'read' && tool.needs === null && !rules.some((rule) => rule.tool === tool.name)) return false;
    const { people } = bystanders;
    // What is remembered of them is enough to ask; only that nobody has to be asked needs Discord's word.
    const anyMayNot = (): boolean => people.some((person) => mayNot([person], true));
    if (people.length > MOST_LOOKED_UP || anyMayNot()) return true;
    try {
      await this.#refresh(tool, { ...context, askers: people }, true);
    } catch {
      return true;
    }
    return anyMayNot();
  }

  async #rules(guildId: string) {
    try {
      return await this.#policies.rules(guildId);
    } catch (error) {
      this.#log.warn({ err: error, guildId }, 'the policy of tools cannot be read');
      throw new ToolError('I cannot look up who may use which tool at the moment. Try again later.');
    }
  }

  /**
   * `depends`: the verdict depends on roles and permissions; else only on whether they are members still, and who is here
   * is one.
   */
  async #refresh(tool: Gated, { room, askers }: ToolContext, depends: boolean): Promise<void> {
    const here = room.people().map(({ userId }) => userId);
    const isKnown = (userId: UserId): boolean => here.includes(userId) && room.isMember?.(userId) !== false;
    const ids = askers.map(({ userId }) => userId).filter((userId) => depends || !isKnown(userId));
    if (ids.length === 0) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('no answer')), REFRESH_MS);
    });
    try {
      await Promise.race([depends ? room.refresh(ids) : room.refreshMembers?.(ids), late]);
    } catch (error) {
      this.#log.warn({ err: error, guildId: room.guildId }, 'the roles of people cannot be looked up');
      throw new ToolError(`I could not ask Discord who may use ${tool.name} now. Try again in a moment.`);
    } finally {
      clearTimeout(timer);
    }
  }

  #limit({ name, risk }: Gated, { room, askers }: ToolContext): void {
    const userIds = askers.map(({ userId }) => userId);
    const waitMs = this.#limits.take({ guildId: room.guildId, tool: name, risk, userIds }, this.#now());
    if (waitMs === 0) return;
    const seconds = Math.ceil(waitMs / 1_000);
    throw new ToolError(`${name} was used too often. It can be used again in ${seconds} s.`);
  }
}

/** Whether a person has to press a button before this call runs. */
function asksFirst(tool: Gated, { tainted = false, typed = false }: ToolContext): boolean {
  if (tool.confirm === 'always') return true;
  if (tainted && tool.risk !== 'read') return true;
  return tool.confirm && !typed;
}

/** Who said yes; throws ToolError where nobody did. */
function confirmedBy(tool: string, answer: ConfirmationAnswer): string {
  switch (answer.kind) {
    case 'confirmed':
      return JSON.stringify(answer.by.name);
    case 'declined':
      throw new ToolError(
        `${JSON.stringify(answer.by.name)} said no to ${tool}. Do not call it again unless somebody asks.`,
      );
    case 'late':
      throw new ToolError(`Nobody confirmed ${tool} with the button within 60 s, so it did not run.`);
    case 'cancelled':
      throw new ToolError(`The call of ${tool} was cancelled.`);
    case 'unasked':
      throw new ToolError(`${tool} did not run. ${answer.reason}`);
    default:
      return answer satisfies never;
  }
}

function decision(outcome: Decision['outcome'], call: ToolCall, context: ToolContext, because: string): Decision {
  const { askers, certain } = context;
  const args = call.arguments.trim().slice(0, SHOWN_ARGUMENTS);
  return { kind: 'tool', outcome, askers, certain, what: `${call.name.slice(0, 100)} ${args}`.trimEnd(), because };
}
