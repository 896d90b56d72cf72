/** Returns ln Γ(x) for x > 0, by Lanczos' approximation (g = 7, n = 9), to about 15 digits. */
export function logGamma(x: number): number {
  const c = [
    0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
    12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
  ];
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const y = x - 1;
  let sum = c[0] as number;
  for (let i = 1; i < c.length; i++) sum += (c[i] as number) / (y + i);
  const t = y + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (y + 0.5) * Math.log(t) - t + Math.log(sum);
}

export const sum = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0);

const tiny = 1e-300;
const precision = 1e-15;

/** Returns the regularised incomplete beta function I_x(a, b) (Lentz; Numerical Recipes 6.4). */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  let c = 1;
  let d = guard(1 - ((a + b) * x) / (a + 1));
  d = 1 / d;
  let fraction = d;
  for (let m = 1; m < 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / guard(1 + even * d);
    c = guard(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / guard(1 + odd * d);
    c = guard(1 + odd / c);
    fraction *= d * c;
    if (Math.abs(d * c - 1) < precision) break;
  }
  return (front * fraction) / a;
}

const guard = (value: number): number => (Math.abs(value) < tiny ? tiny : value);

/** Returns the largest rate, 0 to 1, that is consistent with the count (one-sided Clopper-Pearson bound). */
export function upperBound(events: number, trials: number, confidence = 0.95): number {
  if (trials <= 0 || events >= trials) return 1;
  if (events === 0) return -Math.expm1(Math.log(1 - confidence) / trials);
  let low = events / trials;
  let high = 1;
  for (let i = 0; i < 100 && high - low > 1e-15; i++) {
    const rate = (low + high) / 2;
    // P(X ≤ events | rate) = 1 − I_rate(events + 1, trials − events).
    if (1 - incompleteBeta(rate, events + 1, trials - events) > 1 - confidence) low = rate;
    else high = rate;
  }
  return high;
}

/** Returns the upper tail of the regularised incomplete gamma function, Q(a, x) (Numerical Recipes 6.2). */
export function upperGamma(a: number, x: number): number {
  if (x <= 0) return 1;
  const front = Math.exp(a * Math.log(x) - x - logGamma(a));
  if (x < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let n = 1; n < 100_000 && term > sum * precision; n++) {
      term *= x / (a + n);
      sum += term;
    }
    return 1 - front * sum;
  }
  let b = x + 1 - a;
  let c = 1 / tiny;
  let d = 1 / b;
  let fraction = d;
  for (let i = 1; i < 100_000; i++) {
    const an = -i * (i - a);
    b += 2;
    d = 1 / guard(an * d + b);
    c = guard(b + an / c);
    fraction *= d * c;
    if (Math.abs(d * c - 1) < precision) break;
  }
  return front * fraction;
}

/** Pearson's chi-square test: the probability that counts are as uneven by chance. @param shares equal by default */
export function chiSquareP(counts: readonly number[], shares?: readonly number[]): number {
  if (counts.length < 2) return 1;
  const total = sum(counts);
  if (total === 0) return 1;
  const weight = shares === undefined ? counts.length : sum(shares);
  let statistic = 0;
  counts.forEach((count, i) => {
    const expected = (total * (shares?.[i] ?? 1)) / weight;
    statistic += (count - expected) ** 2 / expected;
  });
  return upperGamma((counts.length - 1) / 2, statistic / 2);
}

const logChoose = (n: number, k: number): number => logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);

/** Fisher's exact test, one-sided: the probability that chance makes the first rate exceed the second so much. */
export function fisherP(events: number, trials: number, otherEvents: number, otherTrials: number): number {
  const all = events + otherEvents;
  const most = Math.min(all, trials);
  const whole = logChoose(trials + otherTrials, all);
  let p = 0;
  for (let k = events; k <= most; k++) {
    p += Math.exp(logChoose(trials, k) + logChoose(otherTrials, all - k) - whole);
  }
  return Math.min(1, p);
}

/** For more ids than this, an approximation with a negligible error replaces the exact sum. */
const MANY = 10_000;

/** Returns a lower bound of the number of possible ids, if this many random ids differ (birthday problem). */
export function idSpace(ids: number, confidence = 0.95): number {
  const rare = Math.log(1 - confidence);
  // Because P(no two equal) ≤ e^(−n(n−1)/2N), the result is never above the exact bound.
  const near = (-ids * (ids - 1)) / (2 * rare);
  if (ids < 2 || ids > MANY) return Math.max(ids, near);
  const logDistinct = (size: number): number => {
    let sum = 0;
    for (let i = 1; i < ids; i++) sum += Math.log1p(-i / size);
    return sum;
  };
  let [low, high] = [ids, Math.max(2 * ids, 2 * near)];
  while (high - low > 1e-9 * high) {
    const size = (low + high) / 2;
    if (logDistinct(size) < rare) low = size;
    else high = size;
  }
  return high;
}
