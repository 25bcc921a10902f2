import { Counter, Gauge, type Registry } from 'prom-client'

/**
 * The process under the names that dashboards know. Not prom-client's own set: that one observes garbage collection for
 * as long as the process lives and can't be closed.
 */
export function processMetrics(registry: Registry): void {
  const registers = [registry]
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'CPU time of this process, user and system.',
    registers,
    collect() {
      const { user, system } = process.cpuUsage()
      this.reset()
      this.inc((user + system) / 1e6)
    },
  })
  new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'Memory of this process in RAM.',
    registers,
    collect() {
      this.set(process.memoryUsage.rss())
    },
  })
  new Gauge({
    name: 'nodejs_heap_size_used_bytes',
    help: 'JavaScript heap in use.',
    registers,
    collect() {
      this.set(process.memoryUsage().heapUsed)
    },
  })
  new Gauge({ name: 'process_start_time_seconds', help: 'Start of this process, seconds since 1970.', registers }).set(
    Math.round(Date.now() / 1_000 - process.uptime()),
  )
}
