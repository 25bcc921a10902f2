import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { floorRequest, githubIssues, markdownBacklog } from '../src/index.ts'

test('F1h tasks of a Markdown file: title, priority, kind, text, acceptance; what is ticked is done', async () => {
  const text = `# Backlog

- [ ] Fix the login (P1 bug)
  It fails after a refresh.

  - a test shows it
  - [ ] and the log says why
- [x] Done already
- [ ] Say hello (to everybody)
* [ ] Write it down (docs)
`
  const source = markdownBacklog({ name: 'BACKLOG.md', read: async () => text })
  const tasks = await source.read()
  expect(tasks).toMatchObject([
    {
      title: 'Fix the login',
      priority: 1,
      kind: 'bug',
      body: 'It fails after a refresh.',
      acceptance: ['a test shows it', 'and the log says why'],
    },
    { title: 'Say hello (to everybody)' },
    { title: 'Write it down', kind: 'docs' },
  ])
  for (const task of tasks) expect(floorRequest.parse(task)).toEqual(task)
  const again = await markdownBacklog({ name: 'BACKLOG.md', read: async () => `\n${text}` }).read()
  expect(again.map(({ source: from }) => from)).toEqual(tasks.map(({ source: from }) => from))
  expect(new Set(tasks.map(({ source: from }) => from.ref)).size).toBe(3)
})

test('F1h issues of GitHub come as proposals, page after page, without pull requests, and a refusal says why', async () => {
  const asked: string[] = []
  const issue = (number: number, more: object = {}): object => ({
    number,
    title: `Issue ${number}`,
    labels: [],
    body: null,
    ...more,
  })
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://x')
    asked.push(`${url.pathname} ${url.searchParams.get('page')} ${request.headers.authorization}`)
    if (url.pathname.includes('/private/')) {
      response.writeHead(403, { 'x-ratelimit-remaining': '0' }).end('{}')
      return
    }
    const first = Array.from({ length: 100 }, (_, at) =>
      issue(at + 1, at === 0 ? { labels: [{ name: 'bug' }, { name: 'P0' }], body: 'B' } : {}),
    )
    const pages = [first, [issue(101, { pull_request: {} }), issue(102)]]
    response
      .setHeader('Content-Type', 'application/json')
      .end(JSON.stringify(pages[Number(url.searchParams.get('page')) - 1]))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const tasks = await githubIssues({ repository: 'o/r', token: 'secret', api }).read()
  expect(tasks).toHaveLength(101)
  expect(tasks[0]).toEqual({
    ask: 'add-task',
    title: 'Issue 1',
    source: { kind: 'github', ref: 'o/r#1' },
    proposed: true,
    body: 'B',
    kind: 'bug',
    priority: 0,
  })
  expect(asked).toEqual(['/repos/o/r/issues 1 Bearer secret', '/repos/o/r/issues 2 Bearer secret'])
  for (const task of tasks) floorRequest.parse(task)
  await expect(githubIssues({ repository: 'private/r', api }).read()).rejects.toMatchObject({
    message: expect.stringContaining('rate limit') as string,
  })
  expect(() => githubIssues({ repository: 'no' })).toThrow('write owner/name')
})
