/** One way to work on a task, among which is chosen. */
export interface Arm {
  /** The name of the agent. */
  readonly agent: string
  /** The agent's name for a model. */
  readonly model?: string
  /** The version of the skill that is chosen with it, as in `test-fixer@3f2a9c01b7de`. */
  readonly skills?: string
}

/** The same for the same way. */
export function armKey({ agent, model = '', skills = '' }: Arm): string {
  return `${agent}\n${model}\n${skills}`
}

/** As people read it. */
export function armName({ agent, model, skills }: Arm): string {
  const more = [...(model === undefined ? [] : [model]), ...(skills === undefined ? [] : [skills])]
  return more.length === 0 ? agent : `${agent} (${more.join(', ')})`
}
