import { FactoryError } from '../../errors.ts'
import { floorRequest } from '../../floor/floor-request.ts'
import type { ImportedTask, TaskSourceReader } from '../../sources/task-source.ts'
import type { PluginThread } from '../plugin-thread.ts'

const maxTasks = 1_000

/** A task source of a plugin. */
export function pluginSource(name: string, thread: PluginThread): TaskSourceReader {
  return {
    kind: name,
    async read() {
      const tasks = await thread.call('read', [])
      if (!Array.isArray(tasks) || tasks.length > maxTasks) {
        throw new FactoryError('plugin_failed', `The source ${name} gave no list of at most ${maxTasks} tasks.`)
      }
      return tasks.map((task: unknown, index) => taskOf(name, task, index))
    },
  }
}

function taskOf(name: string, task: unknown, index: number): ImportedTask {
  const parsed = floorRequest.parse(task, `task ${index} of ${name}`)
  if (parsed.ask !== 'add-task' || parsed.source === undefined) {
    throw new FactoryError('plugin_failed', `Task ${index} of the source ${name} has no source of its own.`)
  }
  return { ...parsed, source: { ...parsed.source, kind: name } }
}
