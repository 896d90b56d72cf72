/** Parses a CSV file (RFC 4180). Returns an object for each row, with the first row as keys. Skips empty rows. */
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
