/**
 * What the server counts, for Prometheus. Everything adds to plain numbers; a scrape turns them into metrics, and the first
 * one loads what it takes, so that a start does not wait for it.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { HubStats, Meter } from './hub-types.ts'
import { createCounts } from './metrics-counts.ts'

export interface MetricsOptions {
  /** Sizes at the moment of a scrape. */
  readonly stats: () => HubStats
}

/** An HTTP request that was answered. */
export interface RequestCount {
  readonly method: string
  /** The route and not the address: a metric has few values. */
  readonly route: string
  readonly status: number
  readonly ms: number
}

export interface Metrics {
  readonly meter: Meter
  requested(request: RequestCount): void
  /** All metrics as text. */
  expose(): Promise<{ readonly contentType: string; readonly text: string }>
  /** Stops measuring. Idempotent. */
  close(): void
}

/** Makes the metrics of one server. They are its own: two servers in a process don't share them. */
export function createMetrics({ stats }: MetricsOptions): Metrics {
  const counts = createCounts()
  const lag = monitorEventLoopDelay({ resolution: 20 })
  lag.enable()
  const load = async () => (await import('./metrics-registry.ts')).createRegistry({ counts, lag, stats })
  let registry: ReturnType<typeof load> | undefined

  return {
    meter: {
      appended(events, ms) {
        counts.events.value += events
        counts.appends.observe(ms / 1_000)
      },
      answered(outcome, code) {
        counts.commands.of(outcome).value += 1
        if (code !== undefined) counts.refused.of(code).value += 1
      },
      delivered(events, bytes) {
        counts.delivered.value += events
        counts.bytes.value += bytes
      },
      connected(door, change) {
        counts.connections[door] += change
      },
      cut(code) {
        counts.cuts.of(code).value += 1
      },
    },
    requested({ method, route, status, ms }) {
      counts.requests.of(method, route, String(status)).observe(ms / 1_000)
    },
    async expose() {
      registry ??= load()
      const metrics = await registry
      return { contentType: metrics.contentType, text: await metrics.metrics() }
    },
    close() {
      lag.disable()
    },
  }
}
