import type { SessionEvent } from '../../ports/model.ts';
import { repeated } from '../connection/model-socket.ts';
import type { Target } from '../connection/service.ts';
import { fatalProblem, isLimit, type OpenAIProblem } from './failures.ts';

/** One turn may be unintelligible; from this many in a row on it is not the turn. */
const IN_A_ROW = 2;

/** Refusals to write down what people say: each goes to the log, and people are told once what the service says of it. */
export class Unwritable {
  readonly #target: Target;
  readonly #emit: (event: SessionEvent) => void;
  #inARow = 0;
  #told = false;

  constructor(target: Target, emit: (event: SessionEvent) => void) {
    this.#target = target;
    this.#emit = emit;
  }

  wrote(): void {
    this.#inARow = 0;
  }

  failed(problem: OpenAIProblem): void {
    const { service, secrets } = this.#target;
    const text = repeated(problem.message ?? 'no reason given', secrets);
    const code = [problem.type, problem.code].filter(Boolean).join(', ');
    this.#inARow += 1;
    const said = code === '' ? text : `${code}: ${text}`;
    this.#emit({ type: 'refused', message: `A turn was not written down (${this.#inARow} in a row): ${said}` });
    // What it says of the account or the model it will say of every turn.
    const lasting = fatalProblem(problem, this.#target) !== undefined;
    if (this.#told || (!lasting && this.#inARow < IN_A_ROW)) return;
    this.#told = true;
    const why = isLimit(problem) ? 'too many requests of this account for the moment' : text.replace(/\.$/, '');
    this.#emit({ type: 'notice', message: `${service.name} cannot write down what you say: ${why}.` });
  }
}
