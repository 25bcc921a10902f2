/** A number that only grows. */
export interface Total {
  value: number
}

/** How often values lay below which bound. */
export class Spread {
  readonly bounds: readonly number[]
  /** Of each bound, how many values were at most it and more than the one before; the last, those above all bounds. */
  readonly counts: number[]
  sum = 0

  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.counts = Array.from({ length: bounds.length + 1 }, () => 0)
  }

  observe(value: number): void {
    let at = 0
    // `undefined` is past the last bound, and no number is greater than it.
    while (value > (this.bounds[at] ?? Infinity)) at += 1
    this.counts[at] = (this.counts[at] ?? 0) + 1
    this.sum += value
  }
}

/** One count for each combination of values of its labels. The values come from us, so there are few. */
export class Labelled<Label extends string, Count> {
  readonly labels: readonly Label[]
  readonly #make: () => Count
  readonly #known = new Map<string, readonly [values: readonly string[], count: Count]>()

  constructor(labels: readonly Label[], make: () => Count) {
    this.labels = labels
    this.#make = make
  }

  /** @param values - in the order of the labels */
  of(...values: readonly string[]): Count {
    const key = values.join('\n')
    let known = this.#known.get(key)
    if (!known) this.#known.set(key, (known = [values, this.#make()]))
    return known[1]
  }

  entries(): Iterable<readonly [values: readonly string[], count: Count]> {
    return this.#known.values()
  }
}

/** What a server has counted since it started. */
export interface Counts {
  readonly events: Total
  readonly delivered: Total
  readonly bytes: Total
  readonly commands: Labelled<'outcome', Total>
  readonly refused: Labelled<'code', Total>
  readonly cuts: Labelled<'code', Total>
  /** Open now, by door. */
  readonly connections: { ws: number; sse: number }
  /** Seconds. */
  readonly appends: Spread
  /** Seconds. */
  readonly requests: Labelled<'method' | 'route' | 'status', Spread>
}

export function createCounts(): Counts {
  const total = (): Total => ({ value: 0 })
  return {
    events: total(),
    delivered: total(),
    bytes: total(),
    commands: new Labelled(['outcome'], total),
    refused: new Labelled(['code'], total),
    cuts: new Labelled(['code'], total),
    connections: { ws: 0, sse: 0 },
    appends: new Spread([0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]),
    requests: new Labelled(['method', 'route', 'status'], () => new Spread([0.005, 0.025, 0.1, 0.5, 2.5, 30])),
  }
}
