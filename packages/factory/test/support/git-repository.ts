import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { onTestFinished } from 'vitest'

/** A folder for one test, gone after it. */
export function testFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'headrace-factory-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A work tree as a person or an agent has one: git here runs with that repository's own configuration. */
export interface WorkTree {
  readonly folder: string
  git(...args: string[]): string
  /** Writes files: text, `{ link }` for a symlink, `null` to remove. A path that ends in `!` is executable. */
  write(files: Readonly<Record<string, string | Uint8Array | { readonly link: string } | null>>): void
  commit(message: string): string
}

const env = {
  PATH: process.env['PATH'],
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  LC_ALL: 'C',
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.test',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.test',
}

export function workTree(folder: string, { init = true } = {}): WorkTree {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: folder, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim()
  if (init) {
    mkdirSync(folder, { recursive: true })
    git('init', '-q', '-b', 'main')
  }
  return {
    folder,
    git,
    write(files) {
      for (const [name, content] of Object.entries(files)) {
        const file = path.join(folder, name.replace(/!$/, ''))
        rmSync(file, { force: true, recursive: true })
        if (content === null) continue
        mkdirSync(path.dirname(file), { recursive: true })
        if (typeof content === 'object' && 'link' in content) symlinkSync(content.link, file)
        else writeFileSync(file, content)
        if (name.endsWith('!')) chmodSync(file, 0o755)
      }
    },
    commit(message) {
      git('add', '-A')
      git('commit', '-q', '--allow-empty', '-m', message)
      return git('rev-parse', 'HEAD')
    },
  }
}
