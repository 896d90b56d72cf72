/** Explains an error in a target file: what was expected, what came, and how to correct it. */
import type { z } from 'zod';
import { nearest } from '../nearest.ts';
import { targetSchema } from './schema-rules.ts';

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/**
 * Returns the text of an error, and the path of keys to the wrong value.
 *
 * @param value the content of the whole file
 */
export function complaint(issue: Issue, value: unknown): { path: Path; text: string } {
  const meant = innermost(issue);
  const { path } = meant;
  if (meant.code === 'unrecognized_keys') {
    const [name = ''] = meant.keys;
    return {
      path: [...path, name],
      text: `${dotted(path)}unknown key "${name}"${nearest(name, knownKeys(path))}`,
    };
  }
  if (meant.code === 'invalid_key') {
    const [{ message } = meant] = meant.issues;
    return { path, text: `${dotted(path)}${message}, got ${JSON.stringify(path.at(-1))}` };
  }
  return { path, text: `${dotted(path)}${wrong(meant, at(value, path))}` };
}

const dotted = (path: Path): string => (path.length === 0 ? '' : `${path.map(String).join('.')}: `);

/**
 * Zod reports issues for all alternatives of a union. If exactly one alternative has the type of the value, the user
 * meant this alternative.
 */
function innermost(issue: Issue): Issue {
  if (issue.code !== 'invalid_union') return issue;
  const near = issue.errors.filter(
    ([first]) => first !== undefined && (first.path.length > 0 || first.code === 'custom'),
  );
  const known = near.filter(issues => issues.every(({ code }) => code !== 'unrecognized_keys'));
  const meant = known.length > 0 ? known : near;
  const [inner] = meant.length === 1 ? (meant[0] ?? []) : [];
  return inner === undefined ? issue : innermost({ ...inner, path: [...issue.path, ...inner.path] });
}

function wrong(issue: Issue, came: unknown): string {
  // Prefers the message that the schema defines for this error.
  if (issue.message.startsWith('expected')) return `${issue.message}${got(came, issue)}`;
  if (issue.code === 'invalid_type') {
    if (came === undefined) return `missing: expected ${KINDS[issue.expected] ?? issue.expected}`;
    return `expected ${KINDS[issue.expected] ?? issue.expected}${got(came, issue)}`;
  }
  if (issue.code === 'invalid_value') {
    const values = issue.values.map(String);
    if (came === undefined) return `missing: expected ${values.join(' or ')}`;
    if (values.length === 1) return `expected ${values[0]}${got(came, issue)}`;
    const near = values.find(one => one.toLowerCase() === String(came).toLowerCase());
    const hint = near === undefined ? nearest(String(came), values) : `: did you mean "${near}"?`;
    return `expected one of ${values.join(', ')}${got(came, issue)}${hint.startsWith(': did') ? hint : ''}`;
  }
  if (issue.code === 'too_small' && issue.origin === 'string') return 'expected a text, got an empty one';
  if (issue.code === 'too_small' && issue.origin === 'array')
    return `expected at least ${issue.minimum} entry in the list, got none`;
  if (issue.code === 'too_small')
    return `expected ${issue.inclusive ? `${issue.minimum} or more` : `more than ${issue.minimum}`}${got(came, issue)}`;
  if (issue.code === 'too_big') return `expected at most ${issue.maximum}${got(came, issue)}`;
  return `${issue.message}${got(came, issue)}`;
}

const KINDS: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list, each entry on a line that begins with "- "',
  object: 'keys with values',
  record: 'names with values',
};

/** Returns the end of an error message, such as `, got "30": without quotes`. */
function got(came: unknown, issue: Issue): string {
  if (came === undefined || issue.message.includes(', got ')) return '';
  const wantsText = issue.code === 'invalid_type' && issue.expected === 'string';
  if (came === null) return ', got nothing: write the value after the colon, or remove the key';
  if (Array.isArray(came)) return `, got a list${wantsText ? ': write one text, without "- " or [ ]' : ''}`;
  if (typeof came === 'object')
    return `, got keys with values${wantsText ? ': a text that has {…} or ": " in it needs quotes' : ''}`;
  if (typeof came !== 'string') return `, got ${came}${wantsText ? `: put it in quotes, "${came}"` : ''}`;
  const shown = JSON.stringify(came.length > 40 ? `${came.slice(0, 40)}…` : came);
  return `, got ${shown}${fixOf(came, issue)}`;
}

function fixOf(came: string, issue: Issue): string {
  if (issue.code === 'invalid_type' && issue.expected === 'array') return `: write "- ${came}"`;
  if (issue.code === 'invalid_type' && /^-?[\d.]+$/.test(came)) return ': without quotes';
  if (issue.code === 'invalid_type' && issue.expected === 'boolean')
    return ': write true or false, without quotes';
  if (issue.message.includes('begins with /') && /^https?:/.test(came))
    return ': give only the path, because `url` has the host';
  if (issue.message.includes('begins with /')) return `: write "/${came.replace(/^\.?\//, '')}"`;
  if (issue.message.includes('http:// or https://'))
    return `: write "http://${came.replace(/^(\w*:)?\/+/, '')}"`;
  return '';
}

function at(value: unknown, path: Path): unknown {
  let found = value;
  for (const step of path) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = (found as Record<PropertyKey, unknown>)[step];
  }
  return found;
}

function knownKeys(path: Path): string[] {
  let schemas: unknown[] = [targetSchema];
  for (const step of path) {
    schemas = schemas.flatMap(options).flatMap(schema => {
      const { element, shape, valueType } = schema as {
        element?: unknown;
        shape?: Record<PropertyKey, unknown>;
        valueType?: unknown;
      };
      const next = typeof step === 'number' ? element : (shape?.[step] ?? valueType);
      return next === undefined ? [] : [next];
    });
  }
  return [
    ...new Set(
      schemas.flatMap(options).flatMap(schema => Object.keys((schema as { shape?: object }).shape ?? {})),
    ),
  ];
}

function options(schema: unknown): unknown[] {
  let inner = schema;
  while (typeof inner === 'object' && inner !== null && 'unwrap' in inner && !('element' in inner)) {
    inner = (inner as { unwrap(): unknown }).unwrap();
  }
  const { options: several } = inner as { options?: unknown };
  return Array.isArray(several) ? several.flatMap(options) : [inner];
}
