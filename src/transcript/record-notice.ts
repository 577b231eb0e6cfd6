import type { Log } from '../lib/log.ts';
import type { LiveRecord } from '../ports/record.ts';
import type { TextChannel } from '../ports/room.ts';
import type { StorageHealth } from '../ports/storage.ts';
import { UNPOSTED_LIMIT } from './pages.ts';

/** What it says things with. `most`: utterances that are kept while nothing can be written. */
export interface RecordNoticeDeps {
  readonly text: Pick<TextChannel, 'post'>;
  readonly record: Pick<LiveRecord, 'notice' | 'posted'>;
  readonly health: Pick<StorageHealth, 'trouble'>;
  readonly most: number;
  readonly log: Pick<Log, 'warn'>;
}

/** Tells a conversation's text channel that what is said cannot be written down, and when it can again. Never rejects. */
export class RecordNotice {
  readonly #deps: RecordNoticeDeps;
  /** One after the other, so that the end of a trouble is not told before it. */
  #last: Promise<void> = Promise.resolve();
  #said = 0;
  /** The conversation before keeps something, too, and tells of it when it is written. */
  #othersTell = false;

  constructor(deps: RecordNoticeDeps) {
    this.#deps = deps;
  }

  /** Nothing can be written. `ofOthers`: utterances of conversations before that are still kept. */
  behind(ofOthers: number): void {
    this.#othersTell = ofOthers > 0;
    const { health, most } = this.#deps;
    const reason = health.trouble?.reason ?? 'the database does not take it';
    this.#say(
      `I cannot write down what is said: ${reason}. I keep up to ${most.toLocaleString('en')} lines in memory and write them once it works again; the last ${UNPOSTED_LIMIT} of them are then posted, too. Please tell whoever runs me.`,
    );
  }

  /** Everything that was kept is written. */
  caughtUp(written: number, lost: number): void {
    if (written === 0 && lost === 0 && this.#othersTell) return;
    const kept = `${written} ${written === 1 ? 'utterance that I kept is' : 'utterances that I kept are'} written now`;
    const gone = lost === 0 ? 'nothing is lost' : `${lost} ${lost === 1 ? 'is' : 'are'} lost: it was too much`;
    this.#say(`I can write down again what is said: ${written === 0 ? '' : `${kept}, `}${gone}.`);
  }

  #say(text: string): void {
    const { record, text: channel, log } = this.#deps;
    this.#said += 1;
    const key = `storage:${this.#said}`;
    record.notice(key, text);
    // Not written down first, as everything else is: that is what it is about.
    this.#last = this.#last
      .then(async () => record.posted([key], await channel.post(text)))
      .catch((error: unknown) => log.warn({ err: error }, 'could not say whether what is said is written down'));
  }
}
