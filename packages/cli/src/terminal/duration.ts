import { InvalidArgumentError } from 'commander'

const units: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds of `90s`, `15m`, `12h` or `30d`. */
export function parseDuration(text: string): number {
  const match = /^(\d{1,6})([smhd])$/.exec(text)
  const unit = units[match?.[2] ?? '']
  const count = Number(match?.[1] ?? 0)
  if (unit === undefined || count < 1)
    throw new InvalidArgumentError('Write a number and a unit, for example 15m, 12h or 30d.')
  return count * unit
}

/** `0.8 s`, `12 s`, `3 min`, `5 h` or `2 d`. */
export function formatDuration(ms: number): string {
  if (ms < 10_000) return `${(ms / 1_000).toFixed(1)} s`
  if (ms < 120_000) return `${Math.round(ms / 1_000)} s`
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`
  return ms < 172_800_000 ? `${Math.round(ms / 3_600_000)} h` : `${Math.round(ms / 86_400_000)} d`
}
