import { setTimeout as wait } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';

/**
 * What becomes of one request. `acts`: the thing is done first, as when the answer is lost on its way; what the route
 * refuses is then refused as ever.
 */
export type RestFault =
  /** Answered with this status. `body` as text is sent as it is (`type`: its content type), else as JSON. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly acts?: boolean;
      readonly code?: number;
      readonly message?: string;
      readonly body?: unknown;
      readonly type?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** The connection ends without an answer. */
  | { readonly kind: 'cut'; readonly acts?: boolean }
  /** No answer ever comes; the connection stays. */
  | { readonly kind: 'hang'; readonly acts?: boolean }
  /** The answer comes so much later; the thing itself is done at once, or with `acts: false` only then. */
  | { readonly kind: 'late'; readonly ms: number; readonly acts?: boolean };

/** The request that a rule is asked about. `path` is below `/api/v10`, with its query; `body` as in RecordedRequest. */
export interface FaultedRequest {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

/** Which requests a fault strikes, and how often. */
export interface FaultRule {
  /** Such as 'POST'; absent: all. */
  readonly method?: string;
  /** Absent: all. */
  readonly path?: RegExp;
  /** Absent: all. */
  readonly when?: (request: FaultedRequest) => boolean;
  /** Absent: for good. */
  readonly times?: number;
  /** A function is asked anew for each request; undefined: this one is spared, and counts in no `times`. */
  readonly fault: RestFault | ((request: FaultedRequest) => RestFault | undefined);
}

/** A rule that was added. */
export interface AddedFault {
  /** How many requests it has struck. */
  readonly struck: number;
  /** It strikes no more. Idempotent. */
  remove(): void;
}

interface Rule {
  readonly rule: FaultRule;
  struck: number;
}

/** Faults of the REST API: for each request the first rule that fits strikes. None at first. */
export class RestFaults {
  readonly #rules = new Set<Rule>();

  /** A new rule comes after those that are there. */
  add(rule: FaultRule): AddedFault {
    const added: Rule = { rule, struck: 0 };
    this.#rules.add(added);
    return {
      get struck() {
        return added.struck;
      },
      remove: () => void this.#rules.delete(added),
    };
  }

  /** All is well again. */
  clear(): void {
    this.#rules.clear();
  }

  /** The fault that strikes this request, which counts; undefined: none. */
  strike(request: FaultedRequest): RestFault | undefined {
    for (const one of this.#rules) {
      const { method, path, when, times = Number.POSITIVE_INFINITY, fault } = one.rule;
      if (one.struck >= times || (method !== undefined && method !== request.method)) continue;
      if ((path && !path.test(request.path)) || (when && !when(request))) continue;
      const chosen = typeof fault === 'function' ? fault(request) : fault;
      if (!chosen) continue;
      one.struck += 1;
      return chosen;
    }
    return undefined;
  }
}

/** What a route gave, to be sent as ever. */
export interface Given {
  readonly given: unknown;
}

/**
 * Lets a fault happen. Gives what the route gave where that is to be sent (late); undefined where the answer is sent, or
 * never will be: then `unanswered` was called.
 */
export async function play(
  fault: RestFault,
  at: {
    readonly request: FastifyRequest;
    readonly reply: FastifyReply;
    readonly act: () => unknown;
    readonly unanswered: () => void;
  },
): Promise<Given | undefined> {
  const { request, reply, act, unanswered } = at;
  if (fault.kind === 'late') {
    if (fault.acts === false) await wait(fault.ms);
    const given = await act();
    if (fault.acts !== false) await wait(fault.ms);
    return { given };
  }
  if (fault.acts) await act();
  if (fault.kind === 'status') {
    const { status, code = 0, message = `${status}: simulated`, body = { message, code }, type, headers = {} } = fault;
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    // What refuses before Discord does (Cloudflare, a proxy) knows nothing of its limits.
    for (const name of Object.keys(reply.getHeaders())) if (name.startsWith('x-ratelimit-')) reply.removeHeader(name);
    void reply
      .headers(headers)
      .type(type ?? 'application/json')
      .code(status)
      .send(text);
    return undefined;
  }
  reply.hijack();
  unanswered();
  if (fault.kind === 'cut') request.raw.socket.destroy();
  return undefined;
}
