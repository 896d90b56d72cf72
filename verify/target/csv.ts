/** Parses CSV files (RFC 4180). The first row names the fields. */

/**
 * Returns each row as an object with the names in the first row as keys. It skips empty rows.
 *
 * @param text the content of the file. Commas separate fields; a field in quotes may contain commas, line ends, and
 * `""` for a quote
 */
export function csvRows(text: string): Record<string, string>[] {
  const [names = [], ...rows] = fieldsOf(text.replace(/^\ufeff/, ''));
  return rows
    .filter(row => row.some(field => field !== ''))
    .map(row => Object.fromEntries(names.map((name, i) => [name.trim(), row[i] ?? ''])));
}

const FIELD = /(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r\n|\n|\r|$)/gy;

function fieldsOf(text: string): string[][] {
  const rows: string[][] = [[]];
  for (const [, quoted, plain, end] of text.matchAll(FIELD)) {
    rows.at(-1)?.push(quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'));
    if (end === '') break;
    if (end !== ',') rows.push([]);
  }
  return rows;
}
