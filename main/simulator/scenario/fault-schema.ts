import { z } from 'zod'

/** Longest time a scenario may speak of: a week. */
const MAX_MS = 7 * 86_400_000

const milliseconds = z.int().min(0).max(MAX_MS)
const ordinal = z.int().min(1).max(1_000_000)
const barCount = z.int().min(0).max(1_000_000)

/** When a fault strikes. Connections and requests are counted from 1, from the moment the scenario is loaded. */
const triggerSchema = z.strictObject({
  /** Not before this many milliseconds after the scenario was loaded; alone, it strikes then. */
  afterMs: milliseconds.optional(),
  /** At the Nth connection; of faults of an answer, only at requests of the Nth connection. */
  connection: ordinal.optional(),
  /** At the Nth historical request over all connections; with `symbol`, the Nth for it. */
  request: ordinal.optional(),
  /** At every Nth request (of faults of connections: every Nth connection). */
  every: ordinal.optional(),
  /** Only at requests for this symbol. */
  symbol: z.string().min(1).optional(),
})

/** A fault of its own `kind`, with what all faults have. */
function fault<K extends string, S extends z.ZodRawShape>(kind: K, shape: S) {
  return z.strictObject({
    kind: z.literal(kind),
    ...shape,
    /** At once, or at the next request or connection, when left out. */
    when: triggerSchema.optional(),
    /** At most so often: once, or without end with `every`, when left out. */
    times: ordinal.optional(),
  })
}

/** Strike a connection as it comes in. */
const CONNECTION_FAULTS = [
  /** Accepted and closed at once. */
  fault('refuse', {}),
  /** Accepted, and nothing is answered to the handshake. */
  fault('stallHandshake', {}),
  /** Error 326 at the login although nobody has the client id; any id when `clientId` is left out. */
  fault('clientIdInUse', { clientId: z.int().min(0).optional() }),
] as const

/** Strike the simulator as a whole, or the one connection a trigger is about. */
const SERVER_FAULTS = [
  /** Nobody can connect for a while; who is connected stays. */
  fault('stopListening', { forMs: milliseconds }),
  /** All output stops, sockets stay open: for `forMs`, or until the client closes. */
  fault('freeze', { forMs: milliseconds.optional() }),
  /** Connections are dropped without a word. */
  fault('disconnect', {}),
  /** 1100, then 1101 (what was asked for is never answered) or 1102 (it goes on). */
  fault('connectivityLost', { forMs: milliseconds, restored: z.union([z.literal(1101), z.literal(1102)]) }),
  /** 2110. */
  fault('serverBroken', {}),
  /** 1300: another port from now on, connections are dropped. */
  fault('portChanged', {}),
  /** 2103, 2105 or 2157, then 2104, 2106 or 2158. Without its history farm, historical requests end in an error or hang. */
  fault('farmDown', {
    farm: z.enum(['market', 'history', 'definitions']),
    forMs: milliseconds,
    requests: z.enum(['error162', 'error165', 'hang']).default('error162'),
  }),
  /** 2108 or 2107, which mean nothing bad. */
  fault('farmInactive', { farm: z.enum(['market', 'history']) }),
  /** The daily restart: a notice, all connections closed, nobody can connect for a while. */
  fault('restart', { downMs: milliseconds }),
  /** Volumes of US stocks in lots of 100 (true) or in shares (false). */
  fault('lots', { on: z.boolean() }),
  /** A session asked for a second time has some other prices and volumes: about `share` of its bars. */
  fault('revisedHistory', { share: z.number().min(0).max(1).default(0.05) }),
  /** 10225: live subscriptions die. */
  fault('bustEvent', {}),
] as const

/** Meanings of the errors with which a request can end although it was right. */
export const HISTORICAL_ERRORS = [
  'pacingViolation',
  'noData',
  'queryCancelled',
  'differentIp',
  'invalidStep',
  'noPermission',
  'processingError',
  'unknownId',
] as const

/** Strike the answer to one historical request. */
const REPLY_FAULTS = [
  /** 162 in one of its meanings, 322 (`processingError`) or 366 (`unknownId`). */
  fault('historicalError', { meaning: z.enum(HISTORICAL_ERRORS) }),
  fault('slowReply', { delayMs: milliseconds }),
  /** The connection is gone after the first `bytes` bytes of the answer. */
  fault('dropMidResponse', {
    bytes: z
      .int()
      .min(0)
      .max(1 << 24),
  }),
  /** The connection is gone after the first `bars` bars of the answer. */
  fault('dropAfterBars', { bars: barCount }),
  /** A well-formed answer with the first `bars` bars only. */
  fault('truncatedBars', { bars: barCount }),
  /** A well-formed answer with the bars of another time, `days` from those asked for. */
  fault('wrongRange', { days: z.int().min(-3650).max(3650).default(-7) }),
  /** The last `bars` bars come twice. */
  fault('repeatedBars', { bars: barCount.default(3) }),
  /** The whole answer comes twice, or a second end of it. */
  fault('duplicateReply', { what: z.enum(['whole', 'end']).default('whole') }),
  /** The answer comes after that to the next request, or after `atMostMs` when there is none. */
  fault('reorderedReply', { atMostMs: milliseconds.default(10_000) }),
  /** A message of random bytes comes before the answer. */
  fault('garbageFrame', {
    bytes: z
      .int()
      .min(1)
      .max(1 << 20)
      .default(64),
  }),
  /** A length that no message can have comes before the answer: 0, negative, or huge. */
  fault('invalidLength', { length: z.int().min(-0x8000_0000).max(0x7fff_ffff) }),
  /** A message that claims `claims` bytes, of which `step` come every `everyMs`; the connection is of no use from then on. */
  fault('oversizedFrame', {
    claims: z
      .int()
      .min(1)
      .max(0x7fff_ffff)
      .default(15 << 20),
    step: z
      .int()
      .min(1)
      .max(1 << 20)
      .default(1024),
    everyMs: z.int().min(1).max(MAX_MS).default(1000),
  }),
  /** The answer ends in the middle of a bar although its length says that it is complete. */
  fault('truncatedFields', {}),
] as const

const ALL_FAULTS = [...CONNECTION_FAULTS, ...SERVER_FAULTS, ...REPLY_FAULTS] as const

export const faultSchema = z.discriminatedUnion('kind', ALL_FAULTS, {
  error: (issue) =>
    issue.code === 'invalid_union'
      ? `must be a kind of fault: ${ALL_FAULTS.map(({ shape }) => shape.kind.value).join(', ')}`
      : undefined,
})

export type Fault = z.output<typeof faultSchema>
/** A fault as it is written, before what was left out is filled in. */
export type FaultInput = z.input<typeof faultSchema>
export type FaultKind = Fault['kind']
export type ConnectionFault = z.output<(typeof CONNECTION_FAULTS)[number]>
export type ServerFault = z.output<(typeof SERVER_FAULTS)[number]>
export type ReplyFault = z.output<(typeof REPLY_FAULTS)[number]>

const kindsOf = (schemas: readonly { readonly shape: { readonly kind: { readonly value: string } } }[]): Set<string> =>
  new Set(schemas.map(({ shape }) => shape.kind.value))

const CONNECTION_KINDS = kindsOf(CONNECTION_FAULTS)
const REPLY_KINDS = kindsOf(REPLY_FAULTS)

export function isConnectionFault(candidate: Fault): candidate is ConnectionFault {
  return CONNECTION_KINDS.has(candidate.kind)
}

export function isReplyFault(candidate: Fault): candidate is ReplyFault {
  return REPLY_KINDS.has(candidate.kind)
}
