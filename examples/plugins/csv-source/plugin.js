// @ts-check
import { readFile } from 'node:fs/promises'
import path from 'node:path'

/**
 * A task for each line `id,title,priority` of a file. A cell with a comma in it is more than this reads.
 *
 * @type {import('@headrace/factory/plugin').SourcePlugin}
 */
export const plugin = {
  interface: 1,
  kind: 'source',
  name: 'csv',
  version: '1.0.0',
  about: 'Tasks from a table in a CSV file.',
  create({ file }) {
    if (typeof file !== 'string') throw new Error('settings.file must be the path of a CSV file')
    return {
      kind: 'csv',
      async read() {
        const lines = (await readFile(file, 'utf8')).split(/\r?\n/)
        const rows = lines.map((line) => line.split(',').map((cell) => cell.trim())).filter(([id]) => id)
        return rows.map(([id, title = '', priority = '']) => ({
          ask: 'add-task',
          title: title.slice(0, 256) || `Row ${id}`,
          source: { kind: 'csv', ref: `${path.basename(file)}#${id}` },
          ...(isPriority(priority) && { priority: /** @type {0 | 1 | 2 | 3} */ (Number(priority)) }),
        }))
      },
    }
  },
}

/** @param {string} cell */
function isPriority(cell) {
  return /^[0-3]$/.test(cell)
}
