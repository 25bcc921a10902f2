// @ts-check

/** As many different files are remembered. */
const maxFiles = 1_000

/**
 * Flags the reading of a file that was read so many times already, while nothing was edited.
 *
 * @type {import('@headrace/factory/plugin').DetectorPlugin}
 */
export const plugin = {
  interface: 1,
  kind: 'detector',
  name: 'same-file',
  version: '1.0.0',
  about: 'Finds agents that read the same file again and again.',
  create({ times = 5 }) {
    /** @type {Map<string, number>} */
    const reads = new Map()
    let number = 0
    return {
      name: 'same-file',
      step({ kind, args }) {
        const step = number++
        const none = { step, score: 0, flagged: false, waiting: false, findings: [], stop: false }
        if (kind === 'edit' || reads.size > maxFiles) reads.clear()
        if (kind !== 'read') return none
        const key = JSON.stringify(args ?? null)
        const count = (reads.get(key) ?? 0) + 1
        reads.set(key, count)
        if (count <= Number(times)) return none
        const evidence = `the same file, read ${count} times, and nothing was edited`
        return { ...none, score: 1, flagged: true, findings: [{ kind: 'rule', score: 1, weight: 1, evidence }] }
      },
    }
  },
}
