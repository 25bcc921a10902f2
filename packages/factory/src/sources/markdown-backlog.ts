import { createHash } from 'node:crypto'
import { laneKind } from '../floor/floor-request.ts'
import type { LaneKind, Priority } from '../floor/task.ts'
import type { ImportedTask, TaskSourceReader } from './task-source.ts'

export interface MarkdownBacklogOptions {
  /** What the file is called, as in `BACKLOG.md`. */
  readonly name: string
  readonly read: () => Promise<string>
}

const item = /^[-*] \[( |x|X)\] (.+)$/
/** At the end of a line: `(P1 bug)`, `(bug)`, `(P0)`. */
const tags = /\s*\(([^()]*)\)\s*$/
const maxTasks = 500

/**
 * A list of tasks in a Markdown file. `- [ ] Title (P1 bug)` is a task; what is indented below it is its text, and a list
 * there says when it is done. What is ticked is done already. A task is known again by its title, so one that is renamed is
 * another task.
 */
export function markdownBacklog({ name, read }: MarkdownBacklogOptions): TaskSourceReader {
  return { kind: 'markdown', read: async () => parseBacklog(name, await read()) }
}

function parseBacklog(name: string, text: string): readonly ImportedTask[] {
  const tasks: ImportedTask[] = []
  const lines = text.split(/\r?\n/)
  for (let at = 0; at < lines.length && tasks.length < maxTasks; at += 1) {
    const found = item.exec(lines[at] ?? '')
    if (!found) continue
    const below: string[] = []
    while (/^\s+\S|^\s*$/.test(lines[at + 1] ?? 'x')) below.push((lines[(at += 1)] ?? '').trim())
    if (found[1] === ' ') tasks.push(taskOf(name, found[2] ?? '', below))
  }
  return tasks
}

function taskOf(name: string, line: string, below: readonly string[]): ImportedTask {
  const words = (tags.exec(line)?.[1] ?? '').split(/[\s,]+/)
  const kind = words.find(isKind)
  const priority = words.map((word) => /^P([0-3])$/i.exec(word)?.[1]).find((digit) => digit !== undefined)
  const isTagged = kind !== undefined || priority !== undefined
  const title = (isTagged ? line.replace(tags, '') : line).trim().slice(0, 256)
  const acceptance = below.flatMap((under) => /^[-*] (?:\[.\] )?(.+)$/.exec(under)?.[1]?.slice(0, 1_024) ?? [])
  const body = below
    .filter((under) => !/^[-*] /.test(under))
    .join('\n')
    .trim()
  const id = createHash('sha256').update(title.toLowerCase()).digest('hex').slice(0, 16)
  return {
    ask: 'add-task',
    title,
    source: { kind: 'markdown', ref: `${name}#${id}` },
    ...(body !== '' && { body: body.slice(0, 16_384) }),
    ...(kind && { kind }),
    ...(priority !== undefined && { priority: Number(priority) as Priority }), // 0 to 3, by the pattern
    ...(acceptance.length > 0 && { acceptance: acceptance.slice(0, 32) }),
  }
}

function isKind(word: string): word is LaneKind {
  try {
    laneKind.parse(word)
    return true
  } catch {
    return false
  }
}
