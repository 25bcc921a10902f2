import { readFile } from 'node:fs/promises'
import path from 'node:path'
import {
  FactoryError,
  askFloor,
  checkFactory,
  faultInWords,
  folderSource,
  githubIssues,
  markdownBacklog,
  type ImportedTask,
  type TaskSourceReader,
} from '@headrace/factory'
import { exitCode } from '../exit-code.ts'
import { Problem } from '../problem.ts'
import { processOutput } from '../terminal/console.ts'
import { plain } from '../terminal/plain.ts'
import { withFloor, type FloorTarget } from './floor-target.ts'
import { openPlugins } from './plugins.ts'
import { problem } from './problem.ts'

export interface ImportOptions extends FloorTarget {
  readonly markdown?: string
  readonly github?: string
  readonly plugin?: string
  readonly repository: string
  readonly folder: string
  readonly label?: readonly string[]
}

/** Takes tasks from a file or from issues onto the floor; what is there already stays as it is. */
export async function importTasks(options: ImportOptions): Promise<void> {
  const tasks = await read(options).catch((thrown: unknown) => {
    throw thrown instanceof FactoryError ? problem(thrown, exitCode.failed) : thrown
  })
  if (tasks.length === 0) return processOutput.err('There is no open task there.')
  await withFloor(options, async ({ session }) => {
    for (const task of tasks) {
      const { said } = await askFloor(session, task)
      processOutput.out(plain(`${task.title}: ${said}`))
    }
  })
}

async function read(options: ImportOptions): Promise<readonly ImportedTask[]> {
  const { markdown, github, plugin, repository } = options
  if ([markdown, github, plugin].filter((source) => source !== undefined).length !== 1) {
    throw new Problem(exitCode.usage, 'Name one source: --markdown FILE, --github owner/name or --plugin NAME.')
  }
  if (plugin === undefined) return readerOf(options).read()
  const { floor, faults } = await checkFactory(folderSource(path.resolve(repository)))
  if (!floor) throw new Problem(exitCode.refused, faults.map(faultInWords).join('\n'))
  const plugins = await openPlugins(floor.factory.plugins, options, processOutput)
  try {
    const source = plugins.source(plugin)
    if (source) return await source.read()
    throw new Problem(exitCode.refused, `No plugin of .headrace/factory.yaml is a source named ${plugin}.`)
  } finally {
    await plugins.close()
  }
}

function readerOf({ markdown, github, label }: ImportOptions): TaskSourceReader {
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
