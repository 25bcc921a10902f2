// Long files first, so that none of them ends alone when all others are done. What is not named here comes after them, as
// Vitest would have it: those that have a process for themselves, and of either larger files first.
import path from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Those that take more than half a minute where all files are run, the longest first. */
const longest = [
  // It takes the time that the others leave.
  'packages/testing/test/simulator-seeds.test.ts',
  // What this one starts ends in good order, and so leaves its sources compiled to all others.
  'packages/cli/test/serve.test.ts',
  'packages/factory/test/crew.test.ts',
  'test/campaign.test.ts',
  'packages/factory/test/hostile.test.ts',
  'test/requests.browser.test.ts',
  'packages/cli/test/factory.test.ts',
  'test/kill-factory.test.ts',
  'test/kill-server.test.ts',
  'packages/server/test/store-embedded-crash.test.ts',
  'packages/console/test/floor.browser.test.ts',
  'packages/console/test/floor-desk.browser.test.ts',
  'test/kill-agent.test.ts',
  'packages/cli/test/session-commands.test.ts',
  'packages/factory/test/oversight.test.ts',
  'packages/factory/test/own-repository.test.ts',
  'test/session-audit.test.ts',
  'test/resume.test.ts',
  'packages/server/test/stream-conformance.test.ts',
  'packages/server/test/store-embedded.test.ts',
  'packages/core/test/model.test.ts',
]

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const found = longest.indexOf(path.relative(this.ctx.config.root, moduleId))
      return found < 0 ? longest.length : found
    }
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b))
  }
}
