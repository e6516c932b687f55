// Generated from spec/alerts.json by scripts/spec.ts. Do not edit.

/** The registered alert codes. A code's meaning never changes and is never reused (AL-001); 0 is no alert. */
export const alertCodes = {
  /** A fault on the sender's side. */
  internal_error: 1,
  /** The client's Response does not authenticate. */
  bad_response: 2,
  /** The application refuses this client key. */
  not_authorized: 3,
  /** No such server behind this middlebox. */
  no_route: 4,
  /** A record that does not authenticate or parse. */
  bad_record: 5,
  /** A record that its state does not allow. */
  unexpected_record: 6,
  /** The handshake or liveness deadline passed. */
  timeout: 7,
  /** The server is shutting down. */
  going_away: 8,
  /** A limit on connections is reached. */
  busy: 9,
  /** The server does not serve this context. */
  wrong_context: 10,
  /** The middlebox knows the server and cannot reach it. */
  unreachable: 11,
  /** The sender gave up. */
  cancelled: 12,
} as const;

export type AlertName = keyof typeof alertCodes;

/** The codes, both ends included, whose meaning is the application's own. */
export const applicationCodes = { from: 0x8000, to: 0xffff } as const;
