/* An end: its input, its application, its deadlines; and what is judged when both are over. */

#undef FILE
#define FILE 3

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
