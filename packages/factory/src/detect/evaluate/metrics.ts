/** How well flags fit labels. Pure. */

/** A step that has a label. */
export interface Judged {
  readonly score: number
  readonly flagged: boolean
  readonly isRepetition: boolean
}

export interface StepMetrics {
  readonly steps: number
  readonly repetitions: number
  readonly flagged: number
  readonly hits: number
  /** Absent where nothing was flagged. */
  readonly precision?: number
  /** Absent where there is nothing to find. */
  readonly recall?: number
  readonly f1: number
  /** Average precision over all thresholds; absent where there is nothing to find. */
  readonly prAuc?: number
}

export function metricsOf(judged: readonly Judged[]): StepMetrics {
  const repetitions = judged.filter(({ isRepetition }) => isRepetition).length
  const flagged = judged.filter((each) => each.flagged).length
  const hits = judged.filter((each) => each.flagged && each.isRepetition).length
  return {
    steps: judged.length,
    repetitions,
    flagged,
    hits,
    ...(flagged > 0 && { precision: hits / flagged }),
    ...(repetitions > 0 && { recall: hits / repetitions, prAuc: averagePrecision(judged, repetitions) }),
    f1: f1Of(hits, flagged, repetitions),
  }
}

export function f1Of(hits: number, flagged: number, repetitions: number): number {
  return flagged + repetitions === 0 ? 0 : (2 * hits) / (flagged + repetitions)
}

/** Steps of the same score come at once, or the order in the file would count. */
function averagePrecision(judged: readonly Judged[], repetitions: number): number {
  const byScore = [...Map.groupBy(judged, ({ score }) => score)].toSorted(([a], [b]) => b - a)
  let seen = 0
  let hits = 0
  let area = 0
  for (const [, group] of byScore) {
    const found = group.filter(({ isRepetition }) => isRepetition).length
    seen += group.length
    hits += found
    area += (found / repetitions) * (hits / seen)
  }
  return area
}

/** False alarms of the highest threshold that finds at least this part of the repetitions; nothing where none does. */
export function falseAlarmsAt(judged: readonly Judged[], recall: number): number | undefined {
  const repetitions = judged.filter(({ isRepetition }) => isRepetition).length
  const thresholds = [...new Set(judged.map(({ score }) => score))]
    .filter((score) => score > 0)
    .toSorted((a, b) => b - a)
  for (const threshold of thresholds) {
    const flagged = judged.filter(({ score }) => score >= threshold)
    const hits = flagged.filter(({ isRepetition }) => isRepetition).length
    if (hits >= recall * repetitions - 1e-9) return flagged.length - hits
  }
  return undefined
}
