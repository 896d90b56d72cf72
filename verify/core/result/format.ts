/** Formats numbers for messages and reports. */

/** 0.00012 becomes `0.012 %`. */
export function percent(rate: number): string {
  const value = rate * 100;
  if (value === 0) return '0 %';
  if (value < 0.0001) return '< 0.0001 %';
  return `${Number(value.toPrecision(2))} %`;
}

/** 12034 becomes `12,034`. k6 lacks Intl. */
export const grouped = (value: number): string => String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ',');

/** `1 session`, `2 sessions`, `3,000 sessions`. */
export const counted = (n: number, noun: string): string => `${grouped(n)} ${noun}${n === 1 ? '' : 's'}`;

/** `a read`, `an add`. */
export const withArticle = (word: string): string => `${/^[aeiou]/.test(word) ? 'an' : 'a'} ${word}`;

/** Formats microseconds: `1.25 s`. @param digits maximum number of decimal places */
export const seconds = (time: number, digits = 2): string => `${Number((time / 1e6).toFixed(digits))} s`;
