import { execFile } from 'node:child_process'
import { globSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')

/** Where a reader of an example would import its names from. */
const entries: Readonly<Record<string, string>> = {
  '@headrace/core': 'packages/core/src/index.ts',
  '@headrace/client': 'packages/client/src/index.ts',
  '@headrace/client/agent': 'packages/client/src/agent.ts',
  '@headrace/client/ai-sdk': 'packages/client/src/ai-sdk.ts',
  '@headrace/client/http-agent': 'packages/client/src/http-agent.ts',
  '@headrace/client/anthropic': 'packages/client/src/anthropic.ts',
  '@headrace/client/langchain': 'packages/client/src/langchain.ts',
  '@headrace/client/openai': 'packages/client/src/openai.ts',
  '@headrace/client/react': 'packages/client/src/react.ts',
  '@headrace/client/tanstack-ai': 'packages/client/src/tanstack-ai.ts',
  '@headrace/server': 'packages/server/src/index.ts',
  '@headrace/server/store/memory': 'packages/server/src/store/memory.ts',
  '@headrace/server/store/embedded': 'packages/server/src/store/embedded.ts',
  '@headrace/factory/floor': 'packages/factory/src/floor.ts',
  '@headrace/factory/plugin': 'packages/factory/src/plugin.ts',
  '@headrace/testing': 'packages/testing/src/index.ts',
  '@headrace/server/mcp': 'packages/server/src/mcp.ts',
  '@headrace/server/virtual': 'packages/server/src/virtual.ts',
  '@headrace/testing/store-contract': 'packages/testing/src/store-contract.ts',
  '@headrace/testing/session-kit': 'packages/testing/src/session-kit.ts',
  '@headrace/testing/session-contract': 'packages/testing/src/session-contract.ts',
  '@headrace/testing/headrace-server': 'packages/testing/src/headrace-server.ts',
  '@headrace/testing/model-server': 'packages/testing/src/model-server.ts',
  '@headrace/testing/simulator': 'packages/testing/src/simulator.ts',
}

/** What an example takes for granted: the reader's own. */
const given: Readonly<Record<string, string>> = {
  token: 'const token: string',
  url: 'const url: string',
  client: 'const client: import("@headrace/client").Client',
  worker: 'const worker: import("@headrace/client/agent").Worker',
  search: 'function search(query: string, options: { signal: AbortSignal }): Promise<import("@headrace/core").Json>',
  endpoint: 'const endpoint: string',
  ask: 'function ask(...about: readonly unknown[]): AsyncIterable<string>',
  headrace: 'const headrace: import("@headrace/server").Headrace',
  root: 'const root: { render(node: import("react").ReactNode): void }',
  App: 'function App(): import("react").ReactNode',
  render: 'function render(snapshot: import("@headrace/client").SessionSnapshot): void',
  fetchToken: 'function fetchToken(): Promise<string>',
  model: 'const model: import("ai").LanguageModel',
  messages: 'const messages: import("ai").ModelMessage[]',
  toPrompt: 'function toPrompt(prompt: readonly import("@headrace/core").PromptMessage[]): import("ai").ModelMessage[]',
  useChat: 'const useChat: typeof import("@ai-sdk/react").useChat',
  Chat: 'const Chat: typeof import("@ai-sdk/react").Chat',
  UIMessage: 'type UIMessage = import("ai").UIMessage',
  streamText: 'const streamText: typeof import("ai").streamText',
  openai: 'const openai: import("openai").OpenAI',
  anthropic: 'const anthropic: import("@anthropic-ai/sdk").Anthropic',
  graph:
    'const graph: ReturnType<import("@langchain/langgraph").StateGraph<typeof import("@langchain/langgraph").MessagesAnnotation.spec>["compile"]>',
  run: 'const run: import("@headrace/client/agent").AgentRun',
  currentUser: 'function currentUser(): Promise<{ readonly id: string } | undefined>',
  tokenFor: 'function tokenFor(user: { readonly id: string }): Promise<string>',
  Support: 'function Support(props: { id: string; messages: import("ai").UIMessage[] }): import("react").ReactNode',
  secret: 'const secret: string',
  body: 'const body: string',
  id: 'const id: string',
  at: 'const at: number',
  done: 'function done(): void',
  shelf: 'const shelf: Storage',
  ChatClient: 'const ChatClient: typeof import("@tanstack/ai-client").ChatClient',
  store: 'const store: import("@headrace/core").Store',
  clock: 'const clock: import("@headrace/server").Clock',
  ws: 'const ws: import("ws").WebSocket',
  stream: 'const stream: import("node:stream").Duplex',
  verify: 'function verify(token: string): Promise<import("@headrace/core").Grant>',
  onError: 'function onError(error: import("@headrace/core").HeadraceError): void',
  myServer: 'function myServer(): Promise<import("@headrace/testing/session-kit").SessionServer>',
  createServer: 'const createServer: typeof import("node:http").createServer',
}

interface Example {
  readonly where: string
  readonly code: string
}

/** The `@example` blocks of all public packages, and the programs in the guides. */
async function examples(): Promise<readonly Example[]> {
  return [...(await exampleBlocks()), ...(await guideBlocks())]
}

async function guideBlocks(): Promise<readonly Example[]> {
  const found: Example[] = []
  for (const file of globSync('docs/*.md', { cwd: root }).sort()) {
    const text = await readFile(join(root, file), 'utf8')
    for (const match of text.matchAll(/```tsx?\n([\s\S]*?)```/g)) {
      found.push({ where: `${file}:${text.slice(0, match.index).split('\n').length}`, code: match[1] ?? '' })
    }
  }
  return found
}

async function exampleBlocks(): Promise<readonly Example[]> {
  const files = globSync('packages/{core,client,server,testing}/src/**/*.{ts,tsx}', { cwd: root }).sort()
  const found: Example[] = []
  for (const file of files) {
    const source = await readFile(join(root, file), 'utf8')
    for (const match of source.matchAll(/@example\n((?:\s*\*(?!\/).*\n)+)/g)) {
      const text = (match[1] ?? '').replace(/^\s*\* ?/gm, '')
      const fenced = /```tsx?\n([\s\S]*?)```/.exec(text)?.[1]
      const line = source.slice(0, match.index).split('\n').length
      found.push({
        where: `${relative(root, join(root, file))}:${line}`,
        code: fenced ?? text.replace(/\n@[\s\S]*/, '\n'),
      })
    }
  }
  return found
}

async function publicNames(): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>()
  for (const [specifier, file] of Object.entries(entries)) {
    const source = await readFile(join(root, file), 'utf8')
    for (const block of source.matchAll(/export \{([^}]*)\}/g)) {
      for (const name of (block[1] ?? '').split(',')) names.set(name.trim().replace(/^type /, ''), specifier)
    }
    for (const declared of source.matchAll(/export (?:async )?(?:function|const|interface|class) (\w+)/g)) {
      names.set(declared[1] ?? '', specifier)
    }
  }
  names.delete('')
  return names
}

/** The example as a module: its names imported or declared, its statements in a function. */
function moduleOf({ where, code }: Example, names: ReadonlyMap<string, string>): string {
  const isUsed = (name: string): boolean => new RegExp(`(?<!(?<!\\.\\.)\\.)(?<![\\w'])${name}\\b(?!:)`).test(code)
  const isOwn = (name: string): boolean =>
    new RegExp(`(?:const|function|import (?:type )?\\{[^}]*|const \\{[^}]*)\\b${name}\\b`).test(code)
  const imports = [...names].filter(([name]) => isUsed(name) && !isOwn(name))
  const declared = Object.entries(given).filter(
    ([name]) => new RegExp(`(?<![.\\w])${name}\\b`).test(code) && !isOwn(name),
  )
  const own = code.split('\n').filter((line) => line.startsWith('import '))
  const body = code.split('\n').filter((line) => !line.startsWith('import '))
  return [
    `// ${where}`,
    ...own,
    ...imports.map(([name, from]) => `import { ${name} } from '${from}'`),
    ...declared.map(([, declaration]) => `declare ${declaration}`),
    'export async function example() {',
    // What a file of a framework exports is declared in here.
    ...body.map((line) => line.replace(/^export (?:default )?/, '')),
    '}',
  ].join('\n')
}

test('every example in the documentation of the public API compiles against it', async () => {
  const all = await examples()
  expect(all.length).toBeGreaterThan(15)
  const names = await publicNames()
  const folder = await mkdtemp(join(import.meta.dirname, 'examples-'))
  try {
    for (const [index, example] of all.entries())
      await writeFile(join(folder, `${index}.tsx`), moduleOf(example, names))
    const options = {
      noUnusedLocals: false,
      verbatimModuleSyntax: false,
      composite: false,
      incremental: false,
      noPropertyAccessFromIndexSignature: false,
      rootDir: root,
    }
    const settings = {
      extends: '../../tsconfig.test.json',
      compilerOptions: options,
      include: ['*.tsx'],
      references: [],
    }
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(settings))
    const result = await promisify(execFile)(join(root, 'node_modules/.bin/tsc'), ['-p', folder]).catch(
      (failed: unknown) => ({
        stdout: typeof failed === 'object' && failed && 'stdout' in failed ? String(failed.stdout) : String(failed),
      }),
    )
    const told = result.stdout.replace(/\S*?(\d+)\.tsx/g, (_, index: string) => all[Number(index)]?.where ?? '')
    expect(told).toBe('')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
