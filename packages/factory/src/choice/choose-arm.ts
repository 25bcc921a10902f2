import { armKey, armName, type Arm } from './arm.ts'
import { betaSample, randomOf } from './random.ts'

/** What came of an arm once. */
export interface Tried {
  readonly arm: Arm
  /** From 0 to 1. */
  readonly reward: number
}

export interface ChooseOptions {
  /** At least one. */
  readonly arms: readonly Arm[]
  /** What is known, in any order. */
  readonly tried: readonly Tried[]
  /** The same seed, arms and experience give the same choice. */
  readonly seed: string
  /** Part of the choices that goes by chance alone, 0 to 1, so that who was unlucky at first is seen again. Default 0.1. */
  readonly explore?: number
  /** Arms that failed at this very task: another one is taken where there is one. */
  readonly not?: readonly Arm[]
}

/** A choice with all that it was made of. */
export interface Choice {
  readonly arm: Arm
  /** `only`: there was no other. `explored`: by chance. `sampled`: its sample was the highest. */
  readonly why: 'only' | 'explored' | 'sampled'
  readonly arms: readonly ArmStanding[]
}

export interface ArmStanding {
  readonly arm: Arm
  readonly attempts: number
  /** Mean reward. Absent where it was never tried. */
  readonly mean?: number
  /** How good it may be, by chance and by what is known of it; absent where it was not in the choice. */
  readonly sample?: number
}

/**
 * Chooses by Thompson sampling: each arm draws a number from what its rewards say it may be worth, and the highest is taken. What is
 * little known draws widely and is tried; what is known to be bad is not.
 */
export function chooseArm({ arms, tried, seed, explore = 0.1, not = [] }: ChooseOptions): Choice {
  const excluded = new Set(not.map(armKey))
  const free = arms.filter((arm) => !excluded.has(armKey(arm)))
  const open = new Set((free.length > 0 ? free : arms).map(armKey))
  const random = randomOf(seed)
  const dice = random()
  const pick = random()
  const standings = arms.map((arm): ArmStanding & { readonly isOpen: boolean } => {
    const key = armKey(arm)
    const rewards = tried.filter((one) => armKey(one.arm) === key).map(({ reward }) => Math.min(1, Math.max(0, reward)))
    const sum = rewards.reduce((total, reward) => total + reward, 0)
    const isOpen = open.has(key)
    // Drawn for each arm, so that one more that is out of the choice does not change the others.
    const sample = betaSample(randomOf(`${seed}\n${key}`), 1 + sum, 1 + rewards.length - sum)
    return {
      arm,
      attempts: rewards.length,
      ...(rewards.length > 0 && { mean: rounded(sum / rewards.length) }),
      ...(isOpen && { sample: rounded(sample) }),
      isOpen,
    }
  })
  const candidates = standings.filter(({ isOpen }) => isOpen)
  const best = candidates.toSorted((a, b) => (b.sample ?? 0) - (a.sample ?? 0))[0]
  const chance = candidates[Math.floor(pick * candidates.length)]
  if (!best || !chance) throw new Error('There is nothing to choose from.')
  const isExplored = candidates.length > 1 && dice < explore
  const { arm } = isExplored ? chance : best
  const why = candidates.length === 1 ? 'only' : isExplored ? 'explored' : 'sampled'
  return { arm, why, arms: standings.map(({ isOpen: _, ...standing }) => standing) }
}

/** A choice in a line, for people. */
export function choiceInWords({ arm, why, arms }: Choice): string {
  const standings = arms.map(({ arm: one, attempts, mean, sample }) => {
    const known = mean === undefined ? 'never tried' : `mean ${mean} of ${attempts}`
    return `${armName(one)} ${known}${sample === undefined ? ', not again for this task' : `, drew ${sample}`}`
  })
  const because = { only: 'as the only one', explored: 'by chance', sampled: 'by the highest draw' }[why]
  return `${armName(arm)} ${because}: ${standings.join('; ')}`
}

function rounded(value: number): number {
  return Math.round(1_000 * value) / 1_000
}
