import process from 'node:process'

export interface Measured {
  readonly samples: number
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  /** Seconds of CPU time of this process, all threads, per million samples. */
  readonly cpuSecondsPerMillion: number
}

export interface MeasureOptions {
  /** How many ask at the same time, each its next when the last is answered. */
  readonly producers: number
  /** Runs before the clock starts. */
  readonly warmUpMs: number
  readonly measureMs: number
  /** One request of one producer. */
  readonly request: (producer: number) => Promise<void>
}

/** Closed loop: what a request waits for is in its latency, and load follows the answers. */
export async function measure(options: MeasureOptions): Promise<Measured> {
  const latencies: number[] = []
  const measureFrom = performance.now() + options.warmUpMs
  const until = measureFrom + options.measureMs
  let cpuBefore: NodeJS.CpuUsage | undefined

  async function produce(producer: number): Promise<void> {
    for (let before = performance.now(); before < until;) {
      await options.request(producer)
      const now = performance.now()
      if (before >= measureFrom) {
        cpuBefore ??= process.cpuUsage()
        latencies.push(now - before)
      }
      before = now
    }
  }

  await Promise.all(Array.from({ length: options.producers }, (_, producer) => produce(producer)))
  const seconds = (performance.now() - measureFrom) / 1_000
  const cpu = process.cpuUsage(cpuBefore)
  const sorted = Float64Array.from(latencies).sort()
  return {
    samples: sorted.length,
    perSecond: sorted.length / seconds,
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
    maxMs: sorted.at(-1) ?? Number.NaN,
    cpuSecondsPerMillion: (cpu.user + cpu.system) / sorted.length,
  }
}

function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
