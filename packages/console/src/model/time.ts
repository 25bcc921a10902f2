import { text } from '../text.ts'
import { lazily } from './lazily.ts'

const clock = lazily(() => new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' }))
const day = lazily(() => new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' }))
const second = lazily(() => new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' }))
const daySecond = lazily(
  () =>
    new Intl.DateTimeFormat(undefined, {
      day: 'numeric',
      month: 'short',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    }),
)
const longDay = lazily(() => new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' }))
const full = lazily(() => new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' }))
const relative = lazily(() => new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'narrow' }))

/** Time of day: "14:03". */
export function clockTime(at: number): string {
  return clock().format(at)
}

/** A time on an axis: the hour where it is today, else the day. */
export function timeOf(at: number, now: number = Date.now()): string {
  const isToday = new Date(at).toDateString() === new Date(now).toDateString()
  return isToday ? clock().format(at) : `${day().format(at)} ${clock().format(at)}`
}

/** A moment to the second, with its day where that is not today: "14:03:22". */
export function momentOfDay(at: number, now: number = Date.now()): string {
  return new Date(at).toDateString() === new Date(now).toDateString() ? second().format(at) : daySecond().format(at)
}

/** A day, without the year. */
export function dateOf(at: number): string {
  return longDay().format(at)
}

/** The whole date and time, for a tooltip. */
export function fullTime(at: number): string {
  return full().format(at)
}

/** How long ago, for lists: "now", "5 min ago", "yesterday", then a date. */
export function timeAgo(at: number, now: number): string {
  const minutes = Math.round((now - at) / 60_000)
  if (minutes < 1) return text.time.now
  if (minutes < 60) return relative().format(-minutes, 'minute')
  const hours = Math.round(minutes / 60)
  if (hours < 24) return relative().format(-hours, 'hour')
  const days = Math.round(hours / 24)
  return days < 7 ? relative().format(-days, 'day') : day().format(at)
}

/** A length of time that still grows: "4 s", "1 min 5 s", "3 h 12 min". Never below zero, also where two clocks differ. */
export function elapsed(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000))
  if (seconds < 60) return text.time.wholeSeconds(seconds)
  const minutes = Math.floor(seconds / 60)
  return minutes < 60
    ? text.time.minutes(minutes, seconds % 60)
    : text.time.hours(Math.floor(minutes / 60), minutes % 60)
}

/** A length of time that is over, rounded: "4.2 s", "1 min 5 s", "3 h 12 min". */
export function duration(ms: number): string {
  const seconds = ms / 1_000
  // Rounded before it is cut into minutes, of which none has 60 seconds.
  return seconds < 10 ? text.time.seconds(seconds) : elapsed(Math.round(seconds) * 1_000)
}
