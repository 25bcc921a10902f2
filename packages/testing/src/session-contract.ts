import { afterAll, beforeAll, describe, test } from 'vitest'
import { runScenario, type AuditOptions, type Result } from './session-kit/run-audit.ts'
import { scoreTable } from './session-kit/score.ts'
import { scenarios } from './session-kit/scenarios.ts'
import type { Scenario } from './session-kit/scenario.ts'
import type { SessionServer } from './session-kit/session-server.ts'

/** Settings of {@link sessionContract}. */
export interface SessionContractOptions extends AuditOptions {
  /** Called at the end with the score table and what became of each question. Default: the table is printed. */
  readonly onScore?: (table: string, results: readonly Result[]) => void
}

/**
 * Defines the questions of the session kit as tests in the calling Vitest file: one for each, with its id in the title.
 * What the server or its adapter can't do is skipped by name. At the end the score table is printed.
 *
 * @param name - how the server is called in the test titles
 * @param open - starts the server, or connects to one; closed after the last test
 * @example
 * sessionContract('Headrace', async () => headraceServer({ url, token }))
 */
export function sessionContract(
  name: string,
  open: () => Promise<SessionServer>,
  options: SessionContractOptions = {},
): void {
  const { deadlineMs = 60_000, onScore = print } = options
  describe(`session contract: ${name}`, () => {
    const results: Result[] = []
    let server: SessionServer | undefined
    beforeAll(async () => {
      server = await open()
    })
    afterAll(async () => {
      await server?.close()
      const inOrder = scenarios.flatMap((scenario) => results.filter((result) => result.scenario === scenario))
      onScore(scoreTable(inOrder), inOrder)
    })
    const define = (scenario: Scenario): void => {
      test(`${scenario.id} ${scenario.title}`, { timeout: deadlineMs + 10_000 }, async (context) => {
        if (!server) throw new Error('The server did not start.')
        const result = await runScenario(server, scenario, { deadlineMs })
        results.push(result)
        const { outcome } = result
        if (outcome.verdict === 'failed') throw outcome.error
        if (outcome.verdict !== 'passed') context.skip(`${outcome.verdict}: ${outcome.why}`)
      })
    }
    describe.concurrent('together', () => scenarios.filter(({ isAlone }) => !isAlone).forEach(define))
    describe('alone', () => scenarios.filter(({ isAlone }) => isAlone).forEach(define))
  })
}

function print(table: string): void {
  process.stdout.write(`\n${table}\n`)
}
