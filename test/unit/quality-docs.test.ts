import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { BarFlag } from '#shared/bars.ts'
import { qualityThresholdsSchema } from '#shared/config/quality-config.ts'
import { RULE_ACTIONS, RULES } from '#shared/quality/rule-catalogue.ts'

const TEXT = readFileSync('docs/quality.md', 'utf8')

/** The rows of the table under a heading, without its head. */
function rowsUnder(heading: string): string[][] {
  const section = TEXT.split(`\n## ${heading}\n`)[1].split(/\n##+ /)[0]
  return section
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('`', '')),
    )
}

describe('the page on data quality', () => {
  test('has every rule as it is built in', () => {
    const expected = Object.entries(RULES).map(([id, { severity, blocking, action, params }]) => [
      id,
      severity,
      blocking ? 'yes' : 'no',
      action,
      Object.entries(params.parse({}))
        .map(([name, value]) => `${name} ${value}`)
        .join(', '),
    ])
    expect(rowsUnder('Rules')).toEqual(expected)
  })

  test('explains every rule', () => {
    const explained = TEXT.split('\n## Rules\n')[1].split('\n### ').slice(1).join('\n')
    for (const id of Object.keys(RULES)) expect(explained).toMatch(new RegExp(`^- .*\`${id}\`.*:`, 'm'))
  })

  test('has every action, flag and threshold', () => {
    expect(rowsUnder('Actions').map(([action]) => action)).toEqual([...RULE_ACTIONS])
    expect(rowsUnder('Flags').map(([bit, name]) => [name, Number(bit)])).toEqual(Object.entries(BarFlag))
    const thresholds = rowsUnder('Thresholds').map(([name, value]) => [name, Number(value)])
    expect(Object.fromEntries(thresholds)).toEqual(qualityThresholdsSchema.parse({}))
  })
})
