/** Chance that is the same for the same seed. */
export interface Random {
  /** In [0, 1). */
  uniform(): number;
  normal(): number;
  poisson(mean: number): number;
  /** 1, 2, …, with this mean. */
  geometric(mean: number): number;
  /** Mean 1, with this variance. */
  gamma(variance: number): number;
}

/** Mulberry32: enough for counts, and quick. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  function uniform(): number {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
  function normal(): number {
    return Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  }
  function poisson(mean: number): number {
    if (!(mean > 0)) return 0;
    if (mean > 40) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal()));
    const least = Math.exp(-mean);
    let product = uniform();
    let found = 0;
    while (product > least) {
      found += 1;
      product *= uniform();
    }
    return found;
  }
  function geometric(mean: number): number {
    return mean <= 1 ? 1 : 1 + Math.floor(Math.log(1 - uniform()) / Math.log(1 - 1 / mean));
  }
  /** Marsaglia and Tsang. */
  function gammaOf(shape: number): number {
    if (shape < 1) return gammaOf(shape + 1) * (1 - uniform()) ** (1 / shape);
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = normal();
      const v = (1 + c * x) ** 3;
      if (v > 0 && Math.log(1 - uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
    }
  }
  const gamma = (variance: number) => (variance > 0 ? gammaOf(1 / variance) * variance : 1);
  return { uniform, normal, poisson, geometric, gamma };
}
