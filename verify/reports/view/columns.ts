/**
 * Packs columns of whole numbers into bytes: the lowest bytes of a column first, then the second bytes, and so on.
 * Deflate compresses this order best.
 */

const widthOf = (values: readonly number[]): number => {
  let most = 0;
  for (const value of values) if (value > most) most = value;
  return Math.ceil(Math.log2(most + 1) / 8);
};

/**
 * Packs columns of equal length. `widths`: number of bytes per value, for each column.
 *
 * @param columns whole numbers from 0 to 2^48
 */
export function pack(columns: readonly (readonly number[])[]): { widths: number[]; bytes: Uint8Array } {
  const widths = columns.map(widthOf);
  const count = columns[0]?.length ?? 0;
  const bytes = new Uint8Array(count * widths.reduce((sum, width) => sum + width, 0));
  let at = 0;
  columns.forEach((values, column) => {
    for (let plane = 0, unit = 1; plane < (widths[column] ?? 0); plane++, unit *= 256)
      for (let i = 0; i < count; i++) bytes[at++] = Math.floor((values[i] ?? 0) / unit) % 256;
  });
  return { widths, bytes };
}

export function unpack(bytes: Uint8Array, widths: readonly number[], count: number): Float64Array[] {
  let at = 0;
  return widths.map(width => {
    const values = new Float64Array(count);
    for (let plane = 0, unit = 1; plane < width; plane++, unit *= 256)
      for (let i = 0; i < count; i++) values[i] = (values[i] as number) + (bytes[at++] as number) * unit;
    return values;
  });
}

/** Makes a number non-negative: 0, -1, 1, -2, 2 become 0, 1, 2, 3, 4. */
export const unsigned = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value);

/** Reverses `unsigned`. */
export const signed = (value: number): number => (value % 2 === 1 ? -(value + 1) / 2 : value / 2);
