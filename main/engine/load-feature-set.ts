import { basename, extname, isAbsolute, join, sep } from 'node:path'
import { SwitchyardError } from '#shared/errors.ts'
import { featureSetSchema } from '#shared/features/definition.ts'
import type { FeatureSetDefinition } from '#shared/features/definition.ts'
import { checkFeatureSet } from '#main/pipeline/features/check-definition.ts'
import { hashJson } from '#main/stores/hash-json.ts'
import { readYamlFile } from './yaml-file.ts'

/** A definition and the SHA-256 (hex) of its canonical JSON, which features computed by it carry. */
export type LoadedFeatureSet = FeatureSetDefinition & { readonly hash: string }

const HINT = 'Correct the file; data/features/features_price_1m_v1.yaml is an example of every key.'

function looksLikePath(nameOrPath: string): boolean {
  return isAbsolute(nameOrPath) || nameOrPath.includes('/') || nameOrPath.includes(sep) || /\.ya?ml$/i.test(nameOrPath)
}

/**
 * Reads and validates a feature set definition.
 *
 * `nameOrPath` is a set's name, looked for as `<name>.yaml` in `folders` in that order, or a path (anything with a separator
 * or ending in .yaml or .yml). Comments, key order and layout of the file do not enter the hash; everything else does.
 *
 * Throws NOT_FOUND when there is no such file, IO_ERROR when it cannot be read, and CONFIG_INVALID, naming file, line and key,
 * when it is not YAML, does not fit the schema, contradicts the formulas it names, or was looked up under another name.
 */
export function loadFeatureSet(nameOrPath: string, folders: readonly string[]): LoadedFeatureSet {
  const byPath = looksLikePath(nameOrPath)
  const candidates = byPath ? [nameOrPath] : folders.map((folder) => join(folder, `${nameOrPath}.yaml`))
  for (const file of candidates) {
    const yaml = readYamlFile(file, HINT)
    if (yaml === null) continue
    const definition = yaml.parse(featureSetSchema)
    const { issues } = checkFeatureSet(definition)
    if (issues.length > 0) throw yaml.invalid(issues)
    const fileName = basename(file, extname(file))
    if (!byPath && definition.name !== fileName) {
      throw yaml.invalid([
        { path: ['name'], message: `must be ${fileName}, the name of the file, not ${definition.name}` },
      ])
    }
    return { ...definition, hash: hashJson(definition) }
  }
  throw new SwitchyardError('NOT_FOUND', `There is no feature set ${nameOrPath}.`, {
    hint: byPath ? 'Check the path.' : `Looked for ${nameOrPath}.yaml in ${folders.join(', ')}.`,
  })
}
