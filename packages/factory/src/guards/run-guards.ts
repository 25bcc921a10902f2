import type { Change } from '../work/change.ts'
import { agentFilesGuard } from './agent-files.ts'
import { conflictMarkersGuard } from './conflict-markers.ts'
import { diffBudgetGuard } from './diff-budget.ts'
import type {
  Finding,
  Guard,
  GuardContext,
  GuardPolicy,
  GuardVerdict,
  SlowGuard,
  SlowGuardContext,
  Verdict,
} from './guard.ts'
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
  /** What others have said of the same change: {@link askSlowGuards}. */
  readonly beside?: readonly GuardVerdict[]
}

export interface GuardsVerdict {
  /** The worst of all. */
  readonly verdict: Verdict
  readonly verdicts: readonly GuardVerdict[]
}

const maxFindings = 20
const order: readonly Verdict[] = ['pass', 'warn', 'ask', 'block']

/** Runs the guards on a change. A guard that throws does not let anything through: a human has to look. */
export function runGuards(options: RunGuardsOptions): GuardsVerdict {
  const { change, context, guards = builtInGuards, policy = {}, beside = [] } = options
  const own = guards.map((guard): GuardVerdict => {
    try {
      return given(guard, guard.check(change, context), policy)
    } catch (error) {
      const what = `this guard failed: ${error instanceof Error ? error.message : String(error)}`
      return { guard: guard.name, verdict: 'ask', findings: [{ what, certainty: 'maybe' }], more: 0 }
    }
  })
  const verdicts = [...own, ...beside]
  const verdict = verdicts.reduce<Verdict>(
    (worst, one) => (order.indexOf(one.verdict) > order.indexOf(worst) ? one.verdict : worst),
    'pass',
  )
  return { verdict, verdicts }
}

export interface SlowGuardsOptions extends Pick<RunGuardsOptions, 'change' | 'policy'> {
  readonly context: SlowGuardContext
  readonly guards: readonly SlowGuard[]
}

/** Asks guards that take their time, all at once. One that fails blocks, whatever its policy: it may have found anything. */
export function askSlowGuards(options: SlowGuardsOptions): Promise<readonly GuardVerdict[]> {
  const { change, context, guards, policy = {} } = options
  return Promise.all(
    guards.map(async (guard): Promise<GuardVerdict> => {
      try {
        return given(guard, await guard.check(change, context), policy)
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error)
        const what = `this guard failed, so nothing passes: ${why}`.slice(0, 1_000)
        return { guard: guard.name, verdict: 'block', findings: [{ what, certainty: 'sure' }], more: 0 }
      }
    }),
  )
}

function given(
  guard: Pick<Guard, 'name' | 'policy'>,
  findings: readonly Finding[],
  policy: Readonly<Record<string, GuardPolicy>>,
): GuardVerdict {
  const verdict = verdictOf(findings, policy[guard.name] ?? guard.policy)
  const more = Math.max(0, findings.length - maxFindings)
  return { guard: guard.name, verdict, findings: findings.slice(0, maxFindings), more }
}

function verdictOf(findings: readonly { readonly certainty: 'sure' | 'maybe' }[], policy: GuardPolicy): Verdict {
  if (findings.length === 0) return 'pass'
  if (policy === 'block' && findings.every(({ certainty }) => certainty === 'maybe')) return 'ask'
  return policy
}
