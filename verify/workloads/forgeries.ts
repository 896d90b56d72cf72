/** Ways of changing a session cookie that no decoder undoes. */

export interface Forgery {
  /** How it was changed. */
  change: string;
  forged: string;
}

/** A part that carries something: shorter ones are prefixes, versions and the names of instances. */
const PART = /[\w+/-]{12,}/g;

/**
 * Never the last character of a part, which may decode to the same, nor a short suffix, by which a balancer routes.
 *
 * @param value of the cookie
 * @param other value of another session's
 */
export function forgeries(value: string, other: string): Forgery[] {
  const encoded = value.includes('%');
  const [own, theirs] = encoded ? [decoded(value), decoded(other)] : [value, other];
  const parts = [...own.matchAll(PART)];
  const found: Forgery[] = parts.slice(0, 3).map(({ 0: part, index }, i) => ({
    change: `a character of part ${i + 1}`,
    forged: flipped(own, index + Math.floor(part.length / 2)),
  }));
  found.push({ change: 'cut', forged: own.slice(0, Math.ceil(own.length / 2)) });
  found.push({ change: 'emptied', forged: '' });
  const [mine, another] = [ends(parts[0]), ends([...theirs.matchAll(PART)][0])];
  if (parts.length > 1 && mine > 0 && another > 0) {
    found.push({ change: 'spliced with another', forged: own.slice(0, mine) + theirs.slice(another) });
  }
  return found
    .filter(({ forged }) => forged !== own && forged !== theirs)
    .map(({ change, forged }) => ({ change, forged: encoded ? encodeURIComponent(forged) : forged }));
}

/** Where a part ends; 0 when there is none. */
const ends = (part: RegExpExecArray | undefined): number =>
  part === undefined ? 0 : part.index + part[0].length;

/** Another character of the same kind. */
function flipped(text: string, at: number): string {
  const old = text[at] as string;
  const kind = ['0123456789', 'abcdef', 'ABCDEF', 'ghijklmnopqrstuvwxyz', 'GHIJKLMNOPQRSTUVWXYZ', '-_', '+/'];
  const alike = kind.find(letters => letters.includes(old)) ?? 'ax';
  const next = alike[(alike.indexOf(old) + 1) % alike.length] as string;
  return text.slice(0, at) + next + text.slice(at + 1);
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
