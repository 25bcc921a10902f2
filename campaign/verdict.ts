/** What is counted of a campaign. All but the first three must be 0. */
export interface Counts {
  readonly faults: number
  readonly acked: number
  /** Events that readers were given. */
  readonly delivered: number
  /** Acknowledged and not there, or there and never given to a reader that waited for it. */
  readonly lost: number
  readonly duplicated: number
  readonly reordered: number
  /** Seen by somebody and not there afterwards, or there although it was refused, or nobody wrote it. */
  readonly phantom: number
  /** What was waited for and never came: nothing may hang for ever after things have healed. */
  readonly stuck: number
}

export interface Verdict extends Counts {
  /** Sessions that could not be read afterwards, and said so: a loss that is signalled. Only damaged disks may cause it. */
  readonly refused: number
  readonly worstRecoveryMs: number
  /** The first violations, in words. */
  readonly findings: readonly string[]
}

/** Findings that a verdict keeps in words. */
export const maxFindings = 20

export const emptyVerdict: Verdict = {
  faults: 0,
  acked: 0,
  delivered: 0,
  lost: 0,
  duplicated: 0,
  reordered: 0,
  phantom: 0,
  stuck: 0,
  refused: 0,
  worstRecoveryMs: 0,
  findings: [],
}

/** Of two parts of a campaign. */
export function addVerdicts(a: Verdict, b: Verdict): Verdict {
  return {
    faults: a.faults + b.faults,
    acked: a.acked + b.acked,
    delivered: a.delivered + b.delivered,
    lost: a.lost + b.lost,
    duplicated: a.duplicated + b.duplicated,
    reordered: a.reordered + b.reordered,
    phantom: a.phantom + b.phantom,
    stuck: a.stuck + b.stuck,
    refused: a.refused + b.refused,
    worstRecoveryMs: Math.max(a.worstRecoveryMs, b.worstRecoveryMs),
    findings: [...a.findings, ...b.findings].slice(0, maxFindings),
  }
}

/** Why a campaign has failed; `undefined` when it has not. One that tried nothing has shown nothing. */
export function failureOf(verdict: Verdict): string | undefined {
  if (verdict.faults === 0) return 'no fault was injected, so nothing was shown'
  if (verdict.acked === 0) return 'nothing was acknowledged, so nothing could be lost'
  const { lost, duplicated, reordered, phantom, stuck } = verdict
  const found = Object.entries({ lost, duplicated, reordered, phantom, stuck }).filter(([, count]) => count > 0)
  return found.length === 0 ? undefined : found.map(([name, count]) => `${count} ${name}`).join(', ')
}
