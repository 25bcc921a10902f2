import { parseDocument } from 'yaml'

/** A comparison as the file says it. */
export interface Trial {
  readonly against: string
  readonly share?: number
  readonly choose?: 'chance' | 'reward'
}

/**
 * The text of `.headrace/factory.yaml` with two versions of a skill compared, or with the comparison ended. What else stands
 * there stays as it is, comments too.
 */
export function setTrial(text: string, name: string, trial: Trial | undefined): string {
  const document = parseDocument(text, { version: '1.2', schema: 'core', merge: false })
  if (trial) document.setIn(['trials', name], document.createNode(trial))
  else if (document.hasIn(['trials', name])) document.deleteIn(['trials', name])
  const left = document.getIn(['trials'])
  if (
    typeof left === 'object' &&
    left !== null &&
    'items' in left &&
    Array.isArray(left.items) &&
    left.items.length === 0
  )
    document.deleteIn(['trials'])
  return document.toString({ lineWidth: 100, flowCollectionPadding: false })
}
