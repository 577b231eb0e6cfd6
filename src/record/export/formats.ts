import type { ExportFormat } from '../../ports/export.ts';
import { csvText } from './csv-text.ts';
import { htmlPage } from './html-page.ts';
import { jsonText } from './json-text.ts';
import { markdownText } from './markdown-text.ts';
import { plainText } from './plain-text.ts';
import { subRip, webVtt } from './subtitles.ts';
import type { FileZone } from './times.ts';
import type { TranscriptFormat } from './transcript-format.ts';

/** A fresh one for each file. `zone`: whose clocks and days it has where it is not for programs. */
export function formatOf(name: ExportFormat, zone: FileZone = null): TranscriptFormat {
  switch (name) {
    case 'html':
      return htmlPage();
    case 'txt':
      return plainText(zone);
    case 'md':
      return markdownText(zone);
    case 'json':
      return jsonText;
    case 'csv':
      return csvText(',');
    case 'csv-semicolon':
      return csvText(';');
    case 'srt':
      return subRip();
    case 'vtt':
      return webVtt(zone);
    default:
      return name satisfies never;
  }
}
