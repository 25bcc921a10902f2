import type { EndedAttempt } from '../floor/task.ts'
import { landedOf, ownEnd } from './landed.ts'

/** How attempts with a version of a skill fared beside those without it, in the lanes where it was given. */
export interface SkillEffect {
  readonly skill: string
  readonly with: { readonly attempts: number; readonly landed: number }
  readonly without: { readonly attempts: number; readonly landed: number }
  /** `unclear` where the intervals (Wilson, 90 %) of the two land rates overlap: by chance they could be the other way around. */
  readonly effect: 'helped' | 'hurt' | 'unclear'
}

const z = 1.645

/** Compares versions of skills. Pure; it tells what goes together, and not what is the cause. */
export function compareSkills(attempts: readonly EndedAttempt[], versions: readonly string[]): readonly SkillEffect[] {
  const own = attempts.filter(ownEnd)
  return versions.map((skill): SkillEffect => {
    const has = (attempt: EndedAttempt): boolean => (attempt.skills ?? []).includes(skill)
    const lanes = new Set(own.filter(has).map(({ lane }) => lane))
    const counted = own.filter(({ lane }) => lanes.has(lane))
    const on = count(counted.filter(has))
    const off = count(counted.filter((attempt) => !has(attempt)))
    const [a, b] = [interval(on), interval(off)]
    const effect = a.low > b.high ? 'helped' : a.high < b.low ? 'hurt' : 'unclear'
    return { skill, with: on, without: off, effect }
  })
}

function count(attempts: readonly EndedAttempt[]): SkillEffect['with'] {
  return { attempts: attempts.length, landed: attempts.filter(landedOf).length }
}

function interval({ attempts: n, landed }: SkillEffect['with']): { readonly low: number; readonly high: number } {
  if (n === 0) return { low: 0, high: 1 }
  const p = landed / n
  const middle = (p + (z * z) / (2 * n)) / (1 + (z * z) / n)
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n))
  return { low: middle - half, high: middle + half }
}
