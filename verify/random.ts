/** Generates random numbers from a seed: the same seed gives the same plan. */

export interface Random {
  /** Returns a number, 0 ≤ x < 1. */
  next(): number;
  /** Returns a whole number, 0 ≤ x < n. */
  below(n: number): number;
  /** Returns a separate generator. Its numbers do not depend on how many numbers other generators have returned. */
  fork(name: string): Random;
}

/** Returns a generator: sfc32 (C. Doty-Humphrey's PractRand), seeded by a 32-bit FNV-1a hash of seed and name. */
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
