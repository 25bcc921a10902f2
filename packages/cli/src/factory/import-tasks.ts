import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { FactoryError, askFloor, githubIssues, markdownBacklog, type TaskSourceReader } from '@headrace/factory'
import { exitCode } from '../exit-code.ts'
import { Problem } from '../problem.ts'
import { processOutput } from '../terminal/console.ts'
import { plain } from '../terminal/plain.ts'
import { withFloor, type FloorTarget } from './floor-target.ts'

export interface ImportOptions extends FloorTarget {
  readonly markdown?: string
  readonly github?: string
  readonly label?: readonly string[]
}

/** Takes tasks from a file or from issues onto the floor; what is there already stays as it is. */
export async function importTasks(options: ImportOptions): Promise<void> {
  const tasks = await readerOf(options)
    .read()
    .catch((thrown: unknown) => {
      throw thrown instanceof FactoryError ? new Problem(exitCode.failed, `${thrown.message} ${thrown.next}`) : thrown
    })
  if (tasks.length === 0) return processOutput.err('There is no open task there.')
  await withFloor(options, async ({ session }) => {
    for (const task of tasks) {
      const { said } = await askFloor(session, task)
      processOutput.out(plain(`${task.title}: ${said}`))
    }
  })
}

function readerOf({ markdown, github, label }: ImportOptions): TaskSourceReader {
  if ((markdown === undefined) === (github === undefined)) {
    throw new Problem(exitCode.usage, 'Name one source: --markdown FILE or --github owner/name.')
  }
  if (markdown !== undefined) {
    return markdownBacklog({
      name: path.basename(markdown),
      read: () =>
        readFile(markdown, 'utf8').catch((thrown: unknown) => {
          throw new Problem(
            exitCode.usage,
            `${markdown} can't be read: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
          )
        }),
    })
  }
  const token = process.env['GITHUB_TOKEN']
  try {
    return githubIssues({
      repository: github ?? '',
      ...(token !== undefined && { token }),
      ...(label && { labels: label }),
    })
  } catch (thrown) {
    throw thrown instanceof FactoryError ? new Problem(exitCode.usage, thrown.message) : thrown
  }
}
