/** Formats a rate as a percentage: 0.00012 becomes `0.012 %`. */
export function percent(rate: number): string {
  const value = rate * 100;
  if (value === 0) return '0 %';
  if (value < 0.0001) return '< 0.0001 %';
  return `${Number(value.toPrecision(2))} %`;
}

/** Formats a number with a comma between thousands: 12034 becomes `12,034`. Does not use Intl, which k6 lacks. */
export const grouped = (value: number): string => String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ',');

/** Formats a number with its noun: `1 session`, `2 sessions`, `3,000 sessions`. */
export const counted = (n: number, noun: string): string => `${grouped(n)} ${noun}${n === 1 ? '' : 's'}`;

/** Lists at most `most` names: `a, b and 3 more`. */
export const listed = (names: readonly string[], most: number): string =>
  names.slice(0, most).join(', ') + (names.length > most ? ` and ${names.length - most} more` : '');

/** Adds the indefinite article to a word: `a read`, `an add`. */
export const withArticle = (word: string): string => `${/^[aeiou]/.test(word) ? 'an' : 'a'} ${word}`;

/** Formats microseconds as seconds: `1.25 s`. @param digits maximum number of decimal places */
export const seconds = (time: number, digits = 2): string => `${Number((time / 1e6).toFixed(digits))} s`;
