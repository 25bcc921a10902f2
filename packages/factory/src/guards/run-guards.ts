import type { Change } from '../work/change.ts'
import { agentFilesGuard } from './agent-files.ts'
import { conflictMarkersGuard } from './conflict-markers.ts'
import { diffBudgetGuard } from './diff-budget.ts'
import type { Guard, GuardContext, GuardPolicy, GuardVerdict, Verdict } from './guard.ts'
import { largeFilesGuard } from './large-files.ts'
import { linksGuard } from './links.ts'
import { namesGuard } from './names.ts'
import { scopeGuard } from './scope.ts'
import { secretsGuard } from './secrets.ts'
import { testTamperingGuard } from './test-tampering.ts'

/** The guards that come with the factory. */
export const builtInGuards: readonly Guard[] = [
  scopeGuard,
  testTamperingGuard,
  agentFilesGuard,
  linksGuard,
  namesGuard,
  secretsGuard,
  conflictMarkersGuard,
  largeFilesGuard,
  diffBudgetGuard,
]

export interface RunGuardsOptions {
  readonly change: Change
  readonly context: GuardContext
  /** Default {@link builtInGuards}. */
  readonly guards?: readonly Guard[]
  /** By the name of a guard; what is not named keeps its own policy. */
  readonly policy?: Readonly<Record<string, GuardPolicy>>
}

export interface GuardsVerdict {
  /** The worst of all. */
  readonly verdict: Verdict
  readonly verdicts: readonly GuardVerdict[]
}

const maxFindings = 20
const order: readonly Verdict[] = ['pass', 'warn', 'ask', 'block']

/** Runs the guards on a change. A guard that throws does not let anything through: a human has to look. */
export function runGuards({ change, context, guards = builtInGuards, policy = {} }: RunGuardsOptions): GuardsVerdict {
  const verdicts = guards.map((guard): GuardVerdict => {
    const rule = policy[guard.name] ?? guard.policy
    try {
      const findings = guard.check(change, context)
      const verdict = verdictOf(findings, rule)
      const more = Math.max(0, findings.length - maxFindings)
      return { guard: guard.name, verdict, findings: findings.slice(0, maxFindings), more }
    } catch (error) {
      const what = `this guard failed: ${error instanceof Error ? error.message : String(error)}`
      return { guard: guard.name, verdict: 'ask', findings: [{ what, certainty: 'maybe' }], more: 0 }
    }
  })
  const verdict = verdicts.reduce<Verdict>(
    (worst, one) => (order.indexOf(one.verdict) > order.indexOf(worst) ? one.verdict : worst),
    'pass',
  )
  return { verdict, verdicts }
}

function verdictOf(findings: readonly { readonly certainty: 'sure' | 'maybe' }[], policy: GuardPolicy): Verdict {
  if (findings.length === 0) return 'pass'
  if (policy === 'block' && findings.every(({ certainty }) => certainty === 'maybe')) return 'ask'
  return policy
}
