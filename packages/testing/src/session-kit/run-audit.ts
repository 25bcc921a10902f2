import { setImmediate } from 'node:timers/promises'
import type { Ability } from './abilities.ts'
import { scenarios } from './scenarios.ts'
import type { Scenario } from './scenario.ts'
import type { SessionServer } from './session-server.ts'
import { Stage } from './stage.ts'

/** What became of one question. */
export type Verdict =
  | { readonly verdict: 'passed' }
  | { readonly verdict: 'failed'; readonly why: string; readonly error: unknown }
  /** The server or its adapter lacks what it needs. */
  | { readonly verdict: 'not supported'; readonly why: string }
  | { readonly verdict: 'not applicable'; readonly why: string }

/** One question, answered. */
export interface Result {
  readonly scenario: Scenario
  readonly outcome: Verdict
  /** What was measured on the way. */
  readonly notes: readonly string[]
  readonly ms: number
}

/** Settings of {@link runAudit} and {@link runScenario}. */
export interface AuditOptions {
  /** Milliseconds that one question may take. Default 60,000. */
  readonly deadlineMs?: number
}

/** Settings of {@link runAudit}. */
export interface RunAuditOptions extends AuditOptions {
  /** How many questions are put at the same time. Default 8. */
  readonly concurrency?: number
  /** Which questions are put. Default: all. */
  readonly only?: (scenario: Scenario) => boolean
  /** Called after each one. */
  readonly onResult?: (result: Result) => void
}

/**
 * Puts every question to a server, and answers with what became of each, in the order of the list. Never rejects because
 * of the server.
 */
export async function runAudit(server: SessionServer, options: RunAuditOptions = {}): Promise<readonly Result[]> {
  const { concurrency = 8, onResult, only = () => true } = options
  const asked = scenarios.filter(only)
  const results = new Map<Scenario, Result>()
  const runAll = async (queue: Iterator<Scenario>): Promise<void> => {
    for (let next = queue.next(); !next.done; next = queue.next()) {
      const result = await runScenario(server, next.value, options)
      results.set(next.value, result)
      onResult?.(result)
    }
  }
  const together = asked.filter(({ isAlone }) => !isAlone).values()
  await Promise.all(Array.from({ length: concurrency }, () => runAll(together)))
  await runAll(asked.filter(({ isAlone }) => isAlone).values())
  return scenarios.flatMap((scenario) => results.get(scenario) ?? [])
}

/** Puts one question to a server. */
export async function runScenario(
  server: SessionServer,
  scenario: Scenario,
  { deadlineMs = 60_000 }: AuditOptions = {},
): Promise<Result> {
  const done = (outcome: Verdict, notes: readonly string[] = [], ms = 0): Result => ({ scenario, outcome, notes, ms })
  if (scenario.notApplicable !== undefined) {
    return done({ verdict: 'not applicable', why: scenario.notApplicable })
  }
  const lacking = scenario.needs?.filter((ability) => server.lacks[ability] !== undefined) ?? []
  if (lacking.length > 0) return done({ verdict: 'not supported', why: whyNot(server, lacking) })

  const start = performance.now()
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`It took longer than ${deadlineMs} ms.`)), deadlineMs)
  })
  over.catch(() => undefined) // whoever waits says what for
  let stage: Stage | undefined
  try {
    stage = await Stage.open(server, over)
    await Promise.race([scenario.run(stage), lastWord(over)])
    return done({ verdict: 'passed' }, stage.notes, performance.now() - start)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return done({ verdict: 'failed', why, error }, stage?.notes, performance.now() - start)
  } finally {
    clearTimeout(timer)
    await stage?.close()
  }
}

/** What the scenario waits for says so itself when time is over; this speaks where it waits for something else. */
async function lastWord(over: Promise<never>): Promise<never> {
  return over.catch(async (error: unknown) => {
    await setImmediate()
    throw error
  })
}

function whyNot(server: SessionServer, lacking: readonly Ability[]): string {
  return lacking.map((ability) => `${ability}: ${server.lacks[ability] ?? ''}`).join('; ')
}
