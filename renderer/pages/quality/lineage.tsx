import { ActionIcon, Tooltip } from '@mantine/core'
import { IconX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import type { Explanation } from '#shared/contract/quality.ts'
import { Folded } from '../../components/folded.tsx'
import { KeyValues } from '../../components/key-values.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { orpc } from '../../engine-client.ts'
import { formatCount, formatQuantity } from '../../format/numbers.ts'
import { formatLocalMoment, formatZoneClock, LOCAL_ZONE, zoneName } from '../../format/times.ts'
import { ruleTitle, SEVERITY_WORDS } from '../../wording/quality-words.ts'
import type { NamedBar } from './bar-values-table.tsx'
import { BarValuesTable } from './bar-values-table.tsx'
import classes from './lineage.module.css'
import { RawOrigins } from './raw-origins.tsx'

interface LineageProps {
  readonly symbol: string
  /** Start of the minute, epoch seconds. */
  readonly ts: number
  readonly zone: string
  readonly onClose: () => void
}

/** Where one bar comes from: what was received, by which requests, and what made the curated bar of it. */
export function Lineage({ symbol, ts, zone, onClose }: LineageProps) {
  const at = `${new Date(ts * 1000).toISOString().slice(0, 16)}Z`
  const explanation = useQuery(orpc.quality.explain.queryOptions({ input: { symbol, at } }))
  const when = `${formatZoneClock(ts, zone)} ${zoneName(zone)}`
  return (
    <section className={classes.lineage} aria-label={`Origin of the bar ${when}`}>
      <header className={classes.head}>
        <h3 className={classes.title}>Minute {when}</h3>
        <span className={classes.note}>where its bar comes from</span>
        <Tooltip label="Choose no bar (Escape in the chart)">
          <ActionIcon
            className={classes.close ?? ''}
            size={24}
            aria-label="Close the origin of the bar"
            onClick={onClose}
          >
            <IconX size={14} aria-hidden />
          </ActionIcon>
        </Tooltip>
      </header>
      <QueryView query={explanation} height={150}>
        {(data) => <Explained explanation={data} />}
      </QueryView>
    </section>
  )
}

function Explained({ explanation }: { readonly explanation: Explanation }) {
  const { absence, summary, origins, findings, build, facts, baseline, config } = explanation
  return (
    <>
      <p className={classes.summary}>{summary}</p>
      {absence !== undefined && absence !== summary && <p className={classes.summary}>{absence}</p>}
      {(explanation.bar !== undefined || origins.length > 0) && (
        <BarValuesTable label="Versions of the bar" rows={versionsOf(explanation)} />
      )}
      <RawOrigins origins={origins} zone={explanation.zone} />
      {findings.length > 0 && (
        <Folded title="Findings about it" note={formatCount(findings.length)}>
          <ul className={classes.list}>
            {findings.map((finding) => (
              <li key={`${finding.rule} ${finding.ts} ${finding.message}`}>
                <StateMark {...SEVERITY_WORDS[finding.severity]} /> {ruleTitle(finding.rule)}: {finding.message}
              </li>
            ))}
          </ul>
        </Folded>
      )}
      {build !== undefined && (
        <Folded
          title="Build"
          note={`${formatLocalMoment(build.builtAtMs).slice(0, 16)} ${LOCAL_ZONE}, ${formatQuantity(build.builds, 'build')} on record`}
        >
          <dl className={classes.build}>
            <dt>Run</dt>
            <dd>
              <code>{build.runId}</code>
            </dd>
            <dt>Configuration</dt>
            <dd>
              <code>{build.configHash}</code>
            </dd>
            <dt>Content</dt>
            <dd>
              <code>{build.contentHash}</code>
            </dd>
            <dt>Version</dt>
            <dd>
              transform {build.transformVersion}, raw up to response {formatCount(build.rawWatermark)}
            </dd>
          </dl>
        </Folded>
      )}
      {facts !== undefined && (
        <Folded title="What the request log proves" note="about the session, when it was built">
          <KeyValues label="Facts" values={facts} />
        </Folded>
      )}
      {baseline !== undefined && (
        <Folded title="The symbol’s normal" note="by which the session was judged">
          <KeyValues label="Normal" values={baseline} />
        </Folded>
      )}
      {config !== undefined && (
        <Folded title="Configuration and rules" note="that made the block">
          <KeyValues label="Configuration" values={config} />
        </Folded>
      )}
    </>
  )
}

/** The curated bar above every version that was received, the one that counts first. */
function versionsOf({ bar, origins }: Explanation): readonly NamedBar[] {
  const received = origins.flatMap(({ responseId, rows }) =>
    rows.map((row, index): NamedBar => ({
      name: `Response ${responseId}${index === 0 ? '' : `, again ${index}`}`,
      bar: row,
    })),
  )
  return [{ name: 'Curated', bar: bar ?? null, isMain: true }, ...received]
}
