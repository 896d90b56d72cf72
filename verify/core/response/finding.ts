/** Finds a value in a response, such as a name, at the place that the target file defines. */
import { getOrInsert } from '../get-or-insert.ts';
import { Finder } from './finder.ts';
import type { Reply } from './reply.ts';

/** A place in a response: a regular expression whose first group is the value, or one of the objects below. */
export type Finding =
  | string
  /** A JSON pointer (RFC 6901) into the body, or into each message of an event stream. `*` selects every member. */
  | { json: string }
  | { header: string }
  | { cookie: string }
  | { meta: string }
  /** The value of `<input name="…" value="…">`. */
  | { field: string };

type Found = Pick<Reply, 'headers' | 'body' | 'facts' | 'cookies'>;

export interface Findings {
  first(reply: Found): string | undefined;
  all(reply: Found): string[];
}

export function finder(finding: Finding, decode: (html: string) => string): Findings {
  if (typeof finding === 'string') {
    const expression = new Finder(finding);
    const first = (body: string): string | null => {
      const text = expression.first(body);
      return text === undefined ? null : decode(text);
    };
    return {
      first: ({ body, facts }) => {
        if (facts === undefined) return first(body) ?? undefined;
        return getOrInsert(facts.firsts, expression, () => first(body)) ?? undefined;
      },
      all: ({ body }) => {
        const texts = expression.all(body);
        // Uses a loop, because callbacks are slow in k6.
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

function everyOne(finding: { json: string } | { header: string } | { cookie: string }): Findings['all'] {
  if ('json' in finding) {
    const steps = stepsOf(finding.json);
    return ({ headers, body }) => {
      if (!isEventStream(headers)) return texts(pointed(parsed(body), steps));
      return messagesOf(body).flatMap(message => texts(pointed(parsed(message), steps)));
    };
  }
  if ('header' in finding) {
    const name = finding.header.toLowerCase();
    return ({ headers }) => [headers[name] ?? []].flat();
  }
  return ({ cookies }) =>
    cookies.flatMap(({ name, value }) => (name === finding.cookie && value !== undefined ? [value] : []));
}

/** Returns a regular expression for the attribute `held` of a tag with this `name`; attributes in any order. */
const attribute = (tag: string, name: string, held: string): string =>
  `<${tag}(?=[^>]*\\sname=["']?${escaped(name)}["'\\s/>])[^>]*\\s${held}=["']?([^"'>]*)`;

export const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');

const stepsOf = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map(step => step.replaceAll('~1', '/').replaceAll('~0', '~'));

const isEventStream = (headers: Found['headers']): boolean =>
  `${headers['content-type']}`.startsWith('text/event-stream');

/** Returns the data of each event in an event stream (WHATWG HTML, 9.2.6). */
const messagesOf = (stream: string): string[] =>
  stream.split(/(?:\r\n|\r|\n){2}/).map(event =>
    event
      .split(/\r\n|\r|\n/)
      .filter(line => line.startsWith('data:'))
      .map(line => line.slice('data:'.length))
      .join('\n'),
  );

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

const texts = (values: readonly unknown[]): string[] =>
  values.flatMap(value =>
    Array.isArray(value)
      ? texts(value)
      : typeof value === 'string' || typeof value === 'number'
        ? [String(value)]
        : [],
  );
