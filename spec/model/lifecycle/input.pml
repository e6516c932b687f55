/* What an end does with what it reads: records, the end of file, a reset. */

#undef FILE
#define FILE 2

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
