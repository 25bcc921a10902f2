import type { FloorFiles } from '@headrace/factory'

/** Providers of models whose key is in no variable of the environment: every question to them would be refused. */
export function missingKeys(
  models: FloorFiles['factory']['models'],
  env: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  return Object.entries(models?.providers ?? {})
    .filter(([, { key }]) => (env[key] ?? '') === '')
    .map(([name, { key }]) => `${key} is not set, so agents get no answer from the models of ${name}.`)
}
