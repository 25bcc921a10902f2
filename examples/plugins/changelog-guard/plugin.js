// @ts-check

/**
 * Asks a person about a change of the sources that says nothing in the changelog.
 *
 * @type {import('@headrace/factory/plugin').GuardPlugin}
 */
export const plugin = {
  interface: 1,
  kind: 'guard',
  name: 'changelog',
  version: '1.0.0',
  about: 'A change of the sources is told in the changelog.',
  create({ file = 'CHANGELOG.md', folder = 'src' }) {
    if (typeof file !== 'string' || typeof folder !== 'string') throw new Error('settings: file and folder are paths')
    return {
      name: 'changelog',
      about: this.about,
      policy: 'ask',
      check({ files }) {
        const changed = files.find(({ path }) => path.startsWith(`${folder}/`))
        const isTold = files.some(({ path, added }) => path === file && added.length > 0)
        if (!changed || isTold) return []
        return [{ what: `nothing of this is told in ${file}`, path: changed.path, certainty: 'sure' }]
      },
    }
  },
}
