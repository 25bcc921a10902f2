import type { DeployedSkill, SkillForm } from './deploy-skills.ts'

/** What an agent is told of its skills. One that finds them by itself is told their names alone. */
export function skillSection(form: SkillForm, skills: readonly DeployedSkill[]): string {
  if (skills.length === 0) return ''
  switch (form.kind) {
    case 'folder':
      return `You have skills for this: ${skills.map(({ name }) => name).join(', ')}. Read those that fit before you begin.`
    case 'section':
      return [
        '# Skills',
        '',
        'Each is a file with instructions. Read those that fit before you begin; paths in them begin at their folder.',
        '',
        ...skills.map(({ name, description, file }) => `- **${name}**: ${description.replaceAll('\n', ' ')} (${file})`),
      ].join('\n')
    default:
      return form satisfies never
  }
}
