import { failedAnswer, type RequestId, readMessage } from './message.ts';

/**
 * A server's event stream (html.spec.whatwg.org/multipage/server-sent-events.html) with each message put right, and with
 * an answer to the request `id` in any case: one that was cut off is a failed one, unless the stream can be taken up
 * again (it named an event id). `mostBytes`: of one message; past it the stream breaks off.
 */
export function answerStream(
  body: ReadableStream<Uint8Array>,
  { id, mostBytes }: { readonly id: RequestId | undefined; readonly mostBytes: number },
): ReadableStream<Uint8Array> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  const encoder = new TextEncoder();
  const events = new Events(id, mostBytes);
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        for (;;) {
          const { value, done } = await reader.read();
          const text = done ? events.end('its answer was cut off') : events.take(value);
          if (text !== '') controller.enqueue(encoder.encode(text));
          if (done) controller.close();
          if (done || text !== '') return;
        }
      } catch (error) {
        void reader.cancel().catch(() => {});
        const text = events.end(error instanceof TooLong ? error.message : 'its answer was cut off');
        if (text === '') controller.error(error);
        else {
          controller.enqueue(encoder.encode(text));
          controller.close();
        }
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

class TooLong extends Error {}

/** The events of one stream, as they come in. */
class Events {
  readonly #id: RequestId | undefined;
  readonly #mostBytes: number;
  #open = '';
  #answered = false;
  #resumable = false;
  #strayed = false;

  constructor(id: RequestId | undefined, mostBytes: number) {
    this.#id = id;
    this.#mostBytes = mostBytes;
  }

  /** What can be passed on now. Throws where a message is too long. */
  take(text: string): string {
    this.#open += text;
    // A long message is one line: it is looked through once it is whole.
    if (!/[\r\n]/.test(text)) return this.#kept();
    const whole = this.#open.split(/\r\n\r\n|\n\n|\r\r/);
    this.#open = whole.pop() ?? '';
    return whole.map((event) => this.#read(event)).join('') + this.#kept();
  }

  /** Nothing, where what is not whole yet may go on. */
  #kept(): '' {
    if (this.#open.length > this.#mostBytes) throw new TooLong('a message of it is longer than 10 MB');
    return '';
  }

  /** What is to be passed on at the end. */
  end(why: string): string {
    if (this.#id === undefined || this.#answered || this.#resumable) return '';
    this.#answered = true;
    const reason = this.#strayed ? 'it answered something else than what was asked' : why;
    return eventOf(failedAnswer(this.#id, reason));
  }

  #read(event: string): string {
    const lines = event.split(/\r\n|\n|\r/).filter((line) => line !== '');
    const other = lines.filter((line) => !/^data(:|$)/.test(line));
    const data = lines.filter((line) => /^data(:|$)/.test(line)).map((line) => line.replace(/^data:? ?/, ''));
    if (other.some((line) => /^id: ?./.test(line))) this.#resumable = true;
    const kind =
      other
        .find((line) => line.startsWith('event:'))
        ?.slice(6)
        .trim() ?? 'message';
    const text = data.join('\n');
    if (text.trim() === '' || kind !== 'message') return `${lines.join('\n')}\n\n`;
    const messages = this.#messagesIn(text);
    const head = other.map((line) => `${line}\n`).join('');
    // The id stands with the first: what follows belongs to the same event.
    return messages.length === 0
      ? `${head}\n`
      : messages.map((message, at) => `${at === 0 ? head : ''}${eventOf(message)}`).join('');
  }

  #messagesIn(text: string): readonly object[] {
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      return this.#failed('its answer is no JSON');
    }
    const messages = [json].flat().flatMap((one) => readMessage(one) ?? []);
    if (messages.length === 0) return this.#failed('its answer is no MCP');
    // An answer to something else would be given to whoever waits for that.
    return messages.filter((message) => {
      if ('method' in message || this.#id === undefined) return true;
      const own = String(message.id) === String(this.#id);
      if (own) this.#answered = true;
      else this.#strayed = true;
      return own;
    });
  }

  #failed(why: string): readonly object[] {
    if (this.#id === undefined || this.#answered) return [];
    this.#answered = true;
    return [failedAnswer(this.#id, why)];
  }
}

function eventOf(message: object): string {
  return `data: ${JSON.stringify(message)}\n\n`;
}
