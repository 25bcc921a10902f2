import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findChromium, launch } from './support/browser.ts'
import { lines } from './support/server.ts'

const chromium = findChromium()
const missing = 'missing' in chromium ? chromium.missing : undefined
if (missing !== undefined && process.env['CI']) throw new Error(missing)

/** An example as `npm run example` runs it, on a free port. */
async function start(name: string): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const file = join(import.meta.dirname, `../examples/${name}/server.ts`)
  const child = spawn(process.execPath, ['--conditions=@headrace/source', file], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, PORT: '0' },
  })
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
  // Vite may say first that it makes its cache anew.
  for (const said = lines(child); ;) {
    const line = await said.next()
    if (line.done) throw new Error(`the example ${name} did not start`)
    if (line.value.startsWith('http')) return { url: line.value, stop }
  }
}

test.for(['vite-chat', 'ssr-chat'])(
  'S3 C4: the example %s answers, and all is there after a reload',
  async (name, context) => {
    if (!('path' in chromium)) return context.skip(chromium.missing)
    const example = await start(name)
    const browser = await launch(chromium.path)
    try {
      const page = await browser.newPage()
      const complaints: string[] = []
      page.on('pageerror', (error) => complaints.push(error.message))
      page.on('console', (said) => said.type() === 'error' && complaints.push(`${said.location().url} ${said.text()}`))
      await page.goto(example.url)
      await page.getByRole('textbox', { name: 'Message' }).fill('Hello from the browser')
      await page.getByRole('button', { name: 'Send' }).click()
      const answer = page.getByRole('article').getByText('You said: Hello from the browser')
      await answer.waitFor()
      await page.getByRole('button', { name: 'Stop' }).waitFor({ state: 'detached' })
      if (name === 'ssr-chat') {
        const first = await (await fetch(page.url())).text()
        expect(first).toContain('You said: Hello from the browser</article>')
      }
      await page.reload()
      await answer.waitFor()
      await expect.poll(() => page.getByRole('article').count()).toBe(2)
      expect(complaints.filter((text) => !text.includes('/favicon.ico '))).toEqual([])
    } finally {
      await browser.close()
      await example.stop()
    }
  },
)
