import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { buildConsole } from './fixture/build.ts'

/** Script and style, compressed as the server sends them: what the first view needs, and all of it. */
const [firstBytes, allBytes] = [200_000, 250_000]

const title = `the first view stays under ${firstBytes / 1_000} kB gzip and all of the console under ${allBytes / 1_000}, in files that a strict content policy lets in and a browser compiles as they come`
test(title, async () => {
  const { folder, remove } = await buildConsole()
  try {
    const files = await readdir(folder, { recursive: true })
    const code = files.filter((file) => /\.(?:js|css)$/.test(file))
    const sizeOf = async (names: readonly string[]): Promise<number> => {
      const sizes = await Promise.all(
        names.map(async (file) => gzipSync(await readFile(path.join(folder, file))).length),
      )
      return sizes.reduce((sum, each) => sum + each, 0)
    }
    const html = await readFile(path.join(folder, 'index.html'), 'utf8')
    const first = [...html.matchAll(/(?:src|href)="\.\/(assets\/[^"]+)"/g)].map(([, name = '']) => name)
    expect(first.length).toBeGreaterThan(1)
    expect(await sizeOf(first)).toBeLessThan(firstBytes)
    expect(await sizeOf(code)).toBeLessThan(allBytes)
    // Only as the first thing in a file it is heard.
    const scripts = first.filter((file) => file.endsWith('.js'))
    for (const file of scripts)
      expect(await readFile(path.join(folder, file), 'utf8')).toMatch(/^\/\/# allFunctionsCalledOnLoad\n/)
    expect(html).not.toMatch(/<style|<script(?![^>]*\ssrc=)|\sstyle=|\son\w+=|https?:/)
    const css = await Promise.all(
      code.filter((file) => file.endsWith('.css')).map((file) => readFile(path.join(folder, file), 'utf8')),
    )
    expect(css.join('')).not.toMatch(/@import|url\(/)
  } finally {
    await remove()
  }
})
