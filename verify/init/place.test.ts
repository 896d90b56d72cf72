import { describe, expect, it } from 'vitest';
import { parsePage } from '../client/page.ts';
import { placeIn } from './place.ts';
import type { PageVisit } from './visitor.ts';

const VALUES = ['b1.one', 'b1.two'];
const seen = (...pages: string[][]) =>
  pages.map(values => {
    const body = `<ul>${values.map(value => `<li><em>${value}</em></li>`).join('')}</ul>`;
    return { status: 200, headers: {}, cookies: [], body, ...parsePage(body) } as unknown as PageVisit;
  });
const place = (...pages: string[][]) => placeIn(seen(...pages), VALUES);

describe('the place of two written values', () => {
  const items = '<em>([^<"\']+?)\\s*[<"\']';

  it('is a list that already has items of several words, or more than 50 items', () => {
    expect(place(['Buy milk', ...VALUES], ['Buy milk', ...VALUES])).toBe(items);
    expect(place(['Milk of goats', 'Milk'], [...VALUES, 'Milk of goats'], VALUES)).toBe(items);
    const many = [...Array.from({ length: 60 }, (_, n) => `item-${n}`), ...VALUES];
    expect(place(many, many)).toBe(items);
  });

  it('is where two responses show both', () => {
    expect(place(VALUES, VALUES)).toBe(items);
    expect(place(VALUES)).toBeUndefined();
  });

  it('is found if one of two instances has both, or each has one', () => {
    expect(place([], VALUES, [], VALUES)).toBe(items);
    expect(place(['b1.one'], ['b1.two'], ['b1.one'], ['b1.two'])).toBe(items);
  });

  it('is not where a message shows each value once', () => {
    expect(place(['b1.one'], [], ['b1.two'], [])).toBeUndefined();
    expect(place(VALUES, [], [], [])).toBeUndefined();
    expect(place(['b1.two'], ['b1.two'], ['b1.two'])).toBeUndefined();
  });

  it('is an item of the class "title", not the title of the page', () => {
    const [one, two] = VALUES;
    const body = `<head><title>${two}</title></head><p class="title">${one}</p><p class="title">${two}</p>`;
    const page = { status: 200, headers: {}, cookies: [], body, ...parsePage(body) } as unknown as PageVisit;
    expect(placeIn([page, page], VALUES)).toContain('class="title">');
  });
});
