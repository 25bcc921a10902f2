import { access, mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { stringify } from 'yaml'
import { FactoryError } from '../errors.ts'
import { skillsFolder, type Skill } from '../skills/skill.ts'
import { starterSkills } from '../skills/starter-skills.ts'
import { detect } from './detect.ts'
import { factoryPath } from './factory-file.ts'

export interface InitOptions {
  /** The operator's repository. */
  readonly repository: string
  /** The agent of all lanes. Default `codex`. */
  readonly agent?: 'codex' | 'claude' | 'opencode' | 'gemini'
  /** Writes the files. Default true; without it they are only shown. */
  readonly write?: boolean
}

/** What was written, and why. */
export interface Initialised {
  /** Text by path in the repository. */
  readonly files: Readonly<Record<string, string>>
  /** For a person: what was found, what was written and what to do next. */
  readonly explanation: readonly string[]
}

/**
 * Writes a floor of five lanes for a repository: two that keep it green, two in conversation, one that looks ahead. What
 * is there already is never overwritten.
 *
 * @throws FactoryError `files_invalid` if there are such files already
 */
export async function initFactory(options: InitOptions): Promise<Initialised> {
  const { repository, agent = 'codex', write = true } = options
  const found = await detect(repository)
  const provider = providers[agent]
  const factory = {
    base: found.base,
    gate: {
      ...(found.setup.length > 0 && { setup: found.setup }),
      test: found.test ?? ['write', 'your', 'test', 'command', 'here'],
      timeoutMinutes: 15,
      sandbox: 'preferred',
    },
    attention: 3,
    budget: { tokens: 2_000_000, minutes: 60 },
    agents: { [agent]: { kind: 'acp', profile: agent } },
    models: { providers: { [provider.kind]: provider } },
  }
  const files: Record<string, string> = {
    [factoryPath]: `${head}${stringify(factory, { lineWidth: 100, flowCollectionPadding: false })}`,
    ...Object.fromEntries(lanes.map((lane) => [`.headrace/lanes/${lane.name}.md`, laneText(lane, agent)])),
    ...skillTexts(await starterSkills()),
  }
  const taken: string[] = []
  for (const file of Object.keys(files))
    if (
      await access(path.join(repository, file)).then(
        () => true,
        () => false,
      )
    )
      taken.push(file)
  if (taken.length > 0) {
    throw new FactoryError('files_invalid', `${taken[0]} is there already; nothing was written.`, { evidence: taken })
  }
  if (write) {
    for (const [file, text] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(repository, file)), { recursive: true })
      await writeFile(path.join(repository, file), text, { flag: 'wx' })
    }
  }
  return {
    files,
    explanation: [
      ...found.because,
      'Five lanes: two keep the repository green and merge what is small by themselves, two do features and bugs and leave the merge to you, one looks ahead and only proposes.',
      'Six skills to begin with; lanes name those that their agents are given. Change them: they are yours.',
      `At most ${factory.attention} lanes need you at the same time; more wait.`,
      `Agents ask their models through the floor alone. It takes the key from ${provider.key}, and they never see it: set that before you open the floor.`,
      `Commit these files to ${found.base}: the factory reads them there and nowhere else.`,
      ...(found.test ? [] : ['Write your test command into .headrace/factory.yaml at gate.test before that.']),
    ],
  }
}

const openai = { kind: 'openai', url: 'https://api.openai.com/v1', key: 'OPENAI_API_KEY' }
/** Whose models the agents of a profile ask. */
const providers = {
  codex: openai,
  opencode: openai,
  claude: { kind: 'anthropic', url: 'https://api.anthropic.com', key: 'ANTHROPIC_API_KEY' },
  gemini: { kind: 'gemini', url: 'https://generativelanguage.googleapis.com', key: 'GEMINI_API_KEY' },
} as const

const head = `# How the factory works on this repository. It is read from the base branch only, whatever a change says.
# A command is a list of words; there is no shell. \`headrace factory check\` says what is wrong, with line and key.
`

interface Lane {
  readonly name: string
  readonly kind: string
  readonly oversight: string
  readonly source: string
  readonly allowed?: readonly string[]
  readonly skills: readonly string[]
  readonly goal: string
  readonly done: string
}

const lanes: readonly Lane[] = [
  {
    name: 'ci-red',
    kind: 'ci',
    oversight: 'merge',
    source: 'ci',
    allowed: ['src/**', 'lib/**', 'packages/**', 'test/**', 'tests/**'],
    skills: ['test-fixer'],
    goal: 'Make a failing job of CI pass by repairing its cause.',
    done: 'The job that failed passes, and no test was removed, skipped or made to say less.',
  },
  {
    name: 'ci-flakes',
    kind: 'ci',
    oversight: 'merge',
    source: 'ci',
    allowed: ['test/**', 'tests/**', '**/*.test.*', '**/*_test.*', '**/test_*.py'],
    skills: ['test-fixer'],
    goal: 'Find why a test fails now and then, and make it say the same every time.',
    done: 'The test passes 20 times in a row, and still fails when what it tests is broken.',
  },
  {
    name: 'features',
    kind: 'feature',
    oversight: 'branch',
    source: 'cli',
    skills: ['small-feature'],
    goal: 'Build what the task asks for, with tests, and nothing else.',
    done: 'Every point of the acceptance of the task has a test that passes, and all other tests pass.',
  },
  {
    name: 'bugs',
    kind: 'bug',
    oversight: 'branch',
    source: 'cli',
    skills: ['bug-reproducer'],
    goal: 'Write a test that shows the bug of the task, then repair its cause.',
    done: 'The new test fails without the repair and passes with it, and all other tests pass.',
  },
  {
    name: 'horizon',
    kind: 'horizon',
    oversight: 'observe',
    source: 'horizon',
    skills: ['horizon'],
    goal: 'Look at what comes: dependencies, upstream changes, trends of CI, open issues. Propose tasks.',
    done: 'Each proposal names its evidence, what it is worth, and how one would know that it is done.',
  },
]

function skillTexts(skills: Readonly<Record<string, Skill>>): Record<string, string> {
  const files = Object.values(skills).flatMap((skill) =>
    skill.files.map(({ path: file, content }) => [
      `${skillsFolder}/${skill.name}/${file}`,
      Buffer.from(content).toString('utf8'),
    ]),
  )
  return Object.fromEntries(files) as Record<string, string> // pairs of two texts
}

function laneText({ name, kind, oversight, source, allowed, skills, goal, done }: Lane, agent: string): string {
  const matter = { kind, agent, oversight, ...(allowed && { allowed }), skills, wip: 1, tasks: { source } }
  return `---\n${stringify(matter)}---\n\n# ${name}\n\n## Goal\n\n${goal}\n\n## Done when\n\n${done}\n`
}
