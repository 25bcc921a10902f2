// @ts-check
import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'

/**
 * Is red when the files of a folder have more bytes together than they may.
 *
 * @type {import('@headrace/factory/plugin').GatePlugin}
 */
export const plugin = {
  interface: 1,
  kind: 'gate',
  name: 'size',
  version: '1.0.0',
  about: 'The sources stay within a size.',
  create({ folder = 'src', maxBytes }) {
    if (typeof folder !== 'string' || typeof maxBytes !== 'number') {
      throw new Error('settings: folder is a folder, maxBytes a number of bytes')
    }
    return {
      name: 'size',
      about: this.about,
      async judge({ checkout }) {
        const bytes = await bytesOf(path.join(checkout, folder))
        if (bytes <= maxBytes) return { verdict: 'green' }
        return { verdict: 'red', class: 'product', why: `${folder} has ${bytes} bytes; at most ${maxBytes}.` }
      },
    }
  },
}

/** @param {string} folder */
async function bytesOf(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  const sizes = await Promise.all(files.map((file) => stat(path.join(file.parentPath, file.name))))
  return sizes.reduce((sum, { size }) => sum + size, 0)
}
