import type { FloorDocument } from '../floor/floor-document.ts'
import type { Task } from '../floor/task.ts'
import { createPathMatcher } from '../paths.ts'
import { adviceFor, lessonKey } from './lesson.ts'

const maxLessons = 3
const maxPaths = 3

/**
 * What was learned from other tasks on files that this one is about too: those that it names, and those of its lane. The
 * newest of each kind, at most three. Pure.
 *
 * @param surfaces - globs of what the lane may change; none where that is everything
 */
export function nearbyLessons(floor: FloorDocument, task: Task, surfaces: readonly string[]): readonly string[] {
  const fits = createPathMatcher(surfaces)
  const said = [task.title, task.body, ...task.acceptance].join('\n')
  const lessons = Object.values(floor.tasks)
    .filter(({ id }) => id !== task.id)
    .flatMap(({ id, attempts }) => attempts.map((attempt) => ({ id, attempt })))
    .toSorted((a, b) => b.attempt.endedAt - a.attempt.endedAt)
  const found = new Map<string, string>()
  for (const { id, attempt } of lessons) {
    const key = lessonKey(attempt)
    const advice = key === undefined ? undefined : adviceFor(key)
    if (key === undefined || advice === undefined || found.has(key)) continue
    const near = (attempt.touched ?? []).filter((path) => fits(path) || said.includes(path))
    if (near.length > 0) found.set(key, `${advice} (${id}, ${near.slice(0, maxPaths).join(', ')}: ${attempt.outcome})`)
    if (found.size === maxLessons) break
  }
  return [...found.values()]
}
