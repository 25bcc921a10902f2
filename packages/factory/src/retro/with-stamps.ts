import type { FloorDocument } from '../floor/floor-document.ts'
import type { LoggedAttempt } from './attempt-log.ts'

/**
 * Attempts with what the floor made of them: whoever was put away by a person was only stopped in its lane, and the gate may
 * have merged what its lane never heard of.
 */
export function withStamps(records: readonly LoggedAttempt[], { tasks }: FloorDocument): readonly LoggedAttempt[] {
  return records.map((record) => {
    const stamped = tasks[record.task]?.attempts.find(({ attempt }) => attempt === record.attempt)
    if (!stamped) return record
    const { outcome, why, failure } = stamped
    return { ...record, outcome, why, ...(failure !== undefined && { failure }) }
  })
}
