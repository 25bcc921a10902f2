const form = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))$/
const dayMs = 86_400_000

/**
 * A time as RFC 3339 writes it, in milliseconds since 1970; `undefined` for other text and for days that there are not. By
 * arithmetic, because the core has no clock and so no `Date`.
 */
export function readTime(text: string): number | undefined {
  const found = form.exec(text)
  if (!found) return undefined
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ] // the pattern has these six in front
  const [, , , , , , , fraction = '0', sign = '+', zoneHour = '0', zoneMinute = '0'] = found
  const isDay = month >= 1 && month <= 12 && day >= 1 && day <= daysOf(year, month)
  // A leap second is the first moment of the next minute.
  if (!isDay || hour > 23 || minute > 59 || second > 60 || Number(zoneHour) > 23 || Number(zoneMinute) > 59)
    return undefined
  const zoneMs = (Number(zoneHour) * 60 + Number(zoneMinute)) * 60_000 * (sign === '-' ? -1 : 1)
  const clockMs = ((hour * 60 + minute) * 60 + second) * 1_000 + Math.floor(Number(`0.${fraction}`) * 1_000)
  return daysSince1970(year, month, day) * dayMs + clockMs - zoneMs
}

function daysOf(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return [4, 6, 9, 11].includes(month) ? 30 : 31
}

/** Counts years from March, so that the day that comes and goes is the last of one. */
function daysSince1970(year: number, month: number, day: number): number {
  const from = month > 2 ? year : year - 1
  const sinceMarch = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  const leapDays = Math.floor(from / 4) - Math.floor(from / 100) + Math.floor(from / 400)
  return from * 365 + leapDays + sinceMarch - 719_468
}
