// A conversation as files that people take away. Types only.
import type { PostFile } from './room-ports.ts';

/** What a conversation can be exported as. */
export type ExportFormat = 'html' | 'txt' | 'md' | 'json' | 'csv' | 'srt' | 'vtt';

/** Which conversation, and in what form. `server` and `channel` are names as they are shown now, untrusted. */
export interface ExportRequest {
  readonly guildId: string;
  readonly conversationId: number;
  readonly format: ExportFormat;
  readonly server: string;
  readonly channel: string;
  /** What Discord takes of one file, in bytes. */
  readonly fileLimitBytes: number;
}

/** The files, complete, and how they came about. */
export interface ExportedFiles {
  readonly files: readonly PostFile[];
  readonly lines: number;
  /** `zipped`, `split`: it was too large for Discord as it was. */
  readonly packed: 'whole' | 'zipped' | 'split';
}

/** Makes exports. */
export interface TranscriptExports {
  /**
   * Reads and writes the whole conversation, in pieces, so that nothing else waits for it. Undefined: there is none (any
   * more). Rejects with RangeError, with a sentence for people, for what Discord would not take in any way.
   */
  make(request: ExportRequest): Promise<ExportedFiles | undefined>;
}
