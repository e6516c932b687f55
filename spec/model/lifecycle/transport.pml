/* The transport: two FIFO byte streams with half-close and reset; and records out. */

#undef FILE
#define FILE 1

/* To a closed transport or over a reset one nothing gets through; the answer to the former is a reset. */
inline put(e, what) {
  if
  :: gone[e] || fin[e] || reset[e] || cut[e] -> skip
  :: else ->
    if
    :: gone[1 - e] -> if :: what != FIN -> reset[e] = true :: else fi
    :: else -> wire[e]!what
    fi
  fi
}

/* What no later step reads is zeroed, so that states that differ in nothing else are one. */
inline forget(e) {
  owed[e] = 0; awaits[e] = false;
#ifndef M_PING_AFTER_ALERT
  opened[e] = 0
#endif
}

inline halfClose(e) {
  printf("@@ %d half-close\n", e);
  put(e, FIN);
  fin[e] = true
}

/* Closing with unread input turns the end of file into a reset, which may destroy what the peer has not read. */
inline leave(e) {
  n = 0;
  do
  :: len(wire[1 - e]) > 0 -> wire[1 - e]?x; if :: x != FIN -> n = 1 :: else fi
  :: else -> break
  od;
  if :: !fin[e] -> halfClose(e) :: else fi;
  gone[e] = true;
  printf("@@ %d leave %d\n", e, n);
  if :: n == 1 && !gone[1 - e] -> reset[1 - e] = true :: else fi;
  forget(e); ended[e] = false; reset[e] = false
}

/* ---- records out: under the own transport key, and the Verdict under its own */

inline seal(e, what) {
  check(P_alert_last, alert[e] == 0);
  check(P_alert_unanswered, !heard[e]);
  said[e * MAX + sent[e]] = what;
  printf("@@ %d send %d %d\n", e, name(e, sent[e]), what);
  put(e, name(e, sent[e]));
  sent[e]++
}

/* Outputs keep their order: a Pong that is owed goes before whatever is said after it. */
inline pongFirst(e) {
  if
  :: owed[e] > 0 && owed[e] < 16 -> seal(e, content(T_Pong, owed[e] - 1)); owed[e] = 0
  :: else
  fi
}

inline sealVerdict(what) {
  verdict = what;
  printf("@@ 1 send %d %d\n", name(K_verdict, 0), what);
  put(SERVER, name(K_verdict, 0))
}

inline report(e, what, code) {
  check(P_outcome, outcome[e] == O_none);
  outcome[e] = what;
  printf("@@ %d report %d %d\n", e, what, code)
}

/* After an own Alert: half-close, and read and drop until the peer's end of file. */
inline drain(e) {
#ifdef M_NO_DRAIN
  leave(e);
  st[e] = S_Failed
#else
  halfClose(e);
  forget(e);
  st[e] = S_Draining
#endif
}

inline alertWith(e, code) {
  pongFirst(e);
  seal(e, content(T_Alert, code));
  alert[e] = code;
  report(e, O_alerted, code);
  drain(e)
}

inline refuseWith(code) {
  sealVerdict(content(T_Alert, code));
  alert[SERVER] = code;
  report(SERVER, O_alerted, code);
  drain(SERVER)
}

/* Both Closes have passed: the application is told at once, then each side half-closes and drains. */
inline bothClosed(e) {
  pongFirst(e);
  report(e, O_clean, 0);
#ifdef M_NO_DRAIN_CLOSING
  leave(e);
  st[e] = S_Closed
#else
  halfClose(e);
  forget(e);
  st[e] = S_Closing
#endif
}

inline fail(e, what) {
  report(e, what, 0);
  leave(e);
  st[e] = S_Failed
}
