import { Button } from '@mantine/core'
import { useRef, useState } from 'react'
import { useLocation, useSearch } from 'wouter'
import type { Described } from '#shared/contract/old-data.ts'
import { OperatorError } from '../../components/operator-error.tsx'
import { Page } from '../../components/page.tsx'
import { PanelGrid } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { ChooseStep } from './choose-step.tsx'
import { DescribeStep } from './describe-step.tsx'
import classes from './describe-page.module.css'
import type { DescriptionDraft } from './description-draft.ts'
import { draftOf, draftProblems } from './description-draft.ts'
import { ReviewStep } from './review-step.tsx'
import { useDescribed } from './use-old-data.ts'

/** What is described: new files, or those under a key of switchyard.yaml. */
export interface Subject {
  readonly draft: DescriptionDraft
  /** Set when a description that is there is changed. */
  readonly key: string | undefined
  /** The file to begin with; the first that the description names when undefined. */
  readonly file: string | undefined
  /** What the first look at the file left open. */
  readonly doubts: readonly string[]
}

type Step = 'choose' | 'describe' | 'review'

const STEPS: readonly { readonly step: Step; readonly name: string }[] = [
  { step: 'choose', name: 'Choose a file' },
  { step: 'describe', name: 'Check how it is read' },
  { step: 'review', name: 'Save' },
]

const SENTENCES: Readonly<Record<Step, string>> = {
  choose: 'Choose one file of the old pipeline, or a pattern that names several. Files are only read.',
  describe: 'Correct the description until rows and bars are right. Nothing is saved yet.',
  review: 'See which lines of switchyard.yaml change before they do.',
}

/** The way from a file of the old pipeline to its description in switchyard.yaml: choose, check, save. */
export default function DescribePage() {
  const search = useSearch()
  const described = useDescribed()
  const key = new URLSearchParams(search).get('key') ?? undefined
  // Without a key there is nothing to wait for, and a file that is not valid is told when it is to be changed.
  if (key === undefined) return <Wizard subject={undefined} described={described.data} />
  return described.data === undefined ? (
    <Page title="Describe old files" sentence={SENTENCES.describe}>
      <QueryView query={described} height={400}>
        {() => null}
      </QueryView>
    </Page>
  ) : (
    <Known key={key} descriptionKey={key} described={described.data} />
  )
}

function Known({ descriptionKey, described }: { readonly descriptionKey: string; readonly described: Described }) {
  const [, navigate] = useLocation()
  const [own] = useState(() => described.descriptions.find(({ key }) => key === descriptionKey))
  if (own === undefined) {
    return (
      <Page title="Describe old files" sentence="">
        <PanelGrid columns="minmax(0, 1fr)">
          <OperatorError
            error={{
              message: `switchyard.yaml has no ${descriptionKey}.`,
              hint: 'It was taken out since, or the link is wrong.',
              details: 'NOT_FOUND',
            }}
          />
        </PanelGrid>
        <div className={classes.buttons}>
          <Button onClick={() => navigate('/old-data')}>Back to old data</Button>
        </div>
      </Page>
    )
  }
  const subject = { draft: draftOf(own.description), key: descriptionKey, file: undefined, doubts: [] }
  return <Wizard subject={subject} described={described} />
}

interface WizardProps {
  /** The description that is changed; undefined for a new one. */
  readonly subject: Subject | undefined
  readonly described: Described | undefined
}

function Wizard({ subject: known, described }: WizardProps) {
  const [, navigate] = useLocation()
  const [subject, setSubject] = useState(known)
  const [step, setStep] = useState<Step>(known === undefined ? 'choose' : 'describe')
  const problems = subject === undefined ? undefined : draftProblems(subject.draft)
  const heading = useRef<HTMLHeadingElement>(null)

  const go = (to: Step): void => {
    setStep(to)
    // Whoever does not see the page is told where it went.
    requestAnimationFrame(() => heading.current?.focus())
  }
  const canGo = (to: Step): boolean => {
    if (to === 'choose') return known === undefined
    return subject !== undefined && (to === 'describe' || problems?.size === 0)
  }
  return (
    <Page
      title={known === undefined ? 'Describe old files' : 'Change a description'}
      sentence={SENTENCES[step]}
      actions={
        <>
          <Button onClick={() => navigate('/old-data')}>Leave</Button>
          {step === 'describe' && (
            <Button variant="filled" disabled={!canGo('review')} onClick={() => go('review')}>
              Review and save…
            </Button>
          )}
        </>
      }
    >
      <nav aria-label="Steps">
        <ol className={classes.steps}>
          {STEPS.map(({ step: to, name }, i) => (
            <li key={to} className={classes.step} data-current={to === step || undefined}>
              <button
                type="button"
                className={classes.stepButton}
                aria-current={to === step ? 'step' : undefined}
                disabled={!canGo(to)}
                onClick={() => go(to)}
              >
                <span className={classes.stepNumber}>{i + 1}</span>
                {name}
              </button>
            </li>
          ))}
        </ol>
      </nav>
      <h2 ref={heading} tabIndex={-1} className={classes.hidden}>
        {STEPS.find((entry) => entry.step === step)?.name}
      </h2>
      {step === 'choose' && (
        <ChooseStep
          onChoose={(chosen) => {
            setSubject(chosen)
            go('describe')
          }}
        />
      )}
      {step === 'describe' && subject !== undefined && problems !== undefined && (
        <DescribeStep subject={subject} problems={problems} onChange={(draft) => setSubject({ ...subject, draft })} />
      )}
      {step === 'review' && subject !== undefined && (
        <ReviewStep subject={subject} described={described} onBack={() => go('describe')} />
      )}
    </Page>
  )
}
