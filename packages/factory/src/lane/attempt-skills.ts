import type { AgentRun } from '@headrace/client/agent'
import type { Json } from '@headrace/core'
import type { Attempt } from '../clones/attempt.ts'
import type { Vault } from '../clones/open-vault.ts'
import { noteIn, notes } from '../foreman/notes.ts'
import { deploySkills } from '../skills/deploy-skills.ts'
import { skillsFor, type GivenSkill } from '../skills/lane-skills.ts'
import { loadSkill } from '../skills/load-skill.ts'
import type { Skill } from '../skills/skill.ts'
import { skillSection } from '../skills/skill-section.ts'
import type { Lane } from './lane-runner.ts'

export interface AttemptSkillsOptions {
  readonly run: AgentRun
  readonly task: string
  readonly lane: Lane
  readonly vault: Vault
  /** Writes a data part to the session of the lane. */
  readonly note: (name: string, value: Json) => Promise<void>
}

/** The skills of an attempt: pinned once, and the same ones in each of its rounds, also after a crash. */
export class AttemptSkills {
  readonly #skills: readonly Skill[]
  readonly #form: NonNullable<Lane['agent']['skills']>

  /** @throws FactoryError `skill_invalid` */
  static async pin({ run, task, lane, vault, note }: AttemptSkillsOptions): Promise<AttemptSkills> {
    const own = run.view.messages.filter((message) => message.run === run.id)
    const noted = noteIn(own, notes.skills) as unknown as readonly GivenSkill[] | undefined // by the runner alone
    const given = noted ?? skillsFor(task, lane.skills ?? [])
    const skills = await Promise.all(given.map((pin) => loadSkill(vault, pin)))
    if (!noted && given.length > 0) await note(notes.skills, given as unknown as Json)
    return new AttemptSkills(skills, lane.agent.skills ?? { kind: 'section' })
  }

  private constructor(skills: readonly Skill[], form: NonNullable<Lane['agent']['skills']>) {
    this.#skills = skills
    this.#form = form
  }

  /** Puts them where the agent finds them; gives what it is told of them. Only while nothing of the attempt runs. */
  async deploy({ home }: Attempt): Promise<string> {
    return skillSection(this.#form, await deploySkills(home, this.#form, this.#skills))
  }
}
