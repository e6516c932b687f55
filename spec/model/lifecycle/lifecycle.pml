/*
 * The life cycle of a Hawser connection: from the moment the client has sent its Response to the end of
 * both ends, over an honest transport and an attacker with a budget. README.md beside this file says what
 * is modelled, what is assumed and at which bounds it is checked.
 *
 * The parts: transport.pml (the byte streams, records out), input.pml (what an end does with what it reads),
 * end.pml (all the steps of an end, and what is judged at the end), attacker.pml.
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
  static unsigned char met[5000][2][16][16];
  static int from, line;
  static void leap(int role, int to) {
    if (met[line][role][from][to]) return;
    met[line][role][from][to] = 1;
    printf("@cell %d %d %d %d %d\n", line / 1000, line % 1000, role, from, to);
  }
}
#define begin c_code { from = now.st[PEnd->me]; line = 0; };
#define at c_code { line = FILE * 1000 + __LINE__; };
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

#include "transport.pml"
#include "input.pml"
#include "end.pml"
#include "attacker.pml"

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
