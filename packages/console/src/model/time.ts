import { text } from '../text.ts'

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' })
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' })
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'narrow' })

/** Time of day: "14:03". */
export function clockTime(at: number): string {
  return clock.format(at)
}

/** The whole date and time, for a tooltip. */
export function fullTime(at: number): string {
  return full.format(at)
}

/** How long ago, for lists: "now", "5 min ago", "yesterday", then a date. */
export function timeAgo(at: number, now: number): string {
  const minutes = Math.round((now - at) / 60_000)
  if (minutes < 1) return text.time.now
  if (minutes < 60) return relative.format(-minutes, 'minute')
  const hours = Math.round(minutes / 60)
  if (hours < 24) return relative.format(-hours, 'hour')
  const days = Math.round(hours / 24)
  return days < 7 ? relative.format(-days, 'day') : day.format(at)
}

/** A length of time: "4.2 s", "1 min 5 s". */
export function duration(ms: number): string {
  const seconds = ms / 1_000
  if (seconds < 60) return text.time.seconds(seconds)
  return text.time.minutes(Math.floor(seconds / 60), Math.round(seconds % 60))
}
