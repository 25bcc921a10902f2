/** How numbers, money, lists and lengths of time are said. */
import { lazily } from '../model/lazily.ts'

const plain = lazily(() => new Intl.NumberFormat('en'))
const short = lazily(() => new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 }))
const dollars = lazily(
  () => new Intl.NumberFormat('en', { style: 'currency', currency: 'USD', maximumFractionDigits: 4 }),
)
const conjunction = lazily(() => new Intl.ListFormat('en', { type: 'conjunction' }))

export function number(n: number): string {
  return plain().format(n)
}

/** With few digits: 1.2K. */
export function compact(n: number): string {
  return short().format(n)
}

export function usd(amount: number): string {
  return dollars().format(amount)
}

export function count(n: number, one: string, many: string): string {
  return `${number(n)} ${n === 1 ? one : many}`
}

/** Most lists have one name, and the browser takes long over what it needs to know for two. */
export function list(names: readonly string[]): string {
  return names.length === 1 ? String(names[0]) : conjunction().format(names)
}

/** A length of time in its largest unit. */
export function lengthOf(ms: number): string {
  const seconds = Math.ceil(ms / 1_000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.ceil(seconds / 60)
  return minutes < 60 ? `${minutes} min` : count(Math.round(minutes / 60), 'hour', 'hours')
}

/** A length of time with its parts. */
export const time = {
  now: 'now',
  seconds: (n: number): string => `${n.toFixed(1)} s`,
  wholeSeconds: (s: number): string => `${s} s`,
  hours: (h: number, m: number): string => `${number(h)} h ${m} min`,
  minutes: (m: number, s: number): string => `${m} min ${s} s`,
} as const
