import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { buildConsole } from './fixture/build.ts'

/** All script and style of the console, compressed as the server sends it. */
const budgetBytes = 220_000

test(`the console stays under ${budgetBytes / 1_000} kB gzip, in files that a strict content policy lets in`, async () => {
  const { folder, remove } = await buildConsole()
  try {
    const files = await readdir(folder, { recursive: true })
    const code = files.filter((file) => /\.(?:js|css)$/.test(file))
    const bytes = await Promise.all(code.map(async (file) => gzipSync(await readFile(path.join(folder, file))).length))
    expect(bytes.reduce((sum, each) => sum + each, 0)).toBeLessThan(budgetBytes)
    const html = await readFile(path.join(folder, 'index.html'), 'utf8')
    expect(html).not.toMatch(/<style|<script(?![^>]*\ssrc=)|\sstyle=|\son\w+=|https?:/)
    const css = await Promise.all(
      code.filter((file) => file.endsWith('.css')).map((file) => readFile(path.join(folder, file), 'utf8')),
    )
    expect(css.join('')).not.toMatch(/@import|url\(/)
  } finally {
    await remove()
  }
})
