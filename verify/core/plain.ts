/**
 * The lines that a history mostly consists of, told from others field by field. The table in parse.ts says the same of
 * all lines, and says what is wrong; but it looks up each of thirty fields by name, which takes as long as parsing the
 * JSON, while a field that is written out here takes next to nothing. `plain.test.ts` holds this to the table.
 */

type Fields = Readonly<Record<string, unknown>>;

/** @returns true: the line is as the table wants it; false: the table has to tell */
export function isPlain(line: Fields): boolean {
  switch (line['type']) {
    case 'op':
      return isCalled(line) && isReturned(line);
    case 'start':
      return isCalled(line);
    case 'end':
      return isCount(line['id']) && isReturned(line);
    default:
      return false;
  }
}

const actions = new Set<unknown>(['form', 'login', 'logout', 'read', 'add', 'remove', 'set', 'increment']);

function isCalled(line: Fields): boolean {
  return (
    isCount(line['id']) &&
    typeof line['clock'] === 'string' &&
    typeof line['client'] === 'string' &&
    typeof line['session'] === 'string' &&
    typeof line['user'] === 'string' &&
    actions.has(line['action']) &&
    typeof line['request'] === 'string' &&
    Number.isSafeInteger(line['call']) &&
    mayBeText(line['object']) &&
    mayBeText(line['value']) &&
    mayBeText(line['path']) &&
    line['expected'] === undefined &&
    line['state'] === undefined &&
    line['with'] === undefined &&
    line['change'] === undefined &&
    line['direct'] === undefined &&
    mayBeFlag(line['steered']) &&
    line['sent'] === undefined
  );
}

function isReturned(line: Fields): boolean {
  const { outcome, signedIn } = line;
  return (
    (outcome === 'ok' || outcome === 'fail' || outcome === 'info') &&
    (signedIn === undefined || signedIn === 'in' || signedIn === 'out') &&
    (line['return'] === undefined || Number.isSafeInteger(line['return'])) &&
    (line['status'] === undefined || isCount(line['status'])) &&
    mayBeText(line['note']) &&
    mayBeText(line['instance']) &&
    mayBeText(line['source']) &&
    mayBeText(line['sawUser']) &&
    mayBeTexts(line['saw']) &&
    mayBeTexts(line['canaries']) &&
    line['cookies'] === undefined &&
    line['version'] === undefined &&
    line['skew'] === undefined &&
    line['caching'] === undefined &&
    line['exposed'] === undefined &&
    line['resent'] === undefined &&
    line['starved'] === undefined
  );
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

const mayBeFlag = (value: unknown): boolean => value === undefined || typeof value === 'boolean';

const mayBeText = (value: unknown): boolean => value === undefined || typeof value === 'string';

function mayBeTexts(value: unknown): boolean {
  if (value === undefined) return true;
  if (!Array.isArray(value)) return false;
  for (const text of value) if (typeof text !== 'string') return false;
  return true;
}
