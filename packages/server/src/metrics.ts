/**
 * What the server counts, for Prometheus. The hot paths add to plain numbers; a scrape turns them into metrics.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { HubStats, Meter } from './hub-types.ts'
import { processMetrics } from './metrics-process.ts'
import { version } from './version.ts'

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
  const registry = new Registry()
  const totals = new Totals(registry)
  const registers = [registry]
  const appendSeconds = new Histogram({
    name: 'headrace_append_seconds',
    help: 'Time from handing a batch to the store until it was durable.',
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers,
  })
  const requestSeconds = new Histogram({
    name: 'headrace_http_request_seconds',
    help: 'Time until an HTTP response was over, streams and long polls included.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.025, 0.1, 0.5, 2.5, 30],
    registers,
  })
  new Gauge({
    name: 'headrace_build_info',
    help: 'The version of the server; always 1.',
    labelNames: ['version'],
    registers,
  }).set({ version }, 1)
  sizes(registry, stats)
  const lag = eventLoopLag(registry)
  processMetrics(registry)

  const events = totals.counter('headrace_events_appended_total', 'Events that became durable.')
  const delivered = totals.counter('headrace_events_delivered_total', 'Events handed to connections of readers.')
  const bytes = totals.counter('headrace_delivered_bytes_total', 'Bytes of those events.')
  const commands = totals.labelled('headrace_commands_total', 'Commands by their outcome.', 'outcome')
  const refused = totals.labelled('headrace_refused_total', 'Refused commands by error code.', 'code')
  const cuts = totals.labelled(
    'headrace_cut_total',
    'Connections refused or ended by the server, by error code.',
    'code',
  )
  const connections = connectionGauge(registry)

  return {
    meter: {
      appended(count, ms) {
        events.value += count
        appendSeconds.observe(ms / 1_000)
      },
      answered(outcome, code) {
        commands(outcome).value += 1
        if (code !== undefined) refused(code).value += 1
      },
      delivered(count, size) {
        delivered.value += count
        bytes.value += size
      },
      connected(door, change) {
        connections[door] += change
      },
      cut(code) {
        cuts(code).value += 1
      },
    },
    requested({ method, route, status, ms }) {
      requestSeconds.observe({ method, route, status }, ms / 1_000)
    },
    async expose() {
      return { contentType: registry.contentType, text: await registry.metrics() }
    },
    close() {
      lag.disable()
    },
  }
}

interface Total {
  value: number
}

/** Numbers that only grow, kept outside of the registry until somebody asks. */
class Totals {
  readonly #registers: Registry[]

  constructor(registry: Registry) {
    this.#registers = [registry]
  }

  counter(name: string, help: string): Total {
    const total: Total = { value: 0 }
    new Counter({
      name,
      help,
      registers: this.#registers,
      collect() {
        this.reset()
        this.inc(total.value)
      },
    })
    return total
  }

  /** One number for each value of a label. The values come from us, so there are few. */
  labelled<Label extends string>(name: string, help: string, label: Label): (value: string) => Total {
    const totals = new Map<string, Total>()
    new Counter({
      name,
      help,
      labelNames: [label],
      registers: this.#registers,
      collect() {
        this.reset()
        for (const [value, total] of totals) this.labels(value).inc(total.value)
      },
    })
    return (value) => {
      let total = totals.get(value)
      if (!total) totals.set(value, (total = { value: 0 }))
      return total
    }
  }
}

function connectionGauge(registry: Registry): Record<'ws' | 'sse', number> {
  const connections = { ws: 0, sse: 0 }
  new Gauge({
    name: 'headrace_connections',
    help: 'Open connections of readers and workers.',
    labelNames: ['door'],
    registers: [registry],
    collect() {
      for (const [door, count] of Object.entries(connections)) this.set({ door }, count)
    },
  })
  return connections
}

function sizes(registry: Registry, stats: () => HubStats): void {
  const gauge = (name: string, help: string, read: (now: HubStats) => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read(stats()))
      },
    })
  }
  gauge('headrace_rooms', 'Sessions held in memory.', ({ rooms }) => rooms)
  gauge('headrace_followers', 'Readers that follow a session.', ({ followers }) => followers)
  gauge('headrace_workers', 'Agents that offer to work.', ({ workers }) => workers)
}

/** How late timers fire: the time the event loop was kept from looking at anything else, since the last scrape. */
function eventLoopLag(registry: Registry): { disable(): void } {
  const delay = monitorEventLoopDelay({ resolution: 20 })
  delay.enable()
  new Gauge({
    name: 'headrace_event_loop_lag_seconds',
    help: 'Delay of the event loop since the last scrape.',
    labelNames: ['quantile'],
    registers: [registry],
    collect() {
      for (const quantile of [0.5, 0.99]) this.set({ quantile }, seconds(delay.percentile(quantile * 100)))
      this.set({ quantile: 1 }, seconds(delay.max))
      delay.reset()
    },
  })
  return delay
}

/** Nothing measured yet is 0 and not a number that breaks graphs. */
function seconds(nanoseconds: number): number {
  return Number.isFinite(nanoseconds) && nanoseconds < 1e15 ? nanoseconds / 1e9 : 0
}
