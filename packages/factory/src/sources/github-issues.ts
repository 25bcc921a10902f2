import { array, object, string, type Schema } from '@headrace/core'
import { FactoryError } from '../errors.ts'
import type { LaneKind, Priority } from '../floor/task.ts'
import type { ImportedTask, TaskSourceReader } from './task-source.ts'

export interface GithubIssuesOptions {
  /** `owner/name`. */
  readonly repository: string
  /** Needed for private repositories, and for more than 60 requests an hour. */
  readonly token?: string
  /** Only issues with all of these labels. */
  readonly labels?: readonly string[]
  /** Default `https://api.github.com`. */
  readonly api?: string
  /** Default: the platform's. */
  readonly fetch?: typeof globalThis.fetch
}

interface Issue {
  readonly number: number
  readonly title: string
  readonly body?: string | null
  readonly labels: readonly { readonly name: string }[]
  readonly pull_request?: unknown
}

const kinds: Readonly<Record<string, LaneKind>> = {
  bug: 'bug',
  documentation: 'docs',
  docs: 'docs',
  ci: 'ci',
  enhancement: 'feature',
  feature: 'feature',
}
const maxPages = 10
const perPage = 100

/**
 * Open issues of a GitHub repository, the oldest first, at most 1,000. A label `P0` to `P3` is the priority; `bug`, `ci`, `docs`
 * and their like say which lanes take it. What an issue says is of strangers: it comes as a proposal that somebody accepts.
 */
export function githubIssues(options: GithubIssuesOptions): TaskSourceReader {
  const { repository } = options
  if (!/^[\w.-]{1,100}\/[\w.-]{1,100}$/.test(repository)) {
    throw new FactoryError('bad_option', `"${repository}" is no repository of GitHub: write owner/name.`)
  }
  return {
    kind: 'github',
    async read() {
      const tasks: ImportedTask[] = []
      for (let page = 1; page <= maxPages; page += 1) {
        const issues = await readPage(options, page)
        tasks.push(
          ...issues.filter((issue) => issue.pull_request === undefined).map((issue) => taskOf(repository, issue)),
        )
        if (issues.length < perPage) break
      }
      return tasks
    },
  }
}

async function readPage(options: GithubIssuesOptions, page: number): Promise<readonly Issue[]> {
  const { repository, token, labels = [], api = 'https://api.github.com', fetch = globalThis.fetch } = options
  const query = new URLSearchParams({
    state: 'open',
    sort: 'created',
    direction: 'asc',
    per_page: String(perPage),
    page: String(page),
  })
  if (labels.length > 0) query.set('labels', labels.join(','))
  const headers = {
    Accept: 'application/vnd.github+json',
    'X-GitHub-Api-Version': '2022-11-28',
    'User-Agent': 'headrace',
    ...(token !== undefined && { Authorization: `Bearer ${token}` }),
  }
  const url = `${api}/repos/${repository}/issues?${query.toString()}`
  const response = await fetch(url, { headers, redirect: 'error', signal: AbortSignal.timeout(30_000) }).catch(
    (cause: unknown) => {
      throw new FactoryError('command_failed', `${api} could not be reached: ${String(cause)}`, { cause })
    },
  )
  if (!response.ok) {
    const left = response.headers.get('x-ratelimit-remaining')
    const why = left === '0' ? 'the rate limit is used up: give a token' : `it answered ${response.status}`
    throw new FactoryError('command_failed', `The issues of ${repository} could not be read: ${why}.`)
  }
  return issuesShape(await response.json())
}

const known: Schema<readonly { readonly name: string }[]> = array(object({ name: string({ max: 256 }) }), { max: 100 })

/** Only the fields that are used: an issue has many more. */
function issuesShape(value: unknown): readonly Issue[] {
  if (!Array.isArray(value))
    throw new FactoryError('command_failed', 'GitHub answered something else than a list of issues.')
  return value.map((item: unknown): Issue => {
    const issue = item as Partial<Record<keyof Issue, unknown>> // each field is looked at below
    if (
      typeof issue !== 'object' ||
      issue === null ||
      typeof issue.number !== 'number' ||
      typeof issue.title !== 'string'
    ) {
      throw new FactoryError('command_failed', 'GitHub answered an issue without a number or a title.')
    }
    const names = Array.isArray(issue.labels)
      ? issue.labels.map((label: unknown) => ({
          name: typeof label === 'string' ? label : String((label as { name?: unknown }).name),
        }))
      : []
    return {
      number: issue.number,
      title: issue.title,
      labels: known.parse(names, 'labels'),
      ...(typeof issue.body === 'string' && { body: issue.body }),
      ...(issue.pull_request !== undefined && { pull_request: issue.pull_request }),
    }
  })
}

function taskOf(repository: string, { number, title, body, labels }: Issue): ImportedTask {
  const words = labels.map(({ name }) => name.toLowerCase())
  const kind = words.map((word) => kinds[word]).find((found) => found !== undefined)
  const priority = words.map((word) => /^p([0-3])$/.exec(word)?.[1]).find((digit) => digit !== undefined)
  return {
    ask: 'add-task',
    title: title.trim().slice(0, 256) || `Issue ${number}`,
    source: { kind: 'github', ref: `${repository}#${number}` },
    proposed: true,
    ...(body !== undefined && body !== null && body !== '' && { body: body.slice(0, 16_384) }),
    ...(kind && { kind }),
    ...(priority !== undefined && { priority: Number(priority) as Priority }), // 0 to 3, by the pattern
  }
}
