// A conversation as files that people take away. Types only.
import type { RecordedConversation, RecordedLine } from './record.ts';
import type { PostFile } from './room.ts';

/** What a conversation can be exported as. */
export type ExportFormat = 'html' | 'txt' | 'md' | 'json' | 'csv' | 'csv-semicolon' | 'srt' | 'vtt';

/** What is exported, in what form and for whom. `server` and `channel` are names as they are shown now, untrusted. */
export interface ExportRequest {
  readonly conversation: RecordedConversation;
  readonly format: ExportFormat;
  readonly server: string;
  readonly channel: string;
  /** Whose clocks and days the file has: the server's zone; null or absent: UTC. */
  readonly zone?: string | null;
  /** Who asked for it, for its turn; absent: nobody knows. */
  readonly by?: { readonly guildId: string; readonly userId: string };
  /** Asked of every line: those that the person may not read are left out. */
  mayRead(line: RecordedLine): Promise<boolean>;
  /** What Discord takes of one file, in bytes. */
  readonly fileLimitBytes: number;
}

/** The files, complete, and how they came about. */
export interface ExportedFiles {
  readonly files: readonly PostFile[];
  /** Lines in them: of whatever kind, as far as the form has a place for them. */
  readonly lines: number;
  /** Lines that the person may not read. */
  readonly withheld: number;
  /** `zipped`, `split`: it was too large for Discord as it was. */
  readonly packed: 'whole' | 'zipped' | 'split';
}

/** Makes exports. */
export interface TranscriptExports {
  /**
   * Reads and writes the whole conversation, in pieces, so that nothing else waits for it; one after the other, in turn by
   * server and person. Rejects with BusyError,
   * with RangeError, with a sentence for people, for what Discord would not take in any way, and with StoreError.
   */
  make(request: ExportRequest): Promise<ExportedFiles>;
}
