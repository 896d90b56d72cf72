/** How one thing is found in a reply: a name, a token, an item of a list. */
import { Finder } from './finder.ts';

/** A regular expression whose first group is what it finds; or the place where it stands. */
export type Finding =
  | string
  /** A JSON pointer (RFC 6901) into the body; `*` stands for every member of a list or an object. */
  | { json: string }
  /** A header of the response. */
  | { header: string }
  /** A cookie that the response sets. */
  | { cookie: string }
  /** `<meta name="…" content="…">` */
  | { meta: string }
  /** `<input name="…" value="…">` */
  | { field: string };

/** What a finding looks at. */
interface Found {
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: string;
  cookies: readonly { name: string; value?: string }[];
}

export interface Findings {
  /** @returns the first one in a reply */
  first(reply: Found): string | undefined;
  /** @returns all, in the order in which they stand there */
  all(reply: Found): string[];
}

/** @param decode resolves the character references of HTML, where the finding is in a page */
export function finder(finding: Finding, decode: (html: string) => string): Findings {
  if (typeof finding === 'string') {
    const expression = new Finder(finding);
    return {
      first: ({ body }) => {
        const text = expression.first(body);
        return text === undefined ? undefined : decode(text);
      },
      all: ({ body }) => {
        const texts = expression.all(body);
        // By index: in k6 a callback costs more than what it does.
        for (let i = 0; i < texts.length; i++) texts[i] = decode(texts[i] as string);
        return texts;
      },
    };
  }
  if ('meta' in finding) return finder(attribute('meta', finding.meta, 'content'), decode);
  if ('field' in finding) return finder(attribute('input', finding.field, 'value'), decode);
  const all = everyOne(finding);
  return { first: reply => all(reply)[0], all };
}

/** Those that are no texts of a page. */
function everyOne(finding: { json: string } | { header: string } | { cookie: string }): Findings['all'] {
  if ('json' in finding) {
    const steps = stepsOf(finding.json);
    return ({ body }) => texts(pointed(parsed(body), steps));
  }
  if ('header' in finding) {
    const name = finding.header.toLowerCase();
    return ({ headers }) => [headers[name] ?? []].flat();
  }
  return ({ cookies }) =>
    cookies.flatMap(({ name, value }) => (name === finding.cookie && value !== undefined ? [value] : []));
}

/** @returns an expression that finds an attribute of the tag that has this name, in whichever order they stand */
const attribute = (tag: string, name: string, held: string): string =>
  `<${tag}(?=[^>]*\\sname=["']?${escaped(name)}["'\\s/>])[^>]*\\s${held}=["']?([^"'>]*)`;

/** @returns the source of a regular expression that matches just this text */
export const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');

const stepsOf = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map(step => step.replaceAll('~1', '/').replaceAll('~0', '~'));

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function pointed(value: unknown, [step, ...more]: readonly string[]): unknown[] {
  if (step === undefined) return [value];
  if (typeof value !== 'object' || value === null) return [];
  if (step === '*') return Object.values(value).flatMap(member => pointed(member, more));
  return Object.hasOwn(value, step) ? pointed((value as Record<string, unknown>)[step], more) : [];
}

/** Texts and numbers; a list stands for its members. */
const texts = (values: readonly unknown[]): string[] =>
  values.flatMap(value =>
    Array.isArray(value)
      ? texts(value)
      : typeof value === 'string' || typeof value === 'number'
        ? [String(value)]
        : [],
  );
