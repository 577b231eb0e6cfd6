import { sealedTables } from '../../src/store/encryption/encrypted-columns.ts';
import { type Fate, personalTables } from '../../src/store/personal/tables.ts';

const FATES: Readonly<Record<Fate, string>> = {
  deleted: 'deleted',
  disowned: 'stays without id and name',
  emptied: 'emptied',
  kept: 'stays',
};

/** The table of docs/privacy.md, a row for each column in which people are. */
export function privacyTable(): string {
  const rows = Object.entries(personalTables).flatMap(([table, entry]) =>
    Object.entries(entry.columns).map(([column, what], at) => {
      const isSealed = sealedTables[table]?.sealed.includes(column) ?? false;
      const encrypted = isSealed ? 'yes' : /words$/.test(table) && column === 'text' ? 'fingerprints' : 'no';
      const [found, why] = at === 0 ? [entry.found ?? '', entry.why ?? ''] : ['', ''];
      const remark = [found, why].filter(Boolean).join('; ');
      return [
        `\`${table}.${column}\``,
        what,
        encrypted,
        entry.export === null ? 'no' : `\`${entry.export}\``,
        FATES[entry.forget],
        FATES[entry.erase],
        remark,
      ];
    }),
  );
  const head = ['Column', 'What it holds', 'Encrypted', 'Handed over as', 'After forget', 'After erase', 'Remarks'];
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Of a Markdown table, its cells, whatever its columns are padded to. */
export function cellsOf(table: string): string[][] {
  return table
    .trim()
    .split('\n')
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .filter((cells) => !cells.every((cell) => /^-+$/.test(cell)));
}
