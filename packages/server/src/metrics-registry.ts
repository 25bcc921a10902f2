import type { monitorEventLoopDelay } from 'node:perf_hooks'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { HubStats } from './hub-types.ts'
import type { Counts, Labelled, Spread, Total } from './metrics-counts.ts'
import { processMetrics } from './metrics-process.ts'
import { version } from './version.ts'

export interface RegistryOptions {
  readonly counts: Counts
  readonly lag: ReturnType<typeof monitorEventLoopDelay>
  /** Sizes at the moment of a scrape. */
  readonly stats: () => HubStats
}

/** Metrics under their names, each with what was counted at the moment of a scrape. */
export function createRegistry({ counts, lag, stats }: RegistryOptions): Registry {
  const registry = new Registry()
  registry.registerMetric(
    new SpreadMetric(
      'headrace_append_seconds',
      'Time from handing a batch to the store until it was durable.',
      single(counts.appends),
    ),
  )
  registry.registerMetric(
    new SpreadMetric(
      'headrace_http_request_seconds',
      'Time until an HTTP response was over, streams and long polls included.',
      counts.requests,
    ),
  )
  new Gauge({
    name: 'headrace_build_info',
    help: 'The version of the server; always 1.',
    labelNames: ['version'],
    registers: [registry],
  }).set({ version }, 1)
  sizes(registry, stats)
  eventLoopLag(registry, lag)
  processMetrics(registry)
  const counter = (name: string, help: string, counted: Counted<Total>): void =>
    addCounter(registry, name, help, counted)
  counter('headrace_events_appended_total', 'Events that became durable.', single(counts.events))
  counter('headrace_events_delivered_total', 'Events handed to connections of readers.', single(counts.delivered))
  counter('headrace_delivered_bytes_total', 'Bytes of those events.', single(counts.bytes))
  counter('headrace_commands_total', 'Commands by their outcome.', counts.commands)
  counter('headrace_refused_total', 'Refused commands by error code.', counts.refused)
  counter('headrace_cut_total', 'Connections refused or ended by the server, by error code.', counts.cuts)
  connections(registry, counts.connections)
  return registry
}

type Counted<Count> = Pick<Labelled<string, Count>, 'labels' | 'entries'>

/** What is counted once for the whole server. */
function single<Count>(count: Count): Counted<Count> {
  return { labels: [], entries: () => [[[], count]] }
}

function addCounter(registry: Registry, name: string, help: string, counted: Counted<Total>): void {
  new Counter({
    name,
    help,
    labelNames: counted.labels,
    registers: [registry],
    collect() {
      this.reset()
      for (const [values, total] of counted.entries()) this.labels(...values).inc(total.value)
    },
  })
}

/** A histogram of what was counted elsewhere: the library's own has no way in but one value after the other. */
class SpreadMetric extends Histogram {
  readonly #blank: Histogram
  readonly #counted: Counted<Spread>

  constructor(name: string, help: string, counted: Counted<Spread>) {
    const described = { name, help, labelNames: counted.labels, registers: [] }
    super(described)
    this.#blank = new Histogram(described)
    this.#counted = counted
  }

  override async get(): ReturnType<Histogram['get']> {
    const { labels } = this.#counted
    const blank = await this.#blank.get()
    const values = [...this.#counted.entries()].flatMap(([each, spread]) =>
      linesOf(blank.name, Object.fromEntries(labels.map((label, at) => [label, each[at] ?? ''])), spread),
    )
    return { ...blank, values }
  }

  /** What a registry reads for its text. */
  getForPromString(): ReturnType<Histogram['get']> {
    return this.get()
  }
}

interface Line {
  readonly metricName: string
  readonly labels: Record<string, string | number>
  readonly value: number
}

function linesOf(name: string, labels: Record<string, string>, { bounds, counts, sum }: Spread): Line[] {
  let count = 0
  const buckets = [...bounds, '+Inf'].map((le, at): Line => {
    count += counts[at] ?? 0
    return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: count }
  })
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: count },
  ]
}

function connections(registry: Registry, open: Counts['connections']): void {
  new Gauge({
    name: 'headrace_connections',
    help: 'Open connections of readers and workers.',
    labelNames: ['door'],
    registers: [registry],
    collect() {
      for (const [door, count] of Object.entries(open)) this.set({ door }, count)
    },
  })
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
function eventLoopLag(registry: Registry, delay: RegistryOptions['lag']): void {
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
}

/** Nothing measured yet is 0 and not a number that breaks graphs. */
function seconds(nanoseconds: number): number {
  return Number.isFinite(nanoseconds) && nanoseconds < 1e15 ? nanoseconds / 1e9 : 0
}
