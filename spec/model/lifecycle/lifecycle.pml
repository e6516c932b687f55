/*
 * The life cycle of a Hawser connection: from the moment the client has sent its Response to the end of
 * both ends, over an honest transport and an attacker with a budget. README.md beside this file says what
 * is modelled, what is assumed and at which bounds it is checked.
 *
 * How to read it. A ciphertext is a name, (key, nonce): nobody but the key's owner can make a new one, which
 * is what an ideal AEAD means. What was sealed under that name is in `said`. The attacker moves names about.
 * Every step is one d_step, so a step is atomic and every choice is a choice between steps.
 *
 * `at` marks a transition; the `@cell ROLE STATE EVENT TARGET` lines after it say which cells of
 * spec/states.json it stands for ("both" = client and server). With -DCOVER the verifier prints every
 * transition that it really takes, and run.mjs holds the two lists against each other, in both directions.
 * `#ifdef M_…` marks a mutant: a wrong implementation that the properties must catch. `#ifdef L_…` marks a
 * limit: a property made stronger than the design can keep, which must fail (both in mutants.json).
 */

/* ---- bounds ------------------------------------------------------------------------------------------- */

#ifndef DATA
#define DATA 2      /* Data records that each application may write */
#endif
#ifndef EARLY
#define EARLY 1     /* of which the client's before the Verdict */
#endif
#ifndef PINGS
#define PINGS 0     /* Pings that each side may send */
#endif
#ifndef BUDGET
#define BUDGET 0    /* acts of the attacker */
#endif
#ifndef RUDE
#define RUDE 0      /* records a peer may send that its own state does not allow */
#endif
#ifndef ALERTS
#define ALERTS 2    /* how often applications, of both ends together, refuse or give up */
#endif
#ifndef DEADLINES
#define DEADLINES 1 /* whether deadlines may pass, at any moment; 0: they never do */
#endif

#define MAX (DATA + 2 * PINGS + RUDE + 2)     /* records under one transport key, Close and Alert too */
#define CAP (MAX + BUDGET + 3)                /* so a wire is never full: Response or Verdict, end of file */

/* ---- names -------------------------------------------------------------------------------------------- */

#define CLIENT 0
#define SERVER 1

#define S_AwaitVerdict 1
#define S_AwaitVerdictClosed 2
#define S_AwaitResponse 3
#define S_Deciding 4
#define S_Open 5
#define S_HalfClosedLocal 6
#define S_HalfClosedRemote 7
#define S_Closing 8
#define S_Closed 9
#define S_Draining 10
#define S_Failed 11

/* content of a record: type * 16 + value (the number of a Data or Ping, the code of an Alert) */
#define T_Data 1
#define T_Alert 2
#define T_Accept 3
#define T_Close 4
#define T_Ping 5
#define T_Pong 6
#define T_Response 7
#define content(type, value) ((type) * 16 + (value))
#define typeOf(c) ((c) / 16)
#define valueOf(c) ((c) % 16)

/* codes of alerts; MALFORMED: type Alert, authentic, and not an alert that parses */
#define A_internal_error 1
#define A_bad_response 2
#define A_not_authorized 3
#define A_bad_record 5
#define A_unexpected_record 6
#define A_timeout 7
#define A_cancelled 12
#define MALFORMED 15
#define FORGED 8                              /* added to a value by a tampering that goes unnoticed */

/* what is on a wire: tampered * 128 + key * 16 + nonce, or an end of file */
#define K_client 0                            /* client to server transport key */
#define K_server 1                            /* server to client transport key */
#define K_verdict 2
#define K_response 3                          /* the Response, sealed in the handshake */
#define FIN 64                                /* end of file at a record boundary */
#define PART 65                               /* end of file inside a record */
#define name(key, nonce) ((key) * 16 + (nonce))
#define keyOf(w) (((w) / 16) % 4)
#define nonceOf(w) ((w) % 16)
#define tampered(w) ((w) >= 128)
#define isEnd(w) ((w) == FIN || (w) == PART)

/* outcomes reported to an application, once */
#define O_none 0
#define O_clean 1                             /* both Closes passed */
#define O_truncated 2                         /* the transport ended otherwise */
#define O_abandoned 3                         /* the client left before its Response */
#define O_alerted 4                           /* an own Alert */
#define O_heard 5                             /* the peer's Alert */
#define O_malformed 6                         /* a malformed Alert */

/* ---- properties: a run checks all of them, or the one named by -DONLY ------------------------------------ */

#define P_prefix 1            /* what is delivered is the next of what the peer sent */
#define P_sequence 2          /* the nonce of what is opened never goes back */
#define P_truncation 3        /* a clean end only after the peer's Close and all its data */
#define P_outcome 4           /* an alert received is the outcome reported; one outcome, at the end */
#define P_alert_authentic 5   /* an alert received is the one the peer sent, after all its data */
#define P_alert_last 6        /* an own Alert is the last thing said */
#define P_alert_unanswered 7  /* who has received an Alert says nothing more */
#define P_alert_arrives 8     /* an alert sent arrives, if neither attacker nor drain deadline acted */
#define P_accept_first 9      /* nothing is delivered, and nothing open, before Accept */
#define P_complete 10         /* without attacker and alerts all that was sent arrives, both end clean */
#define P_blameless 11        /* without attacker and rude peer no end finds fault with what the other sent */
#define P_agreement 12        /* both ends clean or none: not claimed, only shown to fail (see `limits`) */
#define P_end 13              /* no deadlock: Spin's own check (invalid end state) */

#ifdef ONLY
#define check(p, cond) if :: (ONLY == p && !(cond)) -> broken = p; assert(broken != p) :: else fi
#else
#define check(p, cond) if :: !(cond) -> broken = p; assert(broken != p) :: else fi
#endif

/* ---- coverage: which transitions a run takes (run.mjs compares them with the @cell lines) ----------------- */

#ifdef COVER
c_decl {
  \#include <stdio.h>
  static unsigned char met[2048][2][16][16];
  static int from, line;
  static void leap(int role, int to) {
    if (met[line][role][from][to]) return;
    met[line][role][from][to] = 1;
    printf("@cell %d %d %d %d\n", line, role, from, to);
  }
}
#define begin c_code { from = now.st[PEnd->me]; line = 0; };
#define at c_code { line = __LINE__; };
#define finish c_code { leap(PEnd->me, now.st[PEnd->me]); }
#else
#define begin
#define at
#define finish skip
#endif

/* ---- state -------------------------------------------------------------------------------------------- */

chan wire[2] = [CAP] of { byte };   /* wire[e]: what e has sent and its peer has not read */
byte st[2];
byte outcome[2];
byte sent[2];                       /* next nonce of the own direction */
byte opened[2];                     /* next nonce of the peer's */
byte said[2 * MAX];                 /* said[key * MAX + nonce]: content sealed under that name */
byte verdict;                       /* content of the Verdict, once sent */
byte written[2];                    /* Data records written */
byte delivered[2];                  /* Data records delivered to e */
byte pings[2];                      /* Pings sent */
byte owed[2];                       /* a Pong owed: its number + 1 */
bool awaits[2];                     /* an own Ping is unanswered */
bool fin[2];                        /* the own half of the transport is closed */
bool gone[2];                       /* the transport is closed */
bool reset[2];                      /* a reset is on its way to e: what e has not read may be lost */
bool ended[2];                      /* e has read an end of file */
bool cut[2];                        /* the attacker swallows what e sends from now on */
byte acts;                          /* of the attacker, so far */
byte upsets;                        /* refusals and alerts of applications, so far */
byte rude;                          /* records that break the rules, so far */

/* ghosts: for the properties only */
bool closed[2];                     /* own Close sent */
byte alert[2];                      /* code of the own Alert sent */
bool heard[2];                      /* the peer's Alert opened */
bool arrived[2];                    /* e's Alert was read, by a peer that already had both Closes */
bool accepted;
bool hurried;                       /* a drain deadline passed */
byte broken;

/* scratch inside one d_step; Spin's breadth-first search allows nothing hidden */
#ifndef BREADTH_FIRST
hidden
#endif
byte w, c, n, x;

#define peer (1 - me)
#define terminal(e) (st[e] == S_Closed || st[e] == S_Failed)
#define running(e) (st[e] == S_Open || st[e] == S_HalfClosedLocal || st[e] == S_HalfClosedRemote)
#define awaitsVerdict(e) (st[e] == S_AwaitVerdict || st[e] == S_AwaitVerdictClosed)
#define awaitsClient(e) (st[e] == S_AwaitResponse || st[e] == S_Deciding)
#ifdef M_EARLY_DELIVERY
#define reads(e) (!terminal(e) && !ended[e])
#else
/* while it decides the server opens nothing: what has come stays where it is */
#define reads(e) (!terminal(e) && !ended[e] && st[e] != S_Deciding)
#endif

/* ---- transport: two FIFO byte streams, half-close, reset -------------------------------------------------- */

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

/* ---- records out -------------------------------------------------------------------------------------- */

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

/* ---- records in --------------------------------------------------------------------------------------- */

inline lookUp(what) {                        /* w -> c */
  if
  :: keyOf(what) == K_verdict -> c = verdict
  :: keyOf(what) == K_response -> c = content(T_Response, 0)
  :: else -> c = said[keyOf(what) * MAX + nonceOf(what)]
  fi;
  if :: tampered(what) -> c = c | FORGED :: else fi
}

#ifdef M_NO_TAG
#define intact(w) true
#else
#define intact(w) (!tampered(w))
#endif
#ifdef M_ONE_KEY
#define keyFits(e, w) (keyOf(w) == K_client || keyOf(w) == K_server)
#else
#define keyFits(e, w) (keyOf(w) == 1 - e)
#endif
#ifdef M_NO_SEQUENCE
#define nonceFits(e, w) true
#else
#define nonceFits(e, w) (nonceOf(w) == opened[e])
#endif
#define opens(e, w) (intact(w) && keyFits(e, w) && nonceFits(e, w))
#define opensAsVerdict(w) (intact(w) && keyOf(w) == K_verdict)

inline deliver(e) {
  check(P_accept_first, accepted);
  check(P_prefix, keyOf(w) == 1 - e && valueOf(c) == delivered[e] + 1);
  delivered[e]++;
  printf("@@ %d deliver %d %d\n", e, w, c)
}

inline peerEnds(e) {
  check(P_truncation, closed[1 - e] && delivered[e] == written[1 - e])
}

inline hear(e) {
  heard[e] = true;
  check(P_alert_authentic, alert[1 - e] == valueOf(c) && delivered[e] == written[1 - e]);
#ifdef M_ALERT_ANSWERED
  seal(e, content(T_Alert, A_cancelled));
#endif
#ifdef M_ALERT_NOT_TERMINAL
  skip
#else
  report(e, O_heard, valueOf(c));
  leave(e);
  st[e] = S_Failed
#endif
}

/* ---- an end ------------------------------------------------------------------------------------------- */

inline onResponse() {
  if
  :: w == name(K_response, 0) ->
    at
    /* @cell server AwaitResponse response.ok Deciding */
    st[SERVER] = S_Deciding
  :: else ->
    at
    /* @cell server AwaitResponse response.bad Draining */
    refuseWith(A_bad_response)
  fi
}

inline unexpected(me) {
  alertWith(me, A_unexpected_record)
}

inline onVerdict() {
  if
  :: !opensAsVerdict(w) ->
    at
    /* @cell client AwaitVerdict verdict.bad Draining */
    /* @cell client AwaitVerdictClosed verdict.bad Draining */
    alertWith(CLIENT, A_bad_record)
  :: opensAsVerdict(w) && typeOf(c) == T_Accept ->
    check(P_accept_first, accepted && !tampered(w));
    if
    :: st[CLIENT] == S_AwaitVerdict ->
      at
      /* @cell client AwaitVerdict verdict.accept Open */
      st[CLIENT] = S_Open
    :: else ->
      at
      /* @cell client AwaitVerdictClosed verdict.accept HalfClosedLocal */
      st[CLIENT] = S_HalfClosedLocal
    fi
  :: opensAsVerdict(w) && typeOf(c) == T_Data ->     /* as any other type but Alert */
    at
    /* @cell client AwaitVerdict verdict.unexpected Draining */
    /* @cell client AwaitVerdictClosed verdict.unexpected Draining */
    unexpected(CLIENT)
  :: opensAsVerdict(w) && c == content(T_Alert, MALFORMED) ->
    at
    /* @cell client AwaitVerdict verdict.malformedAlert Failed */
    /* @cell client AwaitVerdictClosed verdict.malformedAlert Failed */
    heard[CLIENT] = true;
    fail(CLIENT, O_malformed)
  :: else ->
    at
    /* @cell client AwaitVerdict verdict.alert Failed */
    /* @cell client AwaitVerdictClosed verdict.alert Failed */
    hear(CLIENT)
  fi
}

inline onRecord(me) {
  if
  :: !opens(me, w) ->
    at
    /* @cell both Open record.bad Draining */
    /* @cell both HalfClosedLocal record.bad Draining */
    /* @cell both HalfClosedRemote record.bad Draining */
    alertWith(me, A_bad_record)
  :: else ->
    check(P_sequence, nonceOf(w) >= opened[me]);
    opened[me] = nonceOf(w) + 1;
    if
    :: typeOf(c) == T_Data ->
      if
#ifndef M_DATA_AFTER_CLOSE
      :: st[me] == S_HalfClosedRemote ->
        at
        /* @cell both HalfClosedRemote record.data Draining */
        unexpected(me)
#endif
      :: else ->
        at
        /* @cell both Open record.data Open */
        /* @cell both HalfClosedLocal record.data HalfClosedLocal */
        deliver(me)
      fi
    :: typeOf(c) == T_Close ->
      if
      :: st[me] == S_HalfClosedRemote ->
        at
        /* @cell both HalfClosedRemote record.close Draining */
        unexpected(me)
      :: st[me] == S_Open ->
        at
        /* @cell both Open record.close HalfClosedRemote */
        peerEnds(me);
        st[me] = S_HalfClosedRemote
      :: else ->
        at
        /* @cell both HalfClosedLocal record.close Closing */
        peerEnds(me);
        bothClosed(me)
      fi
    :: typeOf(c) == T_Alert && valueOf(c) == MALFORMED ->
      at
      /* @cell both Open record.malformedAlert Failed */
      /* @cell both HalfClosedLocal record.malformedAlert Failed */
      /* @cell both HalfClosedRemote record.malformedAlert Failed */
      heard[me] = true;
      fail(me, O_malformed)
    :: typeOf(c) == T_Alert && valueOf(c) != MALFORMED ->
      at
      /* @cell both Open record.alert Failed */
      /* @cell both HalfClosedLocal record.alert Failed */
      /* @cell both HalfClosedRemote record.alert Failed */
      hear(me)
    :: typeOf(c) == T_Ping && owed[me] > 0 ->
      at
      /* @cell both Open record.pingExcess Draining */
      /* @cell both HalfClosedLocal record.pingExcess Draining */
      /* @cell both HalfClosedRemote record.pingExcess Draining */
      unexpected(me)
    :: typeOf(c) == T_Ping && owed[me] == 0 ->
      at
      /* @cell both Open record.ping Open */
      /* @cell both HalfClosedLocal record.ping HalfClosedLocal */
      /* @cell both HalfClosedRemote record.ping HalfClosedRemote */
      owed[me] = valueOf(c) + 1
    :: typeOf(c) == T_Pong && awaits[me] && valueOf(c) == pings[me] ->
      at
      /* @cell both Open record.pong Open */
      /* @cell both HalfClosedLocal record.pong HalfClosedLocal */
      /* @cell both HalfClosedRemote record.pong HalfClosedRemote */
      awaits[me] = false
    :: typeOf(c) == T_Pong && !(awaits[me] && valueOf(c) == pings[me]) ->
      at
      /* @cell both Open record.pongUnexpected Draining */
      /* @cell both HalfClosedLocal record.pongUnexpected Draining */
      /* @cell both HalfClosedRemote record.pongUnexpected Draining */
      unexpected(me)
    :: else ->                               /* Accept, and what no type is */
      at
      /* @cell both Open record.accept Draining */
      /* @cell both HalfClosedLocal record.accept Draining */
      /* @cell both HalfClosedRemote record.accept Draining */
      unexpected(me)
    fi
  fi
}

/* Draining or Closing: what comes is dropped unopened. */
inline onDropped(me) {
  if
  :: typeOf(c) == T_Alert && st[me] == S_Closing && keyOf(w) == peer -> arrived[peer] = true
  :: else
  fi;
#ifdef M_PING_AFTER_ALERT
  if
  :: st[me] == S_Draining && opens(me, w) -> opened[me]++;
    if :: typeOf(c) == T_Ping -> seal(me, content(T_Pong, valueOf(c))) :: else fi
  :: else
  fi;
#endif
  at
  /* @cell both Draining input Draining */
  /* @cell both Closing input Closing */
  skip
}

/* The end of what there is to read: at a record boundary (FIN) or inside a record (PART). */
inline onEnd(me) {
  ended[me] = true;
  if
  :: st[me] == S_Closing || st[me] == S_Draining ->
    if
    :: w == FIN ->
      at
      /* @cell both Closing eof Closing */
      /* @cell both Draining eof Draining */
      skip
    :: else ->
      at
      /* @cell both Closing eof.partial Closing */
      /* @cell both Draining eof.partial Draining */
      skip
    fi
  :: st[me] == S_HalfClosedRemote && w == FIN ->
    at
    /* @cell both HalfClosedRemote eof HalfClosedRemote */
    awaits[me] = false
#ifdef M_EOF_CLEAN
  :: st[me] == S_Open -> peerEnds(me); st[me] = S_HalfClosedRemote
  :: st[me] == S_HalfClosedLocal -> peerEnds(me); bothClosed(me)
#else
  :: (st[me] == S_Open || st[me] == S_HalfClosedLocal) && w == FIN ->
    at
    /* @cell both Open eof Failed */
    /* @cell both HalfClosedLocal eof Failed */
    fail(me, O_truncated)
#endif
  :: running(me) && w == PART ->
    at
    /* @cell both Open eof.partial Failed */
    /* @cell both HalfClosedLocal eof.partial Failed */
    /* @cell both HalfClosedRemote eof.partial Failed */
    fail(me, O_truncated)
  :: awaitsVerdict(me) && w == FIN ->
    at
    /* @cell client AwaitVerdict eof Failed */
    /* @cell client AwaitVerdictClosed eof Failed */
    fail(me, O_truncated)
  :: awaitsVerdict(me) && w == PART ->
    at
    /* @cell client AwaitVerdict eof.partial Failed */
    /* @cell client AwaitVerdictClosed eof.partial Failed */
    fail(me, O_truncated)
  :: st[me] == S_AwaitResponse && w == FIN ->
    at
    /* @cell server AwaitResponse eof Failed */
    fail(me, O_abandoned)
  :: st[me] == S_AwaitResponse && w == PART ->
    at
    /* @cell server AwaitResponse eof.partial Failed */
    fail(me, O_abandoned)
#ifdef M_EARLY_DELIVERY
  :: st[me] == S_Deciding -> ended[me] = true
#endif
  fi
}

inline onReset(me) {
  if
  :: st[me] == S_Closing ->
    at
    /* @cell both Closing reset Closed */
    leave(me);
    st[me] = S_Closed
  :: st[me] == S_Draining ->
    at
    /* @cell both Draining reset Failed */
    leave(me);
    st[me] = S_Failed
  :: st[me] == S_AwaitResponse ->
    at
    /* @cell server AwaitResponse reset Failed */
    fail(me, O_abandoned)
  :: else ->
    at
    /* @cell server Deciding reset Failed */
    /* @cell client AwaitVerdict reset Failed */
    /* @cell client AwaitVerdictClosed reset Failed */
    /* @cell both Open reset Failed */
    /* @cell both HalfClosedLocal reset Failed */
    /* @cell both HalfClosedRemote reset Failed */
    fail(me, O_truncated)
  fi
}

inline closeWrites(me) {
  if
  :: st[me] == S_AwaitVerdict ->
    at
    /* @cell client AwaitVerdict close AwaitVerdictClosed */
    seal(me, content(T_Close, 0));
    st[me] = S_AwaitVerdictClosed
  :: st[me] == S_Open ->
    at
    /* @cell both Open close HalfClosedLocal */
    pongFirst(me);
    seal(me, content(T_Close, 0));
    st[me] = S_HalfClosedLocal
  :: else ->
    at
    /* @cell both HalfClosedRemote close Closing */
    pongFirst(me);
    seal(me, content(T_Close, 0));
    bothClosed(me)
  fi;
  closed[me] = true;
#ifdef M_HALF_CLOSE_EARLY
  if :: !fin[me] -> halfClose(me) :: else fi
#endif
}

#define accuses(code) (code == A_bad_response || code == A_bad_record || code == A_unexpected_record)

#ifdef L_DRAIN_DEADLINE
#define inTime true
#else
#define inTime (!hurried)
#endif
#ifdef L_ALERT_INTO_CLOSING
#define intoClosing(e) false
#else
#define intoClosing(e) (arrived[e])
#endif

/* Both ends are over: what can only be judged then. */
inline judge() {
  n = 0;
  do
  :: n < 2 ->
    check(P_outcome, outcome[n] != O_none && (!heard[n] || (!alert[n] && outcome[n] >= O_heard)));
#ifdef L_AGREEMENT
    check(P_agreement, (outcome[n] == O_clean) == (outcome[1 - n] == O_clean));
#endif
    if
    :: acts == 0 && inTime ->
      check(P_alert_arrives, !alert[n] || heard[1 - n] || alert[1 - n] || intoClosing(n));
      check(P_blameless, rude > 0 || !accuses(alert[n]));
      if
      :: !alert[0] && !alert[1] && rude == 0 ->
        check(P_complete, outcome[n] == O_clean && delivered[n] == written[1 - n])
      :: else
      fi
    :: else
    fi;
    n++
  :: else -> break
  od
}

proctype End(byte me) {
  do
  /* input */
  :: d_step { reads(me) && nempty(wire[peer]) ->
      begin
      wire[peer]?w;
      if
      :: isEnd(w) ->
        printf("@@ %d receive %d 0\n", me, w);
        onEnd(me)
      :: else ->
        lookUp(w);
        printf("@@ %d receive %d %d\n", me, w, c);
        if
        :: st[me] == S_AwaitResponse -> onResponse()
        :: awaitsVerdict(me) -> onVerdict()
        :: st[me] == S_Draining || st[me] == S_Closing -> onDropped(me)
        :: else -> onRecord(me)
        fi
      fi;
      finish
    }
  :: d_step { reset[me] && !terminal(me) ->
      begin
      printf("@@ %d reset\n", me);
      onReset(me);
      finish
    }
#ifdef M_EOF_OVERTAKES
  :: d_step { st[me] == S_Deciding && fin[peer] && !reset[me] ->
      printf("@@ %d eof\n", me);
      fail(me, O_truncated) }
#endif

  /* the application */
  :: d_step { (st[me] == S_Open || st[me] == S_HalfClosedRemote
        || (st[me] == S_AwaitVerdict && written[me] < EARLY)) && written[me] < DATA ->
      begin
      printf("@@ %d write\n", me);
      at
      /* @cell client AwaitVerdict write AwaitVerdict */
      /* @cell both Open write Open */
      /* @cell both HalfClosedRemote write HalfClosedRemote */
      pongFirst(me);
      written[me]++;
      seal(me, content(T_Data, written[me]));
      finish
    }
  :: d_step { st[me] == S_AwaitVerdict || st[me] == S_Open || st[me] == S_HalfClosedRemote ->
      begin
      printf("@@ %d close\n", me);
      closeWrites(me);
      finish
    }
  :: d_step { st[me] == S_Deciding ->
      begin
      printf("@@ 1 accept\n");
      at
      /* @cell server Deciding accept Open */
      accepted = true;
      sealVerdict(content(T_Accept, 0));
      st[me] = S_Open;
      finish
    }
#if ALERTS
  :: d_step { awaitsClient(me) && upsets < ALERTS ->
      begin
      upsets++;
      printf("@@ 1 refuse\n");
      at
      /* @cell server AwaitResponse refuse Draining */
      /* @cell server AwaitResponse alert Draining */
      /* @cell server Deciding refuse Draining */
      /* @cell server Deciding alert Draining */
      refuseWith(A_not_authorized);
      finish
    }
  :: d_step { (awaitsVerdict(me) || running(me)) && upsets < ALERTS ->
      begin
      upsets++;
      printf("@@ %d alert\n", me);
      at
      /* @cell client AwaitVerdict alert Draining */
      /* @cell client AwaitVerdictClosed alert Draining */
      /* @cell both Open alert Draining */
      /* @cell both HalfClosedLocal alert Draining */
      /* @cell both HalfClosedRemote alert Draining */
      alertWith(me, A_cancelled);
      finish
    }
#endif

  /* Ping, and the Pong that is owed: it is written and reported as flushed before later input is read */
#if PINGS
  :: d_step { running(me) && !awaits[me] && pings[me] < PINGS && !ended[me] ->
      begin
      printf("@@ %d ping\n", me);
      at
      /* @cell both Open ping Open */
      /* @cell both Open time.ping Open */
      /* @cell both HalfClosedLocal ping HalfClosedLocal */
      /* @cell both HalfClosedLocal time.ping HalfClosedLocal */
      /* @cell both HalfClosedRemote ping HalfClosedRemote */
      /* @cell both HalfClosedRemote time.ping HalfClosedRemote */
      pongFirst(me);
      pings[me]++;
      awaits[me] = true;
      seal(me, content(T_Ping, pings[me]));
      finish
    }
  :: d_step { running(me) && owed[me] > 0 && owed[me] < 16 ->
      begin
      printf("@@ %d flushed\n", me);
      at
      /* @cell both Open flushed Open */
      /* @cell both HalfClosedLocal flushed HalfClosedLocal */
      /* @cell both HalfClosedRemote flushed HalfClosedRemote */
      seal(me, content(T_Pong, owed[me] - 1));
#ifdef M_LATE_FLUSH
      owed[me] = 16;
#else
      owed[me] = 0;
#endif
      finish
    }
#ifdef M_LATE_FLUSH
  :: d_step { owed[me] == 16 -> printf("@@ %d flushed-late\n", me); owed[me] = 0 }
#endif
#endif

  /* deadlines */
#if DEADLINES
  :: d_step { awaitsVerdict(me) ->
      begin
      printf("@@ %d deadline\n", me);
      at
      /* @cell client AwaitVerdict time.handshake Draining */
      /* @cell client AwaitVerdictClosed time.handshake Draining */
      alertWith(me, A_timeout);
      finish
    }
  :: d_step { running(me) ->
      begin
      printf("@@ %d deadline\n", me);
      at
      /* @cell both Open time.liveness Draining */
      /* @cell both HalfClosedLocal time.liveness Draining */
      /* @cell both HalfClosedRemote time.liveness Draining */
      alertWith(me, A_timeout);
      finish
    }
  :: d_step { awaitsClient(me) ->
      begin
      printf("@@ %d deadline\n", me);
      at
      /* @cell server AwaitResponse time.handshake Draining */
      /* @cell server Deciding time.handshake Draining */
      refuseWith(A_timeout);
      finish
    }
#ifndef M_NO_DRAIN_DEADLINE
  :: d_step { st[me] == S_Draining ->
      begin
      printf("@@ %d deadline\n", me);
      at
      /* @cell both Draining time.drain Failed */
      hurried = true;
      leave(me);
      st[me] = S_Failed;
      finish
    }
#endif
  :: d_step { st[me] == S_Closing ->
      begin
      printf("@@ %d deadline\n", me);
      at
      /* @cell both Closing time.drain Closed */
      hurried = true;
      leave(me);
      st[me] = S_Closed;
      finish
    }
#endif
  /* the peer's end of file has been read, before or after the draining began */
  :: d_step { (st[me] == S_Draining || st[me] == S_Closing) && ended[me] ->
      begin
      printf("@@ %d drained\n", me);
      at
      /* @cell both Closing drained Closed */
      /* @cell both Draining drained Failed */
      leave(me);
      st[me] = (st[me] == S_Closing -> S_Closed : S_Failed);
      finish
    }

  /* a peer that breaks the rules, under its own key */
#if RUDE
#define RUDELY(cond) rude < RUDE && (cond) -> printf("@@ %d rude\n", me); rude++; pongFirst(me)
  :: d_step { RUDELY(st[me] == S_HalfClosedLocal); seal(me, content(T_Data, 15)) }
  :: d_step { RUDELY(st[me] == S_HalfClosedLocal); seal(me, content(T_Close, 0)) }
  :: d_step { RUDELY(running(me)); seal(me, content(T_Accept, 0)) }
  :: d_step { RUDELY(running(me)); seal(me, content(T_Pong, 15)) }
  :: d_step { RUDELY(running(me) && awaits[me]); seal(me, content(T_Ping, 15)) }
  :: d_step { RUDELY(running(me)); seal(me, content(T_Alert, MALFORMED)); alert[me] = MALFORMED;
      report(me, O_alerted, MALFORMED); drain(me) }
  :: d_step { RUDELY(st[me] == S_Deciding); sealVerdict(content(T_Data, 15)); accepted = true; st[me] = S_Open }
  :: d_step { RUDELY(st[me] == S_Deciding); sealVerdict(content(T_Alert, MALFORMED)); alert[me] = MALFORMED;
      report(me, O_alerted, MALFORMED); drain(me) }
#endif
  :: terminal(me) -> break
  od;
  skip;
  d_step {
    if :: terminal(peer) -> judge() :: else fi
  }
}

/* ---- the attacker: `d` is the direction it works on, named after its sender ------------------------------- */

#define may(d) (acts < BUDGET && !gone[1 - d])
/* to an end that drops unopened it makes no difference which records come */
#define mayForge(d) (may(d) && st[1 - d] != S_Draining && st[1 - d] != S_Closing)

inline pushFront(d, what) {
  wire[d]!what;
  n = len(wire[d]);
  do :: n > 1 -> wire[d]?x; wire[d]!x; n-- :: else -> break od;
  skip                                       /* a d_step may not end in a break */
}

#define INJECT(k, j) \
  :: d_step { mayForge(d) && j < MAX && j < sent[k] -> \
      acts++; printf("@@ 2 inject %d %d %d\n", d, name(k, j), said[k * MAX + j]); pushFront(d, name(k, j)) }

#if BUDGET
proctype Attacker(byte d) {
end:
  do
  :: d_step { may(d) && nempty(wire[d]) ->
      acts++; wire[d]?w; printf("@@ 2 drop %d %d\n", d, w) }
  :: d_step { mayForge(d) && nempty(wire[d]) && !wire[d]?[FIN] && !wire[d]?[PART] ->
      acts++; wire[d]?w; printf("@@ 2 tamper %d %d\n", d, w);
      w = w | 128;
      pushFront(d, w) }
  :: d_step { mayForge(d) && len(wire[d]) > 1 + (fin[d] || cut[d]) ->
      acts++; wire[d]?w; wire[d]?c; printf("@@ 2 swap %d %d %d\n", d, w, c);
      pushFront(d, w); pushFront(d, c) }
  :: d_step { may(d) && !cut[d] ->
      acts++; printf("@@ 2 cut %d\n", d);
      do :: len(wire[d]) > 0 -> wire[d]?x :: else -> break od;
      cut[d] = true; wire[d]!FIN }
  :: d_step { may(d) && !cut[d] ->
      acts++; printf("@@ 2 cut-inside %d\n", d);
      do :: len(wire[d]) > 0 -> wire[d]?x :: else -> break od;
      cut[d] = true; wire[d]!PART }
  :: d_step { may(d) && !reset[1 - d] ->
      acts++; printf("@@ 2 reset %d\n", d); reset[1 - d] = true }
  INJECT(K_client, 0)
  INJECT(K_client, 1)
  INJECT(K_client, 2)
  INJECT(K_client, 3)
  INJECT(K_client, 4)
  INJECT(K_client, 5)
  INJECT(K_server, 0)
  INJECT(K_server, 1)
  INJECT(K_server, 2)
  INJECT(K_server, 3)
  INJECT(K_server, 4)
  INJECT(K_server, 5)
  :: d_step { mayForge(d) && verdict != 0 ->
      acts++; printf("@@ 2 inject %d %d %d\n", d, name(K_verdict, 0), verdict); pushFront(d, name(K_verdict, 0)) }
  :: d_step { mayForge(d) ->
      acts++; printf("@@ 2 inject %d %d %d\n", d, name(K_response, 0), content(T_Response, 0));
      pushFront(d, name(K_response, 0)) }
  od
}
#endif

init {
  atomic {
    st[CLIENT] = S_AwaitVerdict;
    st[SERVER] = S_AwaitResponse;
    wire[CLIENT]!name(K_response, 0);
    run End(CLIENT);
    run End(SERVER);
#if BUDGET
    run Attacker(CLIENT);
    run Attacker(SERVER);
#endif
  }
}
