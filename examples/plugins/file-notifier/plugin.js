// @ts-check
import { appendFile } from 'node:fs/promises'

/**
 * A line of JSON for each thing that waits for a person.
 *
 * @type {import('@headrace/factory/plugin').NotifierPlugin}
 */
export const plugin = {
  interface: 1,
  kind: 'notifier',
  name: 'file',
  version: '1.0.0',
  about: 'Writes what waits for a person to a file, a line each.',
  create({ file }) {
    if (typeof file !== 'string') throw new Error('settings.file must be the path of a file')
    return {
      name: 'file',
      notify: (notice) => appendFile(file, `${JSON.stringify(notice)}\n`),
    }
  },
}
