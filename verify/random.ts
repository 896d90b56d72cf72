/** Generates random numbers from a seed, so that a run can be repeated. */

export interface Random {
  /** Returns a number x with 0 ≤ x < 1. */
  next(): number;
  /** Returns a whole number x with 0 ≤ x < n. */
  below(n: number): number;
  /** Returns a new generator. Its numbers depend only on the seed and the names. */
  fork(name: string): Random;
}

/**
 * Returns a generator with the algorithm sfc32 (C. Doty-Humphrey, PractRand), seeded by FNV-1a hashes of seed and name.
 */
export function seeded(seed: number, name = ''): Random {
  let [a, b, c, d] = [hash(`${seed}/a/${name}`), hash(`${seed}/b/${name}`), hash(`${seed}/c/${name}`), 1];
  const next = (): number => {
    const t = (a + b + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return (t >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 12; i++) next();
  return {
    next,
    below: n => Math.floor(next() * n),
    fork: child => seeded(seed, `${name}/${child}`),
  };
}

function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h | 0;
}
