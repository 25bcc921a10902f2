import { access, readFile } from 'node:fs/promises'
import path from 'node:path'
import { createGit } from '../git/create-git.ts'
import { noRepository } from '../git/no-repository.ts'
import { readManifest } from '../guards/package-json.ts'
import type { Argv } from './shapes.ts'

/** What a repository looks like, and by what that is known. */
export interface Detected {
  readonly base: string
  readonly setup: readonly Argv[]
  readonly test: Argv | undefined
  /** One sentence for each thing that was found, or not. */
  readonly because: readonly string[]
}

interface Tools {
  readonly file: string
  readonly setup?: Argv
  readonly test?: Argv
}

/** The first whose file is there counts. */
const packageManagers: readonly (Tools & { readonly run: Argv })[] = [
  { file: 'package-lock.json', setup: ['npm', 'ci', '--ignore-scripts'], run: ['npm', 'test'] },
  { file: 'npm-shrinkwrap.json', setup: ['npm', 'ci', '--ignore-scripts'], run: ['npm', 'test'] },
  {
    file: 'pnpm-lock.yaml',
    setup: ['pnpm', 'install', '--frozen-lockfile', '--ignore-scripts'],
    run: ['pnpm', 'test'],
  },
  { file: 'yarn.lock', setup: ['yarn', 'install', '--immutable'], run: ['yarn', 'test'] },
  { file: 'bun.lock', setup: ['bun', 'install', '--frozen-lockfile'], run: ['bun', 'run', 'test'] },
]
const others: readonly Tools[] = [
  { file: 'Cargo.toml', setup: ['cargo', 'fetch', '--locked'], test: ['cargo', 'test', '--offline'] },
  { file: 'go.mod', setup: ['go', 'mod', 'download'], test: ['go', 'test', '-json', './...'] },
  { file: 'pytest.ini', test: ['python3', '-m', 'pytest', '--junitxml={report}'] },
  { file: 'conftest.py', test: ['python3', '-m', 'pytest', '--junitxml={report}'] },
  { file: 'pyproject.toml', test: ['python3', '-m', 'pytest', '--junitxml={report}'] },
]

/** @throws FactoryError `bad_option` when it is no repository of git */
export async function detect(repository: string): Promise<Detected> {
  const because: string[] = []
  const has = async (file: string) =>
    access(path.join(repository, file)).then(
      () => true,
      () => false,
    )
  const base = await detectBase(repository, because)
  const manifest = await readFile(path.join(repository, 'package.json'), 'utf8').catch(() => undefined)
  if (manifest !== undefined) {
    const there = await Promise.all(packageManagers.map(({ file }) => has(file)))
    const manager = packageManagers.find((_one, index) => there[index])
    if (manager)
      because.push(`${manager.file} is there, so packages are installed by: ${(manager.setup ?? []).join(' ')}`)
    const script = readManifest(manifest).scripts['test']
    if (script !== undefined) {
      const test = direct(script) ?? manager?.run ?? ['npm', 'test']
      because.push(`package.json has the test script "${script}", so the gate runs: ${test.join(' ')}`)
      return { base, setup: manager?.setup ? [manager.setup] : [], test, because }
    }
    because.push('package.json has no test script')
  }
  for (const { file, setup, test } of others) {
    if (!test || !(await has(file))) continue
    because.push(`${file} is there, so the gate runs: ${test.join(' ')}`)
    return { base, setup: setup ? [setup] : [], test, because }
  }
  const makefile = await readFile(path.join(repository, 'Makefile'), 'utf8').catch(() => '')
  if (/^test:/m.test(makefile)) {
    because.push('Makefile has the target "test", so the gate runs: make test')
    return { base, setup: [], test: ['make', 'test'], because }
  }
  because.push('no test command was found: write one at gate.test')
  return { base, setup: [], test: undefined, because }
}

/** Runners that can write a report which what is tested can't forge. Only where the script says nothing else. */
function direct(script: string): Argv | undefined {
  switch (script.trim()) {
    case 'node --test':
      return [
        'node',
        '--test',
        '--test-reporter=spec',
        '--test-reporter-destination=stdout',
        '--test-reporter=junit',
        '--test-reporter-destination={report}',
      ]
    case 'vitest':
    case 'vitest run':
      return [
        'npx',
        '--no-install',
        'vitest',
        'run',
        '--reporter=default',
        '--reporter=junit',
        '--outputFile.junit={report}',
      ]
    default:
      return undefined
  }
}

async function detectBase(repository: string, because: string[]): Promise<string> {
  const gitDir = path.join(repository, '.git')
  const isThere = await access(gitDir).then(
    () => true,
    () => false,
  )
  if (!isThere) throw noRepository(repository)
  // In a work tree that was added to a repository it is a file, and nothing can run in that.
  const git = createGit({ gitDir, cwd: repository })
  const remote = await git.run(['symbolic-ref', '--quiet', '--short', 'refs/remotes/origin/HEAD'], {
    okCodes: [0, 1, 128],
  })
  const name = remote.stdout
    .toString('utf8')
    .trim()
    .replace(/^origin\//, '')
  if (remote.code === 0 && name !== '') {
    because.push(`the remote says that its main branch is ${name}`)
    return name
  }
  for (const candidate of ['main', 'master', 'trunk']) {
    const found = await git.run(['rev-parse', '--verify', '--quiet', `refs/heads/${candidate}`], {
      okCodes: [0, 1, 128],
    })
    if (found.code !== 0) continue
    because.push(`there is a branch ${candidate}`)
    return candidate
  }
  const head = await git.run(['symbolic-ref', '--quiet', '--short', 'HEAD'], { okCodes: [0, 1, 128] })
  const current = head.stdout.toString('utf8').trim()
  because.push(current === '' ? 'no branch was found, so it is called main' : `${current} is checked out`)
  return current === '' ? 'main' : current
}
