import { describe, expect, it } from 'vitest';
import { Finder } from './finder.ts';

const PAGE =
  '<title>Ünï · x</title><body class="a" data-user="al"><li data-item="1">ab<li data-item="2·">abbb';

describe('Finder', () => {
  it.each([
    'data-item="([^"]*)"',
    '<body[^>]* data-user="([^"]*)"',
    'nothing="([^"]*)"',
    'ab?(b*)',
    'ab*(b)',
    '(x*)',
    'data-(?:user|item)="([^"]*)"',
    'data-user="([^"]*)"|data-item="([^"]*)"',
    '^<title>(.)',
    '\\bdata-(\\w+)',
    'li(?= )( )',
    'b{2}(b)',
    '[U·](.)',
  ])('finds the same as the expression %s', source => {
    const matches = [...PAGE.matchAll(new RegExp(source, 'g'))].map(match => match[1] ?? '');
    const finder = new Finder(source);
    expect(finder.all(PAGE)).toEqual(matches);
    expect(finder.first(PAGE)).toBe(new RegExp(source).exec(PAGE)?.[1]);
    expect(finder.all(PAGE)).toEqual(matches);
  });
});
