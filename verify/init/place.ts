/** Finds where a page shows the values of a list, such as the items of a basket. */
import { decodeHTML } from 'entities';
import { surroundings } from '../client/page.ts';
import { escaped, finder } from '../core/response/finding.ts';
import { prefixes } from './mark.ts';
import type { PageVisit } from './visitor.ts';

/** A regular expression or JSON pointer, in the format of a probe's key `items` in the target file. */
export type ListPlace = string | { json: string };

/**
 * Returns an expression or pointer for the values of a list. Each value must occur in at least two responses, because
 * instances of a broken app may show only their own values.
 */
export function placeIn(seen: readonly PageVisit[], values: readonly string[]): ListPlace | undefined {
  for (const { body, json } of seen) {
    const there = values.filter(value => body.includes(value));
    if (there.length === 0) continue;
    const items = json === undefined ? itemsIn(body, there) : pointerTo(json, there);
    if (items === undefined) continue;
    const found = seen.map(one => finder(items, decodeHTML).all(one));
    if (values.every(value => found.filter(all => all.includes(value)).length > 1)) return items;
  }
  return undefined;
}

/** `*` stands in place of array indexes in the returned JSON pointer. */
function pointerTo(json: unknown, values: readonly string[]): { json: string } | undefined {
  const walk = (value: unknown, pointer: string): string[] => {
    if (typeof value === 'string') return value === values[0] ? [pointer] : [];
    if (Array.isArray(value)) return value.flatMap(member => walk(member, `${pointer}/*`));
    if (typeof value !== 'object' || value === null) return [];
    return Object.entries(value).flatMap(([key, member]) =>
      walk(member, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`),
    );
  };
  const [pointer] = walk(json, '');
  return pointer === undefined || pointer === '' ? undefined : { json: pointer };
}

/**
 * Matches page areas that show a text only for some time, such as recent activity. Does not match the CSS class
 * `title`, which many lists have.
 */
const NEVER = /^(head )?title\b|recent|activit|histor|audit|search|latest|\blast\b/;
/** Matches page areas, such as messages, that often show a text only once. Init uses them if it finds no list. */
const RATHER_NOT = /flash|alert|notice|toast|notif|message|status/;

/** Minimum and maximum length of the text before a list item, characters. */
const ITEM_PREFIX = { least: 2, most: 90 };

/** Maximum number of texts that a short expression may find. */
const FEW = 50;
/** Matches the end of an item and the start of the next one. The first item of a list has no such text before it. */
const BETWEEN = /<\/(\w+)>.*<\1\b|^[^<]*>.*</s;

/**
 * Returns the shortest expression that finds only few texts, all without spaces. If the list already has many items, or
 * items of several words, returns the expression that finds the fewest texts.
 */
function itemsIn(body: string, values: readonly string[]): string | undefined {
  const places = [...body.matchAll(new RegExp(escaped(values[0] ?? ''), 'g'))].map(({ index }) => ({
    index,
    words: surroundings(body, index),
  }));
  const order = [
    ...places.filter(({ words }) => !NEVER.test(words) && !RATHER_NOT.test(words)),
    ...places.filter(({ words }) => !NEVER.test(words) && RATHER_NOT.test(words)),
  ];
  const found = order.flatMap(({ index }) => expressionsAt(body, index, values));
  const short = found.filter(({ texts }) => texts.length <= FEW && !texts.some(one => /\s/.test(one)));
  const whole = found.filter(({ items }) => !BETWEEN.test(items));
  const fewest = whole.toSorted((a, b) => a.texts.length - b.texts.length);
  return (short.find(one => whole.includes(one)) ?? fewest[0] ?? short[0])?.items;
}

/** Returns the expressions that find each value once, the shortest first. `texts`: what an expression finds. */
function expressionsAt(
  body: string,
  index: number,
  values: readonly string[],
): { items: string; texts: string[] }[] {
  const after = body[index + (values[0]?.length ?? 0)] ?? '';
  if (!/[<"'\s]/.test(after)) return [];
  return [...prefixes(body, index, ITEM_PREFIX)].flatMap(before => {
    const items = `${before}([^<"']+?)\\s*[<"']`;
    const texts = finder(items, decodeHTML).all({ headers: {}, body, cookies: [] });
    return values.every(value => texts.filter(one => one === value).length === 1) ? [{ items, texts }] : [];
  });
}
